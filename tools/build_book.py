"""Build the HTML book, warnings as errors, and pack it as one zip to read offline."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "book" / "_build"
HTML = BUILD / "html"
ZIP = HTML / "softmax-regression-book.zip"
# Of MathJax's 24 MB the pages load these: the program, its fonts, and the extensions it may ask for.
MATHJAX_USED = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def prune_mathjax():
    """Delete the parts of the packed MathJax that no page loads."""
    folder = HTML / "_static" / "mathjax"
    for file in folder.rglob("*"):
        if file.is_file() and not file.relative_to(folder).as_posix().startswith(MATHJAX_USED):
            file.unlink()


def up_to_date():
    """Tell whether the zip, the last thing a build makes, is newer than everything that goes into the book."""
    inputs = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "book").glob("*.*"), *(ROOT / "book/_static").rglob("*"),
              ROOT / "requirements.txt", Path(__file__)]
    return ZIP.exists() and ZIP.stat().st_mtime > max(path.stat().st_mtime for path in inputs)


def main():
    start = time.perf_counter()
    if up_to_date():
        print(f"Nothing changed. Open {HTML / 'index.html'}")
        return
    ZIP.unlink(missing_ok=True)
    done = subprocess.run(
        [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--config", "book/_config.yml",
         "--toc", "book/_toc.yml", "--path-output", "book", "-W", "-n", "--keep-going", "--quiet"],
        cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("The book has warnings (above), and warnings are errors.")
    prune_mathjax()
    scratch = shutil.make_archive(str(BUILD / "softmax-regression-book"), "zip", HTML)
    shutil.move(scratch, ZIP)
    print(f"Built in {time.perf_counter() - start:.1f} s. Open {HTML / 'index.html'}")


if __name__ == "__main__":
    main()
