"""Questions people ask, at the end of each section that answers them.

A question's answer links to the section that derives it; that link is the one source, and is followed backwards here.
"""

import re

from docutils import nodes

from . import notebook

QUESTIONS = "notebooks/further/questions_people_ask"
SECTION = re.compile(r"\]\(\.\./(\w+)\.ipynb#([^)]+)\)")


def collect(nb):
    """Return the questions by page and anchor of the section that answers them, each with its own anchor."""
    asked, question = {}, None
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for part in re.split(r"^(?=#{1,6} )", cell.source, flags=re.M):
                heading = re.match(r"(#+) (.*)", part)
                if heading:
                    question = heading[2].strip() if heading[1] == "###" else None
                for page, anchor in SECTION.findall(part) if question else ():
                    here = asked.setdefault((f"notebooks/{page}", anchor), [])
                    if question not in here:
                        here.append(question)
    return asked


def paragraph(questions, address):
    """Return the line that a section ends with."""
    line = nodes.paragraph("", "", nodes.emphasis("", "People ask:"), classes=["people-ask"])
    for question in questions:
        link = nodes.reference("", question.replace("`", ""), internal=True,
                               refuri=f"{address}#{nodes.make_id(question)}")
        line += [nodes.Text(" "), link]
    return line


def resolve(app, doctree, page):
    """Put the questions at the end of what a section says itself, before its subsections."""
    asked = {anchor: questions for (where, anchor), questions in app.env.course_asked.items() if where == page}
    for section in doctree.findall(nodes.section):
        if questions := asked.get(notebook.anchor(section[0].astext())):
            at = next((k for k, node in enumerate(section.children) if isinstance(node, nodes.section)), len(section))
            section.insert(at, paragraph(questions, app.builder.get_relative_uri(page, QUESTIONS)))


def read(app, env):
    """Read the questions once all pages are read."""
    there = QUESTIONS in env.found_docs and app.config.language == "en"  # they have no Vietnamese words yet
    env.course_asked = collect(notebook.read(env.doc2path(QUESTIONS))) if there else {}


def setup(app):
    """Connect it."""
    app.connect("env-updated", read)
    app.connect("doctree-resolved", resolve)
