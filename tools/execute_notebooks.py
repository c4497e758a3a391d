"""Execute notebooks in place and store what is deterministic of them.

    python tools/execute_notebooks.py [notebooks/01_motivation.ipynb ...]

Without arguments, every notebook. Each is written whole or not at all.
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from helpers.data import is_mnist, load_mnist

ROOT = Path(__file__).resolve().parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def strip(nb):
    """Drop what changes from run to run, or would make the page ask other hosts for scripts."""
    nb.metadata.pop("widgets", None)
    nb.metadata.pop("language_info", None)  # holds the exact version of Python
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            data = output.get("data", {})
            if {"text/html", "image/png"} & set(data):
                data.pop(WIDGET_VIEW, None)  # model ids are random, and dead after the run
            if "image/png" in data and "image/png" in output.metadata:
                # The book ignores the size that the retina figure carries; the cell has to say it.
                image = cell.metadata.setdefault("mystnb", {}).setdefault("image", {})
                image["width"] = f"{output.metadata['image/png']['width']}px"
    return nb


def execute(path):
    """Run one notebook from top to bottom, in its own folder, and store it."""
    nb = nbformat.read(path, as_version=4)
    NotebookClient(nb, timeout=600, kernel_name="python3", record_timing=False,
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    scratch = path.with_suffix(".ipynb.new")
    nbformat.write(strip(nb), scratch)
    os.replace(scratch, path)


def main(arguments):
    paths = [Path(a).resolve() for a in arguments] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if any(p.name[:2] in ("06", "07") for p in paths) and not is_mnist(load_mnist()[0]):
        sys.exit("Chapters 6 and 7 are stored from a run on MNIST itself: set MNIST_ROOT and run again.")
    for number, path in enumerate(paths, 1):
        print(f"[{number}/{len(paths)}] {path.name} ... ", end="", flush=True)
        start = time.perf_counter()
        execute(path)
        print(f"{time.perf_counter() - start:.1f} s, {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
