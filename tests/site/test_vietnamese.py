"""The Vietnamese edition in a browser: its language, the way to the other one, its words."""

import re

import pytest

from tests.browser import HTML, PAGES
from tools import translate

ROAD = [*translate.notebooks(), *translate.PAGES]


def text_of(name):
    return (HTML / "vi" / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_its_language_and_leads_to_its_twin(name):
    for folder, language, other in (("", "en", "vi"), ("vi/", "vi", "en")):
        text = (HTML / f"{folder}{name}.html").read_text(encoding="utf-8")
        assert re.search(rf'<html[^>]* lang="{language}"', text)
        link = re.search(r'<a class="course-language[^>]*hreflang="(\w+)"[^>]*href="([^"]*)"', text)
        assert link[1] == other and ((HTML / f"{folder}{name}.html").parent / link[2]).resolve().exists()
        assert len(re.findall(r'rel="alternate" hreflang="(?:en|vi)"', text)) == 2


@pytest.mark.parametrize("name", ROAD)
def test_a_page_has_the_sections_and_formulas_of_its_twin(name):
    english = (HTML / f"{name}.html").read_text(encoding="utf-8")
    ids = [re.findall(r'<section id="([^"]*)"', text) for text in (english, text_of(name))]
    assert ids[0] == ids[1]
    if name != "book/glossary":
        assert english.count("<math") == text_of(name).count("<math")


def test_a_page_without_a_translation_says_so():
    assert "Trang này chưa được dịch" in text_of("notebooks/further/how_fast")


@pytest.mark.parametrize("origin", ["http", pytest.param("file", marks=pytest.mark.wide)])
def test_figures_questions_and_the_page_speak_vietnamese(visit, origin):
    tab, complaints = visit("vi/notebooks/02_independent_sigmoids", origin=origin)
    assert tab.locator(".course-question legend").first.inner_text()
    for there in ("Thử xem", "Đặt lại", "đã kiểm tra"):
        assert tab.get_by_text(there).first.is_visible(), there
    assert complaints == []


def test_the_way_to_the_other_language_leads_to_the_same_section(visit):
    tab, complaints = visit("notebooks/03_cross_entropy_mle")
    heading = tab.locator("#how-small-can-a-loss-become")
    heading.evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 60)")
    tab.locator(".course-language").evaluate("node => node.click()")
    tab.wait_for_url("**/vi/notebooks/03_cross_entropy_mle.html#how-small-can-a-loss-become")
    assert tab.locator("#how-small-can-a-loss-become").bounding_box()["y"] < 200
    tab.locator(".course-language").evaluate("node => node.click()")
    tab.wait_for_url(re.compile(r"(?<!vi)/notebooks/03_cross_entropy_mle\.html"))
    assert complaints == []


@pytest.mark.wide
@pytest.mark.parametrize("name", ROAD)
def test_a_vietnamese_page_is_whole_on_a_desk_and_on_a_phone(visit, name):
    tab, complaints = visit(f"vi/{name}")
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
