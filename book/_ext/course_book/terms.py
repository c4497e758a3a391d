"""Terms: in a notebook the first mention of a word from the glossary leads there, and says what the glossary says.

The glossary's table is the one source: its first column names a term (several names with commas between them), its
second says in a sentence what it is. A paragraph gets two such links at most; a term that finds no room there waits for
its next mention.
"""

import re

from docutils import nodes

GLOSSARY = "book/glossary"
MOST = 2


def rows(doctree):
    """Yield the rows of the glossary's table, without its head."""
    for body in list(doctree.findall(nodes.tbody))[:1]:  # a later one says some of it in Vietnamese
        yield from body.findall(nodes.row)


def anchor(name):
    """Return the id of the row of a term."""
    return f"term-{nodes.make_id(name)}"


def read(doctree):
    """Return what the glossary says: the row's anchor and the sentence, by each name in small letters."""
    terms = {}
    for row in rows(doctree):
        names, sentence = (cell.astext() for cell in row.children[:2])
        names = names.split(", ")
        terms |= {name.lower(): (anchor(names[0]), sentence) for name in names}
    return terms


def pattern(names):
    """Return what finds any of these names, in the singular and the plural, the longest first."""
    def forms(name):
        words = r"\s+".join(map(re.escape, name.split()))
        return f"{words[:-1]}(?:y|ies)" if words.endswith("y") else f"{words}(?:e?s)?"

    found = "|".join(f"(?P<n{at}>{forms(name)})" for at, name in sorted(
        enumerate(names), key=lambda pair: -len(pair[1])))
    return re.compile(rf"(?<![\w-])(?:{found})(?![\w-])", re.IGNORECASE)


def join_lines(paragraph):
    """Make one text of those that MyST makes of the lines of a paragraph, so that a term may stand on two."""
    for node in [paragraph, *paragraph.findall(lambda n: isinstance(n, (nodes.emphasis, nodes.strong)))]:
        children, node.children = node.children, []
        for child in children:
            if isinstance(child, nodes.Text) and node.children and isinstance(node.children[-1], nodes.Text):
                child = nodes.Text(node.children.pop() + child)
            node.append(child)


def is_prose(text, paragraph):
    """Tell whether a text in a paragraph is no code, no link and no formula."""
    node = text.parent
    while isinstance(node, (nodes.emphasis, nodes.strong)):
        node = node.parent
    return node is paragraph


def mark(doctree, terms, address):
    """Make links of the first mentions in the paragraphs of a page: not in headings, lists, tables and outputs."""
    waiting = dict(terms)
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if not isinstance(paragraph.parent, nodes.section):
            continue
        join_lines(paragraph)
        room = MOST
        for text in [text for text in paragraph.findall(nodes.Text) if is_prose(text, paragraph)]:
            made, done, names = [], 0, list(waiting)
            for found in pattern(names).finditer(text) if waiting else ():
                name = names[int(found.lastgroup[1:])]
                before = text[:found.start()]
                if name not in waiting or not room or before.count("«") > before.count("»"):  # a title is left alone
                    continue
                room -= 1
                place, sentence = waiting[name]
                waiting = {other: what for other, what in waiting.items() if what[0] != place}
                made += [nodes.Text(text[done:found.start()]), nodes.reference(
                    "", found[0], internal=True, refuri=f"{address}#{place}", reftitle=sentence, classes=["term"])]
                done = found.end()
            if made:
                text.parent.replace(text, [*made, nodes.Text(text[done:])])


def collect(app, env):
    """Read the glossary once all pages are read."""
    env.course_terms = read(env.get_doctree(GLOSSARY)) if GLOSSARY in env.found_docs else {}


def resolve(app, doctree, page):
    """Give the glossary's rows their anchors, and the notebooks their links."""
    if page == GLOSSARY:
        for row in rows(doctree):
            row.children[0]["ids"].append(anchor(row.children[0].astext().split(", ")[0]))
    elif page.startswith("notebooks/"):
        mark(doctree, app.env.course_terms, app.builder.get_relative_uri(page, GLOSSARY))


def setup(app):
    """Connect it."""
    app.connect("env-updated", collect)
    app.connect("doctree-resolved", resolve)
