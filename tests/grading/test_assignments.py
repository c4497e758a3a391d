"""The problem sets: what is released, what a right, a blank and a wrong answer get, and what an accident costs."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from assignments.wrong_answers import PAGE, WRONG, page, with_answer
from tools import grade, release

pytestmark = pytest.mark.timeout(240)
ROOT = Path(__file__).resolve().parents[2]
FULL = {"set1": {"q1_softmax": 10, "q2_log_softmax": 10, "q3_likelihood": 10, "q4_cross_entropy": 10, "q5_binary": 10,
                 "q6_temperature": 10},
        "set2": {"q1_entries": 10, "q2_matrix": 10, "q3_gradient": 12, "q4_checker": 12, "q5_descent": 8,
                 "q6_missing_row": 8},
        "set3": {"q1_train_epoch": 15, "q2_accuracy": 10, "q3_search": 15, "q4_pictures": 10}}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder that holds what `make release` makes. Otter has checked there that the solutions pass."""
    folder = tmp_path_factory.mktemp("dist")
    release.release_all(folder)
    return folder


def run(*command, **environment):
    """Run Python with these arguments; a stream in another encoding must not stop the reading of it."""
    return subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, env={**os.environ, **environment},
                          capture_output=True, encoding="utf-8", errors="replace", check=False)


@pytest.fixture
def handed_in(tmp_path):
    """Write notebooks into a folder, each named after its student."""
    def go(submissions):
        folder = tmp_path / "submitted"
        folder.mkdir()
        for student, content in submissions.items():
            whole = content if isinstance(content, bytes) else nbformat.writes(content).encode()
            (folder / f"{student}.ipynb").write_bytes(whole)
        return folder

    return go


@pytest.fixture
def graded(released, handed_in, tmp_path):
    """Write notebooks into a folder, grade them with the tool, and return each student's marks and notes."""
    def go(name, submissions, *options, **environment):
        done = run(ROOT / "tools" / "grade.py", handed_in(submissions), "--into", tmp_path / "grades",
                   "--autograder", released / "autograder", *(["--set", name] if name else []), *options, **environment)
        assert done.returncode == 0, done.stderr
        with (tmp_path / "grades" / "marks.csv").open(encoding="utf-8-sig") as file:
            rows = {row.pop("student"): row for row in csv.DictReader(file)}
        assert all((tmp_path / "grades" / f"{student}.html").exists() for student in submissions)
        go.said = done.stdout
        return {student: ({part: float(row[part]) for part in row if re.match(r"q\d", part)}, row["notes"])
                for student, row in rows.items()}

    go.feedback = lambda student: (tmp_path / "grades" / f"{student}.html").read_text(encoding="utf-8")
    return go


def solved(released, name):
    return nbformat.read(released / "autograder" / name / f"{name}.ipynb", as_version=4)


def test_there_are_three_sets(released):
    assert {path.stem for path in release.SOURCES} == set(FULL) == set(WRONG)
    assert sorted(path.name for path in (released / "release").iterdir()) == ["set1.ipynb", "set2.ipynb", "set3.ipynb"]


@pytest.mark.parametrize("name", FULL)
def test_the_release_holds_no_solution_and_no_hidden_test(released, name):
    student = (released / "release" / f"{name}.ipynb").read_text(encoding="utf-8")
    source = nbformat.read(ROOT / "assignments" / f"{name}.ipynb", as_version=4)
    for cell in source.cells:
        for block in re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", cell.source, re.S):
            for line in filter(None, map(str.strip, block.splitlines())):
                assert json.dumps(line)[1:-1] not in student, line
        if cell.source.startswith('""" # BEGIN TEST CONFIG'):
            for line in cell.source.splitlines()[4:]:
                assert len(line.strip()) < 30 or json.dumps(line.strip())[1:-1] not in student, line
    assert "Rubric" not in student and not release.FORBIDDEN.search(student)
    assert not any(cell.get("outputs") for cell in nbformat.reads(student, 4).cells)


WIDE_FROM_SET_2 = ["set1", *(pytest.param(name, marks=pytest.mark.wide) for name in ("set2", "set3"))]


@pytest.mark.parametrize("name", WIDE_FROM_SET_2)
def test_right_blank_and_wrong_answers(released, graded, name):
    """Every wrong answer loses the points that the table says, in its part and in no other."""
    nb = solved(released, name)
    bare = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [  # what a careless editor leaves
        {"cell_type": cell.cell_type, "source": cell.source, "metadata": {}} for cell in nb.cells]}
    submissions = {"solved": nb, "stripped": json.dumps(bare).encode(),
                   "blank": nbformat.read(released / "release" / f"{name}.ipynb", as_version=4)}
    expected = {"solved": FULL[name], "stripped": FULL[name], "blank": dict.fromkeys(FULL[name], 0)}
    for part, answers in WRONG[name].items():
        for number, (_, points, code) in enumerate(answers):
            submissions[f"{part}-{number}"] = with_answer(nb, code)
            expected[f"{part}-{number}"] = {**FULL[name], part: points}
    marks = {student: parts for student, (parts, _) in graded(name, submissions).items()}
    assert marks == expected


def test_the_guide_prints_this_table(released):
    assert PAGE.read_text(encoding="utf-8") == page(released / "autograder"), "run assignments/wrong_answers.py"


def test_each_part_has_at_least_three_wrong_answers():
    for name, parts in FULL.items():
        assert set(WRONG[name]) == set(parts)
        for part, answers in WRONG[name].items():
            assert len(answers) >= 3 and all(points < parts[part] for _, points, _ in answers)


@pytest.mark.wide
def test_an_accident_costs_its_part_and_not_the_run(released, graded):
    nb = solved(released, "set1")
    full, answer = FULL["set1"], "def binary_cross_entropy(s, y):\n    "
    lost = {**full, "q5_binary": 0}
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass"
    broken = {
        "endless cell": ("while True:\n    pass", full, "it did not end in time"),
        "endless in spite of us": (stubborn, full, "it did not end in time"),
        "crash": ("import os\nos._exit(3)", full, "it crashed"),
        "memory": ("hog = np.ones(10**10)", full, "it asked for too much memory"),
        "leaves": ("raise SystemExit", full, "SystemExit"),
        "endless answer": (answer + "while True:\n        pass", lost, ""),
        "deadly answer": (answer + "import os\n    os.abort()", lost, ""),
        "greedy answer": (answer + "return np.ones(10**10).sum()", lost, ""),
        "borrowed answer": (answer + "from scipy.special import xlogy\n    return 0", lost, ""),
        "Nguyễn Văn An (2)": ("if True:\n\n    %matplotlib inline\n    !ls", full, ""),
        "not magic": ("rest = (17\n  % 5)\nassert rest == 2\ndisplay(rest)", full, ""),
        "asks": ("name = input()", full, "EOFError"),
        "huge file": ('open("big", "wb").truncate(2**40)', full, "OSError"),
        "tidies up": ("import os, shutil\nshutil.rmtree(os.getcwd())", full, ""),
        "children": ("import subprocess\nkids = [subprocess.Popen(['sleep', '100']) for _ in range(50)]", full, ""),
        "forks": ("import os, time\nif os.fork() == 0:\n    time.sleep(100)\n"
                  "if os.fork() == 0:\n    time.sleep(0.02)\n    raise SystemExit", full, ""),
        "workers": ("import multiprocessing\nmultiprocessing.get_context('fork').Pool(2).map(abs, [-1])", full, ""),
        "bends NumPy": (answer + "return 0\nnp.isclose = np.allclose = lambda *_, **__: True\n"
                        "np.random.default_rng = None", lost, ""),
    }
    found = graded("set1", {student: with_answer(nb, code) for student, (code, _, _) in broken.items()},
                   "--cell-seconds", "2", "--part-seconds", "2")
    for student, (_, marks, note) in broken.items():
        given, told = found[student]
        assert given == marks, student
        assert note in told and bool(note) == bool(told), (student, told)


def test_a_file_that_is_no_notebook_stops_nobody(released, graded):
    nb = solved(released, "set1")
    found = graded("set1", {"empty": b"", "half": nbformat.writes(nb).encode()[:5000], "list": b"[]",
                            "numbers": b'{"cells": [1]}', "other": nbformat.v4.new_notebook(), "good": nb})
    nothing = dict.fromkeys(FULL["set1"], 0)
    assert {student: marks for student, (marks, _) in found.items()} == {
        **dict.fromkeys(("empty", "half", "list", "numbers", "other"), nothing), "good": FULL["set1"]}
    for student in ("empty", "half", "list", "numbers"):
        assert "not a notebook" in found[student][1] and "all checks passed" not in graded.feedback(student)


@pytest.mark.wide
def test_a_notebook_in_an_odd_form_is_read_and_one_of_another_set_is_told(released, graded):
    nb = solved(released, "set1")
    text = nbformat.writes(nb)
    cells = [{"cell_type": cell.cell_type, "source": cell.source.replace("\n", "\r\n")} for cell in nb.cells]
    old = [{"cell_type": cell.cell_type, "input": cell.source} for cell in nb.cells]
    found = graded("set1", {
        "mark in front": text.encode("utf-8-sig"), "PowerShell": text.replace("\n", "\r\n").encode("utf-16"),
        "Windows": json.dumps({"cells": cells}).encode(),
        "odd metadata": json.dumps({"cells": cells, "metadata": [1]}).encode(),
        "version 3": json.dumps({"worksheets": [{"cells": old}]}).encode(),
        "another": solved(released, "set2")})
    assert "set2" in found.pop("another")[1]
    assert all(given == (FULL["set1"], "") for given in found.values()), found


def test_submissions_are_found_in_folders_and_nothing_is_left_out_in_silence(tmp_path, capsys):
    for name in ("Lan.ipynb", "Minh_12_file/set1.IPYNB", "set1.ipynb.txt", ".ipynb_checkpoints/Lan.ipynb",
                 "__MACOSX/Lan.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.ipynb").mkdir()
    assert [student for _, student in grade.submissions(tmp_path)] == ["Lan", "Minh_12_file/set1"]
    assert "set1.ipynb.txt" in capsys.readouterr().out


def test_a_name_or_a_message_harms_neither_the_table_nor_the_feedback(tmp_path):
    odd = ['=HYPERLINK("x")', "-1+2", "<script>alert(1)<", 'O\'Neil "Q", An', "Lan_7/set1"]
    results = [{"student": student, "parts": {}, "notes": ["cell 1: \ud800 <b>"], "total": 0, "possible": 0}
               for student in odd]
    grade.write(results, tmp_path)
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["'" + odd[0], "'" + odd[1], *odd[2:]]
    for student in odd:
        page = (tmp_path / f"{student}.html").read_text(encoding="utf-8")
        assert "<script" not in page and "<b>" not in page


def test_a_submission_cannot_go_on_for_ever(monkeypatch, released):
    """When the time of the whole notebook is up, what is left still gets a second each."""
    monkeypatch.setattr(grade, "SECONDS", {"cell": 60, "part": 60, "all": 0})
    answer = next(c.source for c in solved(released, "set1").cells if c.source.startswith("def softmax"))
    test = str(released / "autograder" / "set1" / "tests" / "q1_softmax.py")
    outcomes = grade.watch({1: "while True:\n    pass", 2: "import numpy as np\n" + answer}, {"q1": test})
    assert outcomes["cell", 1] == {"failed": "it did not end in time"} and outcomes["part", "q1"]["points"] == 10


def test_hard_coded_answers_get_nothing(released, graded):
    """Answers that satisfy the visible check of part 1 and compute nothing."""
    code = ("def softmax(z):\n    if z.shape == (2, 3):\n"
            "        return np.array([[0.665241, 0.244728, 0.090031], [1 / 3] * 3])\n"
            "    return np.array([[1.0, 0.0, 0.0]])")
    nb = solved(released, "set1")
    visible = next(cell.source for cell in nb.cells if "subtract the largest score" in cell.source)
    marks, notes = graded("set1", {"copied": with_answer(with_answer(nb, code), visible)})["copied"]
    assert marks == {**FULL["set1"], "q1_softmax": 0} and notes == ""


@pytest.mark.parametrize("name", FULL)
def test_the_visible_checks_pass_with_the_solutions_and_need_no_package(released, name):
    """The cells that students see, run as they stand after the model solution; nothing but what the text names."""
    sources = [cell.source for cell in nbformat.read(released / "release" / f"{name}.ipynb", 4).cells
               if cell.cell_type == "code"]
    imports = set(re.findall(r"^(?:import|from) (\w+)", "\n".join(sources), re.M))
    assert imports <= ({"numpy"} if name != "set3" else {"numpy", "torch", "helpers"})
    assert sum(source.count("assert ") for source in sources) >= 2 * len(FULL[name])


@pytest.mark.wide
@pytest.mark.parametrize("name", FULL)
def test_a_released_set_runs_in_colab_alone_in_an_empty_folder(released, colab, repository, tmp_path, name):
    """Unsolved, each visible check says what is missing; with the solutions written in, all cells run to the end."""
    empty = tmp_path / "empty"
    empty.mkdir()
    for nb, ends in ((nbformat.read(released / "release" / f"{name}.ipynb", 4), False), (solved(released, name), True)):
        cells = [cell.source for cell in nb.cells if cell.cell_type == "code"]
        cells = [re.sub(r'(REPOSITORY, VERSION = )"[^"]*"', r'\1"someone/course"', source) for source in cells]
        done = colab(PLAY.format(cells=cells), empty, GIT_CONFIG_GLOBAL=repository)
        assert done.returncode == 0, done.stderr[-3000:]
        stopped = json.loads(done.stdout.strip().splitlines()[-1])
        if ends:
            assert stopped == []
        else:
            assert len(stopped) == len(FULL[name]) and all(len(message.split()) >= 4 for message in stopped), stopped
        assert list(empty.iterdir()) == []


STRAY = "def log_softmax(z):\n    return np.log(softmax(z))"


def test_a_set_is_known_by_all_its_functions_and_not_by_one(released, graded):
    found = graded(None, {"Lan": with_answer(solved(released, "set2"), STRAY)})  # log_softmax is of set 1
    assert found == {"Lan": (FULL["set2"], "")}, found


def test_in_a_mixed_folder_the_minority_is_told_on_the_screen_and_in_the_notes(released, graded):
    two = solved(released, "set2")
    found = graded(None, {"An": two, "Binh": with_answer(two, STRAY), "Chi": solved(released, "set3")})
    marks, notes = found.pop("Chi")
    assert not any(marks.values()) and notes.startswith("this looks like set3, and it was graded as set2"), notes
    assert "Chi" in graded.said and "set2" in graded.said
    assert all(outcome == (FULL["set2"], "") for outcome in found.values())


def test_when_two_sets_fit_equally_the_tool_stops_and_asks(released, handed_in, tmp_path):
    folder = handed_in({"An": solved(released, "set1"), "Binh": solved(released, "set2")})
    done = run("tools/grade.py", folder, "--into", tmp_path, "--autograder", released / "autograder")
    assert done.returncode == 1 and "--set" in done.stderr and "Traceback" not in done.stderr
    assert "set1" in done.stderr and "set2" in done.stderr and not (tmp_path / "marks.csv").exists()


def test_which_sets_a_notebook_fits(released, tmp_path, monkeypatch):
    """The functions decide; between equals, what `make release` wrote into the notebook."""
    monkeypatch.setattr(grade, "AUTOGRADER", released / "autograder")

    def fits(*sources, **metadata):
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}), encoding="utf-8")
        return grade.likely_sets(tmp_path / "one.ipynb")

    whole = {name: "\n".join(c.source for c in solved(released, name).cells if c.cell_type == "code") for name in FULL}
    for name, source in whole.items():
        assert fits(source) == fits(source, STRAY, "def train_epoch(model):\n    pass") == [name]
        assert fits(source.replace("\n", "\r\n"), problem_set="set4") == fits(source, problem_set=["set1"]) == [name]
        mark = nbformat.read(released / "release" / f"{name}.ipynb", 4).metadata
        assert fits(**mark) == [name], "`make release` should write its set into the notebook"
    assert fits(whole["set1"], problem_set="set2") == ["set1"]  # written into the notebook of another set
    assert fits(whole["set1"], whole["set2"]) == ["set1", "set2"]
    assert fits(whole["set1"], whole["set2"], problem_set="set2") == ["set2"]
    assert fits("def softmax(z):\n    return z") == fits() == []  # two sets ask for a softmax
    assert fits("# def descend():\nprint('def gradient_error')") == []
    assert fits("descend = lambda W: W", "class A:\n    def log_softmax(self):\n        pass") == ["set2"]


@pytest.mark.parametrize("python, variable", [(["-O"], ""), ([], "2")])
@pytest.mark.parametrize("command", [["tools/grade.py", "assignments"], ["tools/release.py"], [
    "-m", "pytest", "-o", "addopts=", "--collect-only", "tests/grading/test_question_bank.py"]], ids=" ".join)
def test_without_assertions_nothing_is_graded_released_or_tested(command, python, variable):
    """Hidden tests, the solutions' tests and the chapters' checks would all pass unseen."""
    done = run(*python, *command, PYTHONOPTIMIZE=variable)
    assert done.returncode and len(done.stderr.strip().splitlines()) == 1, done
    assert "assertions" in done.stderr and "PYTHONOPTIMIZE" in done.stderr


def test_a_variable_that_python_was_told_to_ignore_does_not_reach_its_children():
    done = run("-E", "-c", "import os; from tools import release; release.need_assertions(); print([*os.environ])",
               PYTHONOPTIMIZE="1")
    assert done.returncode == 0 and "PATH" in done.stdout and "PYTHONOPTIMIZE" not in done.stdout, done


def opened(nb, code, start):
    """Return a notebook with some code in front of that of the cell that starts so."""
    copy = nbformat.from_dict(json.loads(json.dumps(nb)))
    cell = next(cell for cell in copy.cells if cell.cell_type == "code" and cell.source.startswith(start))
    cell.source = code + cell.source
    return copy


BEFORE_AN_ANSWER = [
    "np.exp?\n", "??np.exp\n", "*exp*?\n", "files = !ls\nfiles.n, len(files)\n", "!!ls\n", "%time x = 3\nx + 1\n",
    "t = %timeit -o -n 3 np.exp(1)\nround(1000 * t.average, 3), f'{t.best:.2e}', str(t)\n",
    "import asyncio\nasync with asyncio.Lock():\n    x = await asyncio.sleep(0, 3)\nassert x == 3\n",
    "%%time\n", "%%capture\n!ls\n", "%%capture out --no-stderr\n", "%%prun -s cumulative\n", "%%capture\n%%time\n",
    "x = %time 2 + 1\nassert x == 3\n", "%prun -l 5 x = 3\nassert x == 3\n", "   \n\n%%time\n", ">>> x = 1\n",
    "def f(w):\n    v = %time w + 1\n    !ls {w}\n    return v\nassert f(2) == 3\n",
    "here = %pwd\n%cd ..\n", "%load_ext autoreload\n%autoreload 2\n",
    "from IPython import get_ipython\nget_ipython().run_line_magic('matplotlib', 'inline')\n",
    "from IPython.display import HTML, display\ndisplay(HTML('x'), display_id=True)\n", "display(1, clear=True)\n",
    "import matplotlib.pyplot as plt\n%matplotlib inline\nplt.plot([1])\nplt.show()\n",
    "get_ipython().events.register('post_run_cell', print)\n'google.colab' in str(get_ipython())\n"]
BEFORE_THE_IMPORTS = [
    "!pip install x\n", "%pip install x\n", "!pip install x && echo ok\n", "%%capture\n!pip install x\n",
    "import sys\n!{sys.executable} -m pip install x\n", "%conda install -y x\n", "%%time\n%pip install \\\n  x\n",
    "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'no-such-package'])\n",
    "try:\n    import x\nexcept ImportError:\n    !pip install x\n"]
ALONE = ["pip install x", "%%capture\npip install x", "ls", "matplotlib inline", "time softmax(np.eye(2))",
         "%%bash\npip install x", "%%writefile x.py\ndef softmax(z):", "%%html\n<b>", "%%javascript\nlet x",
         "%%timeit\nsoftmax = None", "%timeit -n 1 softmax = None", "%reset -f", "%run x.py"]


def test_what_only_jupyter_understands_costs_nothing(released, graded):
    """Neither in the cell of an answer nor in that of `import numpy as np`, without which every part fails."""
    nb = solved(released, "set1")
    cells = {code: opened(nb, code, "def binary") for code in BEFORE_AN_ANSWER}
    cells |= {code: opened(nb, code, "import numpy") for code in BEFORE_THE_IMPORTS}
    cells |= {code: with_answer(nb, code) for code in ALONE}
    cells["pylab inline"] = opened(nb, "", "import numpy")
    next(cell for cell in cells["pylab inline"].cells if cell.source == "import numpy as np").source = "pylab inline"
    found = graded("set1", {str(number): submission for number, submission in enumerate(cells.values())})
    wrong = {code: found[str(number)] for number, code in enumerate(cells)
             if found[str(number)] != (FULL["set1"], "")}
    assert not wrong


def test_what_jupyter_does_not_understand_is_an_error_here_too(released, graded):
    nb, lost = solved(released, "set1"), {**FULL["set1"], "q5_binary": 0}
    found = graded("set1", {"two lines": opened(nb, "x = 1\npip install x\n", "def binary"),
                            "not Python": opened(nb, "%%bash\n", "def binary"),
                            "measured": opened(nb, "%time 1 / 0\n", "def binary"),
                            "one line": with_answer(nb, "def softmax(z) return z")})
    assert [marks for marks, _ in found.values()] == [lost, lost, FULL["set1"], lost]
    for student, note in (("two lines", "SyntaxError"), ("one line", "SyntaxError"), ("measured", "ZeroDivision")):
        assert note in found[student][1]


def test_a_cell_that_does_not_compile_is_told_which_python_the_grader_has(released, graded):
    """Unless the notebook was saved by a Python that is no newer; and an error while it runs is another thing."""
    nb, here = solved(released, "set1"), "Python {}.{}".format(*sys.version_info)

    def saved_by(python, code):
        copy = opened(nb, code, "def binary")
        copy.metadata = {"language_info": {"name": "python", "version": python}} if python else {}
        return copy

    newer = "def newer[T](x: T) -> T:\n    return x = 1\n"  # the second line is for no Python
    found = graded("set1", {
        "newer": saved_by("3.99.1", newer), "silent": saved_by("", newer), "older": saved_by("3.9.1", newer),
        "magic": saved_by("3.99.0rc1", "%%time\n" + newer), "evaluates": saved_by("3.99.1", "eval('1 +')\n"),
        "fine": saved_by("3.99.1", "")})
    for student, (_, notes) in found.items():
        told = student in ("newer", "silent", "magic")
        assert (here in notes) == told and ("3.99" in notes) == (told and student != "silent"), (student, notes)
        assert ("SyntaxError" in notes) == (student != "fine"), (student, notes)


def test_a_link_is_followed_and_what_cannot_be_graded_is_listed(tmp_path, capsys):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "submitted"
    for path in (elsewhere / "Lan" / "set1.ipynb", elsewhere / "Minh.ipynb", folder / "An" / "set1.ipynb"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name, target in {"Lan": elsewhere / "Lan", "Minh.ipynb": elsewhere / "Minh.ipynb", "Binh": "An",
                         "broken.ipynb": "nowhere", "gone": "nowhere", "An/up": "..", "itself": "itself",
                         "self.ipynb": "self.ipynb"}.items():
        (folder / name).symlink_to(target)
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe.ipynb")
    assert [student for _, student in grade.submissions(folder)] == ["An/set1", "Binh/set1", "Lan/set1", "Minh"]
    said = capsys.readouterr().out
    for left_out in ("An/up", "Binh/up", "broken.ipynb", "gone", "itself", "self.ipynb", "empty", "pipe.ipynb"):
        assert repr(left_out) in said, left_out
    assert "set1" not in said and "Lan" not in said


def test_a_folder_that_cannot_be_read_is_listed(tmp_path, capsys, monkeypatch):
    (tmp_path / "Lan").mkdir()
    (tmp_path / "An.ipynb").touch()
    readable = Path.iterdir

    def iterdir(path):
        if path.name == "Lan":
            raise PermissionError(path)
        return readable(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert [student for _, student in grade.submissions(tmp_path)] == ["An"]
    assert "'Lan'" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_name_that_the_screen_cannot_show_stops_nothing(released, handed_in, tmp_path, encoding):
    """As in Windows, where output that is redirected has few letters; a broken name has a letter that none has."""
    into = tmp_path / "Nguyễn Văn Ân \udcff"
    folder = handed_in({"Nguyễn Văn Ân": solved(released, "set1"), "Lan": nbformat.v4.new_notebook()})
    done = run("tools/grade.py", folder, "--into", into, "--autograder", released / "autograder",
               PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "2 notebooks" in done.stdout and (into / "Nguyễn Văn Ân.html").exists()
    with (into / "marks.csv").open(encoding="utf-8-sig") as file:
        assert {row["student"]: float(row["total"]) for row in csv.DictReader(file)} == {"Lan": 0, "Nguyễn Văn Ân": 60}


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_set_whose_name_the_screen_cannot_show_is_released(encoding):
    done = run("-c", r"from tools import release; release.release_all = lambda: [release.ROOT / 'bộ \udcff.ipynb']" "\n"
               "release.main()", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "ipynb" in done.stdout, done.stderr


def test_what_otter_complains_of_is_shown_in_its_own_letters(tmp_path, monkeypatch):
    """A stand-in for Otter, which prints in the encoding that it is told to print in."""
    (tmp_path / "otter").write_text(f"#!{sys.executable}\nimport sys\nprint('é')\nsys.exit('é ộ')", encoding="utf-8")
    (tmp_path / "otter").chmod(0o755)
    monkeypatch.setattr(release.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    with pytest.raises(SystemExit, match="é ộ"):
        release.release(ROOT / "assignments" / "set1.ipynb", tmp_path)


PLAY = """
import json
stopped = []
for source in {cells!r}:
    try:
        exec(source)
    except AssertionError as error:
        stopped.append(str(error))
print(json.dumps(stopped))
"""
