"""Kill what writes files, at random moments, and see that nothing is damaged and that the next run succeeds.

    python -m lab.kills [--publish] [job ...]

In turns: a build of the book, the execution of a chapter, a download of MNIST (from a mirror on this machine), a test
run. Each is started in a clone of the last commit and killed with all its children, without a chance to tidy up.
Afterwards every file that git knows must be whole, and the same command must succeed.
"""

import contextlib
import functools
import gzip
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import nbformat

from helpers.mnist import RAW_MD5
from lab.common import KILLED, attack_each, clone, command_line, mnist_itself, run, stamp

TIMES = 5
DOWNLOAD = """
import sys
from torchvision import datasets
from helpers.mnist import is_mnist, load_mnist
datasets.MNIST.mirrors = [sys.argv[1]]
# The archives here were packed anew, so their sums are others; what is in them has the same, and helpers.mnist checks.
datasets.MNIST.resources = [(name, None) for name, _ in datasets.MNIST.resources]
assert is_mnist(load_mnist()[0])
"""


class Job(NamedTuple):
    """What is started and killed, and the folder that is emptied before, so that there is everything to do."""

    arguments: tuple  # of Python
    folder: str | None = None


JOBS = {
    "build": Job(("tools/build_book.py",), "book/_build"),
    "execution": Job(("tools/execute.py", "notebooks/03_cross_entropy_mle.ipynb")),
    "download": Job(("-c", DOWNLOAD, "MIRROR"), "cache"),
    "tests": Job(("-m", "pytest", "-o", "addopts=", "--nbval", "--nbval-current-env", "notebooks/01_motivation.ipynb")),
}


class Mirror(SimpleHTTPRequestHandler):
    """Serves files in small pieces, so that a kill may fall between two of them."""

    def copyfile(self, source, outputfile):
        with contextlib.suppress(ConnectionError):  # the other side was killed
            while piece := source.read(1 << 18):
                outputfile.write(piece)
                time.sleep(0.02)


def start_mirror(folder):
    """Serve MNIST as the public mirrors do, and return the address."""
    raw, files = Path(mnist_itself()[0].raw_folder), folder / "mirror"
    files.mkdir()
    for name in RAW_MD5:
        (files / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes(), 1))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, directory=files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def damaged(tree):
    """Return the files that git knows and that are no longer whole: a chapter may have been stored anew, in full."""
    changed = subprocess.check_output(["git", "diff", "--name-only", "-z"], cwd=tree, text=True).split("\0")
    return [name for name in changed if name and not is_executed_notebook(tree / name)]


def is_executed_notebook(path):
    with contextlib.suppress(OSError, ValueError, nbformat.ValidationError):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        return all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    return False


def kill(tree, job, mirror, times, chance):
    """Kill one job so many times; return when, what was lost, and how often the next run succeeded."""
    without_mnist = {"MNIST_ROOT": None, "XDG_CACHE_HOME": str(tree / "cache")} if "MIRROR" in job.arguments else {}

    def start(limit=None, anew=True):
        if anew and job.folder:
            shutil.rmtree(tree / job.folder, ignore_errors=True)
        arguments = (mirror if part == "MIRROR" else part for part in job.arguments)
        return run([sys.executable, *arguments], tree, limit, PYTHONPATH=str(tree), **without_mnist)

    code, output, usual = start()
    if code:
        raise RuntimeError(f"{job.arguments}, left alone, ended with {code}:\n{output[-2000:]}")
    result = {"times": times, "killed_after": [], "while_running": 0, "lost": [], "next_succeeded": 0}
    for _ in range(times):
        moment = chance.uniform(0.05, 1) * usual
        result["killed_after"].append(round(moment, 1))
        result["while_running"] += start(moment)[0] == KILLED
        result["lost"] += damaged(tree)
        code, output, _ = start(anew=False)
        result["next_succeeded"] += code == 0
        result["lost"] += damaged(tree)
        if code:
            print(f"{job.arguments}: after a kill at {moment:.1f} s the next run ended with {code}:\n{output[-2000:]}")
    return result


def main():
    options = command_line(__doc__, JOBS)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        tree, mirror = clone(folder), start_mirror(Path(folder))
        results = attack_each("kills", options, JOBS, lambda job: kill(tree, job, mirror, TIMES, random.Random(0)),
                              stamp(tree=tree))
    return any(result["lost"] or result["next_succeeded"] < result["times"] for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
