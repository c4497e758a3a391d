"""What holds for every interactive figure."""

import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import ipywidgets
import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from course_book import figures as bundle
from IPython.core.formatters import DisplayFormatter
from sphinx.errors import ConfigError

from helpers import interactive
from helpers.interactive import DrawADigit, Likelihood, Plane, WeightPictures
from helpers.interactive.figure import Figure
from helpers.interactive.question import Question
from tools.execute import WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FOLDER = ROOT / "helpers" / "interactive"

for module in pkgutil.iter_modules(interactive.__path__):
    importlib.import_module(f"helpers.interactive.{module.name}")
CLASSES = sorted(Figure.__subclasses__(), key=lambda cls: cls.__name__)


def fresh(cls):
    """A figure as a chapter first shows it; a question has to say which."""
    return cls("adding-a-constant") if cls is Question else cls()


def test_a_script_without_its_last_line_stops_the_build(tmp_path):
    (tmp_path / "constants.json").write_text("{}", encoding="utf-8")
    (tmp_path / "common.js").write_text("", encoding="utf-8")
    (tmp_path / "plane.js").write_text("const render = () => {};\nexport default {render}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"plane.js must end with 'export default \{ render \};"):
        bundle.script(tmp_path)


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
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.wide)])
def test_it_draws_without_a_complaint(open_figure, cls, scheme):
    tab = open_figure(fresh(cls), scheme=scheme)
    assert tab.locator(".course-figure-box").count() == 1
    assert tab.locator(".course-figure > table").count() == 0  # the fallback has made room
    assert tab.complaints == []


@pytest.mark.wide
@every_figure
def test_it_fits_a_phone(open_figure, cls):
    tab = open_figure(fresh(cls), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@every_figure
def test_everything_that_can_be_used_has_a_name_and_a_place_in_the_tab_order(open_figure, cls):
    tab = open_figure(fresh(cls))
    unnamed = tab.evaluate("""() => [...document.querySelectorAll(
        '.course-figure :is(input, button, select, canvas:not([aria-hidden]), [tabindex], [role=img], [role=slider])')]
        .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
                          || node.labels?.[0]?.textContent.trim())).map(node => node.outerHTML)""")
    assert unnamed == []
    assert tab.get_by_role("group").first.get_attribute("aria-label") == cls.label
    assert tab.locator(".course-figure .drag:not([tabindex])").count() == 0, "can be dragged, not reached by Tab"


# What is only spoken, of each figure. Of the answer to a question its first words: the others stand in the notebook.
SPOKEN = """() => Object.fromEntries([...document.querySelectorAll(".course-figure-root")].map(root =>
  [root.dataset.figure, [...root.querySelectorAll("*")].flatMap(node => [
    ...["label", "valuetext", "roledescription", "description"].map(name => node.getAttribute(`aria-${name}`)),
    node.getAttribute("alt"), node.getAttribute("title"),
    node.matches(".spoken, [aria-live], [role=status]") && (node.querySelector("strong") ?? node).textContent,
  ]).filter(Boolean)]))"""
# A press of everything: then a figure has something to tell.
PRESS = """() => document.querySelectorAll(".course-figure-box").forEach(box => {
  box.querySelectorAll(".figure-head ~ * button, [type=radio]").forEach(node => node.click());
  for (const node of box.querySelectorAll("[role=slider], [role=application], td[tabindex='0']")) {
    for (const key of ["ArrowRight", "Enter", " "]) {
      node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
  }
})"""
# Keys, Greek letters and names: the same in both languages.
IN_BOTH = {"alpha", "argmax", "delete", "delta", "end", "enter", "epoch", "gradient", "home", "hot", "mnist", "one",
           "shift", "softmax", "tau"}


def english_letters(texts):
    """Return the words of three letters or more that have none of a Vietnamese sign."""
    return {word for word in re.findall(r"\w{3,}", " ".join(texts).lower()) if word.isascii() and word.isalpha()}


def test_what_a_screen_reader_says_is_in_the_language_of_the_page(open_figure, tmp_path):
    english = open_figure(*(fresh(cls) for cls in CLASSES))
    page = tmp_path / "figure.html"
    page.write_text(page.read_text(encoding="utf-8").replace('lang="en"', 'lang="vi"'), encoding="utf-8")
    vietnamese = english.context.new_page()
    vietnamese.goto(page.as_uri())
    said = [[tab.evaluate(SPOKEN) for tab in (english, vietnamese)]]
    for tab in (english, vietnamese):
        tab.evaluate(PRESS)
    english.wait_for_timeout(800)  # they tell it once things have come to rest
    said.append([tab.evaluate(SPOKEN) for tab in (english, vietnamese)])
    for one, other in said:
        assert set(one) == set(other) == {cls.__name__ for cls in CLASSES}
        for name in one:
            assert len(one[name]) == len(other[name]), name
            assert english_letters(one[name]) & english_letters(other[name]) <= IN_BOTH, name


@pytest.mark.wide
@every_figure
def test_without_scripts_the_initial_state_is_there(open_figure, cls):
    tab = open_figure(fresh(cls), scripts=False)
    content = tab.locator(".course-figure > :is(table, img, svg, figure, ol)")
    assert content.count() >= 1 and content.first.is_visible()


@pytest.mark.wide
@every_figure
def test_a_printed_page_shows_it(open_figure, cls):
    tab = open_figure(fresh(cls))
    tab.emulate_media(media="print")
    assert tab.locator(".course-figure-box").is_visible()
    assert tab.locator(".course-figure-box").bounding_box()["height"] > 100


@pytest.mark.wide
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


# In the dark, wherever a notebook is read: how the page says so, and the ground that it puts below a figure.
DARK = {
    "the book": ("documentElement", "data-theme", "dark", "#14181e"),
    "JupyterLab": ("body", "data-jp-theme-light", "false", "#111111"),
    "Colab": ("documentElement", "theme", "dark", "#383838"),
    "VS Code": ("body", "class", "vscode-dark", "#1f1f1f"),
    "VS Code in high contrast": ("body", "class", "vscode-high-contrast", "#000000"),
}
# The colours of a figure that are too near to the ground, which the computed style gives as rgb(...).
FAINT = """() => {
  const light = colour => [0.2126, 0.7152, 0.0722].reduce((sum, share, k) => {
    const value = Number(colour.match(/[\\d.]+/g)[k]) / 255;
    return sum + share * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  }, 0);
  const ground = light(getComputedStyle(document.documentElement).backgroundColor);
  const figure = document.querySelector(".course-figure"), probe = figure.appendChild(document.createElement("i"));
  return ["--c1", "--c2", "--c3", "--ring"].filter(name => {
    probe.style.color = `var(${name})`;
    const colour = light(getComputedStyle(probe).color);
    return (Math.max(ground, colour) + 0.05) / (Math.min(ground, colour) + 0.05) < 3;
  });
}"""


AS_IN = """([node, name, value, ground]) => {
  for (const one of [document.documentElement, document.body]) {
    ["data-theme", "theme", "data-jp-theme-light", "class"].forEach(mark => one.removeAttribute(mark));
  }
  document[node].setAttribute(name, value);
  const [text, scheme] = value === "light" ? ["#222", "light"] : ["#ddd", "dark"];
  document.documentElement.style.cssText = `background: ${ground}; color: ${text}; color-scheme: ${scheme}`;
}"""


@pytest.mark.wide
def test_every_figure_can_be_seen_in_the_light_and_in_every_dark(open_figure):
    tab = open_figure(*(fresh(cls) for cls in CLASSES))
    for host, page in {"the light": ("documentElement", "data-theme", "light", "#ffffff"), **DARK}.items():
        tab.evaluate(AS_IN, page)
        assert tab.evaluate(FAINT) == [], host
        if host in ("the light", "Colab"):  # in the other dark themes the ground is darker, and all else the same
            options = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
            found = Axe().run(tab, options=options).response["violations"]
            assert [node["failureSummary"] for one in found for node in one["nodes"]] == [], host


def test_one_style_sheet_knows_the_dark_themes():
    named = [path.name for path in FOLDER.iterdir() if re.search("dark|jp-theme", path.read_text(encoding="utf-8"))]
    assert named == ["common.css"]


@every_figure
def test_a_notebook_saved_from_colab_keeps_the_figure(monkeypatch, cls):
    """Colab has ipywidgets 7, which displays a widget by itself, and without its HTML, unless the class says no."""
    monkeypatch.setattr(ipywidgets.Widget, "_ipython_display_", lambda widget: None, raising=False)
    manager = SimpleNamespace(enable_custom_widget_manager=lambda: None,
                              _widgets=SimpleNamespace(_installed_url="the manager"))
    monkeypatch.setitem(sys.modules, "google.colab.output", manager)
    data, metadata = DisplayFormatter().format(fresh(cls))
    assert {WIDGET_VIEW, "text/html"} <= set(data)
    assert metadata == {WIDGET_VIEW: {"colab": {"custom_widget_manager": {"url": "the manager"}}}}


# Pointers end in more ways than by letting go where they were pressed.

# Where to press in each figure that follows one, and a place beside it.
FOLLOWS = {DrawADigit: (".paper canvas", (60, 30)), Likelihood: (".drag", (30, -20)), Plane: (".drag.x", (50, 40))}
follows = pytest.mark.parametrize("cls", FOLLOWS, ids=lambda cls: cls.__name__)
LOOK = """() => document.querySelector(".course-figure").innerHTML
    + [...document.querySelectorAll("canvas")].map(node => node.toDataURL())"""
# A pointer that no device has: capturing it throws, as it does for a finger that is gone by then.
POINT = """([selector, kind, x, y, more]) => document.querySelector(selector).dispatchEvent(new PointerEvent(kind, {
    bubbles: true, cancelable: true, pointerId: 77, pointerType: "touch", isPrimary: true, clientX: x, clientY: y,
    button: kind === "pointermove" ? -1 : 0, buttons: kind === "pointerup" ? 0 : 1, ...more }))"""


class Pointer:
    """A pointer over a figure; each move says whether the figure followed."""

    def __init__(self, tab, cls):
        self.tab, (self.selector, self.step), self.moves = tab, FOLLOWS[cls], 0
        self.find()

    def find(self):
        """Note where the handle is by now."""
        box = self.tab.locator(self.selector).first.bounding_box()
        self.start = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def press(self, **more):
        self.find()
        self.tab.evaluate(POINT, [self.selector, "pointerdown", *self.start, more])

    def end(self, kind="pointerup", selector=None, **more):
        self.tab.evaluate(POINT, [selector or self.selector, kind, *self.start, more])

    def moves_it(self, selector=None, **more):
        before, self.moves = self.tab.evaluate(LOOK), self.moves + 1
        x, y = (place + step * (0.5 + 0.05 * self.moves) for place, step in zip(self.start, self.step, strict=True))
        self.tab.evaluate(POINT, [selector or self.selector, "pointermove", x, y, more])
        return self.tab.evaluate(LOOK) != before


@pytest.fixture
def pointer(open_figure):
    return lambda cls: Pointer(open_figure(cls()), cls)


@follows
def test_a_pointer_that_cannot_be_captured_is_followed_and_let_go(pointer, cls):
    one = pointer(cls)
    for _ in range(2):
        one.press()
        assert one.moves_it() and one.moves_it("body")  # also beside the figure
        one.end(selector="body")
        assert not one.moves_it()
    assert one.tab.complaints == []


@follows
def test_a_pointer_that_ends_leaves_the_figure_ready_for_the_next(pointer, cls):
    one = pointer(cls)
    for kind in ("pointerup", "pointercancel", "lostpointercapture"):
        one.press()
        assert one.moves_it()
        one.end(kind)
        assert not one.moves_it(), kind
        one.press(pointerId=78)
        assert one.moves_it(pointerId=78) and not one.moves_it(), kind
        one.end(pointerId=78)


@follows
def test_an_end_that_nobody_heard_does_not_leave_the_figure_dead(pointer, cls):
    """The page was changed, or a dialog opened, while the pointer was down."""
    one = pointer(cls)
    for kind in ("mouse", "pen", "touch"):
        one.press(pointerType=kind)
        assert not one.moves_it(pointerType=kind, buttons=0)  # nothing is pressed any more
        one.press(pointerType=kind)
        assert one.moves_it(pointerType=kind), kind
        one.press(pointerType=kind, pointerId=78)  # the only one that is down, so 77 is gone
        assert one.moves_it(pointerType=kind, pointerId=78) and not one.moves_it(pointerType=kind), kind
        one.end(pointerType=kind, pointerId=78)


@follows
def test_of_two_pointers_the_first_is_followed(pointer, cls):
    one = pointer(cls)
    for second in ({"isPrimary": False, "pointerId": 78}, {"pointerType": "mouse", "pointerId": 78}):
        one.press()
        assert one.moves_it()
        one.press(**second)
        assert not one.moves_it(**second) and one.moves_it()
        one.end(**second)
        assert one.moves_it()
        one.end()
        assert not one.moves_it() and not one.moves_it(**second)
    one.press(pointerId=79)
    assert one.moves_it(pointerId=79)


@follows
def test_a_mouse_is_followed_though_capturing_throws_once(pointer, cls):
    one = pointer(cls)
    one.tab.evaluate("""() => {
        const capture = Element.prototype.setPointerCapture;
        Element.prototype.setPointerCapture = function () {
            Element.prototype.setPointerCapture = capture;
            throw new DOMException("No active pointer with the given id is found.", "NotFoundError");
        };
    }""")
    mouse = one.tab.mouse
    for k in (1, 2):
        before = one.tab.evaluate(LOOK)
        mouse.move(*one.start)
        mouse.down()
        one.start = tuple(place + step / k for place, step in zip(one.start, one.step, strict=True))
        mouse.move(*one.start, steps=3)
        mouse.up()
        after = one.tab.evaluate(LOOK)
        mouse.move(*(place - 9 for place in one.start))
        assert one.tab.evaluate(LOOK) == after != before
    assert one.tab.complaints == []


def test_every_figure_that_follows_a_pointer_is_tried():
    own = {cls: (FOLDER / f"{cls.__module__.rpartition('.')[2]}.js").read_text(encoding="utf-8") for cls in CLASSES}
    assert {cls for cls, script in own.items() if re.search(r"\b(drag|followStrokes)\(", script)
            } == {*FOLLOWS, WeightPictures}  # which reads the pixel under a pointer that is not down, too
    assert [cls for cls, script in own.items() if "PointerCapture" in script] == []


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
    assert re.findall(r"^figures\.(\w+) = ", script, re.M) == sorted(["Live", *(cls.__name__ for cls in CLASSES)])
    assert "import " not in script and "export " not in script
