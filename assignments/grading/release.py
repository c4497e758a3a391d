"""Make the student versions of the problem sets: python -m assignments.grading.release

Otter-Grader cuts the solutions and the hidden tests out of assignments/*.ipynb and checks that the solutions pass. What
students get is dist/release/<set>.ipynb. What the grader needs is dist/autograder/<set>/: the tests, the solved
notebook, and a zip for Gradescope, for `otter grade`, or for whatever else runs Otter.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from assignments.grading import ASSIGNMENTS, DIST, SETS, need_assertions

# Otter can tell a student's answer from the rest only by marks that it leaves; none of them may be a solution's.
FORBIDDEN = re.compile(r"# ?(BEGIN|END) (SOLUTION|TEST)|# SOLUTION|ASSIGNMENT CONFIG|def test_")


def release(name, target=DIST, source=None, try_solutions=True):
    """Release one set into `target`, and return the student's notebook."""
    source = source or ASSIGNMENTS / f"{name}.ipynb"
    with tempfile.TemporaryDirectory() as folder:
        assign(source, Path(folder), try_solutions)
        graders, student = target / "autograder" / name, target / "release" / f"{name}.ipynb"
        shutil.rmtree(graders, ignore_errors=True)
        shutil.copytree(Path(folder) / "autograder", graders)
        notebook = json.loads((Path(folder) / "student" / source.name).read_text(encoding="utf-8"))
    (archive,) = graders.glob("*.zip")
    archive.rename(graders / f"{name}-autograder.zip")  # Otter puts the time into its name
    check_points(name, graders / "tests")
    notebook["metadata"]["problem_set"] = name  # so that the grader knows it, even if all the functions are gone
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if found := FORBIDDEN.search(text):
        sys.exit(f"{source.name}: {found[0]!r} would be released to students.")
    student.parent.mkdir(parents=True, exist_ok=True)
    student.write_text(text, encoding="utf-8")
    return student


def assign(source, folder, try_solutions):
    """Let Otter cut a set in two, and stop with what it says if it refuses."""
    try:
        with without_complaints():
            from otter.assign import main as otter_assign  # it takes seconds

            otter_assign(str(source), str(folder), no_run_tests=not try_solutions)
    except Exception as error:  # Otter has no kind of its own
        sys.exit(f"{source.name}: Otter refuses it, or its solutions fail their own tests.\n{str(error)[-3000:]}")


@contextlib.contextmanager
def without_complaints():
    """Send to nowhere what Otter and its kernels warn of, which is no concern of an instructor's."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def check_points(name, tests):
    """Stop where the notebook gives its parts other points than sets.toml."""
    from assignments.grading.parts import tests_of

    found = {path.stem: sum(case.points for case in tests_of(path).test_cases) for path in sorted(tests.glob("*.py"))}
    if found != SETS[name]["parts"]:
        sys.exit(f"{name}: the notebook gives {found}, and sets.toml {SETS[name]['parts']}.")


def main():
    need_assertions()
    sys.stdout.reconfigure(errors="backslashreplace")  # in Windows a redirected output has few letters
    for name in SETS:
        print(release(name))


if __name__ == "__main__":
    main()
