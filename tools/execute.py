"""Execute notebooks in place and store what is deterministic of them.

    python tools/execute.py [notebooks/01_motivation.ipynb ...]

Without arguments, every notebook, the README's table of them, and the version wherever it stands. Each file is written
whole or not at all.
"""

import os
import re
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))  # in a fresh clone nothing else says where the book's extension is

from course_book import notebook, tables  # noqa: E402

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


# What a notebook and its cells may remember. Editors leave more: their versions, folded cells, a kernel's name.
NOTEBOOK_METADATA = {"accelerator": None, "colab": {"gpuType"}, "course": None,
                     "kernelspec": {"display_name", "language", "name"}}
CELL_METADATA = {"cellView": None, "jupyter": {"outputs_hidden", "source_hidden"}, "mystnb": None, "tags": None}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Variables with which a user has Jupyter, Python or Matplotlib his own way.
USERS_SETTINGS = ("COURSE_LANGUAGE", "JUPYTER_PATH", "MPLBACKEND", "PYTHONDEVMODE", "PYTHONSTARTUP", "PYTHONWARNINGS")


@contextmanager
def plain_kernels():
    """Keep from the kernels that start meanwhile what a user has set for his own work."""
    with tempfile.TemporaryDirectory() as empty:
        others = {name: value for name, value in os.environ.items() if name not in USERS_SETTINGS}
        # MPLCONFIGDIR stays, for its list of fonts, which takes seconds to make; the matplotlibrc there is not read.
        plain = {"MATPLOTLIBRC": os.devnull, "IPYTHONDIR": empty}
        with mock.patch.dict(os.environ, {**others, **plain}, clear=True):
            yield


def kept(metadata, allowed):
    """Return of some metadata what may stay."""
    return {key: {k: v for k, v in value.items() if k in allowed[key]} if allowed[key] else value
            for key, value in metadata.items() if key in allowed and value not in ({}, [])}


def joined(outputs):
    """Return outputs with what was printed in one go as one: how it is cut in pieces depends on the moment."""
    whole = []
    for output in outputs:
        if whole and output.output_type == "stream" and whole[-1].get("name") == output.name:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def strip(nb):
    """Drop what changes from run to run, what editors leave, and what would make a page ask other hosts for scripts."""
    nb.metadata = NotebookNode({**kept(nb.metadata, NOTEBOOK_METADATA), "kernelspec": NotebookNode(KERNEL)})
    for cell in nb.cells:
        cell.metadata = NotebookNode(kept(cell.metadata, CELL_METADATA))
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if {"text/html", "image/png"} & set(data):
                data.pop(WIDGET_VIEW, None)  # model ids are random, and dead after the run
            if "image/png" in data and "image/png" in output.metadata:
                # The book ignores the size that the retina figure carries; the cell has to say it.
                image = cell.metadata.setdefault("mystnb", {}).setdefault("image", {})
                image["width"] = f"{output.metadata['image/png']['width']}px"
    return nb


def state_version(nb):
    """Write the version into the first cell, which installs this very version in Colab; return the notebook."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for cell in nb.cells:
        if cell.cell_type == "code" and "google.colab" in cell.source:
            cell.source = re.sub(r'(REPOSITORY, VERSION = "[^"]*", )"[^"]*"', rf'\1"{project["version"]}"', cell.source)
    return nb


def execute(path):
    """Run one notebook from top to bottom, in its own folder, and store it."""
    nb = state_version(nbformat.read(path, as_version=4))
    client = NotebookClient(nb, timeout=600, kernel_name="python3", record_timing=False,
                            extra_arguments=["--log-level=40"], resources={"metadata": {"path": str(path.parent)}})
    with plain_kernels(), mock.patch.dict(os.environ, {"COURSE_KEEP_STOPS": "1"}):  # for helpers/interactive/live.py
        client.execute()
    write(path, nbformat.writes(notebook.state_minutes(strip(nb))) + "\n")
    return nb


def write_readme():
    """Write the README's table of notebooks, under the address that stands there."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    address = re.search(r"colab\.research\.google\.com/github/([^/]+/[^/]+)/blob", text)[1]
    table = tables.readme_table(ROOT, address)
    write(path, re.sub(r"^\| notebook \|.*?\n(?!\|)", lambda _: table, text, count=1, flags=re.M | re.S))


def write_version():
    """Write the version where no notebook is executed: into twins and a problem set, and into the links to Binder."""
    for path in [*(ROOT / "notebooks" / "vi").glob("*.ipynb"), ROOT / "assignments" / "set3.ipynb"]:
        write(path, nbformat.writes(state_version(nbformat.read(path, as_version=4))) + "\n")
    for name in ("README.md", "book/index.md", "book/vi/index.md", "book/instructors.md"):
        text, branch_or_tag = (ROOT / name).read_text(encoding="utf-8"), tables.published(ROOT)
        write(ROOT / name, re.sub(r"(mybinder\.org/v2/gh/[^/]+/[^/]+/|&branch=)[\w.]+", rf"\g<1>{branch_or_tag}", text))


def write(path, text):
    """Write a file whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def main(arguments):
    paths = [Path(a).resolve() for a in arguments] or sorted((ROOT / "notebooks").rglob("*.ipynb"))
    # Twins hold no outputs; a folder above the checkout may be called vi, too.
    paths = [path for path in paths if path.parent.name not in (".ipynb_checkpoints", "vi")]
    from helpers.mnist import is_mnist, load_mnist  # here: torch takes seconds, and the tests want `plain_kernels` only

    if any(notebook.needs_mnist(path) for path in paths) and not is_mnist(load_mnist()[0]):
        sys.exit("The notebooks with MNIST are stored from a run on MNIST itself: set MNIST_ROOT and run again.")
    for number, path in enumerate(paths, 1):
        print(f"[{number}/{len(paths)}] {path.name} ... ", end="", flush=True)
        start = time.perf_counter()
        execute(path)
        print(f"{time.perf_counter() - start:.1f} s, {path.stat().st_size // 1024} KB", flush=True)
    if not arguments:
        write_readme()
        write_version()


if __name__ == "__main__":
    main(sys.argv[1:])
