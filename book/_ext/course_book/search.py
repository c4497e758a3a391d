"""The search looks through sections: what each is called, says and computes, its formulas' numbers, its other names.

The index is a script, not a file that is fetched, so that it works from a folder too. A section's other names, the
words that people type for it, stand in its page's metadata: `course.search` of a notebook, `search` in the front matter
of a page, by the section's anchor.
"""

import json
import re
from pathlib import Path

from docutils import nodes

from . import formulas, twins

MINISEARCH = Path(__file__).with_name("minisearch") / "minisearch.js"
INDEX, PROGRAM = "course-search-index.js", "minisearch.js"
NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]{2,}")


def direct_children(section):
    """Yield the nodes of a section that belong to none of its subsections."""
    for child in section.children:
        if not isinstance(child, nodes.section):
            yield child


def prose(node):
    """Return the text of a node without code; a formula in it is three dots."""
    if isinstance(node, (nodes.literal_block, nodes.raw, nodes.title, nodes.comment)):
        return ""
    if isinstance(node, (nodes.math, nodes.math_block)):
        return "…"
    if isinstance(node, nodes.Text):
        return node.astext()
    space_after = " " if isinstance(node, (nodes.Element,)) and not isinstance(node, nodes.Inline) else ""
    return "".join(map(prose, node.children)) + space_after


def entry(page, chapter, section, names):
    """Return what the search knows of a section, under short names, since they stand in the index a hundred times."""
    parts = list(direct_children(section))
    code = {name for part in parts for block in part.findall(nodes.literal_block)
            for name in NAME.findall(block.astext())}
    numbers = [found[1] for part in parts for block in part.findall(nodes.math_block)
               if (found := formulas.TAG.search(block.astext()))]
    anchor = section["ids"][0]
    return {"p": page, "a": anchor, "t": section[0].astext(), "c": chapter, "s": names.get(anchor, ""),
            "n": " ".join(numbers), "x": " ".join("".join(map(prose, parts)).split()), "k": " ".join(sorted(code))}


def other_names(app, page):
    """Return the other names of the sections of a page."""
    path = Path(app.env.doc2path(page))
    if path.suffix == ".ipynb":
        paths = [path, Path(app.srcdir, f"{twins.twin_of(page)}.ipynb")]
        found = [json.loads(file.read_text(encoding="utf-8"))["metadata"].get("course", {}).get("search", {})
                 for file in paths[:2 if app.config.language == twins.LANGUAGE else 1] if file.exists()]
        return {anchor: " ".join(names.get(anchor, "") for names in found) for names in found for anchor in names}
    return json.loads(app.env.metadata[page].get("search", "{}"))  # MyST keeps a table of the front matter as JSON


def collect(app, doctree, page):
    """Note the sections of a page; Sphinx calls this for each page that it writes."""
    sections = [section for section in doctree.findall(nodes.section) if section["ids"] and section.children]
    if sections and app.builder.name == "html":
        names, chapter = other_names(app, page), sections[0][0].astext()
        app.course_sections[page] = [entry(page, chapter, section, names) for section in sections]


def finish(app, exception):
    """Write the index and the program."""
    if exception is None and app.builder.name == "html":
        entries = [one for page in sorted(app.course_sections) for one in app.course_sections[page]]
        written = json.dumps(entries, ensure_ascii=False).replace("</", "<\\/")
        static = Path(app.outdir, "_static")
        (static / INDEX).write_text(f"window.courseSections = {written};\n", encoding="utf-8")
        (static / PROGRAM).write_bytes(MINISEARCH.read_bytes())


def setup(app):
    """Connect it."""
    app.course_sections = {}
    app.connect("doctree-resolved", collect)
    app.connect("build-finished", finish)
