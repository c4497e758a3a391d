"""The search finds sections: by the words of people, with accents or without, with a letter wrong, by a number."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import quickjs
from course_book import search

from tests.browser import HTML, PAGES

ROOT = Path(__file__).resolve().parents[2]
STATIC = HTML / "_static"
QUESTIONS = Path(__file__).with_name("search_questions.toml")


def listed():
    """Return the sections in the built index."""
    written = (STATIC / search.INDEX).read_text(encoding="utf-8")
    return json.loads(re.fullmatch(r"window\.courseSections = (.*);\n", written, re.S)[1].replace("<\\/", "</"))


@pytest.fixture(scope="module")
def find():
    """The program of the search page on the built index, outside of a browser."""
    return program(STATIC)


def program(static):
    """Return what finds sections in the index of an edition."""
    engine = quickjs.Context()
    source = (ROOT / "book" / "_static" / "search.js").read_text(encoding="utf-8")
    engine.eval("var window = globalThis;" + search.MINISEARCH.read_text(encoding="utf-8"))
    engine.eval((static / search.INDEX).read_text(encoding="utf-8"))
    engine.eval(source.replace("const CourseSearch", "var CourseSearch"))
    look = engine.eval("""var find = CourseSearch.make(courseSections);
        query => JSON.parse(JSON.stringify(JSON.stringify(find(query))))""")
    return lambda query: [f"{found['p']}#{found['a']}" for found in json.loads(look(query))]


def test_every_section_is_listed_once_with_its_words():
    sections = listed()
    places = [(section["p"], section["a"]) for section in sections]
    assert len(set(places)) == len(places) > 100
    assert all(section["t"] and "\\" not in section["x"] and "import numpy" not in section["x"] for section in sections)


def test_the_other_names_are_those_of_sections():
    notebooks = {f"{page}#{anchor}" for page in PAGES if (path := ROOT / f"{page}.ipynb").exists()
                 for anchor in json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"].get("search", {})}
    named = {f"{section['p']}#{section['a']}" for section in listed() if section["s"]}
    assert notebooks - named == set() and any(place.startswith("book/") for place in named)


def test_questions_of_people_find_the_section_that_answers_them(find):
    questions = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))
    places = {f"{section['p']}#{section['a']}" for section in listed()}
    gone = {answer for answers in questions.values() for answer in answers} - places
    assert not gone, f"no such section any more, see {QUESTIONS.name}: {sorted(gone)}"
    found = {question: find(question)[:3] for question in questions}
    wrong = [f"{question!r}\n  found {found[question]}\n  meant {answers}" for question, answers in questions.items()
             if not set(found[question]) & set(answers)]
    assert len(questions) == 100 and len(wrong) <= 10, "\n".join([f"{len(wrong)} not found:", *wrong])


@pytest.mark.parametrize(("typed", "meant"), [
    ("hàm mất mát", "ham mat mat"), ("đạo hàm", "dao ham"), ("ha\u0300m ma\u0302\u0301t", "hàm mất"),
    ("gradient descent", "Gradient Descent"), ("sigmoids", "sigmoid")])
def test_accents_capitals_and_plurals_fold(find, typed, meant):
    assert find(typed) and find(typed)[:5] == find(meant)[:5]


@pytest.mark.parametrize(("wrong", "right"), [("gradiant", "gradient"), ("jacobain", "jacobian"),
                                             ("sofmax", "softmax")])
def test_one_letter_wrong_is_forgiven(find, wrong, right):
    assert set(find(wrong)[:10]) & set(find(right)[:10])


def test_a_formula_is_found_by_its_number(find):
    assert all(found.startswith("notebooks/04_softmax_jacobian#") for found in find("4.3")[:1])
    assert find("4.3")[0] != find("4.1")[0]


@pytest.mark.parametrize("word", ["constructor", "__proto__", "toString", "the of and", "", "(((", "\\frac", "🙂"])
def test_words_that_mean_something_to_javascript_are_harmless(find, word):
    assert isinstance(find(word), list)


@pytest.mark.parametrize("origin", ["http", "file"])
def test_a_result_opens_its_section(visit, origin):
    tab, complaints = visit("search", origin=origin, query="?q=jacobian")
    first = tab.locator("#search-results li a").first
    assert "jacobian" in tab.locator("#search-results mark").first.inner_text().lower()
    tab.locator(".bd-search-container input").fill("zzzzqqq")
    assert tab.locator("#search-results").inner_text() == "Nothing found. Another word?"
    tab.locator(".bd-search-container input").fill("jacobian")
    address = first.get_attribute("href")
    first.click()
    tab.wait_for_url(f"**/{address}")
    assert tab.locator(f"[id='{address.partition('#')[2]}']").count() == 1 and complaints == []


@pytest.mark.wide
def test_questions_in_vietnamese_find_the_section_in_the_vietnamese_edition():
    engine = program(HTML / "vi" / "_static")
    questions = tomllib.loads(QUESTIONS.with_suffix(".vi.toml").read_text(encoding="utf-8"))
    wrong = {question: found for question, answers in questions.items()
             if not set(found := engine(question)[:3]) & set(answers)}
    assert len(questions) == 50 and len(wrong) <= 5, "\n".join([f"{len(wrong)} not found:", *map(str, wrong.items())])
