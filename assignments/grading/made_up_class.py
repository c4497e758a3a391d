"""Make up a class, of right and wrong answers: python -m assignments.grading.made_up_class set1 60 FOLDER

It needs `make release` to have been run. The wrong answers are those of wrong_answers.toml.
"""

import itertools
import json
import sys
import tomllib
from pathlib import Path

from assignments.grading import ASSIGNMENTS, DIST

WRONG = tomllib.loads((ASSIGNMENTS / "grading" / "wrong_answers.toml").read_text(encoding="utf-8"))


def with_answer(notebook, code):
    """Return a notebook with one more cell, which may define a function anew."""
    return {**notebook, "cells": [*notebook["cells"], {"cell_type": "code", "metadata": {}, "source": code,
                                                       "execution_count": None, "outputs": []}]}


def submissions(name, autograder=DIST / "autograder"):
    """Return the solution of a set, and each wrong answer in it."""
    solved = json.loads((autograder / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [solved, *(with_answer(solved, answer["code"]) for answers in WRONG[name].values() for answer in answers)]


def main(name, size, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number, submission in zip(range(1, int(size) + 1), itertools.cycle(submissions(name))):
        Path(folder, f"student-{number:02}.ipynb").write_text(json.dumps(submission), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 4 else sys.exit(__doc__)
