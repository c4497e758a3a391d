"""Links as notebooks write them, plain CommonMark, made into what the book has in their place.

- ``[LeCun 1998](../book/references.md#lecun1998)`` leads to that entry of the bibliography;
- ``[set 1](../assignments/set1.ipynb)`` is a file of the repository and no page: of it the words stay.
"""

import json
import re

from docutils import nodes
from sphinx.util import logging

CITATION = re.compile(r"\]\((?:\.\./)+book/references\.md#(\w+)\)|\]\(references\.md#(\w+)\)")
SET = re.compile(r"\[([^\]\[]*)\]\((?:\.\./)+assignments/[^)]*\)")


def rewritten(text):
    """Return a Markdown text with a scheme of their own for citations, which MyST lets pass, and no link to a set."""
    return SET.sub(r"\1", CITATION.sub(lambda found: f"](cite:{found[1] or found[2]})", text))


def prepare(app, page, source):
    """Rewrite a page's source before it is read."""
    if not app.env.doc2path(page).endswith(".ipynb"):
        source[0] = rewritten(source[0])
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = rewritten("".join(cell["source"]))
    source[0] = json.dumps(notebook)


def resolve(app, doctree, page):
    """Lead every citation to its entry in the bibliography."""
    entries = {citation.key: citation for citation in app.env.get_domain("cite").citations}
    for link in doctree.findall(nodes.reference):
        scheme, _, key = link.get("refuri", "").partition(":")
        if scheme != "cite":
            continue
        if key not in entries:
            logging.getLogger(__name__).warning("there is no reference %s", key, location=link)
            continue
        entry = entries[key]
        link["refuri"] = f"{app.builder.get_relative_uri(page, entry.bibliography_key.docname)}#{entry.citation_id}"
        link["internal"] = True
        link["classes"] = [name for name in link["classes"] if name != "external"]


def setup(app):
    """Connect it."""
    app.connect("source-read", prepare)
    app.connect("doctree-resolved", resolve)
    app.connect("config-inited", lambda app, config: setattr(config, "myst_url_schemes", {
        **dict.fromkeys(("http", "https", "mailto", "ftp", "cite"))}), priority=900)
