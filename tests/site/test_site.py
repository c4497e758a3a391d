"""The book as a site: what search engines and cards show, lost readers, paper, no scripts, and markup by the rules."""

import functools
import http.server
import itertools
import re
import threading
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import pytest
import yaml
from course_book import files, site, vietnamese

from assignments.grading import feedback
from helpers.interactive import question
from tests import browser
from tests.browser import HTML, PAGES
from tests.figures.test_figures import CLASSES, fresh
from tests.site.test_book import FOREIGN, MISTAKEN, SQUASHED

ROOT = Path(__file__).resolve().parents[2]
SEARCHED = [*PAGES, "search"]
REPOSITORY = yaml.safe_load((ROOT / "book" / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
BASE = site.address(REPOSITORY)
built = pytest.mark.skipif(not (HTML / "404.html").exists(), reason="the book is not built: run `make book`")


class Head(HTMLParser):
    """What a page's head says, and its headings."""

    def __init__(self, name):
        super().__init__()
        self.meta, self.title, self.headings, self.inside = {}, "", [], None
        self.feed((HTML / f"{name}.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "meta":
            self.meta[attributes.get("name") or attributes.get("property")] = attributes.get("content")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.inside = tag if tag == "title" else None

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data


@functools.cache
def head(name):
    return Head(name)


# What a reader never sees.


@built
@pytest.mark.parametrize("name", SEARCHED)
def test_headings_nest(name):
    levels = head(name).headings
    assert levels.count(1) == 1
    inside = levels[levels.index(1):]  # the theme's own, before the heading of the page, are in dialogs
    assert all(after <= before + 1 for before, after in itertools.pairwise(inside)), levels


@built
@pytest.mark.parametrize("name", SEARCHED)
def test_a_page_says_what_it_is(name):
    meta = head(name).meta
    assert 50 <= len(meta["description"]) <= 160, meta["description"]
    assert not re.search(r"[\\$<>{}]|\(\)|\s[.,]", meta["description"])
    assert meta["og:description"] == meta["description"]
    assert meta["og:title"] and meta["og:title"] in head(name).title
    assert meta["og:type"] == ("website" if name == PAGES[0] else "article")
    assert meta["twitter:card"] == "summary"


@built
def test_no_two_pages_say_the_same():
    for told in ([head(name).title for name in SEARCHED], [head(name).meta["description"] for name in SEARCHED]):
        assert len(set(told)) == len(SEARCHED)


@built
def test_the_title_of_the_book_stands_once_in_the_title_of_its_first_page():
    assert head(PAGES[0]).title.strip() == "Softmax regression"
    assert all(head(name).title.strip().endswith("Softmax regression") for name in SEARCHED)


@built
def test_a_picture_that_was_made_smaller_is_left_as_it_is():
    for path in (HTML / "_images").glob("*.png"):
        assert files.slim(path.read_bytes()) == path.read_bytes(), path.name


@built
def test_scripts_wait_until_the_page_is_read():
    for name in SEARCHED:
        tags = re.findall(r"<script[^>]* src=[^>]*>", (HTML / f"{name}.html").read_text(encoding="utf-8"))
        assert len(tags) > 10 and [tag for tag in tags if "defer" not in tag and site.AT_ONCE not in tag] == []
        assert not any("fontawesome" in tag for tag in tags)


@pytest.mark.parametrize(("text", "parts"), [
    ("the first slide «Hồi quy softmax – Hàm mất mát».", ["«Hồi quy softmax – Hàm mất mát»"]),
    ("slides “Bài toán\nphân lớp” & more", ["“Bài toán\nphân lớp”"]),
    ("After the slides by TS. Lương Ngọc Hoàng; the text is our own.", ["Lương Ngọc Hoàng"]),
    ("in the slides of Lương (2026) it is", ["Lương"]), ("it follows Lê closely on that", ["Lê"]),
    ("epoch, một lượt qua dữ liệu", ["một lượt qua dữ liệu"]), ("entropy chéo", ["entropy chéo"]), ("nhãn", ["nhãn"]),
    ("“Ask Lương for the slides”", ["Lương"]), ("the class «cat» of the text", []),
    (unicodedata.normalize("NFD", "hàm mất mát"), [unicodedata.normalize("NFD", "hàm mất mát")]),
    ("Léon Bottou, Stéfan van der Walt, Cortés-Ortuño, a naïve café, Poincaré, Pólya, Hölder, Itô, voilà", [])])
def test_vietnamese_is_told_from_english_and_from_other_names(text, parts):
    assert [text[start:end] for start, end in vietnamese.vietnamese_parts(text)] == parts


def test_vietnamese_is_marked_in_the_text_of_a_page_and_nowhere_else():
    page = ('<html lang="en"><title>Lương</title><p title="Hàm > Lương">«Cài đặt &amp; Phân tích» &lt;b&gt;</p>'
            '<script>"Lương <p>"</script><p>\n<em>nhãn</em> <!-- nhãn --><svg><text>nhãn</text></svg></p>'
            r'<p><span class="math notranslate">\(\text{nhãn}\)</span><div class="math">\[\text{lớp}\]</div>')
    done = vietnamese.mark_vietnamese(page)
    assert re.findall('<span lang="vi">(.*?)</span>', done) == ["«Cài đặt &amp; Phân tích»", "nhãn"]
    assert re.sub('<span lang="vi">(.*?)</span>', r"\1", done) == page
    assert vietnamese.mark_vietnamese(done) == done
    assert vietnamese.mark_vietnamese('<html lang="vi"><p>nhãn') == '<html lang="vi"><p>nhãn'


@built
def test_the_site_map_lists_every_page_of_both_editions():
    listed = ET.parse(HTML / "sitemap.xml").getroot().iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    assert sorted(place.text for place in listed) == sorted(
        f"{BASE}{folder}{name}.html" for name in PAGES for folder in ("", "vi/"))
    assert not (HTML / "vi" / "sitemap.xml").exists()


def test_the_address_of_the_site_follows_from_the_repository():
    assert site.address("https://github.com/A-Teacher/softmax") == "https://a-teacher.github.io/softmax/"
    assert site.address("https://github.com/A-Teacher/a-teacher.github.io/") == "https://a-teacher.github.io/"


@built
def test_the_address_of_the_site_leads_to_the_book(visit):
    tab, complaints = visit("index", settled=False)
    tab.wait_for_url(f"**/{PAGES[0]}.html")
    assert complaints == []


@built
@pytest.mark.parametrize("old", site.MOVED)
def test_an_old_address_leads_to_what_took_its_place(visit, old):
    wanted = next(page for page in site.MOVED[old] if page in PAGES)
    told = re.search(r'<link rel="canonical" href="([^"]*)">', (HTML / f"{old}.html").read_text(encoding="utf-8"))[1]
    assert (HTML / old).parent.joinpath(told).resolve() == HTML / f"{wanted}.html"
    tab, complaints = visit(old, settled=False)
    tab.wait_for_url(f"**/{wanted}.html")
    assert complaints == []


@built
def test_every_file_of_ours_is_asked_for_by_a_page():
    asked = "".join((HTML / f"{name}.html").read_text(encoding="utf-8") for name in SEARCHED)
    ours = [path for path in (ROOT / "book" / "_static").rglob("*") if path.is_file()]
    assert [path.name for path in ours if f"_static/{path.name}" not in asked] == []


@built
def test_every_picture_is_shown_on_a_page():
    shown = {name for path in HTML.rglob("*.html")
             for name in re.findall(r"_images/([^\"]+)", path.read_text(encoding="utf-8"))}
    assert {path.name for path in (HTML / "_images").iterdir()} == shown


@built
def test_both_editions_together_are_under_25_megabytes_without_the_zip():
    sizes = {path.relative_to(HTML): path.stat().st_size for path in HTML.rglob("*") if path.is_file()}
    assert sum(size for path, size in sizes.items() if path.suffix != ".zip") < 25_000_000
    assert sum(size for path, size in sizes.items() if path.suffix != ".zip" and path.parts[0] != "vi") < 15_000_000


# A reader who is lost.


@pytest.fixture
def host():
    """GitHub Pages: the book below a path, and its 404.html for every address that does not exist."""
    servers = []

    def go(below):
        class Pages(http.server.SimpleHTTPRequestHandler):
            def send_head(self):
                if not self.path.startswith(below):
                    return self.send_error(404)
                self.path = "/" + self.path.removeprefix(below)
                return super().send_head()

            def send_error(self, code, *args):
                self.send_response(code)
                self.end_headers()
                self.wfile.write((HTML / "404.html").read_bytes())

            def log_message(self, *args):
                pass

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=HTML)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}{below}"

    yield go
    for server in servers:
        server.shutdown()
        server.server_close()


@built
@pytest.mark.parametrize("below", [f"/{BASE.split('/', 3)[3]}", "/"])
def test_a_wrong_address_leads_back_to_the_book(chromium, host, below):
    tab = chromium.new_page()
    base = host(below)
    for wrong in ("nothing.html", "notebooks/no/such/page"):
        assert tab.goto(base + wrong).status == 404
        asked = tab.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
        assert [address for address in asked if "favicon" not in address] == [], "it needs nothing but itself"
        links = tab.evaluate("[...document.links].map(link => link.href)")
        assert len(links) == 2 and all(tab.request.get(link).ok for link in links), links
    tab.close()


@built
def test_a_wrong_address_leads_back_without_scripts_too(chromium, host):
    with chromium.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto(host(f"/{BASE.split('/', 3)[3]}") + "no/such/page")
        tab.locator("a").first.click()
        assert "Softmax regression" in tab.title()


@built
@pytest.mark.parametrize(("scheme", "origin"), [("light", "http"), ("dark", "file")])
@pytest.mark.parametrize("name", ["404", "search"])
def test_pages_beside_the_book_are_whole(visit, name, scheme, origin):
    tab, complaints = visit(name, scheme, origin=origin)
    assert complaints == []
    assert browser.findings(tab) == []
    assert tab.evaluate(MISTAKEN, FOREIGN) == []
    links = tab.evaluate("[...document.links].map(link => link.href).filter(link => link.startsWith('file:'))")
    assert all(Path(link.removeprefix("file://").partition("#")[0]).exists() for link in links)


# Paper, and no scripts.


@built
def test_a_printed_page_is_light_and_open_and_the_page_comes_back(visit):
    tab, _ = visit("notebooks/01_motivation", scheme="dark")
    state = "[document.documentElement.dataset.theme, document.querySelectorAll('article details:not([open])').length]"
    before = tab.evaluate(state)
    tab.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {state}; }})")
    assert tab.pdf().startswith(b"%PDF")
    assert tab.evaluate("window.printed") == ["light", 0]
    assert tab.evaluate(state) == before and before[0] == "dark" and before[1] > 0


@built
@pytest.mark.parametrize("name", [name if name in ("book/index", "notebooks/04_softmax_jacobian") else
                                  pytest.param(name, marks=pytest.mark.wide) for name in PAGES])
def test_without_scripts_only_the_interaction_is_gone(visit, name):
    tab, complaints = visit(name, scheme="dark", scripts=False)
    assert [told for told in complaints if ".js" not in told] == []
    text = tab.locator("article").inner_text()
    assert tab.locator("article math").count() == (HTML / f"{name}.html").read_text(encoding="utf-8").count("<math")
    assert "dark" not in tab.locator("html").get_attribute("data-theme")
    assert tab.locator("article .course-figure > *").count() >= tab.locator("article .course-figure").count()
    assert len(text.split()) > 100
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(SQUASHED) == []
    answers = tab.locator("article details", has_text="Answer")
    if answers.count():
        answers.first.locator("summary").first.click()
        assert answers.first.get_attribute("open") is not None
    following = tab.locator(".prev-next-area a, .prev-next-footer a").last
    following.click()
    assert tab.url.endswith(".html") and name not in tab.url


# Markup by the rules.


def mistakes(markup):
    """Return what the HTML standard's own parser has to complain of, ids that occur twice, and dead references."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(markup)
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    wanted = [id_ for node in tree.iter() for name, value in node.items()
              if name == "for" or name in ("aria-labelledby", "aria-describedby", "aria-controls", "aria-owns")
              for id_ in value.split()]
    return [*((kind, where) for where, kind, _ in parser.errors), *(id_ for id_ in ids if ids.count(id_) > 1),
            *(id_ for id_ in wanted if id_ not in ids)]


def in_a_page(body):
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title></head>'
            f"<body>{body}</body></html>")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_figure_is_valid_alone_and_twice_on_a_page(cls):
    figure = fresh(cls).html()
    assert mistakes(in_a_page(figure + figure)) == []


def test_every_question_is_valid():
    assert mistakes(in_a_page("".join(question.Question(key).html() for key in question.all_questions()))) == []


@built
@pytest.mark.parametrize("name", ["404", "index", *site.MOVED])
def test_our_own_pages_are_valid(name):
    assert mistakes((HTML / f"{name}.html").read_text(encoding="utf-8")) == []


def test_the_page_of_feedback_is_valid():
    parts = {"softmax": {"points": 3, "possible": 5, "tests": [{"passed": False, "message": "a < b & c"}]},
             "loss": {"points": 0, "possible": 5, "failed": "it did not end in time"}}
    assert mistakes(feedback.page({"student": "Lan <b>", "total": 3, "possible": 10, "parts": parts,
                                   "notes": ["cell 3: <script>"]})) == []


@pytest.mark.parametrize("wrong", [
    "<p><div></p></div>", '<p id="a" id="b">', '<p id="a"></p><p id="a"></p>', '<label for="gone">x</label>',
    '<p aria-labelledby="gone">x</p>', "<table><p>x</p></table>", "a & b < c &amp"])
def test_what_is_wrong_is_found(wrong):
    assert mistakes(in_a_page(wrong))
