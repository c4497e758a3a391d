"""What helps to read a long page: its neighbours at the top, where one is and how long it takes, its edition."""

import re

import pytest

from tests.browser import HTML, PAGES

CHAPTER = "notebooks/03_cross_entropy_mle"


@pytest.mark.parametrize("name", PAGES)
def test_the_neighbours_stand_at_the_top_in_the_order_of_the_contents(name):
    text = (HTML / f"{name}.html").read_text(encoding="utf-8")
    top = text[text.index('<nav class="course-neighbours'):].partition("</nav>")[0]
    order = PAGES.index(name)
    for which, place in (("prev", order - 1), ("next", order + 1)):
        link = re.search(rf'<a rel="{which}" href="([^"]*)"', top)
        there = 0 <= place < len(PAGES)
        assert bool(link) == there
        if there:
            assert ((HTML / f"{name}.html").parent / link[1]).resolve() == (HTML / f"{PAGES[place]}.html").resolve()
    assert re.search(r"<p>Version \d+\.\d[\w.]*(, last changed on 20\d\d-\d\d-\d\d)?\.</p>", text)


def test_a_line_says_where_one_is_and_what_is_left(visit):
    tab, complaints = visit(CHAPTER)
    line, minutes = tab.locator(".course-place"), int(tab.get_attribute("meta[name=course-minutes]", "content"))
    assert line.inner_text() == ""
    said = []
    for heading in tab.locator("article h2").all()[1:]:
        heading.evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 60)")
        title = heading.evaluate("node => node.firstChild.textContent")
        tab.wait_for_function("title => document.querySelector('.course-place').textContent.startsWith(title)",
                              arg=title)
        said.append(int((re.search(r"(\d+) min left", line.inner_text()) or [0, 0])[1]))
    assert minutes > said[0] > said[len(said) // 2] > said[-1] == 0 and said == sorted(said, reverse=True)
    box = line.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < 60 and complaints == []


@pytest.mark.parametrize("name", [CHAPTER, "book/index"])
def test_on_a_phone_nothing_to_press_is_smaller_than_a_fingertip(visit, name):
    tab, complaints = visit(name, width=390)
    small = tab.evaluate("""() => [...document.querySelectorAll(
        '.bd-header-article button, .bd-content summary, .course-neighbours a, .course-question label')]
        .filter(node => node.checkVisibility()).map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 44 || box.height < 44)).map(([text]) => text)""")
    assert small == [] and complaints == []
