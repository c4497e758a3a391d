"""Try the course where it was never tried: on a bare machine, in Colab's situation, offline, under another Python.

    python -m lab.environments [--publish] [environment ...]

Each starts from a clone of the last commit in a folder of its own and runs what somebody in that situation would run.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from lab.common import attack_each, clone, command_line, run, stamp

BIN = Path(sys.executable).parent
NEWEST_PYTHON = "3.13"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--doctest-modules", "--nbval",
          "--nbval-current-env", "--nbval-cell-timeout=180")
# What the helpers and anywidget ask of `google.colab.output`.
COLAB_OUTPUT = "def enable_custom_widget_manager(): pass\nclass _widgets: _installed_url = None\n"
# In a network of its own a machine cannot even reach itself, as Jupyter and its kernels must: switch "lo" on.
LOOPBACK = """
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def must_run(*command, cwd, **environment):
    """Run a command, and raise an error with the end of what it printed if it fails."""
    code, output, _ = run(command, cwd, **environment)
    if code:
        raise RuntimeError("\n".join([f"{' '.join(map(str, command))} ended with {code}", *output.splitlines()[-25:]]))


def run_tests(tree, *, prefix=(), python=sys.executable, paths=("notebooks", "helpers", "tests/units"), **environment):
    """Run the notebooks and the unit tests of a clone with an environment that is there already."""
    must_run(*prefix, python, *PYTEST, *paths, cwd=tree, **{"PYTHONPATH": str(tree), **environment})


# The environments. Each takes an empty folder and returns in words what was run in it.


def bare_machine(folder):
    """A fresh clone with an empty package cache: the README's two commands."""
    tree = clone(folder)
    for target in ("book", "test"):
        must_run("make", target, cwd=tree, UV_CACHE_DIR=str(folder / "uv"), PIP_CACHE_DIR=str(folder / "pip"))
    return "`make book`, then `make test`, every package downloaded anew"


def colab_with(folder, resolution):
    """Make Colab's situation: other versions than ours, each notebook alone in an empty folder, and `google.colab`."""
    tree, venv, empty = clone(folder), folder / "venv", folder / "content"
    python, pins = venv / "bin" / "python", folder / "pins.txt"
    must_run(BIN / "uv", "venv", "--quiet", "--seed", "--python", "3.11", venv, cwd=folder)
    must_run(BIN / "uv", "pip", "compile", "--quiet", "--resolution", resolution, "--python-version", "3.11",
             "pyproject.toml", "-o", pins, cwd=tree)
    must_run(BIN / "uv", "pip", "install", "--quiet", "--python", python, "-r", pins, "nbclient", "ipykernel",
             cwd=folder)
    package = next((venv / "lib").glob("python*/site-packages")) / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "output.py").write_text(COLAB_OUTPUT)
    (folder / "gitconfig").write_text(f'[url "file://{tree}"]\n  insteadOf = https://github.com/someone/course\n')
    empty.mkdir()
    for path in sorted(tree.rglob("notebooks/**/[!.]*.ipynb")):
        run_in_colab(path, empty, venv, folder / "gitconfig")
    found = re.findall(r"^((?:numpy|torch|matplotlib|ipywidgets|scipy)==\S+)", pins.read_text(encoding="utf-8"), re.M)
    return f"every notebook, with {', '.join(sorted(found)).replace('==', ' ')}"


def run_in_colab(path, empty, venv, gitconfig):
    """Execute one notebook as Colab's *Run all* does, the course coming from the clone instead of GitHub."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r'(REPOSITORY, VERSION = )"[^"]*"', r'\1"someone/course"', cell.source)
    nbformat.write(notebook, empty / path.name)
    must_run(venv / "bin" / "jupyter-execute", path.name, "--timeout=600", cwd=empty,
             GIT_CONFIG_GLOBAL=str(gitconfig), PYTHONPATH=None, VIRTUAL_ENV=None)
    (empty / path.name).unlink()


def colab_oldest(folder):
    """Colab with the oldest versions that our ranges allow."""
    return colab_with(folder, "lowest-direct")


def colab_newest(folder):
    """Colab with the newest versions that there are."""
    return colab_with(folder, "highest")


def newest_python(folder):
    """A newer Python than the one for which the packages are pinned."""
    pyenv = Path.home() / ".pyenv" / "versions"  # its own command of that name only tells which versions there are
    tree, python = clone(folder), next(pyenv.glob(f"{NEWEST_PYTHON}.*/bin/python3"), f"python{NEWEST_PYTHON}")
    must_run("make", ".venv/.ready", f"PYTHON={python}", cwd=tree)
    run_tests(tree, python=tree / ".venv" / "bin" / "python", PYTHONPATH=None)
    return f"the notebooks and the unit tests under Python {NEWEST_PYTHON}"


def offline(folder):
    """No MNIST, no shared folder, and no network at all where the system lets us take it away."""
    prefix = ("unshare", "-rn", sys.executable, "-c", LOOPBACK)
    if not shutil.which("unshare") or run([*prefix, "true"], folder)[0]:
        prefix = ()
    run_tests(clone(folder), prefix=prefix, MNIST_ROOT=None, XDG_CACHE_HOME=str(folder / "cache"))
    return f"the notebooks and the unit tests, {'no network' if prefix else 'with a network'}, no MNIST"


def unwritable_home(folder):
    """A home that cannot be written to, and a path with spaces and Vietnamese letters."""
    inner = folder / "khóa học tiếng Việt"
    inner.mkdir()
    (folder / "file").write_text("")  # in a file not even root can make a folder, whom a read-only mode would not stop
    run_tests(clone(inner), HOME=str(folder / "file" / "home"), XDG_CACHE_HOME=None, MPLCONFIGDIR=None,
              IPYTHONDIR=None, JUPYTER_RUNTIME_DIR=str(folder / "runtime"))
    return "the notebooks and the unit tests"


def old_processor(folder):
    """A processor without AVX: other sums in the last bit, by BLAS, NumPy and PyTorch alike."""
    import numpy as np

    features = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    run_tests(clone(folder), OPENBLAS_CORETYPE="NEHALEM", NPY_DISABLE_CPU_FEATURES=" ".join(features),
              ATEN_CPU_CAPABILITY="default", MKL_ENABLE_INSTRUCTIONS="SSE4_2", paths=("notebooks",))
    return f"the notebooks, without {', '.join(features)}"


ENVIRONMENTS = {environment.__name__: environment for environment in (
    bare_machine, colab_oldest, colab_newest, newest_python, offline, unwritable_home, old_processor)}


def attempt(environment):
    """Try one environment; return what it is, what was run or went wrong, and how it ended."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="environment-") as folder:
        try:
            said, ended = environment(Path(folder)), "passed"
        except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
            said, ended = str(error), "failed"
    return {"what": environment.__doc__, "ran" if ended == "passed" else "error": said, "ended": ended,
            "seconds": round(time.perf_counter() - start)}


def main():
    options = command_line(__doc__, ENVIRONMENTS)
    results = attack_each("environments", options, ENVIRONMENTS, attempt, stamp())
    return any(result["ended"] != "passed" for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
