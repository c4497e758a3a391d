"""What the tests of the site share: the pages, a server for them, and measurements in a browser."""

import contextlib
import functools
import gzip
import http.server
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from course_book.tables import pages

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
PAGES = pages(ROOT)
# The shell without a window takes a third of the time of the others.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# Adds up how far things on the page move without anybody having done anything.
WATCH = """window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (!entry.hadRecentInput) shift += entry.value;
})).observe({ type: "layout-shift", buffered: true });"""
FIRST_PAINT = "(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime"
# What a page is held to: bytes of a first visit to a chapter, and how far it may move.
LARGEST, FURTHEST = 600_000, 0.01


@contextlib.contextmanager
def serve(folder):
    """Serve a folder on this machine, and yield its address."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{site.server_port}"
    finally:
        site.shutdown()
        site.server_close()


def settle(tab):
    """Wait until every font is there."""
    tab.evaluate("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => setTimeout(done))))")


def first_paint(tab):
    """Return when the first text was to be seen, in milliseconds after the click."""
    return tab.wait_for_function(FIRST_PAINT).json_value()


def loaded(tab):
    """Return the files that a page has loaded, itself included."""
    addresses = tab.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")
    return {HTML / unquote(urlsplit(address).path).lstrip("/") for address in (*addresses, tab.url)}


def sent(paths):
    """Return the bytes of these files as a static host sends them: compressed, unless they are so already."""
    packed = (".png", ".webp", ".woff", ".woff2")
    return sum(path.stat().st_size if path.suffix in packed else len(gzip.compress(path.read_bytes()))
               for path in paths)


def findings(tab):
    """Return what axe finds: names, roles, contrast, landmarks. It leaves a page that lacks what is taken out first.

    All code is in the same few colours, so ten blocks of it stay: the thousands of nodes of the others take axe several
    times as long as the rest of the page.
    """
    tab.evaluate("[...document.querySelectorAll('pre')].slice(10).forEach(node => node.remove())")
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    # axe does not read MathML: a heading that is a formula is none without words.
    found = {one["id"]: [node["target"] for node in one["nodes"]
                         if one["id"] != "empty-table-header" or "<math" not in node["html"]] for one in found}
    return [(name, targets) for name, targets in found.items() if targets]
