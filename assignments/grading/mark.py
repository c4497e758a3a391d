"""The marks of one submission, in a process made for it."""

import contextlib
import sys
import tempfile
from pathlib import Path

from assignments.grading import SETS
from assignments.grading.sandbox import Step, run_confined


def mark(submission, name, autograder, limits):
    """Mark one submission of a set; whatever becomes of it, there is a result."""
    try:
        block(SETS[name]["blocked"])
        return mark_by_tests(submission, SETS[name]["parts"], autograder / name / "tests", limits)
    except Exception as error:  # ours, not the student's: the others still count
        return {"student": submission.student, "parts": {}, "notes": [f"not graded: {type(error).__name__}: {error}"],
                "total": 0, "possible": 0}


def block(modules):
    """Make imports of modules fail, for good."""
    for module in modules:
        for loaded in [key for key in sys.modules if key.startswith(f"{module}.")]:
            del sys.modules[loaded]
        sys.modules[module] = None


def mark_by_tests(submission, possible, tests, limits):
    """Run the cells, then the tests of each part; return the marks and what the student is told."""
    steps = [*(Step("cell", number, code) for number, code in submission.cells.items()),
             *(Step("part", part, str(tests / f"{part}.py")) for part in possible)]
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path("pip.py").touch()  # `python -m pip install ...` finds this one, which does nothing and succeeds
        outcomes = {} if submission.problem else run_confined(steps, limits)
    found = {step.key: outcomes[place] for place, step in enumerate(steps) if place in outcomes}
    missing = {"failed": "it was not reached"}
    parts = {part: {"points": 0, **found.get(part, missing), "possible": possible[part]} for part in possible}
    notes = [submission.problem] if submission.problem else notes_on(submission, found)
    if not submission.problem and not found.keys() >= possible.keys():
        notes.append("it crashed between two cells or parts")
    return {"student": submission.student, "parts": parts, "notes": notes,
            "total": sum(part["points"] for part in parts.values()), "possible": sum(possible.values())}


def notes_on(submission, found):
    """Say what became of the cells that failed, and whether a newer Python might have understood them."""
    failed = {number: found[number] for number in submission.cells if "failed" in found.get(number, {})}
    notes = [f"cell {number}: {outcome['failed']}" for number, outcome in failed.items()]
    uncompiled = ", ".join(str(number) for number, outcome in failed.items() if outcome.get("uncompiled"))
    if uncompiled and (submission.python is None or submission.python > sys.version_info[:2]):
        by = "; the notebook was saved by Python {}.{}".format(*submission.python) if submission.python else ""
        here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        notes.append(f"the grader has {here}, which does not compile cell {uncompiled}{by}")
    return notes
