"""What the tests of the grader share: the released sets, and a way to hand in and grade."""

import csv
import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assignments.grading import SETS, grade, release
from assignments.grading.sandbox import Limits

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """A folder that holds what `make release` makes, made by the first worker that asks.

    Otter has checked there that the solutions of set 1 pass; those of all sets pass our own grader, in a test.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "dist"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in SETS:
            if not (folder / "release" / f"{name}.ipynb").exists():
                release.release(name, folder, try_solutions=name == "set1")
    return folder


@pytest.fixture
def solved(released):
    """Return the notebook of a set with the solutions in it."""
    return lambda name: json.loads((released / "autograder" / name / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def unsolved(released):
    """Return the notebook of a set as students get it."""
    return lambda name: json.loads((released / "release" / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def handed_in(tmp_path):
    """Write notebooks into a folder, each named after its student."""
    def go(submissions):
        folder = tmp_path / "submitted"
        folder.mkdir()
        for student, content in submissions.items():
            whole = content if isinstance(content, bytes) else json.dumps(content).encode()
            (folder / f"{student}.ipynb").write_bytes(whole)
        return folder

    return go


@pytest.fixture
def graded(released, handed_in, tmp_path):
    """Grade notebooks in this process, which has loaded Otter already; return each student's marks and notes."""
    def go(name, submissions, **limits):
        into = tmp_path / "grades"
        grade.grade(handed_in(submissions), into, name, released / "autograder", Limits(**limits))
        found = marks(into)
        assert all((into / f"{student}.html").exists() for student in submissions)
        return found

    go.feedback = lambda student: (tmp_path / "grades" / f"{student}.html").read_text(encoding="utf-8")
    return go


@pytest.fixture
def command(released):
    """Run the command as `make grade` does, in a process of its own."""
    return lambda *arguments, **environment: python(
        "-m", "assignments.grading.grade", *arguments, "--autograder", released / "autograder", **environment)


def python(*arguments, **environment):
    """Run Python with these arguments; a stream in another encoding must not stop the reading of it."""
    return subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, env={**os.environ, **environment},
                          capture_output=True, encoding="utf-8", errors="replace", check=False)


def marks(folder):
    """Return each student's points by part, and the notes, from the table of marks."""
    with (folder / "marks.csv").open(encoding="utf-8-sig") as file:
        rows = {row.pop("student"): row for row in csv.DictReader(file)}
    return {student: ({part: float(row[part]) for part in row if re.match(r"q\d", part)}, row["notes"])
            for student, row in rows.items()}


def full(name, **lost):
    """Return the points of a submission of a set that is right, but for some parts."""
    return {**SETS[name]["parts"], **lost}


def code_of(notebook):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
