"""Make the student versions of the problem sets: python tools/release.py

Otter-Grader cuts the solutions and the hidden tests out of assignments/*.ipynb and checks that the solutions pass. What
students get is dist/release/<set>.ipynb. What the grader needs is dist/autograder/<set>/: the tests, the solved
notebook, and a zip for Gradescope, for `otter grade`, or for whatever else runs Otter.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "assignments").glob("*.ipynb"))
DIST = ROOT / "dist"
# Otter can tell a student's answer from the rest only by marks that it leaves; none of them may be a solution's.
FORBIDDEN = re.compile(r"# ?(BEGIN|END) (SOLUTION|TEST)|# SOLUTION|ASSIGNMENT CONFIG|def test_")


def release(source, target=DIST):
    """Release one set into `target`, and return the student's notebook."""
    name = source.stem
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([Path(sys.executable).with_name("otter"), "assign", source, folder], check=False,
                              capture_output=True, encoding="utf-8", errors="replace",
                              env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        if done.returncode:
            sys.exit(f"{source.name}: Otter refuses it, or its solutions fail their own tests.\n{done.stderr[-3000:]}")
        student, graders = target / "release" / f"{name}.ipynb", target / "autograder" / name
        student.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(graders, ignore_errors=True)
        shutil.copytree(Path(folder) / "autograder", graders)
        (archive,) = graders.glob("*.zip")
        archive.rename(graders / f"{name}-autograder.zip")  # Otter puts the time into its name
        nb = nbformat.read(Path(folder) / "student" / source.name, as_version=4)
        nb.metadata["problem_set"] = name  # so that the grader knows it, even if all the functions are gone
        nbformat.write(nb, student)
    if found := FORBIDDEN.search(student.read_text(encoding="utf-8")):
        student.unlink()
        sys.exit(f"{source.name}: {found[0]!r} would be released to students.")
    return student


def release_all(target=DIST):
    """Release all sets, side by side, and return the students' notebooks."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda source: release(source, target), SOURCES))


def need_assertions():
    """Stop where Python leaves out assertions: a solution that fails its tests would pass."""
    if not __debug__:
        sys.exit("The tests are made of assertions, and -O or PYTHONOPTIMIZE leaves them out: run again without it.")
    os.environ.pop("PYTHONOPTIMIZE", None)  # -E hides it from this Python, and not from those that this one starts


def main():
    need_assertions()
    sys.stdout.reconfigure(errors="backslashreplace")  # in Windows a redirected output has few letters
    for path in release_all():
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
