"""What holds for every interactive figure."""

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from course_book import figures as bundle

from helpers import interactive
from helpers.interactive.figure import Figure
from helpers.interactive.question import Question

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FOLDER = ROOT / "helpers" / "interactive"
SCRIPTS = sorted(FOLDER.glob("*.js"))

for module in pkgutil.iter_modules(interactive.__path__):
    importlib.import_module(f"helpers.interactive.{module.name}")
CLASSES = sorted(Figure.__subclasses__(), key=lambda cls: cls.__name__)


def fresh(cls):
    """A figure as a chapter first shows it; a question has to say which."""
    return cls("adding-a-constant") if cls is Question else cls()


every_figure = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


@every_figure
def test_two_executions_give_the_same_bytes(cls):
    assert fresh(cls).html() == fresh(cls).html()
    assert repr(fresh(cls)) == repr(fresh(cls)) and "0x" not in repr(fresh(cls))


@every_figure
def test_under_45_kilobytes_and_no_address_of_another_host(cls):
    html = fresh(cls).html()
    assert len(html.encode()) < 45_000
    assert not re.search(r"https?://(?!www\.w3\.org/)|\bimport\b", html)
    json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


@every_figure
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_draws_without_a_complaint(open_figure, cls, scheme):
    tab = open_figure(fresh(cls), scheme=scheme)
    assert tab.locator(".course-figure-box").count() == 1
    assert tab.locator(".course-figure > table").count() == 0  # the fallback has made room
    assert tab.complaints == []


@every_figure
def test_it_fits_a_phone(open_figure, cls):
    tab = open_figure(fresh(cls), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@every_figure
def test_everything_that_can_be_used_has_a_name_and_a_place_in_the_tab_order(open_figure, cls):
    tab = open_figure(fresh(cls))
    unnamed = tab.evaluate("""() => [...document.querySelectorAll(
        '.course-figure :is(input, button, select, canvas, [tabindex], [role=img], [role=slider])')]
        .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
                          || node.labels?.[0]?.textContent.trim())).map(node => node.outerHTML)""")
    assert unnamed == []
    assert tab.get_by_role("group").first.get_attribute("aria-label") == cls.label
    assert tab.locator(".course-figure .drag:not([tabindex])").count() == 0, "can be dragged, not reached by Tab"


@every_figure
def test_without_scripts_the_initial_state_is_there(open_figure, cls):
    tab = open_figure(fresh(cls), scripts=False)
    content = tab.locator(".course-figure > :is(table, img, svg, figure, ol)")
    assert content.count() >= 1 and content.first.is_visible()


@every_figure
def test_a_printed_page_shows_it(open_figure, cls):
    tab = open_figure(fresh(cls))
    tab.emulate_media(media="print")
    assert tab.locator(".course-figure-box").is_visible()
    assert tab.locator(".course-figure-box").bounding_box()["height"] > 100


@every_figure
def test_two_on_one_page_do_not_disturb_each_other(open_figure, cls):
    tab = open_figure(fresh(cls), fresh(cls))
    first, second = (tab.locator(".course-figure").nth(k) for k in (0, 1))
    assert first.inner_text() == second.inner_text()
    before = second.inner_html()
    control = first.locator("input, button, select, [tabindex]").first
    control.focus()
    for key in ("ArrowRight", "Enter"):
        tab.keyboard.press(key)
    assert second.inner_html() == before
    assert tab.complaints == []


def test_a_stored_figure_holds_its_state_and_its_picture_and_no_script():
    """So a change of a script changes no notebook: the book and the kernel bring the script."""
    stored = [output.data["text/html"] for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
              for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
              for output in cell.outputs if "course-figure-root" in output.get("data", {}).get("text/html", "")]
    assert len(stored) >= 7
    for html in [*stored, *(fresh(cls).html() for cls in CLASSES)]:
        assert re.findall(r"<(script|style)([^>]*)>", html) == [("script", ' type="application/json"')], html[:200]


def test_the_bundle_has_every_figure_once():
    script = bundle.script(FOLDER)
    assert re.findall(r"^figures\.(\w+) = ", script, re.M) == sorted(cls.__name__ for cls in CLASSES)
    assert "import " not in script and "export " not in script


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_javascript_is_formatted_and_linted(tmp_path, path):
    """Linted alone for what is unused, and joined with common.js, as it runs, for what is undefined."""
    assert subprocess.run([BIN / "oxfmt", "--check", path], cwd=ROOT).returncode == 0, "run `make format`"
    common = FOLDER / "common.js"
    joined = tmp_path / path.name
    joined.write_text('const LABEL = "";\n' + common.read_text() + path.read_text() * (path != common))
    rules = ["--config", ROOT / ".oxlintrc.json", "--deny-warnings"]
    runs = [[*rules, "-A", "no-unused-vars", joined]]
    if path != common:
        runs.append([*rules, "-A", "no-undef", path])
    for arguments in runs:
        done = subprocess.run([BIN / "oxlint", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
