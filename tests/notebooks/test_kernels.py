"""What somebody has set for his own work changes no output of a notebook."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tools.execute import execute

ROOT = Path(__file__).resolve().parents[2]
DRAW = """\
import matplotlib.pyplot as plt
from helpers.plotting import use_style
use_style()
plt.figure(figsize=(2, 2)).gca().plot([1, 2])
plt.show()"""
ASK = """\
import os, sys
print(plt.get_backend().split(".")[-1].lower(), sys.warnoptions, sys.flags.dev_mode)
print(plt.rcParams["font.size"], plt.rcParams["image.cmap"], plt.rcParams["figure.max_open_warning"])
print("planted" in globals(), "OTHER_KERNEL" in os.environ)
1 / 3"""

PLANTED = "planted = 1\nprint('planted')\n"
PROFILE = "c.InlineBackend.rc = {'figure.dpi': 40}\nc.PlainTextFormatter.float_precision = 2\n"
DRAWING = "font.size: 30\nimage.cmap: gray\nfigure.max_open_warning: 1\nno.such.key: 1\n"
KERNEL = f"""{{"argv": ["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],
               "display_name": "mine", "language": "python", "env": {{"OTHER_KERNEL": "1"}}}}"""
FILES = {".config/matplotlib/matplotlibrc": DRAWING, "drawing/matplotlibrc": DRAWING, "startup.py": PLANTED,
         ".ipython/profile_default/startup/00.py": PLANTED, ".ipython/profile_default/ipython_config.py": PROFILE,
         "ipython/profile_default/startup/00.py": PLANTED, "ipython/profile_default/ipython_config.py": PROFILE,
         "jupyter/kernels/python3/kernel.json": KERNEL}
VARIABLES = {"MATPLOTLIBRC": "drawing", "MPLCONFIGDIR": "drawing", "IPYTHONDIR": "ipython",
             "PYTHONSTARTUP": "startup.py", "JUPYTER_PATH": "jupyter", "HOME": ""}


@pytest.fixture
def own_settings(tmp_path, monkeypatch):
    """Return a function that makes a home full of settings, with variables that lead to more."""
    def plant():
        for name, text in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        for name, place in VARIABLES.items():
            monkeypatch.setenv(name, str(tmp_path / place))
        for name, value in {"MPLBACKEND": "nonsense", "PYTHONWARNINGS": "always", "PYTHONDEVMODE": "1"}.items():
            monkeypatch.setenv(name, value)

    return plant


def notebook(path, *sources):
    cells = [new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.mark.wide
def test_the_settings_of_a_user_change_no_output(own_settings, tmp_path):
    path = notebook(tmp_path / "asks.ipynb", DRAW, ASK)
    execute(path)
    stored = path.read_text(encoding="utf-8")
    assert "Figure with 1 axes" in stored and "inline [] False" in stored
    own_settings()
    execute(path)
    assert path.read_text(encoding="utf-8") == stored
    checked = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider",
                              "--nbval", "--nbval-current-env", "--rootdir", ROOT, "-c", ROOT / "pyproject.toml", path],
                             cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0 and "2 passed" in checked.stdout, checked.stdout + checked.stderr


@pytest.mark.parametrize("backend", ["TkAgg", *(pytest.param(backend, marks=pytest.mark.wide)
                                                for backend in ("Agg", "module://backend_interagg"))])
def test_a_figure_is_shown_whatever_backend_the_environment_names(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", backend)
    nb = nbformat.read(notebook(tmp_path / "draws.ipynb", DRAW), as_version=4)
    NotebookClient(nb, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output.data for output in nb.cells[0].outputs if "image/png" in output.get("data", {})]
    assert len(shown) == 1 and shown[0]["text/plain"].startswith("Figure with 1 axes\n- line"), nb.cells[0].outputs
