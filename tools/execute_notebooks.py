"""Execute notebooks in place and store what is deterministic of them.

    python tools/execute_notebooks.py [notebooks/01_motivation.ipynb ...]

Without arguments, every notebook, and book/_runs.md with the times and versions of that run. Each file is written
whole or not at all.
"""

import os
import platform
import sys
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import nbformat
import torch
from nbclient import NotebookClient

from helpers.mnist import is_mnist, load_mnist

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
    NotebookClient(nb, timeout=600, kernel_name="python3", record_timing=False, extra_arguments=["--log-level=40"],
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    write(path, nbformat.writes(strip(nb)) + "\n")
    return nb


def write(path, text):
    """Write a file whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def processor():
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


def report(rows):
    """Describe the run that the stored outputs come from, as Markdown for the page "How this book is checked"."""
    packages = ("numpy", "scipy", "scikit-learn", "torch", "torchvision", "matplotlib", "nbval", "jupyter-book")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    table = "\n".join(f"| `{name}` | {cells} | {ignored} | {seconds:.0f} |" for name, cells, ignored, seconds in rows)
    return f"""\
The stored outputs come from a run on {date.today().isoformat()}: Python {platform.python_version()}, {versions}; \
{processor()}, {os.cpu_count()} cores, {"a GPU" if torch.cuda.is_available() else "no GPU"}.

| notebook | code cells | outputs not compared | seconds |
|---|---|---|---|
{table}
"""


def main(arguments):
    paths = [Path(a).resolve() for a in arguments] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    rows = []
    if any(p.name[:2] in ("06", "07") for p in paths) and not is_mnist(load_mnist()[0]):
        sys.exit("Chapters 6 and 7 are stored from a run on MNIST itself: set MNIST_ROOT and run again.")
    for number, path in enumerate(paths, 1):
        print(f"[{number}/{len(paths)}] {path.name} ... ", end="", flush=True)
        start = time.perf_counter()
        cells = [cell for cell in execute(path).cells if cell.cell_type == "code"]
        seconds = time.perf_counter() - start
        ignored = sum("nbval-ignore-output" in cell.metadata.get("tags", []) for cell in cells)
        rows.append((path.name, len(cells), ignored, seconds))
        print(f"{seconds:.1f} s, {path.stat().st_size // 1024} KB", flush=True)
    if not arguments:
        write(ROOT / "book" / "_runs.md", report(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
