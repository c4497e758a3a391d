"""What notebooks say of themselves, and their minutes by one rule: 180 words a minute, 30 s a lesson cell, ..."""

import re
from pathlib import Path

import pytest
from course_book import notebook, tables
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in tables.pages(ROOT) if page.startswith("notebooks/")]
PICTURE = new_output("display_data", {"image/png": "aGk="})


@pytest.mark.parametrize(("text", "seconds"), [
    ("word " * 180, 60), ("one-hot vectors, don't count `x = 3` twice", 7 / 3), ("", 0),
    ("$$\na = b\n$$\n\n$$c$$", 40), ("$a_1 + b$ is small", 1), ("[two words](a/long/path.md#anchor)", 2 / 3),
    ("<details><summary>Answer</summary>", 1 / 3), ("![a picture](x.png)", 60 + 2 / 3),
    ("| a | b |\n|---|---|", 2 / 3)])
def test_a_text_takes_its_words_formulas_and_pictures(text, seconds):
    assert notebook.seconds_of_text(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("tags", "outputs", "seconds"), [
    ([], [], 30), (["nbval-ignore-output"], [], 30), (["listing"], [], 30), (["check"], [], 0),
    (["remove-cell"], [], 0), (["hide-input"], [PICTURE], 60), ([], [PICTURE, PICTURE], 150), (["hide-cell"], [], 0),
    ([], [new_output("display_data", {"text/html": '<div class="course-figure">'})], 90),
    ([], [new_output("stream", text="1")], 30)])
def test_a_cell_takes_time_if_it_is_a_lesson_or_draws(tags, outputs, seconds):
    assert notebook.seconds_of_code(new_code_cell("x", metadata={"tags": tags}, outputs=outputs)) == seconds


def toy(*cells):
    opening = new_markdown_cell("# 9 · A toy\n\n**Time** about 999 minutes; it runs at once.")
    return new_notebook(cells=[opening, *cells])


def lessons(number):
    return [new_code_cell("x") for _ in range(number)]


def test_sections_begin_at_headings_also_inside_a_cell_and_sum_to_the_whole():
    nb = toy(new_markdown_cell("## One\n\n```\n## no heading\n```\n\n### Inside"), *lessons(1),
             new_markdown_cell("## Two"), *lessons(1), new_markdown_cell("## Exercises"), *lessons(5),
             new_markdown_cell("## Next\n\n" + "word " * 1800))
    found = notebook.sections(nb)
    assert [(s.title, s.anchors) for s in found] == [("Opening", ("9--a-toy",)), ("One", ("one", "inside")),
                                                     ("Two", ("two",)), ("Exercises", ("exercises",))]
    assert notebook.minutes(nb) == sum(s.minutes for s in found[:-1]) == 1, "two cells, half a minute each"
    assert found[-1].is_exercise and found[-1].minutes == 3


def test_the_opening_is_given_the_minutes_of_the_rule_once():
    nb = notebook.state_minutes(toy(new_markdown_cell("## One"), *lessons(4)))
    said = nb.cells[0].source
    assert said.endswith("**Time** about 2 minutes to read; writing and exercises not counted; it runs at once.")
    assert notebook.state_minutes(nb).cells[0].source == said


@pytest.mark.parametrize("page", PAGES)
def test_what_a_notebook_says_it_is_and_needs_is_so(page):
    nb = notebook.read(ROOT / f"{page}.ipynb")
    code = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    course = nb.metadata["course"]
    assert set(course) - {"search"} == {"description", "figures", "needs", "slides"}
    assert course["figures"] == re.findall(r"from helpers\.interactive import (?!Question)(\w+)", code)
    assert set(course["needs"]) <= {"mnist", "gpu"}
    assert ("mnist" in course["needs"]) == ("load_mnist" in code)
    assert ("gpu" in course["needs"]) == (nb.metadata.get("accelerator") == "GPU")


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_states_the_minutes_of_the_rule(page):
    nb = notebook.read(ROOT / f"{page}.ipynb")
    said = nb.cells[0].source
    assert "**Time** about" in said
    assert notebook.state_minutes(nb).cells[0].source == said, "its text changed: write its minutes anew"
