"""Kill what writes files, at random moments, and see that nothing is damaged and that the next run succeeds.

    python -m lab.kills [--times 5] [--publish] [job ...]

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

import nbformat

from helpers.mnist import RAW_MD5, is_mnist, load_mnist
from lab.common import KILLED, clone, command_line, record, run, stamp

DOWNLOAD = """
import sys
from torchvision import datasets
from helpers.mnist import is_mnist, load_mnist
datasets.MNIST.mirrors = [sys.argv[1]]
# The archives here were packed anew, so their sums are others; what is in them has the same, and helpers.mnist checks.
datasets.MNIST.resources = [(name, None) for name, _ in datasets.MNIST.resources]
assert is_mnist(load_mnist()[0])
"""
# The command of each job, and the folder to empty before it, so that there is everything to do.
JOBS = {
    "build": (["tools/build_book.py"], "book/_build"),
    "execution": (["tools/execute.py", "notebooks/03_cross_entropy_mle.ipynb"], None),
    "download": (["-c", DOWNLOAD, "MIRROR"], "cache"),
    "tests": (["-m", "pytest", "-o", "addopts=", "--nbval", "--nbval-current-env",
               "notebooks/01_motivation.ipynb"], None),
}


class Mirror(SimpleHTTPRequestHandler):
    """Serves files in small pieces, so that a kill may fall between two of them."""

    def copyfile(self, source, outputfile):
        with contextlib.suppress(ConnectionError):  # the other side was killed
            while piece := source.read(1 << 18):
                outputfile.write(piece)
                time.sleep(0.02)

    def log_message(self, *arguments):
        pass


def start_mirror(folder):
    """Serve MNIST as the public mirrors do, and return the address."""
    raw = Path(load_mnist()[0].raw_folder)
    for name in RAW_MD5:
        (folder / f"{name}.gz").write_bytes(gzip.compress((raw / name).read_bytes(), 1))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def damaged(tree):
    """Return the files that git knows and that are no longer whole: a chapter may have been stored anew, in full."""
    changed = subprocess.check_output(["git", "diff", "--name-only", "-z"], cwd=tree, text=True).split("\0")
    return [name for name in filter(None, changed) if not is_whole_notebook(tree / name)]


def is_whole_notebook(path):
    if path.suffix != ".ipynb":
        return False
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, nbformat.ValidationError):
        return False
    return all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def kill(tree, job, mirror, times, chance):
    """Kill one job so many times; return when, what was lost, and how often the next run succeeded."""
    arguments, folder = JOBS[job]
    environment = {"PYTHONPATH": str(tree)}
    if job == "download":
        environment |= {"MNIST_ROOT": None, "XDG_CACHE_HOME": str(tree / "cache")}

    def start(limit=None):
        command = [sys.executable, *(mirror if part == "MIRROR" else part for part in arguments)]
        return run(command, tree, limit, **environment)

    def start_anew(limit=None):
        if folder:
            shutil.rmtree(tree / folder, ignore_errors=True)
        return start(limit)

    code, output, usual = start_anew()
    if code:
        raise RuntimeError(f"{job}, left alone, ended with {code}:\n{output[-2000:]}")
    result = {"times": times, "usual_seconds": round(usual, 1), "killed_after": [], "while_running": 0, "lost": [],
              "next_succeeded": 0}
    for _ in range(times):
        moment = chance.uniform(0.05, 1) * usual
        result["killed_after"].append(round(moment, 1))
        result["while_running"] += start_anew(moment)[0] == KILLED
        result["lost"] += damaged(tree)
        code, output, _ = start()
        result["next_succeeded"] += code == 0
        result["lost"] += damaged(tree)
        if code:
            print(f"{job}: after a kill at {moment:.1f} s the next run ended with {code}:\n{output[-2000:]}")
    return result


def main():
    options, results = command_line(__doc__, JOBS, {"--times": 5}), {}
    if not is_mnist(load_mnist()[0]):
        sys.exit("The download is played with MNIST itself: set MNIST_ROOT and run again.")
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        tree, files = clone(folder), Path(folder) / "mirror"
        when_and_where = stamp(tree=tree)
        files.mkdir()
        mirror = start_mirror(files)
        for job in options.names or JOBS:
            result = results[job] = kill(tree, job, mirror, options.times, random.Random(0))
            print(job, result, flush=True)
            record("kills", results, when_and_where, options.publish, keep_others=bool(options.names))
    return any(result["lost"] or result["next_succeeded"] < result["times"] for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
