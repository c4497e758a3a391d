"""Measure the built pages in a browser: python tools/pages.py (after make book).

For each page: the bytes of a first visit, the time to its first paint, how far its text moves while it loads, and what
axe finds in light and in dark. What came out is kept in book/_static/checks/pages.json, and book/_pages.md, a part of
the page "How this book is checked", is written from it. The tests measure with the same functions.
It ends with 1 where a page misses a limit.
"""

import contextlib
import functools
import gzip
import http.server
import json
import shutil
import sys
import threading
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
STORE = ROOT / "book" / "_static" / "checks" / "pages.json"
PAGE = ROOT / "book" / "_pages.md"
TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# Adds up how far things on the page move without anybody having done anything.
WATCH = """window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (!entry.hadRecentInput) shift += entry.value;
})).observe({ type: "layout-shift", buffered: true });"""
FIRST_PAINT = "(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime"
# What a page is held to: bytes of a first visit to a chapter, milliseconds to its first text, and how far it may move.
LARGEST, SLOWEST, FURTHEST = 1_000_000, 1000, 0.1
VISITS = 3  # the best of so many counts as the time to the first paint: another program may be busy


@contextlib.contextmanager
def serve(folder):
    """Serve a folder on this machine, and yield its address."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{site.server_port}"
    finally:
        site.shutdown()
        site.server_close()


def settle(tab):
    """Wait until every formula is typeset and every font is there."""
    tab.wait_for_function("!window.MathJax || (MathJax.startup && MathJax.startup.document)")
    tab.evaluate("window.MathJax && MathJax.startup.promise")
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
    packed = (".png", ".woff", ".woff2")
    return sum(path.stat().st_size if path.suffix in packed else len(gzip.compress(path.read_bytes()))
               for path in paths)


def findings(tab):
    """Return what axe finds: names, roles, contrast, landmarks. It leaves a page that lacks what is taken out first.

    All code is in the same few colours, and a formula is in that of its sentence. So ten blocks of code stay, and the
    insides of formulas go: those thousands of nodes take axe several times as long as the rest of the page.
    """
    tab.evaluate("[...[...document.querySelectorAll('pre')].slice(10), ...document.querySelectorAll('mjx-math')]"
                 ".forEach(node => node.remove())")
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@contextlib.contextmanager
def opened(browser, address, scheme="light", width=1280, settled=True):
    """Open an address as a new reader, with nothing cached, and yield the tab, usually once it is settled."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    context.set_default_timeout(120_000)
    context.add_init_script(WATCH)
    tab = context.new_page()
    tab.goto(address)
    if settled:
        settle(tab)
    yield tab
    context.close()


def measure(browser, address, name):
    """Return the measurements of one page."""
    paints, shifts = [], {}
    for _ in range(VISITS):
        with opened(browser, address, settled=False) as tab:
            paints.append(first_paint(tab))
    with opened(browser, address) as tab:
        size, title = sent(loaded(tab)), tab.locator("article h1").inner_text().rstrip("#")
        shifts["1280"] = tab.evaluate("window.shift")
        light = findings(tab)
    with opened(browser, address, "dark") as tab:
        dark = findings(tab)
    with opened(browser, address, width=360) as tab:
        shifts["360"] = tab.evaluate("window.shift")
    return {"page": name, "title": title, "bytes": size, "first_paint_ms": round(min(paints)),
            "shift": {width: round(shift, 4) for width, shift in shifts.items()},
            "axe": {"light": len(light), "dark": len(dark)}}


def page(day, results):
    """Return the table of the pages as Markdown."""
    rows = [f"| {e['title']} | {e['bytes'] / 1000:.0f} | {e['first_paint_ms']} | {e['shift']['1280']:.3f} | "
            f"{e['shift']['360']:.3f} | {e['axe']['light']} | {e['axe']['dark']} |" for e in results]
    return "\n".join([f"Measured on {day} in headless Chromium from a server on the same machine, with nothing cached; "
                      f"the first paint is the best of {VISITS}.", "",
                      "| page | first visit, kB compressed | first paint, ms | layout shift, 1280 px wide | "
                      "360 px wide | axe findings, light | dark |", "|---|---:|---:|---:|---:|---:|---:|", *rows, ""])


def main():
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None or not (HTML / "index.html").exists():
        sys.exit("This needs Chromium, and the built book: run `make book`.")
    with serve(HTML) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        results = [measure(browser, f"{server}/{name}.html", name) for name in tqdm(PAGES, desc="pages")]
        browser.close()
    day = date.today().isoformat()
    STORE.parent.mkdir(exist_ok=True)
    STORE.write_text(json.dumps({"date": day, "pages": results}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(day, results), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    missed = [e["page"] for e in results if e["bytes"] >= LARGEST or e["first_paint_ms"] >= SLOWEST
              or max(e["shift"].values()) >= FURTHEST or sum(e["axe"].values())]
    return f"not as they should be: {', '.join(missed)}" if missed else None


if __name__ == "__main__":
    sys.exit(main())
