"""Try the course where it was never tried: on a bare machine, in Colab's situation, under other Pythons.

    python tools/clean_rooms.py [room ...]

Each room starts from a clone of the last commit in a folder of its own and runs what somebody in that situation would
run. Without arguments all rooms are tried; what came out is kept in book/_static/checks/rooms.json, and
book/_rooms.md, a part of the page "How this book is checked", is written from it. It takes about half an hour.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "checks" / "rooms.json"
PAGE = ROOT / "book" / "_rooms.md"
BIN = Path(sys.executable).parent
CHAPTERS = sorted((ROOT / "notebooks").glob("0*.ipynb"))
NOTEBOOKS_AND_UNITS = ("notebooks", "helpers", "tests/test_softmax.py", "tests/test_data.py", "tests/test_training.py",
                       "tests/test_plotting.py", "tests/test_stranger.py")

# What the helpers and anywidget ask of `google.colab.output`.
OUTPUT = """
def enable_custom_widget_manager(): pass
class _widgets: _installed_url = None
"""


def run(*command, cwd, log, **environment):
    """Run a command and stop the room if it fails; a value of None takes a variable out of the environment."""
    variables = {**os.environ, **{key: value for key, value in environment.items() if value is not None}}
    for key in [key for key, value in environment.items() if value is None]:
        variables.pop(key, None)
    with log.open("a", encoding="utf-8") as stream:
        print("$", *command, file=stream, flush=True)
        done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=stream, stderr=stream, env=variables,
                              check=False)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-25:])
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}\n{tail}")


def clone(folder):
    target = folder / "course"
    subprocess.run(["git", "clone", "-q", ROOT, target], check=True)
    return target


def test_here(tree, log, *, prefix=(), python=None, paths=NOTEBOOKS_AND_UNITS, **environment):
    """Run the notebooks and the unit tests of a clone with an environment that is there already."""
    run(*prefix, python or sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths, cwd=tree, log=log,
        **{"PYTHONPATH": str(tree), **environment})


# The rooms. Each takes an empty folder and a log, and returns in words what was run.


def bare_machine(folder, log):
    """A fresh clone with an empty package cache: the README's two commands."""
    tree, empty = clone(folder), {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}
    for target in ("book", "test"):
        run("make", target, cwd=tree, log=log, **empty)
    return "`make book`, then `make test`, every package downloaded anew"


def colab(folder, log, resolution):
    """Colab's situation: other versions than ours, the notebook alone in an empty folder, and `google.colab`."""
    tree, venv = clone(folder), folder / "venv"
    python = venv / "bin" / "python"
    run(BIN / "uv", "venv", "--quiet", "--seed", "--python", "3.11", venv, cwd=folder, log=log)
    run(BIN / "uv", "pip", "compile", "--quiet", "--resolution", resolution, "--python-version", "3.11",
        "pyproject.toml", "-o", folder / "pins.txt", cwd=tree, log=log)
    run(BIN / "uv", "pip", "install", "--quiet", "--python", python, "-r", folder / "pins.txt", "nbclient", "ipykernel",
        cwd=folder, log=log)
    site = next((venv / "lib").glob("python*/site-packages")) / "google" / "colab"
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("")
    (site / "output.py").write_text(OUTPUT)
    config = folder / "gitconfig"
    config.write_text(f'[url "file://{tree}"]\n  insteadOf = https://github.com/someone/course\n')
    empty = folder / "content"
    empty.mkdir()
    for path in CHAPTERS:
        nb = nbformat.read(path, as_version=4)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.execution_count = None
            cell.source = re.sub(r'REPOSITORY = "[^"]*"', 'REPOSITORY = "someone/course"', cell.source)
        nbformat.write(nb, empty / path.name)
        run(venv / "bin" / "jupyter-execute", path.name, "--timeout=600", "--inplace", cwd=empty, log=log,
            GIT_CONFIG_GLOBAL=str(config), PYTHONPATH=None, VIRTUAL_ENV=None)
        executed = nbformat.read(empty / path.name, as_version=4)
        if not all(cell.execution_count for cell in executed.cells if cell.cell_type == "code"):
            raise RuntimeError(f"{path.name} was not executed")
        (empty / path.name).unlink()
    names = "numpy|torch|matplotlib|ipywidgets|scipy"
    pins = dict(re.findall(rf"^({names})==(\S+)", (folder / "pins.txt").read_text(encoding="utf-8"), re.M))
    return f"all seven chapters, with {', '.join(f'{name} {pin}' for name, pin in sorted(pins.items()))}"


def colab_oldest(folder, log):
    """The oldest versions that our ranges allow."""
    return colab(folder, log, "lowest-direct")


def colab_newest(folder, log):
    """The newest versions that there are."""
    return colab(folder, log, "highest")


def jupyterlab(folder, log):
    """JupyterLab, driven by a browser: *Run All* in every chapter ends without an error."""
    test_here(clone(folder), log, paths=("-m", "slow", "-n0", "tests/test_jupyterlab.py"))
    return "*Run All* in every chapter, in Chromium"


def python_313(folder, log):
    """The newest Python that the pinned packages serve."""
    return other_python(folder, log, "3.13")


def other_python(folder, log, version):
    pyenv = Path.home() / ".pyenv"  # its own command of that name only tells which versions there are
    found = next((pyenv / "versions").glob(f"{version}.*/bin/python3"), None) or shutil.which(f"python{version}")
    if found is None:
        raise FileNotFoundError(f"there is no Python {version} on this machine")
    tree = clone(folder)
    run("make", ".venv/.ready", f"PYTHON={found}", cwd=tree, log=log)
    test_here(tree, log, python=tree / ".venv/bin/python", PYTHONPATH=None)
    return f"the notebooks and the unit tests under Python {version}"


# In a network of its own a machine cannot even reach itself, as Jupyter and its kernels must: switch "lo" on.
LOOPBACK = """
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def offline(folder, log):
    """No MNIST, no shared folder, and no network at all where the system lets us take it away."""
    prefix = ("unshare", "-rn", sys.executable, "-c", LOOPBACK)
    if subprocess.run([*prefix, "true"], check=False).returncode:
        prefix = ()
    test_here(clone(folder), log, prefix=prefix, MNIST_ROOT=None, XDG_CACHE_HOME=str(folder / "cache"))
    return f"the notebooks and the unit tests, {'no network' if prefix else 'with a network'}, no MNIST"


def strange_home(folder, log):
    """A home that cannot be written to, and a path with spaces and Vietnamese letters."""
    inner = folder / "khóa học tiếng Việt"
    inner.mkdir()
    # A folder inside a file cannot be made, not even by root, whom a read-only mode would not stop.
    (folder / "file").write_text("")
    test_here(clone(inner), log, HOME=str(folder / "file" / "home"), XDG_CACHE_HOME=None, MPLCONFIGDIR=None,
              IPYTHONDIR=None, JUPYTER_RUNTIME_DIR=str(folder / "runtime"))
    return "the notebooks and the unit tests"


def busy_core(folder, log):
    """Two cores, the other one kept busy, and nobody has set the number of threads."""
    tree, cores = clone(folder), sorted(os.sched_getaffinity(0))[:2]
    times = {"idle": [], "busy": []}
    for kind in times:
        other = subprocess.Popen(["taskset", "-c", str(cores[1]), sys.executable, "-c", "while True: pass"]
                                 ) if kind == "busy" else None
        try:
            for path in CHAPTERS:
                start = time.perf_counter()
                test_here(tree, log, prefix=("taskset", "-c", f"{cores[0]},{cores[1]}"), OMP_NUM_THREADS=None,
                          paths=("-n0", f"notebooks/{path.name}"))
                times[kind].append(time.perf_counter() - start)
        finally:
            if other:
                other.kill()
    slower = [busy / idle for idle, busy in zip(times["idle"], times["busy"], strict=True)]
    if max(slower) > 5:
        raise RuntimeError(f"times slower, chapter by chapter: {[round(factor, 1) for factor in slower]}")
    return f"every chapter, beside an idle core and a busy one: at most {max(slower):.1f} times slower"


ROOMS = {room.__name__: room for room in (bare_machine, colab_oldest, colab_newest, jupyterlab, python_313, offline,
                                          strange_home, busy_core)}


def enter(name):
    """Try one room and return what is to be told of it."""
    room, start = ROOMS[name], time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="room-") as folder:
        log = Path(folder) / "log.txt"
        try:
            told, ended = room(Path(folder), log), "passed"
        except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
            told, ended = str(error), "FAILED"
    return {"room": name, "what": room.__doc__.strip(), "told": told, "ended": ended,
            "seconds": round(time.perf_counter() - start), "date": date.today().isoformat(),
            "commit": subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()}


def page(results):
    """Return the table of the rooms as Markdown."""
    rows = [f"| {entry['what']} | {entry['told'] if entry['ended'] == 'passed' else ''} | {entry['ended']} | "
            f"{entry['seconds']} | {entry['date']} | `{entry['commit']}` |" for entry in results]
    head = ["| situation | what was run | ended | seconds | date | commit |", "|---|---|---|---:|---|---|"]
    return "\n".join([*head, *rows, ""])


def main(names):
    stored = {e["room"]: e for e in json.loads(STORE.read_text(encoding="utf-8"))} if STORE.exists() else {}
    for name in names or ROOMS:
        stored[name] = enter(name)
        print(f"{name}: {stored[name]['ended']}, {stored[name]['seconds']} s: {stored[name]['told']}", flush=True)
        results = [stored[room] for room in ROOMS if room in stored]
        STORE.parent.mkdir(exist_ok=True)
        STORE.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(page(results), encoding="utf-8")
    return any(stored[name]["ended"] != "passed" for name in names or ROOMS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
