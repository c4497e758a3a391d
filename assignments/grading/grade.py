"""Grade submitted problem sets: python -m assignments.grading.grade FOLDER [--into dist/grades] [-j 2] [--set set1]

FOLDER holds one notebook per student, named after the student (Lan.ipynb) or in a folder of that name, all of one set;
which set it is says --set, or the functions that most of them define. Marks go to marks.csv, and to each student a page
of feedback, student.html, in the same folder as the notebook was. What confines a submission: README.md, beside this.
"""

import argparse
import functools
import importlib
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tqdm import tqdm

from assignments.grading import DIST, SETS, feedback, need_assertions, parts, submissions
from assignments.grading.mark import mark
from assignments.grading.sandbox import Limits


def grade(submitted, into, name=None, autograder=DIST / "autograder", limits=Limits(), jobs=2):  # noqa: B008, frozen
    """Grade a folder; write marks.csv and the feedback, and return the results."""
    found = [submissions.read(path, student) for path, student in submissions.find(submitted)]
    if not found:
        sys.exit(f"There is no notebook in {submitted}.")
    functions_of = submissions.own_functions(autograder)
    if not functions_of or name not in (None, *functions_of):
        sys.exit(f"There are no tests of {name or 'any set'} in {autograder}: run `make release` first.")
    fits = [submissions.likely_sets(submission, functions_of) for submission in found]
    name = name or submissions.chosen_set(fits)
    for module in (parts.OTTER, *SETS[name]["loaded"]):
        importlib.import_module(module)
    # A process for each notebook, forked from this one: it has the modules already, and takes nothing back.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        marked = pool.imap(functools.partial(mark, name=name, autograder=autograder, limits=limits), found, chunksize=1)
        results = list(tqdm(marked, total=len(found), desc=f"grading {name}"))
    tell_of_other_sets(results, fits, name)
    feedback.write(results, into)
    return results


def tell_of_other_sets(results, fits, name):
    """Note which notebooks look like another set than that as which they were graded, and say so."""
    others = [(result, fit) for result, fit in zip(results, fits, strict=True) if fit and name not in fit]
    for result, fit in others:
        result["notes"].insert(0, f"this looks like {' or '.join(fit)}, and it was graded as {name}")
    if students := [result["student"] for result, _ in others]:
        print(f"Graded as {name}, though they look like another set:", ascii(students))


def without_network():
    """Start this command again where there is no network and no process outlives it, if the system allows it."""
    if os.environ.get("GRADING_APART"):
        return True
    os.environ["GRADING_APART"] = "1"
    for command in (["unshare", "-rnpf", "--kill-child"], ["unshare", "-rn"]) if shutil.which("unshare") else ():
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            os.execvp("unshare", [*command, sys.executable, *sys.orig_argv[1:]])
    return False


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("submitted", type=Path, nargs="?", help="a folder of notebooks")
    parser.add_argument("--into", type=Path, default=DIST / "grades")
    parser.add_argument("--set", choices=list(SETS))
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--cell-seconds", type=int, default=Limits.cell_seconds, help="the most that one cell may take")
    parser.add_argument("--part-seconds", type=int, default=Limits.part_seconds, help="the most that one part may take")
    parser.add_argument("--autograder", type=Path, default=DIST / "autograder", help="what `make release` made")
    options = parser.parse_args()
    if not options.submitted or not options.submitted.is_dir():
        sys.exit("Name a folder of notebooks: make grade SUBMITTED=folder")
    return options


def main():
    need_assertions()
    sys.stdout.reconfigure(errors="backslashreplace")  # a redirected output may lack the letters of a name
    options = command_line()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is loaded again
    apart, start = without_network(), time.perf_counter()
    limits = Limits(cell_seconds=options.cell_seconds, part_seconds=options.part_seconds)
    results = grade(options.submitted, options.into, options.set, options.autograder.resolve(), limits, options.jobs)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{len(results)} notebooks in {time.perf_counter() - start:.0f} seconds, the largest process held "
          f"{peak:.1f} GB, {'without' if apart else 'WITH'} a network. Marks: {options.into / 'marks.csv'}")


if __name__ == "__main__":
    main()
