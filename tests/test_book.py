"""The built book: its links, and its pages in a real browser, with every other host out of reach."""

import functools
import gzip
import http.server
import re
import threading
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
SLIDES = 35  # in the deck, title and section slides counted

pytestmark = pytest.mark.skipif(not (HTML / "index.html").exists(), reason="the book is not built: run `make book`")


class Page(HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.images, self.math = set(), [], [], [], 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in ("script", "img", "iframe", "source") and attributes.get("src"):
            self.loads.append(attributes["src"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preload", "icon"):
            self.loads.append(attributes["href"])
        if tag == "img":
            self.images.append(attributes)


@functools.cache
def page(path):
    return Page(path)


@pytest.mark.parametrize("name", PAGES)
def test_internal_links_and_anchors_resolve(name):
    path = HTML / f"{name}.html"
    for link in page(path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        assert target.exists(), link
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in page(target).ids, link


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(name):
    for address in page(HTML / f"{name}.html").loads:
        assert not urlsplit(address).netloc, address


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_colab_button_opens_this_chapter(name):
    config = yaml.safe_load((ROOT / "book" / "_config.yml").read_text(encoding="utf-8"))
    repository = urlsplit(config["repository"]["url"]).path.strip("/")
    expected = f"https://colab.research.google.com/github/{repository}/blob/main/{name}.ipynb"
    assert expected in page(HTML / f"{name}.html").links


def test_the_slide_map_is_complete():
    text = (ROOT / "book" / "slides.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \| (.*) \|$", text.partition("## Misprints")[0], re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, SLIDES + 1))
    for number, _, where in rows:
        assert re.search(r"\]\(\.\./notebooks/\d\d_\w+\.ipynb#[\w-]+\)", where), f"slide {number} leads nowhere"
    chapters = {int(chapter) for _, _, where in rows for chapter in re.findall(r"notebooks/(\d\d)_", where)}
    assert chapters == set(range(1, 8))


def test_the_zip_holds_the_book():
    with zipfile.ZipFile(HTML / "softmax-regression-book.zip") as packed:
        assert packed.testzip() is None
        assert {f"{name}.html" for name in PAGES} <= set(packed.namelist())


@pytest.fixture(scope="module")
def server():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=HTML))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    site.server_close()


@pytest.fixture
def visit(chromium, server):
    """Open a page and note everything that a reader should not have to live with."""
    contexts = []

    def go(name, scheme="light", width=1280, origin="http", query=""):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        complaints, tab = [], context.new_page()
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(
            (server, "file:", "data:", "blob:")) else (complaints.append(f"asks {route.request.url}"), route.abort()))
        tab.on("console", lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None)
        tab.on("pageerror", lambda e: complaints.append(f"error: {e}"))
        tab.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
        tab.on("response", lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        tab.set_default_timeout(120_000)  # a chapter has hundreds of formulas, and the other core is busy
        tab.goto((server if origin == "http" else HTML.as_uri()) + f"/{name}.html{query}")
        tab.wait_for_function("!window.MathJax || (MathJax.startup && MathJax.startup.document)")
        tab.evaluate("window.MathJax && MathJax.startup.promise")
        tab.evaluate("document.fonts.ready.then(() => true)")
        return tab, complaints

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("scheme", "width", "origin"), [
    ("light", 1280, "http"), ("dark", 1280, "file"), ("dark", 360, "http")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(visit, name, scheme, width, origin):
    tab, complaints = visit(name, scheme, width, origin)
    assert complaints == []
    assert tab.locator("mjx-merror").count() == 0
    left_raw = tab.evaluate("""() => ['p', 'li', 'td', 'summary']
        .flatMap(kind => [...document.querySelectorAll(`article ${kind}`)].map(e => e.innerText))
        .filter(t => /\\$\\$|\\\\(frac|mathbf|operatorname|tag)\\b|\\$[a-z\\\\]/.test(t))""")
    assert left_raw == [], "raw TeX on the page"
    broken = tab.evaluate("() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    assert broken == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    if width > 1000:  # axe looks at names, roles, contrast and landmarks
        found = [(v["id"], [node["target"] for node in v["nodes"]]) for v in Axe().run(tab).response["violations"]]
        assert found == []


@pytest.mark.parametrize("name", [name for name in CHAPTERS if "appendix" not in name])
def test_formulas_are_typeset_and_figures_are_sharp(visit, name):
    tab, _ = visit(name)
    assert tab.locator("mjx-container").count() >= 10
    figures = tab.evaluate("""() => [...document.querySelectorAll('div.cell_output img')]
        .map(i => [i.naturalWidth / i.getBoundingClientRect().width, i.alt])""")
    assert figures
    for density, alt in figures:
        assert density >= 1.95, f"{alt}: drawn at {density:.2f} pixels to a point"
        assert len(alt.split()) >= 6


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_first_visit_is_under_a_megabyte(visit, name):
    """Everything the page loads, as a static host sends it: compressed, unless it is so already."""
    tab, _ = visit(name)
    loaded = tab.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")
    paths = {HTML / unquote(urlsplit(address).path).lstrip("/") for address in (*loaded, tab.url)}
    packed = (".png", ".woff", ".woff2")
    sent = sum(path.stat().st_size if path.suffix in packed else len(gzip.compress(path.read_bytes()))
               for path in paths)
    assert len(paths) > 20 and sent < 1_000_000


def test_the_icons_are_there(visit):
    tab, _ = visit("notebooks/01_motivation")
    widths = tab.evaluate("""() => document.fonts.load('900 16px "Font Awesome 6 Free"', '\\uf135').then(fonts =>
        [fonts.length, ...[...document.querySelectorAll('.article-header-buttons i')]
            .filter(icon => icon.offsetParent).map(icon => icon.offsetWidth)])""")
    assert widths[0] == 1 and min(widths[1:]) >= 10


def test_dark_mode_inverts_line_plots_and_leaves_digits_alone(visit):
    tab, _ = visit("notebooks/07_weight_visualisation", scheme="dark")
    shown = tab.evaluate("""() => [...document.querySelectorAll('div.cell_output img')].map(i =>
        [i.classList.contains('bare'), getComputedStyle(i).filter, getComputedStyle(i).backgroundColor])""")
    assert {bare for bare, _, _ in shown} == {True, False}
    for bare, style, background in shown:
        assert (style == "none") == bare
        assert bare or background == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("origin", ["http", "file"])
def test_search_finds_a_chapter(visit, origin):
    tab, complaints = visit("search", origin=origin, query="?q=jacobian")
    tab.wait_for_selector("#search-results li a")
    found = tab.evaluate("() => [...document.querySelectorAll('#search-results li a')].map(a => a.href)")
    assert any("04_softmax_jacobian" in address for address in found)
    assert complaints == []


def test_answers_open_with_a_click_and_hold_their_formulas(visit):
    tab, _ = visit("notebooks/04_softmax_jacobian")
    answer = tab.locator("article details", has_text="Answer").first
    assert answer.get_attribute("open") is None
    answer.locator("summary").click()
    assert answer.get_attribute("open") is not None
