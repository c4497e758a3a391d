"""The instructors' guide: its times add up, its plans leave nothing out, its commands and names exist."""

import re
from collections import Counter
from pathlib import Path

import pytest
from course_book import tables
from course_book.notebook import read

from assignments.grading import SETS
from assignments.grading.made_up_class import WRONG
from helpers.interactive.question import all_questions

ROOT = Path(__file__).resolve().parents[2]
GUIDE, GRADING = ((ROOT / "book" / f"{page}.md").read_text(encoding="utf-8") for page in ("instructors", "grading"))
ROAD = tables.chapters(ROOT)
ROWS = tables.sections(ROOT, ROAD)
HURRIED = [*tables.sections(ROOT, [tables.chapter(ROOT, tables.HURRY)]), *ROWS]
PLANS = tables.plans(ROOT)


def test_the_minutes_of_the_slides_and_of_the_other_sections_sum_to_those_of_the_course():
    assert {slide for *_, slides in ROWS for slide in slides} == set(range(1, 36))
    table = re.findall(r"^\| ([\d–, ]+) \| .* \| (\d+) \|$", tables.slides_table(ROWS), re.M)
    shown = [range(int(first), int(last or first) + 1) for slides, _ in table
             for first, last in re.findall(r"(\d+)(?:–(\d+))?", slides)]
    assert Counter(slide for run in shown for slide in run) == dict.fromkeys(range(1, 36), 1)
    told = sum(int(minutes) for _, minutes in table)
    assert told == sum(section.minutes for _, _, section, slides in ROWS if slides)
    rest = int(re.search(r"beyond the slides .* (\d+) \|$", tables.slides_table(ROWS), re.M)[1])
    assert told + rest == sum(section.minutes for _, _, section, _ in ROWS)


@pytest.mark.parametrize("chapter", ROAD, ids=lambda chapter: chapter.page)
def test_a_chapter_says_which_slides_its_sections_treat(chapter):
    treated = set().union(*(slides for c, _, _, slides in ROWS if c is chapter))
    assert chapter.course["slides"] == sorted(treated)


@pytest.mark.parametrize("title", PLANS)
def test_a_plan_has_every_section_once_and_the_sections_of_a_session_in_order(title):
    texts = [(s["class"], s.get("home", "")) for s in PLANS[title]["sessions"]]
    both = [tables.chosen(text) for session in texts for text in session]
    chapters = {0} if "lecture" in title else set(range(1, 8))
    wanted = [(chapter.number, number) for chapter, number, _, _ in HURRIED if chapter.number in chapters]
    assert sorted(section for part in both for section in part) == wanted
    assert all(part == sorted(part) for part in both)
    for there, home in texts:  # the build reads all of it
        assert re.fullmatch(r"(\d §\d+(–\d+)?(, |$))*", there) and re.fullmatch(r"(\d §\d+(–\d+)?(, |$))*", home)


@pytest.mark.parametrize("title", PLANS)
def test_the_sums_of_a_plan_are_those_of_its_lines(title):
    table = tables.plans_tables(ROOT, HURRIED)[title]
    lines = [line.split("|")[3:6:2] for line in table.splitlines() if re.match(r"\| (?!---|session)", line)]
    there, home = ([int(cell or 0) for cell in map(str.strip, column)] for column in zip(*lines, strict=True))
    assert sum(there[:-1]) == there[-1] and sum(home[:-1]) == home[-1]
    whole = HURRIED[:len(HURRIED) - len(ROWS)] if "lecture" in title else ROWS
    assert there[-1] + home[-1] == sum(section.minutes for _, _, section, _ in whole)


def test_the_clock_of_the_lecture_has_no_gaps_and_ends_after_90_minutes():
    times = [60 * int(hours) + int(minutes) for session in PLANS["One lecture of 90 minutes"]["sessions"]
             for hours, minutes in re.findall(r"(\d):(\d\d)", session["when"])]
    assert times[0] == 0 and times[-1] == 90 and times[1:-1:2] == times[2::2] and times == sorted(times)


def test_a_plan_with_a_section_that_does_not_exist_names_it(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "plans.toml").write_text('["x"]\nsessions = [{ when = "Monday", class = "1 §2, 1 §98–99" }]')
    with pytest.raises(ValueError, match=r"must name sections that exist; got 1 §98, 1 §99"):
        tables.plans_tables(tmp_path, ROWS)


@pytest.mark.parametrize("page", [GUIDE, GRADING], ids=["instructors", "grading"])
def test_the_guide_names_only_what_there_is(page):
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()
    assert {"release", "grade"} <= set(re.findall(r"(?:^|`)make (\w+)", page, re.M)) <= set(targets)
    named = re.findall(r"(?:tools|assignments)/[\w/]+\.\w+", page)
    named += [f"{name.replace('.', '/')}.py" for name in re.findall(r"-m ([\w.]+)", page)]
    assert all((ROOT / name).exists() for name in named)
    assert all((ROOT / "book" / name).exists() for name in re.findall(r"\{include\} (\S+)", page))


def test_the_page_on_grading_quotes_the_readme_of_the_grader():
    mark = re.search(r":start-after: (.*)", GRADING)[1]
    assert (ROOT / "assignments/grading/README.md").read_text(encoding="utf-8").count(mark) == 1


def test_each_session_has_an_aim_a_board_questions_and_what_to_skip():
    sessions = GUIDE.split("## Eight sessions")[1].split("\n## ")[0].split("\n### ")[1:]
    assert len(sessions) == len(PLANS["Four weeks: eight sessions, all but the exercises in class"]["sessions"])
    for session in sessions:
        assert all(session.count(f"**{part}.**") == 1 for part in ("Aim", "Board", "Skip"))
        assert "| ask | expect | answer |" in session


def test_each_misconception_is_caught_by_a_question_or_a_part_that_exists():
    text = GUIDE.split("\n## What students believe")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \| (\[.*\]\(.*\)) \| (.*) \|$", text, re.M)
    assert 8 <= len(rows) <= 12
    parts = {f"set {name[3:]}, part {number}" for name, facts in SETS.items()
             for number in range(1, len(facts["parts"]) + len(facts["by_hand"]) + 1)}
    for _, _, caught in rows:
        keys, named = re.findall(r"`([a-z-]+)`", caught), re.findall(r"set \d, part \d", caught)
        assert keys or named, caught
        assert set(keys) <= set(all_questions()) and set(named) <= parts, caught


def test_the_parts_and_points_are_those_of_the_sets():
    shown = tables.sets_table(ROOT)
    for name, facts in SETS.items():
        text = (ROOT / "assignments" / f"{name}.ipynb").read_text(encoding="utf-8")
        titles = re.findall(r"## \d · (.*?) \((\d+) points", text)
        parts = ", ".join(f"{title} {points}" for title, points in titles)
        assert f"| {facts['minutes']} | {parts} | {sum(int(points) for _, points in titles)} |" in shown, parts


def test_the_wrong_answers_are_shown_with_what_their_parts_are_worth():
    shown = tables.wrong_answers_table(ROOT)
    assert "| 1 | log softmax | log of a softmax | 4 | 10 |" in shown and shown.count("\n") == 2 + sum(
        len(answers) for parts in WRONG.values() for answers in parts.values())


def test_the_glossary_says_in_which_chapter_a_term_is_met_first():
    texts = {chapter.number: re.sub(r"\s+", " ", " ".join(
        cell.source for cell in read(ROOT / f"{chapter.page}.ipynb").cells if cell.cell_type == "markdown")).lower()
        for chapter in ROAD}
    told = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    for terms, chapters in re.findall(r"^\| ([^|]+) \| [^|]+ \|[^|]*\| ([\d, ]+) \|$", told, re.M):
        words = [term.removesuffix(" matrix").lower() for term in terms.split(", ")]
        first = {next((n for n, text in texts.items() if re.search(rf"\b{re.escape(w)}", text)), None) for w in words}
        assert sorted(first) == [int(number) for number in chapters.split(", ")], terms
