"""Grade submitted problem sets: python tools/grade.py FOLDER [--into dist/grades] [-j 2] [--set set1]

FOLDER holds one notebook per student, named after the student (Lan.ipynb) or in a folder of that name, all of one set;
which set it is says --set, or the functions that most of them define. Marks go to marks.csv, and to each student a page
of feedback, student.html, in the same folder as the notebook was.

The tests and their points are Otter-Grader's, from dist/autograder (`make release`). What this file adds is isolation.
Every submission runs in a process of its own, with limits on time and memory and, where the system allows, without a
network. A cell or a part that never ends, crashes the process or asks for too much memory is left out, and the run is
repeated without it: it costs that part. After five minutes in all, each cell and part that is left gets one second.
Only the code of a submission counts, so it does not matter if an editor has stripped or changed its metadata. This is
protection against accidents, not against malice: a student's code can read whatever your account can read.
"""

import argparse
import ast
import asyncio
import builtins
import contextlib
import csv
import functools
import getopt
import html
import importlib
import inspect
import json
import multiprocessing
import os
import re
import resource
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from unittest.mock import MagicMock

import IPython
from IPython.core import getipython, magics
from IPython.core.alias import default_aliases
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.magics.execution import TimeitResult
from IPython.core.pylabtools import import_pylab
from IPython.display import display
from IPython.utils.text import SList
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
AUTOGRADER = ROOT / "dist" / "autograder"
MODEL_ANSWERS = ("scipy", "sklearn", "torch", "helpers.softmax", "helpers.training")
BLOCKED = {"set1": MODEL_ANSWERS, "set2": MODEL_ANSWERS,
           "set3": ("sklearn.linear_model", "sklearn.neural_network", "helpers.training")}
PRELOADED = {"set1": ("numpy",), "set2": ("numpy",), "set3": ("helpers.mnist",)}
SECONDS = {"cell": 60, "part": 20, "all": 300}
MEMORY = 4 * 2**30
LARGEST_FILE = 2**30
GRACE = 3  # seconds between the polite end of a cell or a part and the impolite one


class TimeUp(BaseException):
    """Not an Exception, so that neither a test nor a student's `except Exception` catches it."""


def alarm(*_):
    raise TimeUp


# What stands in for Jupyter.


CELL = "<cell>"  # the file that a student's code says it is in
PYTHON = ("capture", "debug", "prun", "time")  # the magics in whose cell is Python that changes the notebook's names
MEASURED = TimeitResult(1, 1, 1.0, 1.0, [1.0], 0.0, 3)  # what %timeit returns with -o: a time, of nothing


def magic_words():
    """Return the magics that may stand alone in a cell without their %, as in `pip install x` or `ls`."""
    classes = [getattr(magics, name) for name in dir(magics)]
    return {alias for alias, _ in default_aliases()}.union(
        *(kind.magics["line"] for kind in classes if isinstance(kind, type) and getattr(kind, "magics", None)))


WORDS = magic_words()


class Jupyter:
    """What `get_ipython()` returns in a submission: it runs the Python in magics, and no command.

    IPython itself turns what only Jupyter understands (`x?`, `!ls`, `%time f(z)`, `%%capture`) into calls of this.
    """

    def __init__(self, environment):
        self.user_ns, self.loop, self.transform = environment, asyncio.Runner(), TransformerManager().transform_cell
        environment |= {"get_ipython": lambda: self, "display": display}
        IPython.get_ipython = getipython.get_ipython = environment["get_ipython"]

    def run(self, source, names=None):
        """Run a cell or a line, and return what it is worth if it is an expression."""
        source = self.transform(source)
        if len(source.splitlines()) == 1:
            source = self.with_percent(source)
        try:
            code = compile(source, CELL, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError:
            code = compile(source, CELL, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        value = eval(code, self.user_ns, names)
        return self.loop.run(value) if code.co_flags & inspect.CO_COROUTINE else value

    def with_percent(self, line):
        """Give a magic that is alone in its cell the % that Jupyter lets it lack."""
        found = re.fullmatch(r"(\w+)(?:[ \t]+(?![=,]).*)?\s*", line)
        return self.transform("%" + line) if found and found[1] in WORDS and found[1] not in self.user_ns else line

    def run_line_magic(self, magic_name, line, *_):
        if magic_name == "pylab":
            return import_pylab(self.user_ns, "--no-import-all" not in line)
        if magic_name == "prun":
            line = " ".join(getopt.getopt(line.split(" "), "D:l:rs:T:q")[1])
        if magic_name in ("time", "prun"):
            return self.run(line, sys._getframe(1).f_locals)  # in a function, its names
        return MEASURED if magic_name == "timeit" else MagicMock()

    def run_cell_magic(self, magic_name, line, cell):
        if magic_name == "capture":
            self.user_ns |= {word: MagicMock() for word in line.split() if not word.startswith("-")}
        if magic_name in PYTHON:
            return self.run(cell)
        return MEASURED if magic_name == "timeit" else MagicMock()

    def getoutput(self, *_, **__):
        return SList()

    def __getattr__(self, _):  # whatever else a shell has: it takes any call
        return MagicMock()


# What runs inside the process of a submission.


def play(cells, tests, skipped, ends, send):
    """Run the cells and then the tests, telling `send` before and after each what happens."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    signal.signal(signal.SIGALRM, alarm)
    multiprocessing.current_process().daemon = False  # a student's DataLoader may have workers
    pid, environment = os.getpid(), {"__name__": "__main__"}
    jupyter = Jupyter(environment)
    modules = [builtins, *(sys.modules[name] for name in ("numpy", "numpy.random", "numpy.linalg"))]
    intact = [dict(vars(module)) for module in modules]
    for kind, jobs in (("cell", cells), ("part", tests)):
        for key, job in jobs.items():
            if (kind, key) in skipped:
                continue
            send({"starts": [kind, key]})
            try:
                signal.alarm(SECONDS[kind] if time.monotonic() < ends else 1)
                if kind == "cell":
                    jupyter.run(job)
                    outcome = {}
                else:
                    for module, names in zip(modules, intact, strict=True):  # the tests need NumPy as it was
                        vars(module).update(names)
                    outcome = run_tests(job, environment)
            except TimeUp:
                outcome = {"failed": "it did not end in time"}
            except MemoryError:
                outcome = {"failed": "it asked for too much memory"}
            except BaseException as error:  # SystemExit and KeyboardInterrupt, too, are the student's
                outcome = {"failed": f"{type(error).__name__}: {error}"[:500]}
                if isinstance(error, SyntaxError) and error.filename == CELL:  # not of an eval in the cell
                    outcome["uncompiled"] = True
            finally:
                signal.alarm(0)
                if os.getpid() != pid:  # a cell has forked, and this is the copy
                    os._exit(0)
            send({"ended": [kind, key], **outcome})


def tests_of(path):
    """Read the tests of one part. Otter takes seconds to load, and this tool starts itself twice: hence so late."""
    return importlib.import_module("otter.test_files.exception_test").ExceptionTestFile.from_file(path)


def run_tests(path, environment):
    """Run Otter's tests of one part and return the points and what the student is told."""
    file = tests_of(path)
    file.run(environment)
    results = [{"name": result.test_case.name, "points": result.test_case.points, "passed": result.passed,
                "told": "" if result.passed else explain(result.message)} for result in file.test_case_results]
    return {"points": sum(result["points"] for result in results if result["passed"]), "tests": results}


def explain(message):
    """Keep the last line of Otter's message, the error; the test's own code stays hidden."""
    last = message.strip().splitlines()[-1].removeprefix("AssertionError: ")
    missing = re.fullmatch(r"KeyError: '?(\w+)'?", last)
    return f"{missing[1]} is not defined" if missing else last[:500]


# What watches it.


def watch(cells, tests):
    """Play a submission, again without what killed it, until nothing is left to play. Return all outcomes."""
    outcomes, skipped, ends = {}, {}, time.monotonic() + SECONDS["all"]
    while True:
        running = fork_and_listen(cells, tests, skipped, ends, outcomes)
        if running is None:
            return {**outcomes, **skipped}
        kind, key = running
        skipped[kind, key] = {"failed": outcomes.pop(("death",), "it crashed")}


def fork_and_listen(cells, tests, skipped, ends, outcomes):
    """Play once, in a forked process; return what was running if the process died or had to be killed, else None."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.setpgid(0, 0)
        silence()
        try:
            play(cells, tests, skipped, ends, lambda news: os.write(writer, (json.dumps(news) + "\n").encode()))
            os.write(writer, b'"end"\n')
        finally:
            os._exit(0)
    os.close(writer)
    running, buffer, finished = None, b"", False
    while not finished:
        ready, _, _ = select.select([reader], [], [], SECONDS[running[0] if running else "cell"] + GRACE)
        piece = os.read(reader, 1 << 16) if ready else b""
        if not piece:  # it has died, or it does not answer
            if not ready:
                outcomes["death",] = "it did not end in time"
            break
        buffer += piece
        *lines, buffer = buffer.split(b"\n")
        for line in map(json.loads, lines):
            if line == "end":
                finished = True
            elif "starts" in line:
                running = tuple(line["starts"])
            else:
                outcomes[tuple(line.pop("ended"))] = line
                running = None
    kill(pid)
    os.close(reader)
    return None if finished or running is None else running


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def silence():
    """Send what the student prints to nowhere; it must not mix with our own messages."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["MPLBACKEND"] = "agg"


def read(path):
    """Return a notebook's code by the number of its cell, its metadata, and what is wrong with the file or None."""
    try:
        notebook = json.loads(path.read_bytes())  # bytes: it knows the UTFs, with and without a mark in front
        cells, metadata = code_cells(notebook), notebook.get("metadata")
        return cells, metadata if isinstance(metadata, dict) else {}, None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        return {}, {}, f"the file is not a notebook that can be read ({type(error).__name__})"


def code_cells(notebook):
    """Return the code of a notebook by the number of its cell; nbformat 3 had sheets of cells, with other names."""
    cells = [cell for sheet in notebook.get("worksheets", [notebook]) for cell in sheet["cells"]]
    sources = ["".join(cell["input" if "input" in cell else "source"]) for cell in cells if cell["cell_type"] == "code"]
    return dict(enumerate(sources, 1))


def notes_on(outcomes, metadata):
    """Say what became of the cells that failed, and whether a newer Python might have understood them."""
    notes = [f"cell {key}: {outcome['failed']}" for (kind, key), outcome in outcomes.items()
             if kind == "cell" and "failed" in outcome]
    uncompiled = ", ".join(str(key) for (_, key), outcome in outcomes.items() if "uncompiled" in outcome)
    saved = re.search(r"'version': '(\d+)\.(\d+)", str(metadata.get("language_info")))
    if uncompiled and (saved is None or (int(saved[1]), int(saved[2])) > sys.version_info[:2]):
        by = f"; the notebook was saved by Python {saved[1]}.{saved[2]}" if saved else ""
        here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        notes.append(f"the grader has {here}, which does not compile cell {uncompiled}{by}")
    return notes


def grade_one(path, student, name):
    """Grade one notebook in this process; return its marks and what the student is told."""
    folder = AUTOGRADER / name
    tests = {file.stem: str(file) for file in sorted((folder / "tests").glob("*.py"))}
    possible = {key: sum(case.points for case in tests_of(file).test_cases) for key, file in tests.items()}
    cells, metadata, problem = read(path)
    for module in BLOCKED[name]:
        for loaded in [key for key in sys.modules if key.startswith(f"{module}.")]:
            del sys.modules[loaded]
        sys.modules[module] = None  # an import of it fails
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        Path("pip.py").touch()  # `python -m pip install ...` finds this one, which does nothing and succeeds
        outcomes = watch(cells, tests) if problem is None else {}
        os.chdir(ROOT)
    missing = {"failed": "it was not reached"}
    parts = {key: {"points": 0, **outcomes.get(("part", key), missing), "possible": possible[key]} for key in tests}
    notes = [problem] if problem else notes_on(outcomes, metadata)
    if problem is None and any(("part", key) not in outcomes for key in tests):
        notes.append("it crashed between two cells or parts")
    return {"student": student, "parts": parts, "notes": notes,
            "total": sum(part["points"] for part in parts.values()), "possible": sum(possible.values())}


# The class.


def submissions(folder):
    """Return the notebooks in a folder and the folders in it, each with its student; say what is left out."""
    found = [path.relative_to(folder) for path in sorted(ends_of(folder))]
    files = [path for path in found if path.suffix.lower() == ".ipynb" and os.path.isfile(folder / path)]
    if others := [str(path) for path in found if path not in files]:
        print("Not graded, because it is not a file whose name ends in .ipynb:", ascii(others))
    # A name that is not UTF-8, as old zip files have, must not stop the table.
    return [((folder / path).resolve(), os.fsencode(path.with_suffix("")).decode("utf-8", "replace")) for path in files]


def ends_of(folder, above=()):
    """Yield all that is not hidden below a folder, through links, too, and the folders that lead no further.

    Those are the empty ones, those that cannot be read, and the links to a folder that they are in.
    """
    above = (*above, folder.resolve())
    try:
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    except OSError:
        inside = []
    if not inside:
        yield folder
    for path in inside:
        if os.path.isdir(path) and path.resolve() not in above:  # unlike path.is_dir(), it never raises
            yield from ends_of(path, above)
        else:
            yield path


def defined(cells):
    """Return the names of the functions that code defines; a cell that does not compile counts, too."""
    found = re.findall(r"^(?:async +)?(?:def +(\w+)|(\w+) *= *lambda)", "\n".join(cells.values()), re.M)
    return {function or named for function, named in found}


@functools.cache
def own_functions(autograder):
    """Return, for each set that has been released, the functions that it asks for and no other set does."""
    solved = {name: autograder / name / f"{name}.ipynb" for name in BLOCKED}
    asked = {name: defined(read(path)[0]) for name, path in solved.items() if path.exists()}
    return {name: functions.difference(*(asked[other] for other in asked if other != name))
            for name, functions in asked.items()}


def likely_sets(path):
    """Say to which sets a notebook may belong: those of whose own functions it defines the largest share.

    Between equals decides the mark that `make release` leaves in the metadata, if it is still there.
    """
    cells, metadata, _ = read(path)
    own, found, mark = own_functions(AUTOGRADER), defined(cells), str(metadata.get("problem_set"))
    shares = {name: len(functions & found) / len(functions) for name, functions in own.items()}
    best = [name for name, share in shares.items() if share == max(shares.values()) > 0]
    return [mark] if mark in (best or own) else best


def chosen_set(fits):
    """Return the set that most notebooks fit; stop and ask if there is no such set, or if there are two."""
    votes = Counter(fit[0] for fit in fits if len(fit) == 1)
    most = statistics.multimode(votes.elements())
    if len(most) != 1:
        counted = ", ".join(f"{count} like {name}" for name, count in sorted(votes.items())) or "none like any set"
        sys.exit(f"Which set is it? Name it with --set. Of {len(fits)} notebooks, by their functions: {counted}.")
    return most[0]


def grade_apart(task):
    """Grade one notebook in this process, made for it; whatever becomes of it, there is a result."""
    try:
        return grade_one(*task)
    except Exception as error:  # ours, not the student's: the others still count
        return {"student": task[1], "parts": {}, "notes": [f"not graded: {type(error).__name__}: {error}"],
                "total": 0, "possible": 0}


def without_network():
    """Start this tool again where there is no network and no process outlives it, if the system allows it."""
    if os.environ.get("GRADING_APART"):
        return True
    os.environ["GRADING_APART"] = "1"
    for command in (["unshare", "-rnpf", "--kill-child"], ["unshare", "-rn"]) if shutil.which("unshare") else ():
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            os.execvp("unshare", [*command, sys.executable, *sys.argv])
    return False


def feedback(result):
    """Return the page that a student gets."""
    rows = []
    for key, part in result["parts"].items():
        told = [test["told"] for test in part.get("tests", []) if not test["passed"]] + (
            [part["failed"]] if "failed" in part else [])
        listed = "".join(f"<li>{html.escape(line)}</li>" for line in told) or "<li>all checks passed</li>"
        rows.append(f'<tr><th scope="row">{html.escape(key)}</th><td>{part["points"]} / {part["possible"]}</td>'
                    f"<td><ul>{listed}</ul></td></tr>")
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in result["notes"])
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(result["student"])}</title>'
            "<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto } td, th { text-align: left; "
            "vertical-align: top; padding: .2rem 1rem .2rem 0 } ul { margin: 0; padding-left: 1.2rem }</style>"
            f'<h1>{html.escape(result["student"])}: {result["total"]} of {result["possible"]} points</h1>'
            "<p>Parts in words are marked by hand and are not in this sum.</p>"
            '<table><tr><th scope="col">part</th><th scope="col">points</th><th scope="col">checks</th></tr>'
            f'{"".join(rows)}</table>{f"<h2>While your notebook ran</h2><ul>{notes}</ul>" if notes else ""}</html>')


def grade_all(submitted, into, name=None, jobs=2):
    """Grade a folder; write marks.csv and the feedback, and return the results."""
    found = submissions(submitted)
    if not found:
        sys.exit(f"There is no notebook in {submitted}.")
    released = own_functions(AUTOGRADER)
    if not released or name not in (None, *released):
        sys.exit(f"There are no tests of {name or 'any set'} in {AUTOGRADER}: run `make release` first.")
    fits = [likely_sets(path) for path, _ in found]
    name = name or chosen_set(fits)
    for module in ("otter.test_files.exception_test", *PRELOADED[name]):
        importlib.import_module(module)
    # A process for each notebook, forked from this one: it has the modules already, and takes nothing back.
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        tasks = [(path, student, name) for path, student in found]
        results = list(tqdm(pool.imap(grade_apart, tasks, chunksize=1), total=len(tasks), desc=f"grading {name}"))
    tell_of_other_sets(results, fits, name)
    write(results, into)
    return results


def tell_of_other_sets(results, fits, name):
    """Note which notebooks look like another set than that as which they were graded, and say so."""
    others = [(result, fit) for result, fit in zip(results, fits, strict=True) if fit and name not in fit]
    for result, fit in others:
        result["notes"].insert(0, f"this looks like {' or '.join(fit)}, and it was graded as {name}")
    if students := [result["student"] for result, _ in others]:
        print(f"Graded as {name}, though they look like another set:", ascii(students))


def write(results, into):
    """Write the table of marks and the pages of feedback. Half a character in an error message must not stop them."""
    into.mkdir(parents=True, exist_ok=True)
    parts = next((list(result["parts"]) for result in results if result["parts"]), [])
    for result in results:
        page = into / f"{result['student']}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(feedback(result), encoding="utf-8", errors="replace")
    with (into / "marks.csv").open("w", newline="", encoding="utf-8-sig", errors="replace") as file:  # for spreadsheets
        writer = csv.writer(file)
        writer.writerow(["student", *parts, "total", "possible", "notes"])
        for result in results:
            harmless = re.sub(r"^(?=[=+\-@\t\r])", "'", result["student"])  # a spreadsheet would take it for a formula
            writer.writerow([harmless, *(result["parts"].get(part, {}).get("points", 0) for part in parts),
                             result["total"], result["possible"], "; ".join(result["notes"])])


def need_assertions():
    """Stop where Python leaves out assertions: every hidden test would pass unseen, whatever the answer."""
    if not __debug__:
        sys.exit("The tests are made of assertions, and -O or PYTHONOPTIMIZE leaves them out: run again without it.")
    os.environ.pop("PYTHONOPTIMIZE", None)  # -E hides it from this Python, and not from those that this one starts


def main():
    need_assertions()
    sys.stdout.reconfigure(errors="backslashreplace")  # a redirected output may lack the letters of a name
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("submitted", type=Path, nargs="?", help="a folder of notebooks")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "grades")
    parser.add_argument("--set", choices=sorted(BLOCKED))
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--cell-seconds", type=int, default=SECONDS["cell"], help="the most that one cell may take")
    parser.add_argument("--part-seconds", type=int, default=SECONDS["part"], help="the most that one part may take")
    parser.add_argument("--autograder", type=Path, default=AUTOGRADER, help="what `make release` made")
    options = parser.parse_args()
    globals()["AUTOGRADER"] = options.autograder.resolve()
    SECONDS.update(cell=options.cell_seconds, part=options.part_seconds)
    if not options.submitted or not options.submitted.is_dir():
        sys.exit("Name a folder of notebooks: make grade SUBMITTED=folder")
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before NumPy is loaded again
    apart = without_network()
    start = time.perf_counter()
    results = grade_all(options.submitted, options.into, options.set, options.jobs)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{len(results)} notebooks in {time.perf_counter() - start:.0f} seconds, the largest process held "
          f"{peak:.1f} GB, {'without' if apart else 'WITH'} a network. Marks: {options.into / 'marks.csv'}")


if __name__ == "__main__":
    main()
