"""What the tests that need a browser share."""

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from course_book import figures as bundle

from tests import browser

ROOT = Path(__file__).resolve().parent.parent
INTERACTIVE = ROOT / "helpers" / "interactive"
FIGURES_STYLE = (INTERACTIVE / "common.css").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; skipped with a clear line where there is none, except in CI."""
    path = next(filter(None, map(shutil.which, browser.CHROMIUM)), None)
    if path is None:
        assert not os.environ.get("CI"), "CI must open the book in a browser, and there is no Chromium"
        pytest.skip("there is no Chromium on this machine: the built book was not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=browser.FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server():
    """The built book on a web server."""
    with browser.serve(browser.HTML) as address:
        yield address


@pytest.fixture
def visit(chromium, server):
    """Open a page and note everything that a reader should not have to live with."""
    contexts = []

    def go(name, scheme="light", width=1280, origin="http", query="", scripts=True, settled=True):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900},
                                       java_script_enabled=scripts)
        contexts.append(context)
        context.add_init_script(browser.WATCH)
        complaints, tab = [], context.new_page()
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(
            (server, "file:", "data:", "blob:")) else (complaints.append(f"asks {route.request.url}"), route.abort()))
        tab.on("console", lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None)
        tab.on("pageerror", lambda e: complaints.append(f"error: {e}"))
        tab.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
        tab.on("response", lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        tab.set_default_timeout(120_000)  # a chapter has hundreds of formulas, and the other core is busy
        tab.goto((server if origin == "http" else browser.HTML.as_uri()) + f"/{name}.html{query}")
        if scripts and settled:
            browser.settle(tab)
        return tab, complaints

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def open_figure(chromium, tmp_path):
    """Open interactive figures as a static page from a file; the tab complains about any error or request."""
    contexts, figures_script = [], bundle.script(INTERACTIVE)

    def go(*figures, scheme="light", width=800, scripts=True, motion="no-preference"):
        page = tmp_path / "figure.html"
        body = "\n<hr>\n".join(figure.html() for figure in figures)
        page.write_text(f'<!doctype html><html lang="en" data-theme="{scheme}"><meta charset="utf-8">'
                        '<meta name="viewport" content="width=device-width"><title>figure</title>'
                        "<style>html[data-theme=dark] { background: #121212; color: #eee }</style>"
                        f"<style>{FIGURES_STYLE}</style><body>{body}<script>{figures_script}</script></body></html>",
                        encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts,
                                       color_scheme=scheme, reduced_motion=motion, has_touch=width < 500)
        contexts.append(context)
        tab = context.new_page()
        tab.complaints = []
        tab.on("console", lambda m: tab.complaints.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("request", lambda r: tab.complaints.append(r.url) if not r.url.startswith(("file:", "data:", "blob:"))
               else None)
        tab.goto(page.as_uri())
        return tab

    yield go
    for context in contexts:
        context.close()


# A model as a notebook's: a test sets traits from "Python" and sees what would be sent to the kernel.
LIVE_MODEL = """async ([esm, state]) => {
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: { render } } = await import(url);
  const handlers = {};
  window.model = {
    saved: 0, get: name => state[name], save_changes() { this.saved += 1; },
    set(name, value) { state[name] = value; (handlers[name] || []).forEach(handler => handler()); },
    on: (event, handler) => (handlers[event.slice(7)] ||= []).push(handler),
    off: (event, handler) => { handlers[event.slice(7)] = handlers[event.slice(7)].filter(h => h !== handler); },
  };
  window.undo = render({ model, el: document.querySelector(".course-figure") });
  window.listeners = () => Object.values(handlers).flat().length;
}"""


@pytest.fixture
def go_live():
    """Draw the figure on a tab once more, on a stand-in for the model that it has in a notebook."""
    return lambda tab, figure: tab.evaluate(LIVE_MODEL, [str(figure._esm), figure.state()])


@pytest.fixture
def values():
    """Read the numbers a figure shows, at full precision: those of the nodes that match a selector."""
    def read(tab, selector):
        return [float(v) for v in tab.locator(selector).evaluate_all("nodes => nodes.map(n => n.dataset.value)")]

    return read


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """Run a script as in Colab: torch and the rest are there, our helpers are not, `google.colab` is."""
    base = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", base / "venv"], check=True)
    python = base / "venv" / "bin" / "python"
    if not python.exists():
        pytest.skip("the stand-in for Colab is a POSIX virtual environment")
    site = subprocess.run([python, "-c", "import site; print(site.getsitepackages()[0])"],
                          capture_output=True, text=True, check=True).stdout.strip()
    # A path line brings in the packages of this environment, but not its editable install of the helpers.
    ours = Path(metadata.distribution("numpy").locate_file(""))
    Path(site, "torch_and_the_rest.pth").write_text(f"{ours}\n", encoding="utf-8")
    stand_in = Path(site, "google", "colab")
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("", encoding="utf-8")
    (stand_in / "output.py").write_text("def enable_custom_widget_manager():\n    print('WIDGETS ON')\n")

    def go(script, folder, **environment):
        return subprocess.run([python, "-c", script], cwd=folder, capture_output=True, text=True, env={
            **os.environ, "PYTHONPATH": "", "PIP_NO_BUILD_ISOLATION": "1", "MPLBACKEND": "agg", **environment})

    return go


@pytest.fixture
def repository(tmp_path):
    """Make a clone of the helpers at the address someone/course; return the git configuration that leads there."""
    tree = tmp_path / "clone"
    shutil.copytree(ROOT / "helpers", tree / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "a clone"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], cwd=tree, check=True)
    (tmp_path / "gitconfig").write_text(f'[url "file://{tree}"]\n  insteadOf = https://github.com/someone/course\n')
    return str(tmp_path / "gitconfig")
