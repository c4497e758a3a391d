"""Build the HTML book, warnings as errors; drop what no page needs; pack it as one zip to read offline."""

import base64
import functools
import io
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import yaml
from finish_pages import finish
from fontTools import subset
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "book" / "_build"
HTML = BUILD / "html"
ZIP = HTML / "softmax-regression-book.zip"
# Of MathJax's 24 MB the pages load these: the program, its fonts, and the extensions it may ask for.
MATHJAX_USED = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


STATIC = HTML / "_static"


def drop_unused_files():
    """Delete what no page loads: pictures of an older build, most of MathJax, source maps, old font formats, ..."""
    shown = {name for page in HTML.rglob("*.html")
             for name in re.findall(r"_images/([^\"]+)", page.read_text(encoding="utf-8"))}
    for file in (HTML / "_images").glob("*"):
        if file.name not in shown:
            file.unlink()
    mathjax = STATIC / "mathjax"
    unused = [file for file in mathjax.rglob("*")
              if file.is_file() and not file.relative_to(mathjax).as_posix().startswith(MATHJAX_USED)]
    for file in [*unused, *STATIC.rglob("*.map"), *STATIC.rglob("*.ttf")]:
        file.unlink()
    shutil.rmtree(STATIC / "locales", ignore_errors=True)


def slim_icons():
    """Keep the icons as fonts, with the glyphs in use, and drop the script that draws all 2,000 a second time."""
    used = set()
    for page in HTML.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        used.update(re.findall(r"\bfa-[a-z0-9-]+", text))
        without = re.sub(r'\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>|'
                         r'\s*<link[^>]*scripts/fontawesome\.js[^>]*>', "", text)
        if without != text:
            page.write_text(without, encoding="utf-8")
    for file in STATIC.glob("scripts/fontawesome.js*"):
        file.unlink()
    style = (STATIC / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    rules = re.findall(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}', style)
    glyphs = [int(code, 16) for names, code in rules if used & set(re.findall(r"fa-[a-z0-9-]+", names))]
    for font in STATIC.rglob("fa-*.woff2"):
        subset.main([str(font), f"--unicodes={','.join(f'{glyph:x}' for glyph in glyphs)}", "--flavor=woff2",
                     f"--output-file={font}"])


@functools.cache
def slim(png):
    """Return a PNG with 256 colours: no pixel of our figures moves by more than 8 of 255, and few by more than 2."""
    with Image.open(io.BytesIO(png)) as picture:
        if picture.mode == "P":
            return png
        small = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def slim_pictures():
    """Slim each figure, in the pages and in the notebooks that the pages offer for download."""
    for path in (HTML / "_images").glob("*.png"):
        path.write_bytes(slim(path.read_bytes()))
    for path in (HTML / "_sources").rglob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        for output in (o for cell in nb.cells for o in cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                png = slim(base64.b64decode(output.data["image/png"]))
                output.data["image/png"] = base64.b64encode(png).decode()
        nbformat.write(nb, path)


def up_to_date():
    """Tell whether the zip, the last thing a build makes, is newer than everything that goes into the book."""
    inputs = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "book").glob("*.*"), *(ROOT / "book/_static").rglob("*"),
              ROOT / "requirements.txt", *Path(__file__).parent.glob("*.html"), Path(__file__),
              Path(__file__).with_name("finish_pages.py")]
    return ZIP.exists() and ZIP.stat().st_mtime > max(path.stat().st_mtime for path in inputs)


def pages():
    """Return the names of the book's pages, in order."""
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


def main():
    start = time.perf_counter()
    if up_to_date():
        print(f"Nothing changed. Open {HTML / 'index.html'}")
        return
    if BUILD.exists() and not ZIP.exists():
        shutil.rmtree(BUILD)  # the last build did not end, and what it left may be half-written
    ZIP.unlink(missing_ok=True)
    done = subprocess.run(
        [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--config", "book/_config.yml",
         "--toc", "book/_toc.yml", "--path-output", "book", "-W", "-n", "--keep-going", "--quiet"],
        cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("The book has warnings (above), and warnings are errors.")
    drop_unused_files()
    slim_icons()
    slim_pictures()
    finish(HTML, pages())
    scratch = shutil.make_archive(str(BUILD / "softmax-regression-book"), "zip", HTML)
    shutil.move(scratch, ZIP)
    print(f"Built in {time.perf_counter() - start:.1f} s. Open {HTML / 'index.html'}")


if __name__ == "__main__":
    main()
