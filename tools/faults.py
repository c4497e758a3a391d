"""Kill what writes files, at random moments, and see that nothing is damaged and that the next run succeeds.

    python tools/faults.py [times]

Twenty times by default, in turns: a build of the book, the execution of a chapter, a download of MNIST (from a mirror
on this machine), a test run. Each is started in a clone of the last commit and killed with all its children, without
a chance to tidy up. Afterwards every file that git knows must be whole, and the same command must succeed. What came
out is kept in book/_static/checks/faults.json; book/_faults.md is written from it.
"""

import contextlib
import functools
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from tqdm import tqdm

from helpers.mnist import RAW_MD5, is_mnist, load_mnist

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "checks" / "faults.json"
PAGE = ROOT / "book" / "_faults.md"
DOWNLOAD = """
import sys
from torchvision import datasets
from helpers.mnist import is_mnist, load_mnist
datasets.MNIST.mirrors = [sys.argv[1]]
# The archives here were packed anew, so their sums are others; what is in them has the same, and helpers.mnist checks.
datasets.MNIST.resources = [(name, None) for name, _ in datasets.MNIST.resources]
assert is_mnist(load_mnist()[0])
"""


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


def start(command, tree, **environment):
    return subprocess.Popen([str(part) for part in command], cwd=tree, start_new_session=True,
                            env={**os.environ, "PYTHONPATH": str(tree), **environment},
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(command, tree, **environment):
    """Run a command to its end, and return the seconds it took."""
    began = time.perf_counter()
    process = start(command, tree, **environment)
    _, error = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {error.decode()[-2000:]}")
    return time.perf_counter() - began


def kill_after(seconds, command, tree, **environment):
    """Start a command and kill it and its children after so long; tell whether it was still running."""
    process = start(command, tree, **environment)
    time.sleep(seconds)
    running = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return running


def damaged(tree):
    """Return the files that git knows and that are no longer whole: a chapter may have been stored anew, in full."""
    changed = subprocess.check_output(["git", "diff", "--name-only", "-z"], cwd=tree, text=True).split("\0")
    return [name for name in filter(None, changed) if not whole(tree / name)]


def whole(path):
    if path.suffix != ".ipynb":
        return False
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
    except (OSError, ValueError, nbformat.ValidationError):
        return False
    return all(cell.execution_count for cell in nb.cells if cell.cell_type == "code")


def main(times):
    if not is_mnist(load_mnist()[0]):
        sys.exit("The download is played with MNIST itself: set MNIST_ROOT and run again.")
    chance, results = random.Random(0), []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        tree, files = Path(folder) / "course", Path(folder) / "mirror"
        files.mkdir()
        address = start_mirror(files)
        subprocess.run(["git", "clone", "-q", ROOT, tree], check=True)
        away = {"MNIST_ROOT": "", "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        python = sys.executable
        jobs = {"the build of the book": ([python, "tools/build_book.py"], {}),
                "the execution of a chapter": ([python, "tools/execute_notebooks.py",
                                                "notebooks/03_cross_entropy_mle.ipynb"], {}),
                "the download of MNIST": ([python, "-c", DOWNLOAD, address], away),
                "a test run": ([python, "-m", "pytest", "-q", "tests/test_softmax.py",
                                "notebooks/01_motivation.ipynb"], {})}
        usual = {}
        for number in tqdm(range(times), desc="kills"):
            name = list(jobs)[number % len(jobs)]
            command, environment = jobs[name]
            prepare(name, tree, Path(folder) / "cache")
            if name not in usual:
                usual[name] = finish(command, tree, **environment)
                prepare(name, tree, Path(folder) / "cache")
            moment = chance.uniform(0.05, 1) * usual[name]
            running = kill_after(moment, command, tree, **environment)
            lost = damaged(tree)
            try:
                after, trouble = round(finish(command, tree, **environment), 2), None
            except RuntimeError as error:
                after, trouble = None, str(error)
            results.append({"job": name, "after": round(moment, 2), "of": round(usual[name], 2), "running": running,
                            "lost": [*lost, *damaged(tree)], "next": after})
            if trouble or results[-1]["lost"]:
                print(results[-1], trouble, file=sys.stderr)
    STORE.parent.mkdir(exist_ok=True)
    STORE.write_text(json.dumps({"date": date.today().isoformat(), "faults": results}, indent=1) + "\n")
    PAGE.write_text(page(date.today().isoformat(), results), encoding="utf-8")
    return any(entry["lost"] or entry["next"] is None for entry in results)


def prepare(name, tree, cache):
    """Give the next run everything to do."""
    if name == "the build of the book":
        shutil.rmtree(tree / "book" / "_build", ignore_errors=True)
    if name == "the download of MNIST":
        shutil.rmtree(cache, ignore_errors=True)


def page(day, results):
    """Return the table of the faults as Markdown."""
    rows = []
    for name in dict.fromkeys(entry["job"] for entry in results):
        own = [entry for entry in results if entry["job"] == name]
        rows.append(f"| {name} | {len(own)} | {sum(entry['running'] for entry in own)} | "
                    f"{', '.join(str(entry['after']) for entry in own)} | {own[0]['of']} | "
                    f"{sum(len(entry['lost']) for entry in own)} | "
                    f"{sum(entry['next'] is not None for entry in own)} |")
    return "\n".join([f"On {day}:", "", "| killed | times | while it was running | after so many seconds | "
                      "its usual seconds | files lost | next run succeeded |",
                      "|---|---:|---:|---|---:|---:|---:|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
