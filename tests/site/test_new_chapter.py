"""A chapter is added as CONTRIBUTING says: its notebook, one line in the table of contents, `make notebooks`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
PAGE = "notebooks/08_toy"
OPENING = """# 8 · A toy chapter

Two classes are enough to see what a score is.

**You will be able to** read a probability.

**You need** nothing.

**Time** about 0 minutes to read; writing and exercises not counted.

**Slides** none."""


def toy_chapter(first_cell):
    return new_notebook(cells=[
        new_markdown_cell(OPENING), new_code_cell(first_cell, metadata={"tags": ["remove-cell"]}),
        new_markdown_cell("## Two scores\n\nEqual scores share the probability, and each class gets 0.5."),
        new_code_cell("from helpers.softmax import softmax\n\na = softmax([1.0, 1.0])\n{'a': a}"),
        new_code_cell("# @title ✓\nassert (a == 0.5).all()", metadata={
            "tags": ["check"], "cellView": "form", "jupyter": {"source_hidden": True}}),
        *(new_markdown_cell(f"## {title}\n\nNothing more.") for title in ("Summary", "Exercises", "Next"))],
        metadata={"course": {"description": "A toy chapter: two equal scores, and two equal probabilities.",
                             "figures": [], "needs": [], "slides": []}})


@pytest.fixture
def checkout(tmp_path):
    """What git holds of the checkout, with its changes."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def run(checkout, *command):
    done = subprocess.run([sys.executable, *command], cwd=checkout, capture_output=True, text=True, env={
        **os.environ, "PYTHONPATH": os.pathsep.join([str(checkout), str(checkout / "book" / "_ext")])})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.wide
def test_a_new_chapter_is_a_notebook_and_a_line(checkout):
    first = next(cell for cell in nbformat.read(ROOT / "notebooks" / "01_motivation.ipynb", as_version=4).cells
                 if cell.cell_type == "code").source
    nbformat.write(toy_chapter(first), checkout / f"{PAGE}.ipynb")
    toc = checkout / "book" / "_toc.yml"
    last = "      - file: notebooks/07_weight_visualisation\n"
    toc.write_text(toc.read_text().replace(last, f"{last}      - file: {PAGE}\n"))

    run(checkout, "tools/execute.py", f"{PAGE}.ipynb")
    run(checkout, "-c", "from tools.execute import write_readme; write_readme()")
    run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", f"{PAGE}.ipynb")
    run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/notebooks", "-k", "08_toy",
        "--ignore=tests/notebooks/test_road.py")  # its rules are those of a whole chapter
    assert f"/{PAGE}.ipynb)" in (checkout / "README.md").read_text(encoding="utf-8")
    assert "**Time** about 1 minute" in (checkout / f"{PAGE}.ipynb").read_text(encoding="utf-8")

    run(checkout, "-m", "tools.retarget", "someone/course")
    run(checkout, "tools/build_book.py")
    html = checkout / "book" / "_build" / "html"
    assert "and each class gets 0.5" in (html / f"{PAGE}.html").read_text(encoding="utf-8")
    assert f"https://colab.research.google.com/github/someone/course/blob/main/{PAGE}.ipynb" in (
        html / f"{PAGE}.html").read_text(encoding="utf-8")
    for page in ("book/index", "notebooks/07_weight_visualisation"):
        assert re.search(r'href="[^"]*08_toy\.html', (html / f"{page}.html").read_text(encoding="utf-8")), page
