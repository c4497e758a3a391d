"""Formulas are typeset when the book is built: TeX becomes MathML, which browsers draw without any script.

Temml writes the MathML, in a small JavaScript engine; the font is STIX Two Math, cut to the glyphs in use and written
into the style sheet, so that no formula moves once the page is there. Where fonts are blocked the browser's own serve.
"""

import base64
import functools
import html
import io
import re
from pathlib import Path

import quickjs
from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging

TEMML = Path(__file__).with_name("temml")
STYLE = "course-formulas.css"
TAG = re.compile(r"\\tag\{([^}]*)\}")
REFERENCE = re.compile(r"\((\d{1,2}\.\d{1,2})\)")
# Browsers slant a single letter by taking it from another alphabet of the font; one italic letter is older than it.
ALPHABETS = (("a", "z", 0x1D44E), ("A", "Z", 0x1D434), ("α", "ω", 0x1D6FC), ("Α", "Ω", 0x1D6E2))
HOLES = {0x1D455: "ℎ"}
# JSON makes of the string one piece; the engine's Python side cannot read one that is joined of several.
RENDER = """(tex, display) => JSON.parse(JSON.stringify(
  temml.renderToString(tex, { displayMode: display, throwOnError: true, strict: true })))"""


@functools.cache
def engine():
    """Return Temml's function from TeX, and whether it is displayed, to MathML."""
    context = quickjs.Context()
    context.eval((TEMML / "temml.min.js").read_text(encoding="utf-8"))
    return context.eval(RENDER)


@functools.cache
def typeset(tex, display):
    """Return a formula as MathML; raise ValueError with Temml's words if it is none."""
    try:
        return engine()(tex, display)
    except quickjs.JSException as error:
        raise ValueError(str(error).strip().splitlines()[0]) from error


def anchor(number):
    """Return the id of the formula with a number such as 4.3."""
    return f"equation-{number.replace('.', '-')}"


def mathml(node, tex, display):
    """Return a formula as MathML, or its source if it cannot be typeset, with a warning."""
    try:
        return typeset(tex, display)
    except ValueError as error:
        logging.getLogger(__name__).warning("this formula cannot be typeset: %s: %s", error, tex, location=node)
        return f"<code>{html.escape(tex)}</code>"


def visit_math(translator, node):
    """Write a formula in a line."""
    translator.body.append(mathml(node, node.astext(), False))
    raise nodes.SkipNode


def visit_math_block(translator, node):
    """Write a displayed formula, its number beside it."""
    tex, number = node.astext(), TAG.search(node.astext())
    name, beside = (f' id="{anchor(number[1])}"', f'<span class="eqno">({number[1]})</span>') if number else ("", "")
    translator.body.append(f'<div class="math"{name}>{mathml(node, TAG.sub("", tex), True)}{beside}</div>\n')
    raise nodes.SkipNode


def numbers(app):
    """Note on which page each numbered formula stands."""
    app.env.course_formulas = {
        number: page for page in app.env.found_docs for number in TAG.findall(
            Path(app.env.doc2path(page)).read_text(encoding="utf-8").replace("\\\\", "\\"))}


def link_references(app, doctree, page):
    """Make every "(4.3)" in the text a link to that formula."""
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, (nodes.literal, nodes.reference, nodes.title, nodes.math, nodes.math_block)) or (
                not isinstance(text.parent, nodes.TextElement) or isinstance(text.parent, nodes.literal_block)):
            continue
        parts = REFERENCE.split(text.astext())
        if len(parts) == 1:
            continue
        made = [nodes.Text(parts[0])]
        for number, after in zip(parts[1::2], parts[2::2], strict=True):
            target = app.env.course_formulas.get(number)
            shown = f"({number})"
            made.append(nodes.Text(shown) if target is None else nodes.reference(
                "", shown, internal=True, classes=["formula-link"],
                refuri=f"{app.builder.get_relative_uri(page, target)}#{anchor(number)}"))
            made.append(nodes.Text(after))
        text.parent.replace(text, made)


def glyphs(pages):
    """Return the characters that the formulas of some pages need from the font."""
    used = {"√"}  # drawn by <msqrt>, which does not write it
    used |= {character for page in pages for formula in re.findall(r"<math.*?</math>", page, re.S)
             for character in html.unescape(re.sub(r"<[^>]+>", "", formula))}
    slanted = {chr(start + ord(character) - ord(first)) for first, last, start in ALPHABETS for character in used
               if first <= character <= last}
    return used | slanted | {HOLES[ord(character)] for character in slanted if ord(character) in HOLES}


def style(pages):
    """Return the style sheet of formulas with the part of the font that the pages need."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    font = TTFont(TEMML / "STIXTwoMath.woff2")
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(glyphs(pages))))
    cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    source = f"url(data:font/woff2;base64,{base64.b64encode(out.getvalue()).decode()})"
    text = (TEMML / "Temml-STIX2.css").read_text(encoding="utf-8")
    return re.sub(r"src: local\('STIXTwoMath'\),\s*url\('[^']*'\)", lambda _: f"src: {source}", text)


def finish(app, exception):
    """Write the style sheet once all pages are there."""
    if exception is None and app.builder.name == "html":
        pages = (path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html"))
        Path(app.outdir, "_static", STYLE).write_text(style(pages), encoding="utf-8")


def setup(app):
    """Take MathJax's place."""
    app.add_html_math_renderer("temml", inline_renderers=(visit_math, None), block_renderers=(visit_math_block, None))
    app.connect("env-updated", lambda app, env: numbers(app))
    app.connect("doctree-resolved", link_references)
    app.connect("build-finished", finish)
    app.add_css_file(STYLE)
