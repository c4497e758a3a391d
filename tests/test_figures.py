"""What holds for every interactive figure."""

import importlib
import json
import pkgutil
import re

import pytest

from helpers import interactive
from helpers.interactive.figure import Figure

for module in pkgutil.iter_modules(interactive.__path__):
    importlib.import_module(f"helpers.interactive.{module.name}")
CLASSES = sorted(Figure.__subclasses__(), key=lambda cls: cls.__name__)
every_figure = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


@every_figure
def test_two_executions_give_the_same_bytes(cls):
    assert cls().html() == cls().html()
    assert repr(cls()) == repr(cls()) and "0x" not in repr(cls())


@every_figure
def test_under_60_kilobytes_and_no_address_of_another_host(cls):
    html = cls().html()
    assert len(html.encode()) < 60_000
    assert not re.search(r"https?://(?!www\.w3\.org/)|\bimport\b", html)
    json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


@every_figure
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_draws_without_a_complaint(open_figure, cls, scheme):
    tab = open_figure(cls(), scheme=scheme)
    assert tab.locator(".course-figure-box").count() == 1
    assert tab.locator(".course-figure > table").count() == 0  # the fallback has made room
    assert tab.complaints == []


@every_figure
def test_it_fits_a_phone(open_figure, cls):
    tab = open_figure(cls(), width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@every_figure
def test_everything_that_can_be_used_has_a_name_and_a_place_in_the_tab_order(open_figure, cls):
    tab = open_figure(cls())
    unnamed = tab.evaluate("""() => [...document.querySelectorAll(
        '.course-figure :is(input, button, select, canvas, [tabindex], [role=img], [role=slider])')]
        .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
                          || node.labels?.[0]?.textContent.trim())).map(node => node.outerHTML)""")
    assert unnamed == []
    assert tab.get_by_role("group").first.get_attribute("aria-label") == cls.label
    assert tab.locator(".course-figure .drag:not([tabindex])").count() == 0, "can be dragged, not reached by Tab"


@every_figure
def test_without_scripts_the_initial_state_is_there(open_figure, cls):
    tab = open_figure(cls(), scripts=False)
    content = tab.locator(".course-figure > :is(table, img, svg, figure)")
    assert content.count() >= 1 and content.first.is_visible()


@every_figure
def test_two_on_one_page_do_not_disturb_each_other(open_figure, cls):
    tab = open_figure(cls(), cls())
    first, second = (tab.locator(".course-figure").nth(k) for k in (0, 1))
    assert first.inner_text() == second.inner_text()
    before = second.inner_html()
    control = first.locator("input, button, select, [tabindex]").first
    control.focus()
    for key in ("ArrowRight", "Enter"):
        tab.keyboard.press(key)
    assert second.inner_html() == before
    assert tab.complaints == []

