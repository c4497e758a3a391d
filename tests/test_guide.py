"""The instructors' guide: its times add up, its plans leave nothing out, its commands and names exist."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from assignments.wrong_answers import WRONG
from helpers.interactive.question import all_questions
from tools import class_of_60, minutes_page

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")
CHAPTERS = sorted((ROOT / "notebooks").glob("0*.ipynb"))
EVERYTHING = [(chapter, number) for chapter, minutes in minutes_page.MINUTES.items()
              for number in range(1, len(minutes) + 1)]


def test_the_pages_of_minutes_are_what_the_tool_writes():
    for name, text in minutes_page.pages().items():
        assert (ROOT / "book" / name).read_text(encoding="utf-8") == text, "run tools/minutes_page.py"
        assert f"{{include}} {name}" in GUIDE


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_minutes_of_the_sections_sum_to_the_time_of_the_chapter(path):
    stated = re.search(r"\*\*Time\*\* about (\d+) minutes", path.read_text(encoding="utf-8"))[1]
    assert sum(minutes_page.MINUTES[int(path.name[:2])]) == int(stated)


def test_every_slide_gets_its_minutes():
    rows = minutes_page.course()
    assert {slide for *_, slides in rows for slide in slides} == set(range(1, 36))
    table = re.findall(r"^\| ([\d–, ]+) \| .* \| (\d+) \|$", minutes_page.slides_page(rows), re.M)
    shown = [range(int(first), int(last or first) + 1) for slides, _ in table
             for first, last in re.findall(r"(\d+)(?:–(\d+))?", slides)]
    assert Counter(slide for run in shown for slide in run) == dict.fromkeys(range(1, 36), 1)
    assert sum(int(minutes) for _, minutes in table) == sum(row[3] for row in rows if row[4])


@pytest.mark.parametrize("title", minutes_page.PLANS)
def test_a_plan_has_every_section_once_and_the_sections_of_a_session_in_order(title):
    sessions = minutes_page.PLANS[title]
    both = [minutes_page.chosen(text) for _, there, home, _ in sessions for text in (there, home)]
    assert sorted(section for part in both for section in part) == EVERYTHING
    assert all(part == sorted(part) for part in both)
    for _, there, home, _ in sessions:  # the tool reads all of it
        assert re.fullmatch(r"(\d §\d+(–\d+)?(, |$))*", there) and re.fullmatch(r"(\d §\d+(–\d+)?(, |$))*", home)


def test_the_class_of_60_is_what_was_measured():
    measured = json.loads(class_of_60.STORE.read_text(encoding="utf-8"))
    assert class_of_60.PAGE.read_text(encoding="utf-8") == class_of_60.page(measured), "run tools/class_of_60.py"
    assert [entry["set"] for entry in measured["sets"]] == list(WRONG)


def test_the_guide_names_only_what_there_is():
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[1].split()
    assert {"release", "grade", "bank"} <= set(re.findall(r"(?:^|`)make (\w+)", GUIDE, re.M)) <= set(targets)
    assert all((ROOT / name).exists() for name in re.findall(r"(?:tools|assignments)/\w+\.\w+", GUIDE))
    assert all((ROOT / "book" / name).exists() for name in re.findall(r"\{include\} (\S+)", GUIDE))


def test_each_misconception_is_caught_by_a_question_or_a_part_that_exists():
    rows = re.findall(r"^\| (.*) \| (\[.*\]\(.*\)) \| (.*) \|$", GUIDE.split("## What students believe")[1], re.M)
    assert 8 <= len(rows) <= 12
    parts = {f"set {name[3:]}, part {number}" for name in WRONG for number in range(1, len(WRONG[name]) + 1)}
    parts.add("set 3, part 5")  # in words, marked by hand
    for _, _, caught in rows:
        keys, named = re.findall(r"`([a-z-]+)`", caught), re.findall(r"set \d, part \d", caught)
        assert keys or named, caught
        assert set(keys) <= set(all_questions()) and set(named) <= parts, caught


def test_the_parts_and_points_are_those_of_the_sets():
    for path in sorted((ROOT / "assignments").glob("*.ipynb")):
        titles = re.findall(r"## \d · (.*?) \((\d+) points", path.read_text(encoding="utf-8"))
        parts = ", ".join(f"{title} {points}" for title, points in titles)
        assert f"| {parts} | {sum(int(points) for _, points in titles)} |" in GUIDE, parts
