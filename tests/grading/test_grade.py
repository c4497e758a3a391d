"""What a right, a blank and a wrong answer get, what an accident costs, and that the command writes it down."""

import csv
import itertools

import pytest

from assignments.grading import SETS, feedback
from assignments.grading.made_up_class import WRONG, with_answer
from assignments.grading.sandbox import Limits, Step, run_confined
from tests.grading.conftest import code_of, full, marks, python

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("name", ["set1", *(pytest.param(name, marks=pytest.mark.wide) for name in ("set2", "set3"))])
def test_right_and_blank_answers(solved, unsolved, command, handed_in, tmp_path, name):
    """By the command, as an instructor runs it; what Colab or a careless editor leaves of a notebook is enough."""
    nb = solved(name)
    bare = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": cell["cell_type"], "source": "".join(cell["source"]), "metadata": {}} for cell in nb["cells"]]}
    handed = {"solved": nb, "colab": as_colab_saves(nb), "stripped": bare, "blank": unsolved(name)}
    done = command(handed_in(handed), "--into", tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("4 notebooks"), done
    found = {student: parts for student, (parts, _) in marks(tmp_path).items()}
    right = dict.fromkeys(("solved", "colab", "stripped"), full(name))
    assert found == {**right, "blank": dict.fromkeys(full(name), 0)}
    assert (tmp_path / "blank.html").exists()


def as_colab_saves(nb):
    """Return a notebook as *Download .ipynb* of Colab writes it: nbformat 4.0, its own metadata, sources as lists."""
    def cell(number, old):
        extra = {"execution_count": number, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}]}
        return {"cell_type": old["cell_type"], "source": "".join(old["source"]).splitlines(keepends=True),
                "metadata": {"id": f"x{number}", "colab": {"base_uri": "https://localhost:8080/"}, "outputId": "y"},
                **(extra if old["cell_type"] == "code" else {})}

    return {"nbformat": 4, "nbformat_minor": 0, "cells": [cell(*numbered) for numbered in enumerate(nb["cells"])],
            "metadata": {"colab": {"provenance": []}, "language_info": {"name": "python"},
                         "kernelspec": {"name": "python3", "display_name": "Python 3"}}}


@pytest.mark.wide
@pytest.mark.parametrize("name", SETS)
def test_wrong_answers(solved, command, handed_in, tmp_path, name):
    """Every wrong answer loses the points that the table says, in its part and in no other."""
    handed, expected = {}, {}
    for part, answers in WRONG[name].items():
        for number, answer in enumerate(answers):
            handed[f"{part}-{number}"] = with_answer(solved(name), answer["code"])
            expected[f"{part}-{number}"] = full(name, **{part: answer["points"]})
    assert command(handed_in(handed), "--into", tmp_path).returncode == 0
    assert {student: parts for student, (parts, _) in marks(tmp_path).items()} == expected


def test_each_part_has_at_least_three_wrong_answers():
    for name, facts in SETS.items():
        assert list(WRONG[name]) == list(facts["parts"])
        for part, answers in WRONG[name].items():
            assert len(answers) >= 3 and all(answer["points"] < facts["parts"][part] for answer in answers)


def test_who_judges_by_the_training_loss_or_the_test_set_loses_most_of_the_search():
    points = {answer["answer"]: answer["points"] for answer in WRONG["set3"]["q3_search"]}
    whole = SETS["set3"]["parts"]["q3_search"]
    assert points["judges by the training loss"] <= whole / 4 and points["judges by the test set"] == 0


def test_a_wrong_answer_loses_its_points_and_a_hard_coded_one_all(solved, graded):
    """One for each part of set 1, and answers that satisfy the visible check of part 1 and compute nothing."""
    nb = solved("set1")
    code = ("def softmax(z):\n    if z.shape == (2, 3):\n"
            "        return np.array([[0.665241, 0.244728, 0.090031], [1 / 3] * 3])\n"
            "    return np.array([[1.0, 0.0, 0.0]])")
    visible = next(source for source in code_of(nb) if "subtract the largest score" in source)
    handed = {part: with_answer(nb, answers[0]["code"]) for part, answers in WRONG["set1"].items()}
    found = graded("set1", {**handed, "copied": with_answer(with_answer(nb, code), visible)})
    assert found.pop("copied") == (full("set1", q1_softmax=0), "")
    assert found == {part: (full("set1", **{part: answers[0]["points"]}), "")
                     for part, answers in WRONG["set1"].items()}


STUBBORN = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass"
ANSWER = "def log_softmax(z):\n    "
FULL, LOST = full("set1"), full("set1", q2_log_softmax=0)
ACCIDENTS = {
    "endless cell": ("while True:\n    pass", FULL, "it did not end in time"),
    "crash": ("import os\nos._exit(3)", FULL, "it crashed"),
    "memory": ("hog = np.ones(10**10)", FULL, "it asked for too much memory"),
    "deadly answer": (ANSWER + "import os\n    os.kill(os.getpid(), 9)", LOST, ""),
    "borrowed answer": (ANSWER + "from scipy.special import xlogy\n    return 0", LOST, ""),
    "endless in spite of us": (STUBBORN, FULL, "it did not end in time"),
    "aborts": ("import os\nos.abort()", FULL, "it crashed"),
    "leaves": ("raise SystemExit", FULL, "SystemExit"),
    "endless answer": (ANSWER + "while True:\n        pass", LOST, ""),
    "greedy answer": (ANSWER + "return np.ones(10**10).sum()", LOST, ""),
    "Nguyễn Văn An (2)": ("if True:\n\n    %matplotlib inline\n    !ls", FULL, ""),
    "not magic": ("rest = (17\n  % 5)\nassert rest == 2\ndisplay(rest)", FULL, ""),
    "asks": ("name = input()", FULL, "EOFError"),
    "huge file": ('open("big", "wb").truncate(2**40)', FULL, "OSError"),
    "tidies up": ("import os, shutil\nshutil.rmtree(os.getcwd())", FULL, ""),
    "children": ("import subprocess\nkids = [subprocess.Popen(['sleep', '100']) for _ in range(50)]", FULL, ""),
    "forks": ("import os, time\nif os.fork() == 0:\n    time.sleep(100)\n"
              "if os.fork() == 0:\n    time.sleep(0.02)\n    raise SystemExit", FULL, ""),
    "workers": ("import multiprocessing\nmultiprocessing.get_context('fork').Pool(2).map(abs, [-1])", FULL, ""),
    "bends NumPy": (ANSWER + "return 0\nnp.isclose = np.allclose = lambda *_, **__: True\n"
                    "np.random.default_rng = None", LOST, ""),
}


def assert_costs_its_part(found, accidents):
    for student, (_, expected, note) in accidents.items():
        given, told = found[student]
        assert given == expected, (student, told)
        assert note in told and bool(note) == bool(told), (student, told)


def test_an_accident_costs_its_part_and_not_the_run(solved, graded):
    few = dict(itertools.islice(ACCIDENTS.items(), 5))
    handed = {student: with_answer(solved("set1"), code) for student, (code, _, _) in few.items()}
    assert_costs_its_part(graded("set1", handed, cell_seconds=1, part_seconds=1), few)


@pytest.mark.wide
def test_no_accident_costs_more_than_its_part(solved, command, handed_in, tmp_path):
    handed = {student: with_answer(solved("set1"), code) for student, (code, _, _) in ACCIDENTS.items()}
    done = command(handed_in(handed), "--into", tmp_path, "--cell-seconds", 2, "--part-seconds", 2)
    assert done.returncode == 0, done.stderr
    assert_costs_its_part(marks(tmp_path), ACCIDENTS)


def test_a_submission_cannot_go_on_for_ever(released, solved):
    """When the time of the whole notebook is up, what is left still gets a second each."""
    answer = next(code for code in code_of(solved("set1")) if code.startswith("def softmax"))
    test = str(released / "autograder" / "set1" / "tests" / "q1_softmax.py")
    steps = [Step("cell", 1, "while True:\n    pass"), Step("cell", 2, "import numpy as np\n" + answer),
             Step("part", "q1_softmax", test)]
    outcomes = run_confined(steps, Limits(cell_seconds=60, part_seconds=60, all_seconds=0))
    assert outcomes[0] == {"failed": "it did not end in time"} and outcomes[2]["points"] == 10


@pytest.mark.wide
def test_the_limits_of_the_command_line_reach_the_submission(solved, command, handed_in, tmp_path):
    nb, sleep = solved("set1"), "import time; time.sleep(4)"
    done = command(handed_in({"cell": with_answer(nb, sleep), "part": with_answer(nb, ANSWER + sleep)}),
                   "--into", tmp_path, "--cell-seconds", 1, "--part-seconds", 2)
    assert done.returncode == 0, done.stderr
    late = f"cell {len(code_of(nb)) + 1}: it did not end in time"
    assert marks(tmp_path) == {"cell": (FULL, late), "part": (LOST, "")}


def test_the_limits_are_those_that_were_passed(solved, graded, tmp_path, monkeypatch):
    """Every one of them: a limit that is not passed down would let these cells end in another way."""
    monkeypatch.chdir(tmp_path)
    file = with_answer(solved("set1"), "open('a', 'wb').truncate(20)")
    assert "OSError" in graded("set1", {"Lan": file}, largest_file=10)["Lan"][1]

    def run(*sources, **limits):
        outcomes = run_confined([Step("cell", k, source) for k, source in enumerate(sources)], Limits(**limits))
        return [outcomes[k].get("failed", "") for k in range(len(sources))]

    hog = "import numpy\nhog = numpy.zeros(3 * 2**30, 'u1')"
    assert run(hog, memory=2**33) == [""] and run(hog, memory=2**31) == ["it asked for too much memory"]
    assert run("open('a', 'wb').truncate(20)", largest_file=10)[0].startswith("OSError")
    assert run(STUBBORN, cell_seconds=1, grace_seconds=0) == ["it did not end in time"]


@pytest.mark.wide
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_name_that_the_screen_cannot_show_stops_nothing(solved, command, handed_in, tmp_path, encoding):
    """As in Windows, where output that is redirected has few letters; a broken name has a letter that none has."""
    into = tmp_path / "Nguyễn Văn Ân \udcff"
    done = command(handed_in({"Nguyễn Văn Ân": solved("set1"), "Lan": {"cells": []}}), "--into", into,
                   PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "2 notebooks" in done.stdout and (into / "Nguyễn Văn Ân.html").exists()
    with (into / "marks.csv").open(encoding="utf-8-sig") as file:
        found = {row["student"]: float(row["total"]) for row in csv.DictReader(file)}
    assert found == {"Lan": 0, "Nguyễn Văn Ân": sum(FULL.values())}


def test_a_name_or_a_message_harms_neither_the_table_nor_the_feedback(tmp_path):
    odd = ['=HYPERLINK("x")', "-1+2", "<script>alert(1)<", 'O\'Neil "Q", An', "Lan_7/set1"]
    results = [{"student": student, "parts": {}, "notes": ["cell 1: \ud800 <b>"], "total": 0, "possible": 0}
               for student in odd]
    feedback.write(results, tmp_path)
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["'" + odd[0], "'" + odd[1], *odd[2:]]
    for student in odd:
        page = (tmp_path / f"{student}.html").read_text(encoding="utf-8")
        assert "<script" not in page and "<b>" not in page


COMMANDS = (["-m", "assignments.grading.grade", "assignments"], ["-m", "assignments.grading.release"],
            pytest.param(["-m", "pytest", "-o", "addopts=", "--collect-only", "tests/grading/test_question_bank.py"],
                         marks=pytest.mark.wide))


@pytest.mark.parametrize("python_option, variable", [("-O", ""), pytest.param("", "2", marks=pytest.mark.wide)])
@pytest.mark.parametrize("arguments", COMMANDS)
def test_without_assertions_nothing_is_graded_released_or_tested(arguments, python_option, variable):
    """Hidden tests, the solutions' tests and the chapters' checks would all pass unseen."""
    done = python(*filter(None, [python_option]), *arguments, PYTHONOPTIMIZE=variable)
    assert done.returncode and len(done.stderr.strip().splitlines()) == 1, done
    assert "assertions" in done.stderr and "PYTHONOPTIMIZE" in done.stderr


def test_a_variable_that_python_was_told_to_ignore_does_not_reach_its_children():
    done = python("-E", "-c", "import os; from assignments import grading; grading.need_assertions(); "
                  "print([*os.environ])", PYTHONOPTIMIZE="1")
    assert done.returncode == 0 and "PATH" in done.stdout and "PYTHONOPTIMIZE" not in done.stdout, done
