"""Terms of the glossary: what the table says is what a chapter shows, at the first mention and nowhere else."""

import re

import pytest
from course_book import terms
from docutils.core import publish_doctree
from myst_parser.parsers.docutils_ import Parser

from tests import browser
from tests.browser import HTML, PAGES

ROAD = [page for page in PAGES if re.match(r"notebooks/\d", page)]
CHAPTER = "notebooks/05_numpy_gradient_descent"
TABLE = """| English | in one sentence | tiếng Việt |
|---|---|---|
| gradient | The vector of all partial derivatives. | gradient |
| gradient descent | Steps against the gradient. | |
| score, logit | A number before softmax. | điểm số |
"""


def read(markdown):
    return publish_doctree(markdown, parser=Parser(), settings_overrides={
        "myst_enable_extensions": ["dollarmath"], "doctitle_xform": False, "report_level": 5,
        "myst_suppress_warnings": ["myst.header"]})


def marked(markdown, table=TABLE, heading="# A\n\n"):
    page = read(f"{heading}{markdown}\n\n## B\n\nend\n")
    terms.mark(page, terms.read(read(table)), "glossary.html")
    return [(link.astext(), link["refuri"].partition("#")[2], link["reftitle"])
            for link in page.findall(lambda node: "term" in getattr(node, "attributes", {}).get("classes", []))]


def test_the_first_mention_leads_to_the_longest_name_with_its_sentence():
    assert marked("Of **gradient\ndescent** and Gradients, the gradient.") == [
        ("gradient\ndescent", "term-gradient-descent", "Steps against the gradient."),
        ("Gradients", "term-gradient", "The vector of all partial derivatives.")]


def test_two_names_of_one_term_are_one_term():
    assert [found for found, *_ in marked("Logits are scores.")] == ["Logits"]


@pytest.mark.parametrize("text", [
    "`gradient`", "[the gradient](x.md)", "## The gradient", "$gradient$", "```\ngradient\n```", "- a gradient",
    "| gradient |\n|---|\n| gradient |", "gradient-like, multigradient", "«Of the gradient»"])
def test_nothing_is_marked_where_it_would_disturb(text):
    assert marked(text) == []


def test_a_paragraph_gets_two_and_the_next_mention_comes_later():
    assert [found for found, *_ in marked("Gradient descent, a gradient, a score.\n\nA score.")] == [
        "Gradient descent", "gradient", "score"]
    assert len(marked("Gradient descent, a gradient, a score.")) == terms.MOST


def test_a_row_more_in_the_glossary_is_all_that_a_term_needs():
    assert marked("An eigenvalue.") == []
    assert marked("An eigenvalue.", TABLE + "| eigenvalue | It stretches. | |\n") == [
        ("eigenvalue", "term-eigenvalue", "It stretches.")]


@pytest.mark.parametrize("name", ROAD)
def test_a_chapter_marks_each_term_once_as_the_glossary_has_it(name):
    page, glossary = (re.sub("<script.*?</script>", "", (HTML / f"{one}.html").read_text(encoding="utf-8"), flags=re.S)
                      for one in (name, terms.GLOSSARY))
    found = re.findall(r'<a class="term[^"]*" href="[^"#]*#([\w-]+)" title="([^"]*)"', page)
    assert 5 <= len(found) == len({place for place, _ in found})
    for place, sentence in found:
        row = glossary.partition(f'id="{place}"')[2].partition("</tr>")[0]
        assert f"<p>{sentence}</p>" in row.replace("&#39;", "'"), place
    apart = re.findall(r"<(pre|code|h\d|math|table)\b(?:(?!</\1>).)*?class=\"term", page, re.S)
    assert apart == []


@pytest.mark.wide
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sentence_is_shown_to_pointer_and_keyboard_and_escape_closes_it(visit, scheme):
    tab, complaints = visit(CHAPTER, scheme)
    link, tip = tab.locator("article a.term").first, tab.locator("[role=tooltip]")
    assert tip.count() == 0 and link.get_attribute("title") is None
    link.focus()
    assert tip.inner_text() == link.get_attribute("data-tip")
    assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280 and box["y"] >= 0
    tab.keyboard.press("Escape")
    assert tip.count() == 0 and link.get_attribute("aria-describedby") is None
    link.hover()
    assert tip.is_visible()
    tip.hover()  # so that a magnified tip can be read
    assert tip.is_visible()
    assert complaints == []
    assert browser.findings(tab) == []


def test_without_scripts_the_browser_shows_the_sentence(visit):
    tab, _ = visit(CHAPTER, scripts=False)
    assert len(tab.locator("article a.term").first.get_attribute("title").split()) > 4
