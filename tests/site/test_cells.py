"""What is folded on a page and what its folds say; the switch for all code; questions that remember."""

import re

import pytest
from course_book.cells import prompt

from tests.browser import HTML

CHAPTER = "notebooks/02_independent_sigmoids"


@pytest.mark.parametrize(("tag", "source", "kind"), [
    ("check", "# @title ✓\nassert True", "check"), ("hide-input", "plt.plot()", "figure"),
    ("hide-input", "W = 0", "code"),
    ("hide-cell", "import numpy as np", "setup"), ("hide-cell", "from helpers import x", "setup"),
    ("hide-cell", "def f(z):\n    return z", "solution"), ("hide-cell", "a.round(3)", "answer"),
    ("listing", "def f():\n    pass", None)])
def test_a_fold_says_what_it_holds(tag, source, kind):
    assert prompt(["cell", f"tag_{tag}"], source, draws="plot" in source) == kind


def test_code_has_a_span_where_it_has_a_colour_of_its_own():
    page = (HTML / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert re.search(r'<span class="k">def</span> <span class="nf">\w+</span>\(\w+', page)
    assert not re.search(r'<div class="highlight">(?:(?!</pre>).)*<span class="(?:n|nn|p|w)">', page, re.S)


def test_checks_figures_and_answers_are_one_line_each_until_they_are_opened(visit):
    tab, complaints = visit(CHAPTER)
    for kind, says in (("check", "✓ checked"), ("figure", "Show the code of this figure"),
                       ("answer", "Show the answer"), ("solution", "A solution")):
        fold = tab.locator(f".folded-{kind} details").first
        code = fold.locator("pre").first
        fold.locator("summary").hover()  # far from the screen nothing is laid out
        assert fold.locator("summary").inner_text().strip() == says and not code.is_visible()
        assert fold.locator("summary").bounding_box()["height"] < 50
        fold.locator("summary").click()
        assert code.is_visible() and "@title" not in code.inner_text()
    assert tab.locator("div.cell_input", has_text="Question(").count() == 0
    assert complaints == []


def test_one_switch_hides_all_code_and_the_next_page_remembers_it(visit):
    tab, complaints = visit(CHAPTER)
    code = tab.locator("div.cell_input").locator("visible=true")
    switch = tab.locator(".course-code-switch")
    assert code.count() and switch.get_attribute("aria-pressed") == "false"
    switch.click()
    assert code.count() == 0 and switch.get_attribute("aria-pressed") == "true"
    assert tab.locator(".folded-check summary").locator("visible=true").count() == 0
    tab.reload()
    assert code.count() == 0
    switch.click()
    assert code.count() and complaints == []


@pytest.mark.parametrize("origin", ["http", pytest.param("file", marks=pytest.mark.wide)])
def test_questions_remember_what_was_chosen_and_the_summary_counts(visit, origin):
    tab, complaints = visit(CHAPTER, origin=origin)
    score, first = tab.locator("#summary .course-quiz-score"), tab.locator(".course-question").first
    asked = tab.locator(".course-question").count()
    assert score.text_content() == f"Questions on this page: 0 of {asked} right, {asked} not answered yet."
    for option in first.locator("label").all():
        option.click()
        if "✓" in first.locator(".verdict").inner_text():
            break
    said = first.locator(".verdict").inner_text()
    assert score.text_content().startswith(f"Questions on this page: 1 of {asked} right")
    tab.reload()
    assert first.locator(".verdict").text_content() == said
    assert score.text_content().startswith(f"Questions on this page: 1 of {asked} right") and complaints == []
