"""What can only be done once the files are there: leave out what no page loads, and make the rest smaller."""

import base64
import functools
import io
import re
import shutil

import nbformat
from fontTools import subset
from PIL import Image

from . import vietnamese

ICON = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')


def drop_unused(static):
    """Delete what no page loads: source maps, old font formats, the theme's templates, Sphinx's search, ..."""
    for file in [*static.rglob("*.map"), *static.rglob("*.ttf"), *static.glob("*webpack-macros.html"),
                 *static.glob("scripts/fontawesome.js*"), static / "searchtools.js", static / "language_data.js",
                 static.parent / "searchindex.js"]:
        file.unlink(missing_ok=True)
    shutil.rmtree(static / "locales", ignore_errors=True)


def slim_icons(html):
    """Keep of the icon fonts what a page shows, within the style sheet: no font is asked for, and 1,900 rules go."""
    used = {name for page in html.rglob("*.html")
            for name in re.findall(r"\bfa-[a-z0-9-]+", page.read_text(encoding="utf-8"))}
    sheet = html / "_static" / "styles" / "pydata-sphinx-theme.css"
    style = sheet.read_text(encoding="utf-8")
    rules = ICON.findall(style)
    glyphs = [code for names, code in rules if used & set(re.findall(r"fa-[a-z0-9-]+", names))]
    style = ICON.sub(lambda rule: rule[0] if rule[2] in glyphs else "", style)
    for font in (html / "_static").rglob("fa-*.woff2"):
        subset.main([str(font), f"--unicodes={','.join(glyphs)}", "--flavor=woff2", f"--output-file={font}"])
        inline = f"url(data:font/woff2;base64,{base64.b64encode(font.read_bytes()).decode()})"
        style = re.sub(rf'url\([^)]*{font.stem}\.woff2\)( format\("woff2"\)),url\([^)]*\) format\("truetype"\)',
                       lambda found, inline=inline: inline + found[1], style)
        font.unlink()
    sheet.write_text(style, encoding="utf-8")


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


def slim_pictures(html):
    """Slim each figure, and take it out of the notebooks that the pages offer for download: running them draws it.

    There and in the zip the pictures would be half of the site.
    """
    for path in (html / "_images").glob("*.png"):
        path.write_bytes(slim(path.read_bytes()))
    for path in (html / "_sources").rglob("*.ipynb"):
        nb = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        for cell in nb.cells:
            if "outputs" in cell:
                cell.outputs = [output for output in cell.outputs if "image/png" not in output.get("data", {})]
        path.write_text(nbformat.v4.writes(nb) + "\n", encoding="utf-8")


def size_pictures(text):
    """Write the sizes of pictures as attributes: as declarations they would beat those of the style sheet."""
    return re.sub(r'(<img[^>]*) style="width: (\d+)px; height: (\d+)px;"', r'\1 width="\2" height="\3"', text)


def finish_pages(html):
    """Give pictures sizes that a phone can change, and Vietnamese words their language, in menus and titles too."""
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        path.write_text(size_pictures(vietnamese.mark_vietnamese(text)), encoding="utf-8")


def finish(app, exception):
    """Handle the event ``build-finished``."""
    if exception is None and app.builder.name == "html":
        drop_unused(app.outdir / "_static")
        slim_icons(app.outdir)
        slim_pictures(app.outdir)
        finish_pages(app.outdir)
