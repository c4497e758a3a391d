"""Give the built pages what a reader never sees: what a search engine shows of them, room for their formulas and
pictures, and for the voice of a screen reader which words are Vietnamese.

`tools/build_book.py` calls `finish` on the folder of the pages. Nothing here is typed twice: a page's description is
its own opening. Finishing a second time changes nothing.
"""

import re
import unicodedata
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "book" / "_config.yml").read_text(encoding="utf-8"))
SITE = CONFIG["title"]
SHORTEST, LONGEST = 100, 160  # letters of a description; search engines cut off what is longer
SEARCH = "Search the whole book on softmax regression: its chapters, formulas, program code, notation and glossary."
MARKS = "<!-- tools/finish_pages.py -->", "<!-- to here -->"
# Commands that take no room.
SILENT = (r"\\(mathbf|mathrm|mathsf|mathcal|mathbb|operatorname|text|[td]?frac|left|right|[bB]igg?[lr]?|bar|hat|tilde|"
          r"sqrt|displaystyle)(?![a-zA-Z])\*?")
# What tells Vietnamese words: letters that no other language here has; and for letters that others have too, the shape
# of a syllable, its marks taken off. A clause with one of these words of English is English, whatever names are in it.
CERTAIN = "[ăđĩũơư\u1ea0-\u1ef9]"
SHARED = "[àáâãèéêìíòóôõùúý]"
SYLLABLE = ("(b|ch?|d|gh?|gi|h|kh?|l|m|n|ngh?|nh|ph?|qu|r|s|th?|tr|v|x)?"
            "([aeiouy]{1,3}|(ie|ye|o[aeo]|u[aeoy]|uye|[aeiouy])(ch?|m|p|t|ng?|nh))")
ENGLISH = {"the", "of", "and", "is", "are", "by", "with", "for", "from"}
WORD = r"(?:[^\W\d_][\u0300-\u036f]*)+"
QUOTED = r"«[^«»]*»|“[^“”]*”"
# What is no text of a page: parts in which there can be no tag, what is marked already, and all other tags.
NOT_TEXT = (r'(?P<apart><!--.*?-->|<span lang="vi">[^<]*</span>|<span class="math[^>]*>[^<]*</span>|'
            r'<div class="math[^>]*>[^<]*</div>|'
            r"<(?P<tag>script|style|title|svg|textarea|option)\b.*?</(?P=tag)>|<(?:\"[^\"]*\"|[^\">])*>)")
# A script kept for the order of these: other scripts in the page use its object at once.
AT_ONCE = "documentation_options.js"


def address(repository):
    """Return where GitHub Pages publishes a repository, given as https://github.com/owner/name."""
    owner, name = repository.rstrip("/").split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


class Opening(HTMLParser):
    """The heading of a page and the paragraphs under it, up to the next heading."""

    def __init__(self, text):
        super().__init__()
        self.title, self.text, self.inside, self.done = "", "", None, False
        self.feed(text[text.index("<article"):] if "<article" in text else text)

    def handle_starttag(self, tag, attributes):
        self.done = self.done or tag in ("h2", "table", "pre", "ul")
        if tag in ("h1", "p"):
            self.inside = tag
        elif tag == "a" and self.inside == "h1":
            self.inside = None  # the sign that links to the heading

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside, self.text = None, self.text + " "

    def handle_data(self, data):
        if self.inside == "h1":
            self.title += data
        elif self.inside == "p" and self.title and not self.done:
            self.text += data


def plain(text):
    """Take citations and the marks of simple formulas out of a text; what no letter can say keeps its backslash."""
    text = re.sub(r" \([^()]*\[[^]]*\]\)| \[[^]]*\]", "", text)
    text = re.sub(r"\\\((.*?)\\\)", lambda formula: re.sub(r"\\mathbf ?|[{}]", "", formula[1])
                  if re.fullmatch(r"(\\mathbf ?|[\w\s=,{}])*", formula[1]) else formula[0], text)
    return " ".join(text.split())


def description(opening):
    """Return the first sentences of an opening without those that hold a formula, as many as a search engine shows."""
    sentences = [s for s in re.split(r"(?<=[.?!:])\s+(?=[A-Z«])", plain(opening)) if "\\" not in s]
    told = ""
    for sentence in sentences:
        longer = f"{told} {sentence}".strip()
        if len(longer) > LONGEST:
            if len(told) < SHORTEST:
                told = longer[:LONGEST - 1].rpartition(" ")[0].rstrip(",;:") + " …"
            break
        told = longer
    return told


def head(title, text, kind="article"):
    """Return what the head of a page tells search engines, and other sites that show a card of it."""
    pairs = [("name", "description", text), ("property", "og:title", title), ("property", "og:description", text),
             ("property", "og:type", kind), ("property", "og:site_name", SITE), ("name", "twitter:card", "summary")]
    return "\n".join(f'<meta {key}="{name}" content="{escape(value)}">' for key, name, value in pairs)


def width(tex):
    """Estimate how wide a formula will be, in em. Fitted to the book's 1358: off by 0.3 em at the median."""
    tex = re.sub(SILENT, "", tex)
    tex = re.sub(r"\\(log|exp|max|min|arg|lim|sum)(?![a-zA-Z])", r"\1", tex)
    relation = r"\\(le|ge|to|in|mid|cdot|approx|times|mapsto|neq?|equiv|pm|propto|sim|quad)(?![a-zA-Z])|[=+<>-]"
    relations = len(re.findall(relation, tex))
    tex = re.sub(r"\\[a-zA-Z]+", "x", tex)
    small = sum(len(re.sub(r"[{}\s\\]", "", script)) for script in re.findall(r"[_^](\{[^{}]*\}|.)", tex))
    return 0.62 * (len(re.sub(r"[{}_^&\s\\]", "", tex)) - small) + 0.54 * small + 0.94 * relations


def reserve(text):
    """Write the estimated width of each formula in a line beside it, so that no line breaks anew once it is typeset."""
    return re.sub(r'(<span class="math[^"]*")[^>]*>\\\((.*?)\\\)',
                  lambda f: rf'{f[1]} style="--wide:{width(unescape(f[2])):.1f}">\({f[2]}\)', text, flags=re.S)


def size_pictures(text):
    """Write the sizes of pictures as attributes: as declarations they would beat those of the style sheet."""
    return re.sub(r'(<img[^>]*) style="width: (\d+)px; height: (\d+)px;"', r'\1 width="\2" height="\3"', text)


def is_vietnamese(word):
    """Tell whether a word is Vietnamese by its letters. «mất» and «Lê» are; Léon and softmax are not."""
    word = unicodedata.normalize("NFC", word.lower())
    bare = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", word))
    return bool(re.search(CERTAIN, word) or (re.search(SHARED, word) and re.fullmatch(SYLLABLE, bare)))


def vietnamese_parts(text):
    """Return where a plain text is Vietnamese, as pairs of a start and an end.

    A quotation or a clause with a Vietnamese word is so as a whole, with the words in it that bear no mark («hồi quy
    softmax»); but in one that is English by its small words, or for the most part, only the marked words are.
    """
    parts = []
    for clause in re.finditer(rf"{QUOTED}|[^«“.,;:!?()\[\]]+", text):
        words = list(re.finditer(WORD, clause[0]))
        marked = [word for word in words if is_vietnamese(word[0])]
        most = clause[0][0] in "«“" or 3 * len(marked) >= len(words)
        if most and marked and not ENGLISH & {word[0].lower() for word in words}:
            marked = [re.search(r"\S.*\S|\S", clause[0], re.S)]
        parts += [(clause.start() + word.start(), clause.start() + word.end()) for word in marked]
    return parts


def mark_text(html):
    """Mark the Vietnamese parts of a text without tags."""
    text, marked, done = unescape(html), "", 0
    for start, end in vietnamese_parts(text):
        marked += f'{escape(text[done:start], False)}<span lang="vi">{escape(text[start:end], False)}</span>'
        done = end
    return marked + escape(text[done:], False) if done else html


def mark_vietnamese(page):
    """Say in a page of another language which of its words are Vietnamese."""
    if re.search(r'<html[^>]* lang="vi"', page):
        return page
    return re.sub(rf"{NOT_TEXT}|[^<]+", lambda part: part[0] if part["apart"] else mark_text(part[0]), page, flags=re.S)


def finish_page(text, kind="article"):
    """Finish one page of the book."""
    # The theme repeats the title and the contents for print. The article's own heading is printed instead.
    text = re.sub(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', "", text, flags=re.S)
    text = re.sub(f"{MARKS[0]}.*?{MARKS[1]}\n", "", text, flags=re.S)
    text = re.sub(rf'<script(?! defer)([^>]* src="(?![^"]*{AT_ONCE}))', r"<script defer\1", text)
    text = text.replace(f"<title>{SITE} &#8212; {SITE}</title>", f"<title>{SITE}</title>")
    opening = Opening(text)
    told = description(opening.text) if "<article" in text else SEARCH
    lines = "\n".join([MARKS[0], head(opening.title.strip(), told, kind), MARKS[1]])
    return reserve(size_pictures(mark_vietnamese(text.replace("</head>", f"{lines}\n</head>", 1))))


def sitemap(base, names):
    """Return the list of pages that search engines ask for."""
    places = "\n".join(f"<url><loc>{escape(base + name)}.html</loc></url>" for name in names)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{places}\n</urlset>\n")


def entrance(root, meta):
    """Return the page at the site's address: it leads on to the first page of the book."""
    return ('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<title>{escape(SITE)}</title>\n<meta http-equiv="refresh" content="0; url={root}.html">\n'
            f'<link rel="canonical" href="{root}.html">\n{meta}\n</head>\n'
            f'<body><p><a href="{root}.html">{escape(SITE)}</a></p></body>\n</html>\n')


def finish(html, names):
    """Finish the pages in a folder, the first of `names` being the book's own, and write those that Sphinx does not."""
    for name in [*names, "search"]:
        path = html / f"{name}.html"
        path.write_text(finish_page(path.read_text(encoding="utf-8"), "website" if name == names[0] else "article"),
                        encoding="utf-8")
    first = Opening((html / f"{names[0]}.html").read_text(encoding="utf-8"))
    meta = head(SITE, description(first.text), "website")
    (html / "index.html").write_text(entrance(names[0], meta), encoding="utf-8")
    base = address(CONFIG["repository"]["url"])
    (html / "sitemap.xml").write_text(sitemap(base, names), encoding="utf-8")
    missing = (ROOT / "tools" / "404.html").read_text(encoding="utf-8")
    (html / "404.html").write_text(missing.replace("/NAME/", "/" + base.split("/", 3)[3]), encoding="utf-8")
