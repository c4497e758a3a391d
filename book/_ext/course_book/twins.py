"""The Vietnamese edition: the same pages, with the text of their twins in ``notebooks/vi`` and ``book/vi``.

A twin holds text alone. Each of its pieces (a cell of a notebook, a section of a page) remembers the English that it
translates, as a fingerprint; what has drifted since, or waits for its translation, is shown in English with a note.
Code and outputs are those of the English page. `tools/translate.py` keeps twins in step.
"""

import dataclasses
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from docutils import nodes

from . import interface, notebook

LANGUAGE = "vi"
WAITING, WHOLE = "*Đoạn này chưa được dịch.*", "*Trang này chưa được dịch, nên còn bằng tiếng Anh.*"
WORDS = {"Softmax regression": "Hồi quy softmax", "The model": "Mô hình",
         "The loss and its gradient": "Hàm mất mát và gradient", "Implementation and analysis": "Cài đặt và phân tích",
         "Going further": "Đọc thêm", "Beside the chapters": "Bên lề các chương"}
HEADING = re.compile(r"^#{1,6} (.*)", re.M)
english_of = {}  # of the page that is being read: its English headings by the letters of the Vietnamese ones


def fingerprint(text):
    """Return what a translation remembers of the text that it translates, under whatever address and version."""
    text = re.sub(r"(mybinder\.org/v2/gh/)[\w.-]+/[\w.-]+/[\w.]+|(?<=github\.com/)[\w.-]+/[\w.-]+", r"\1", text)
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


def folder(language):
    """Return in which folder of another what belongs to an edition stands."""
    return LANGUAGE if language == LANGUAGE else ""


def twin_of(page):
    """Return where the Vietnamese text of a page stands, without its suffix."""
    folder, _, name = page.rpartition("/")
    return f"{folder}/{LANGUAGE}/{name}"


def sections(text):
    """Return the parts of a Markdown page: its front matter, the part before the first section, the sections."""
    front, body = re.match(r"(---\n.*?\n---\n)?(.*)", text, re.S).groups(default="")
    return front, re.split(r"^(?=## )", body, flags=re.M)


def alt_of(cell):
    """Return what a cell says of its picture to those who do not see it, or None."""
    return cell.get("metadata", {}).get("mystnb", {}).get("image", {}).get("alt")


def headings(text):
    """Return the headings of a Markdown text, without those in code."""
    return HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def letters(heading):
    """Return of a heading what `slug` is given of it, without formulas and marks."""
    return re.sub(r"\W", "", re.sub(r"\$[^$]*\$", "", heading).lower())


def in_english(text, note=WAITING):
    """Return an English text with a note; a heading stays the first line of its cell."""
    found = HEADING.match(text)
    return f"{found[0]}\n\n{note}\n{text[found.end():]}" if found else f"{note}\n\n{text}"


def shown(english, vietnamese, remembered):
    """Return the text of a piece, and note what its headings are in English: their anchors come from there."""
    if vietnamese is None or remembered != fingerprint(english):
        return in_english(english)
    english_of.update({letters(other): own.strip()
                       for own, other in zip(headings(english), headings(vietnamese), strict=True)})
    return vietnamese


def slug(title):
    """Return the anchor of a heading, for MyST."""
    return notebook.anchor(english_of.get(letters(title), title))


def ask(html, question):
    """Put the Vietnamese words of a question into what its cell stored: its state, and what shows without scripts."""
    stored = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)
    state = json.loads(stored[1].replace("<\\/", "</"))
    state |= {"text": question["text"], "options": [
        old | new for old, new in zip(state["options"], question["options"], strict=True)]}
    options = "".join(f"<li>{option['text']}</li>" for option in state["options"])
    answers = "".join(f"<li>{'✓' if option['right'] else '✗'} {option['why']}</li>" for option in state["options"])
    still = (f'<p>{state["text"]}</p><ol type="A">{options}</ol>'
             f'<details><summary>Lời giải</summary><ol type="A">{answers}</ol></details></div>\n')
    written = json.dumps(state, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
    start = html.index(">", html.index('<div class="course-figure"')) + 1
    return f'{html[:start]}{still}<script type="application/json">{written}</script>{html[stored.end():]}'


def merged(english, twin, questions):
    """Return an English notebook with the text of its twin."""
    texts = {cell["id"]: cell for cell in twin["cells"]}
    for cell in english["cells"]:
        twin_cell, source = texts.get(cell["id"], {}), "".join(cell["source"])
        remembered = twin_cell.get("metadata", {}).get("course", {}).get("translates")
        if cell["cell_type"] == "markdown":
            cell["source"] = shown(source, "".join(twin_cell["source"]) if twin_cell else None, remembered)
        else:
            if (alt := alt_of(cell)) and remembered == fingerprint(alt):
                cell["metadata"]["mystnb"]["image"]["alt"] = alt_of(twin_cell)
            asked = re.fullmatch(r'Question\("([\w-]+)"\)', source.strip())
            for output in cell.get("outputs", []) if asked and asked[1] in questions else ():
                output["data"]["text/html"] = ask("".join(output["data"]["text/html"]), questions[asked[1]])
    said = twin["metadata"].get("course", {}).get("description")
    english["metadata"]["course"] = english["metadata"].get("course", {}) | ({"description": said} if said else {})
    return english


def in_vietnamese(root, chapter):
    """Return a chapter with the title and the description of its twin, where it has one."""
    path = Path(root) / f"{twin_of(chapter.page)}.ipynb"
    if not path.exists():
        return chapter
    twin = notebook.read(path)
    title = re.search(r"^# (.*)", twin.cells[0].source, re.M)[1].strip()
    return dataclasses.replace(chapter, title=title, course=chapter.course | twin.metadata.get("course", {}))


def prepare(app, page, source):
    """Put the Vietnamese text in the place of the English one, before anything else reads it."""
    if app.config.language != LANGUAGE:
        return
    english_of.clear()
    translate(app, page, source)
    source[0] = source[0].replace("{include} _generated/", f"{{include}} _generated/{LANGUAGE}/")


def translate(app, page, source):
    """Do it, or say on a page without a twin that it is still in English."""
    root = Path(app.srcdir)
    suffix = ".ipynb" if page.startswith("notebooks/") else ".md"
    path = root / f"{twin_of(page)}{suffix}"
    if not path.exists():
        if suffix == ".md":
            front, parts = sections(source[0])
            source[0] = front + in_english("".join(parts), WHOLE)
        else:
            english = json.loads(source[0])
            first = next(cell for cell in english["cells"] if cell["cell_type"] == "markdown")
            first["source"] = in_english("".join(first["source"]), WHOLE)
            source[0] = json.dumps(english)
        return
    text = path.read_text(encoding="utf-8")
    if suffix == ".ipynb":
        questions = json.loads((root / "helpers" / "interactive" / "questions.vi.json").read_text(encoding="utf-8"))
        source[0] = json.dumps(merged(json.loads(source[0]), json.loads(text), questions))
        return
    _, english = sections(source[0])
    front, vietnamese = sections(text)
    remembered = re.search(r"^translates: (.*)$", front, re.M)[1].split()
    source[0] = front + "".join(map(shown, english, vietnamese, remembered))


def keep_addresses(app, doctree):
    """Give every section the id that it has on the English page, so that a link leads to the same place on both."""
    if app.config.language == LANGUAGE:
        for section in doctree.findall(nodes.section):
            title = section[0].astext()
            name = nodes.make_id(re.sub(r"[`$*]", "", english_of.get(letters(title), title)))
            section["ids"] = [name, *(old for old in section["ids"] if old != name)]


def other_edition(app, page, template, context, doctree):
    """Tell a page where it stands in the other language, and search engines both; a book built alone has no other."""
    if not os.environ.get("COURSE_EDITION"):
        return
    vietnamese = app.config.language == LANGUAGE
    depth = "../" * page.count("/")
    context["other_language"] = "en" if vietnamese else LANGUAGE
    context["other_name"] = "English" if vietnamese else "Tiếng Việt"
    context["other_address"] = f"{depth}../{page}.html" if vietnamese else f"{depth}{LANGUAGE}/{page}.html"
    site = app.config.html_baseurl.removesuffix(f"{LANGUAGE}/")
    for language, folder in (("en", ""), (LANGUAGE, f"{LANGUAGE}/")):
        context["metatags"] = (f'{context.get("metatags", "")}\n<link rel="alternate" hreflang="{language}" '
                               f'href="{site}{folder}{page}.html" />')


def lead_to_twins(buttons, page):
    """Let the buttons that open a page's notebook somewhere open its twin."""
    for button in buttons:
        lead_to_twins(button.get("buttons", []), page)
        if page in button.get("url", ""):
            button["url"] = button["url"].replace(f"{page}.ipynb", f"{twin_of(page)}.ipynb")


def open_twins(app, page, template, context, doctree):
    """Do it where there is a twin."""
    if app.config.language == LANGUAGE and Path(app.srcdir, f"{twin_of(page)}.ipynb").exists():
        lead_to_twins([button for button in context.get("header_buttons", []) if "download" not in str(
            button.get("label", ""))], page)


def hand_out_twins(app, exception):
    """Offer the twins for download, as the English pages offer their notebooks."""
    if exception is None and app.config.language == LANGUAGE:
        for path in Path(app.srcdir, "notebooks", LANGUAGE).glob("*.ipynb"):
            shutil.copyfile(path, Path(app.outdir, "_sources", "notebooks", path.name))


def configure(app, config, generated):
    """Make the Vietnamese edition of the settings, where it is asked for."""
    if os.environ.get("COURSE_EDITION") == LANGUAGE:
        config.language = LANGUAGE
        interface.load(app, generated / LANGUAGE / "locale", LANGUAGE)
        config.html_title = WORDS[config.html_title]
        config.myst_heading_slug_func = "course_book.twins.slug"


def name_parts(app, config):
    """Translate the captions of the table of contents, once it is read."""
    if config.language == LANGUAGE:
        for part in config.external_site_map.root.subtrees:
            part.caption = WORDS.get(part.caption, part.caption)


def setup(app):
    """Connect it."""
    app.connect("config-inited", name_parts, priority=950)  # after the table of contents
    app.connect("html-page-context", open_twins, priority=950)
    app.connect("build-finished", hand_out_twins, priority=100)
    app.connect("source-read", prepare, priority=100)
    app.connect("doctree-read", keep_addresses, priority=100)
    app.connect("html-page-context", other_edition, priority=420)
