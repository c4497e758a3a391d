"""What helps to read a long page: its neighbours at the top, where one is and how long it takes, its edition."""

import re

import pytest
from course_book import asked, notebook
from docutils import nodes

from tests import browser
from tests.browser import HTML, PAGES, ROOT

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
    for heading in tab.locator("article h2").all()[1:-1]:  # the last is too short to come to the top
        heading.evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 60)")
        title = heading.evaluate("node => node.firstChild.textContent")
        tab.wait_for_function("title => document.querySelector('.course-place').textContent.startsWith(title)",
                              arg=title)
        said.append(int((re.search(r"(\d+) min left", line.inner_text()) or [0, 0])[1]))
    assert minutes > said[0] > said[len(said) // 2] > said[-1] == 0 and said == sorted(said, reverse=True)
    box = line.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < 60 and complaints == []


TOP = "node => node.getBoundingClientRect().top"


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.wide)])
@pytest.mark.parametrize(("name", "part"), [
    (CHAPTER, "how-small-can-a-loss-become"), ("notebooks/06_pytorch_mnist_gpu", "is-84-77-reproduced")])
def test_links_lead_to_their_place_and_what_is_read_stays_there(visit, width, name, part):
    """Sections far from the screen rest, and have the height that they had."""
    tab, complaints = visit(name, width=width, query=f"#{part}")
    section = tab.locator(f"#{part}")
    assert abs(section.evaluate(TOP)) < 200
    tab.locator("section.resting").first.wait_for(state="attached")
    height = tab.evaluate("document.documentElement.scrollHeight")
    assert abs(section.evaluate(TOP)) < 200
    tab.mouse.move(width / 2, 400)
    for _ in range(4):  # up, past sections that have rested
        before = tab.evaluate("document.elementFromPoint(innerWidth / 2, 500).closest('section').id")
        middle = tab.locator(f"[id='{before}']")
        at = middle.evaluate(TOP)
        tab.mouse.wheel(0, -400)
        tab.wait_for_timeout(100)
        assert abs(middle.evaluate(TOP) - at - 400) < 3
    for anchor in ("summary", "exercises", part):
        tab.evaluate("anchor => location.hash = anchor", anchor)
        tab.wait_for_timeout(100)
        assert abs(tab.locator(f"#{anchor}").evaluate(TOP)) < 200
    tab.evaluate("history.back()")
    tab.wait_for_timeout(200)
    assert tab.url.endswith("#exercises") and abs(tab.locator("#exercises").evaluate(TOP)) < 200
    assert abs(tab.evaluate("document.documentElement.scrollHeight") - height) < 3
    assert complaints == []


@pytest.mark.parametrize("name", [CHAPTER, "book/index"])
def test_on_a_phone_nothing_to_press_is_smaller_than_a_fingertip(visit, name):
    tab, complaints = visit(name, width=390)
    small = tab.evaluate("""() => [...document.querySelectorAll(
        '.bd-header-article button, .bd-content summary, .course-neighbours a, .course-question label')]
        .filter(node => node.checkVisibility()).map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 44 || box.height < 44)).map(([text]) => text)""")
    assert small == [] and complaints == []


def test_a_section_ends_with_the_questions_that_it_answers():
    questions = asked.collect(notebook.read(ROOT / f"{asked.QUESTIONS}.ipynb"))
    assert len(questions) > 30
    there = (HTML / f"{asked.QUESTIONS}.html").read_text(encoding="utf-8")
    for (page, anchor), some in questions.items():
        text = (HTML / f"{page}.html").read_text(encoding="utf-8")
        own = re.search(rf'<section id="{nodes.make_id(anchor)}">(.*?)(?=<section |</section>)', text, re.S)[1]
        line = own.partition('<p class="people-ask">')[2]
        linked = re.findall(r'href="further/questions_people_ask.html#([^"]*)"', line)
        assert linked == [nodes.make_id(question) for question in some], (page, anchor)
        assert all(f'id="{name}"' in there for name in linked)


# Keys.


@pytest.mark.wide
def test_a_list_of_keys_opens_with_a_question_mark_and_from_the_foot(visit):
    tab, complaints = visit(CHAPTER, scheme="dark")
    dialog = tab.locator("dialog.course-keys")
    tab.keyboard.press("?")
    assert dialog.is_visible() and dialog.locator("kbd").all_inner_texts() == ["/", "n", "p", "c", "t", "?", "Esc"]
    tab.keyboard.press("c")  # a key behind the dialog
    assert tab.locator("html").get_attribute("data-code") == "shown"
    tab.keyboard.press("Escape")
    assert not dialog.is_visible()
    tab.locator(".course-keys-button").click()
    dialog.get_by_role("button").click()
    assert not dialog.is_visible() and complaints == []
    tab.keyboard.press("?")
    assert browser.findings(tab) == []


@pytest.mark.wide
def test_keys_do_what_the_list_says(visit):
    tab, complaints = visit(CHAPTER)
    state = "[document.documentElement.dataset.code, document.documentElement.dataset.mode]"
    before = tab.evaluate(state)
    tab.keyboard.press("c")
    tab.keyboard.press("t")
    assert all(one != other for one, other in zip(before, tab.evaluate(state), strict=True))
    tab.keyboard.press("/")
    field = tab.locator("input[type=search]:visible")
    field.press_sequentially("cnpt?/")  # a field keeps what is typed
    assert field.input_value() == "cnpt?/" and not tab.locator("dialog.course-keys").is_visible()
    field.fill("")  # Escape would only empty it
    tab.keyboard.press("Escape")
    tab.wait_for_function("!document.querySelector('dialog[open]')")
    order = PAGES.index(CHAPTER)
    for key, page in (("n", PAGES[order + 1]), ("p", CHAPTER), ("p", PAGES[order - 1])):
        tab.keyboard.press(key)
        tab.wait_for_url(f"**/{page}.html")
        tab.wait_for_selector(".course-keys-button")
    assert complaints == []


@pytest.mark.wide
def test_a_figure_keeps_its_keys_and_the_keys_can_be_turned_off(visit):
    tab, complaints = visit(CHAPTER)
    tab.locator(".course-figure :is(button, input, [tabindex])").first.focus()
    tab.keyboard.press("?")
    assert not tab.locator("dialog.course-keys").is_visible()
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("Control+c")
    assert tab.locator("html").get_attribute("data-code") == "shown"
    tab.keyboard.press("?")
    tab.locator(".course-keys input").uncheck()
    tab.keyboard.press("Escape")
    for _ in range(2):
        tab.keyboard.press("c")
        assert tab.locator("html").get_attribute("data-code") == "shown"
        tab.reload()
    assert complaints == []


# Code and colours.


# Words of code that stand on two lines. Folds are opened first.
BROKEN = r"""() => {
  document.querySelectorAll("details").forEach(fold => (fold.open = true));
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT), found = [];
  const range = document.createRange();
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentElement.closest("code, pre")) continue;
    for (const word of text.data.matchAll(/[\p{L}\p{N}_]+/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(box => box.width > 0.5).map(box => Math.round(box.top)));
      if (lines.size > 1) found.push(word[0]);
    }
  }
  return found;
}"""


@pytest.mark.wide
@pytest.mark.parametrize("name", PAGES)
def test_code_breaks_nowhere_within_a_word(visit, name):
    tab, complaints = visit(name, width=390)
    assert tab.evaluate(BROKEN) == [] and complaints == []
    tab.set_viewport_size({"width": 1280, "height": 900})
    assert tab.evaluate(BROKEN) == []
