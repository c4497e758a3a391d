"""What was handed in is found, read and recognised, whatever its form; what cannot be is said to be."""

import json
import os
from pathlib import Path

import pytest

from assignments.grading import SETS, submissions
from assignments.grading.made_up_class import with_answer
from tests.grading.conftest import code_of, full

pytestmark = pytest.mark.timeout(240)
STRAY = "def log_softmax(z):\n    return np.log(softmax(z))"  # a function of set 1


def students(folder):
    return [student for _, student in submissions.find(folder)]


def test_submissions_are_found_in_folders_and_nothing_is_left_out_in_silence(tmp_path, capsys):
    for name in ("Lan.ipynb", "Minh_12_file/set1.IPYNB", "set1.ipynb.txt", ".ipynb_checkpoints/Lan.ipynb",
                 "__MACOSX/Lan.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.ipynb").mkdir()
    assert students(tmp_path) == ["Lan", "Minh_12_file/set1"]
    assert "set1.ipynb.txt" in capsys.readouterr().out


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
    assert students(folder) == ["An/set1", "Binh/set1", "Lan/set1", "Minh"]
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
    assert students(tmp_path) == ["An"]
    assert "'Lan'" in capsys.readouterr().out


def test_which_sets_a_notebook_fits(released, solved, unsolved, tmp_path):
    """The functions decide; between equals, what `make release` wrote into the notebook."""
    own = submissions.own_functions(released / "autograder")

    def fits(*sources, **metadata):
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}), encoding="utf-8")
        return submissions.likely_sets(submissions.read(tmp_path / "one.ipynb"), own)

    whole = {name: "\n".join(code_of(solved(name))) for name in SETS}
    for name, source in whole.items():
        assert fits(source) == fits(source, STRAY, "def train_epoch(model):\n    pass") == [name]
        assert fits(source.replace("\n", "\r\n"), problem_set="set4") == fits(source, problem_set=["set1"]) == [name]
        assert fits(**unsolved(name)["metadata"]) == [name], "`make release` should write its set into the notebook"
    assert fits(whole["set1"], problem_set="set2") == ["set1"]  # written into the notebook of another set
    assert fits(whole["set1"], whole["set2"]) == ["set1", "set2"]
    assert fits(whole["set1"], whole["set2"], problem_set="set2") == ["set2"]
    assert fits("def softmax(z):\n    return z") == fits() == []  # two sets ask for a softmax
    assert fits("# def descend():\nprint('def gradient_error')") == []
    assert fits("descend = lambda W: W", "class A:\n    def log_softmax(self):\n        pass") == ["set2"]


def test_a_set_is_known_by_all_its_functions_and_the_minority_of_a_folder_is_told(solved, graded, capsys):
    """On the screen and in the notes."""
    two = solved("set2")
    found = graded(None, {"An": two, "Binh": with_answer(two, STRAY), "Chi": solved("set3")})
    marks, notes = found.pop("Chi")
    assert not any(marks.values()) and notes.startswith("this looks like set3, and it was graded as set2"), notes
    said = capsys.readouterr().out
    assert "Chi" in said and "set2" in said
    assert all(outcome == (full("set2"), "") for outcome in found.values())


def test_when_two_sets_fit_equally_the_command_stops_and_asks(solved, command, handed_in, tmp_path):
    done = command(handed_in({"An": solved("set1"), "Binh": solved("set2")}), "--into", tmp_path)
    assert done.returncode == 1 and "--set" in done.stderr and "Traceback" not in done.stderr
    assert "set1" in done.stderr and "set2" in done.stderr and not (tmp_path / "marks.csv").exists()


def test_a_file_that_is_no_notebook_stops_nobody(solved, graded):
    found = graded("set1", {"empty": b"", "half": json.dumps(solved("set1")).encode()[:5000], "list": b"[]",
                            "numbers": b'{"cells": [1]}', "other": {"cells": []}, "good": solved("set1")})
    nothing = dict.fromkeys(full("set1"), 0)
    assert {student: marks for student, (marks, _) in found.items()} == {
        **dict.fromkeys(("empty", "half", "list", "numbers", "other"), nothing), "good": full("set1")}
    for student in ("empty", "half", "list", "numbers"):
        assert "not a notebook" in found[student][1] and "all checks passed" not in graded.feedback(student)


@pytest.mark.wide
def test_a_notebook_in_an_odd_form_is_read_and_one_of_another_set_is_told(solved, graded):
    nb = solved("set1")
    text = json.dumps(nb, indent=1)
    code = [(cell["cell_type"], "".join(cell["source"])) for cell in nb["cells"]]
    cells = [{"cell_type": kind, "source": source.replace("\n", "\r\n")} for kind, source in code]
    old = [{"cell_type": kind, "input": source} for kind, source in code]
    found = graded("set1", {
        "mark in front": text.encode("utf-8-sig"), "PowerShell": text.replace("\n", "\r\n").encode("utf-16"),
        "Windows": {"cells": cells}, "odd metadata": {"cells": cells, "metadata": [1]},
        "version 3": {"worksheets": [{"cells": old}]}, "another": solved("set2")})
    assert "set2" in found.pop("another")[1]
    assert all(given == (full("set1"), "") for given in found.values()), found
