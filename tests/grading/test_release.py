"""What is released: no solution and no hidden test, the points that sets.toml says, and notebooks that run in Colab."""

import itertools
import json
import re

import nbformat
import pytest

from assignments.grading import ASSIGNMENTS, SETS, release
from assignments.grading.made_up_class import WRONG
from tests.grading.conftest import code_of, python

pytestmark = pytest.mark.timeout(240)
SOURCES = {name: json.loads((ASSIGNMENTS / f"{name}.ipynb").read_text(encoding="utf-8")) for name in SETS}


def text_of(notebook, kind):
    return "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind)


def test_there_are_three_sets(released):
    assert {path.stem for path in ASSIGNMENTS.glob("*.ipynb")} == set(SETS)
    assert sorted(path.name for path in (released / "release").iterdir()) == ["set1.ipynb", "set2.ipynb", "set3.ipynb"]


@pytest.mark.parametrize("name", SETS)
def test_the_facts_of_a_set_are_those_that_its_notebook_states(name):
    """Title, chapters, time, and the points and minutes of each part: in Otter's metadata and in the headings."""
    facts, text = SETS[name], text_of(SOURCES[name], "markdown")
    every = {**facts["parts"], **facts["by_hand"]}
    questions = re.findall(r"# BEGIN QUESTION\nname: (\w+)\npoints: (\d+)(\nmanual: true)?",
                           text_of(SOURCES[name], "raw"))
    assert {part: int(points) for part, points, _ in questions} == every
    assert [part for part, _, by_hand in questions if by_hand] == list(facts["by_hand"])
    headings = re.findall(r"^## \d+ · .* \((\d+) points, (\d+) minutes(, marked by hand)?\)$", text, re.M)
    assert [int(points) for points, _, _ in headings] == [*every.values()]
    assert [bool(by_hand) for _, _, by_hand in headings] == [part in facts["by_hand"] for part in every]
    assert sum(int(minutes) for _, minutes, _ in headings) == facts["minutes"] == 90
    assert re.search(r"^# Problem set (\d) · (.*)", text, re.M).groups() == (name[3:], facts["title"])
    intro = " ".join(text[:text.index("- Write your code")].split())
    assert [int(number) for number in re.findall(r"\d", " ".join(re.findall(r"chapters? \d(?: and \d)?", intro)))] == (
        facts["chapters"])
    whole = re.search(r"\*\*(\d+) points, about (\d+) minutes\.\*\*", intro)
    assert (int(whole[1]), int(whole[2])) == (sum(every.values()), facts["minutes"])


@pytest.mark.parametrize("name", SETS)
def test_each_answer_in_words_has_a_rubric_that_adds_up_and_marks_for_typical_answers(solved, name):
    """The solution of a part that is marked by hand: points for each element, then what at least three answers get."""
    text = text_of(solved(name), "markdown")
    answers = re.findall(r"marked by hand\)$.*?(?=^## |\Z)", text, re.M | re.S)
    assert len(answers) == len(SETS[name]["by_hand"]) >= 1
    for answer, worth in zip(answers, SETS[name]["by_hand"].values(), strict=True):
        elements, typical = (re.findall(r"^\| (\d+) \| .+ \|$", part, re.M) for part in
                             answer.split("**Rubric**")[1].split("**What typical answers get**"))
        assert sum(map(int, elements)) == worth and len(elements) >= 4
        assert len(typical) >= 3 and all(0 <= int(points) < worth for points in typical)


def solutions_in_words(name):
    """Return the model answers and rubrics, which stand in Markdown between two marks of Otter's."""
    cells = SOURCES[name]["cells"]
    return ["".join(cell["source"]) for before, cell in itertools.pairwise(cells)
            if cell["cell_type"] == "markdown" and "".join(before["source"]) == "# BEGIN SOLUTION"]


@pytest.mark.parametrize("name", SETS)
def test_the_release_holds_no_solution_and_no_hidden_test(released, unsolved, name):
    student = (released / "release" / f"{name}.ipynb").read_text(encoding="utf-8")
    for source in map("".join, (cell["source"] for cell in SOURCES[name]["cells"])):
        for block in re.findall(r"# BEGIN SOLUTION(?: NO PROMPT)?\n(.*?)# END SOLUTION", source, re.S):
            for line in filter(None, map(str.strip, block.splitlines())):
                assert json.dumps(line)[1:-1] not in student, line
        if source.startswith('""" # BEGIN TEST CONFIG'):
            for line in source.splitlines()[4:]:
                assert len(line.strip()) < 30 or json.dumps(line.strip())[1:-1] not in student, line
    for solution in solutions_in_words(name):
        for line in filter(lambda line: len(line) > 20, solution.splitlines()):
            assert json.dumps(line, ensure_ascii=False)[1:-1] not in student, line
    assert "Rubric" not in student and "typical answers" not in student and not release.FORBIDDEN.search(student)
    assert not any(cell.get("outputs") for cell in unsolved(name)["cells"])
    nbformat.validate(unsolved(name))


@pytest.mark.parametrize("name", SETS)
def test_the_visible_checks_pass_with_the_solutions_and_need_no_package(unsolved, name):
    """The cells that students see, run as they stand after the model solution; nothing but what the text names."""
    source = "\n".join(code_of(unsolved(name)))
    imports = set(re.findall(r"^(?:import|from) (\w+)", source, re.M))
    assert imports <= ({"numpy"} if name != "set3" else {"numpy", "torch", "helpers"})
    assert source.count("assert ") >= 2 * len(SETS[name]["parts"])


FIRST_WRONG = ("∂L/∂a", "∂a/∂z", "∂a/∂z", "∂L/∂z", "∂L/∂W", "∂L/∂b", "∂L/∂a", "∂L/∂a")


def test_the_check_of_the_backward_pass_names_the_first_wrong_link(unsolved):
    """Of each wrong answer in the table; at the check's own start every one of these faults shows."""
    cells = code_of(unsolved("set2"))
    check = next(source for source in cells if "first wrong link" in source)
    for answer, link in zip(WRONG["set2"]["q1_backward"], FIRST_WRONG, strict=True):
        names = {}
        exec(cells[0] + "\n\n" + answer["code"], names)
        with pytest.raises(AssertionError, match=f"^the first wrong link is {link}[.:]"):
            exec(check, names)


def changed(folder, before, after):
    """Write set 2 into a folder, with a change."""
    text = (ASSIGNMENTS / "set2.ipynb").read_text(encoding="utf-8")
    assert before in text
    (folder / "set2.ipynb").write_text(text.replace(before, after, 1), encoding="utf-8")
    return folder / "set2.ipynb"


def test_other_points_than_in_the_facts_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="'q1_backward': 19"):
        release.release("set2", tmp_path, changed(tmp_path, "points: 4\\n", "points: 3\\n"), try_solutions=False)
    assert not (tmp_path / "release").exists()


@pytest.mark.wide
@pytest.mark.parametrize("name", ["set2", "set3"])
def test_solutions_pass_where_otter_tries_them(tmp_path, name):
    assert release.release(name, tmp_path).exists()


@pytest.mark.wide
def test_a_solution_that_fails_its_tests_is_refused_and_says_which(tmp_path, capfd):
    source = changed(tmp_path, "np.diag(a) - np.outer(a, a)", "np.diag(a) + np.outer(a, a)")
    with pytest.raises(SystemExit, match=r"set2\.ipynb: Otter refuses it(.|\n)*q1_backward"):
        release.release("set2", tmp_path, source)
    assert capfd.readouterr().err == "" and not (tmp_path / "release").exists()


def test_what_otter_complains_of_is_shown(tmp_path):
    (tmp_path / "bộ.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"bộ\.ipynb: Otter refuses it"):
        release.release("set2", tmp_path, tmp_path / "bộ.ipynb")


@pytest.mark.parametrize("encoding", ["cp1252", pytest.param("ascii", marks=pytest.mark.wide)])
def test_a_set_whose_name_the_screen_cannot_show_is_released(encoding):
    done = python("-c", "from assignments.grading import release\n"
                  "release.release = lambda name: 'bộ \\udcff.ipynb'\nrelease.main()", PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and "ipynb" in done.stdout, done.stderr


@pytest.mark.wide
@pytest.mark.parametrize("name", SETS)
def test_a_released_set_runs_in_colab_alone_in_an_empty_folder(solved, unsolved, colab, repository, tmp_path, name):
    """Unsolved, each visible check says what is missing; with the solutions written in, all cells run to the end."""
    empty = tmp_path / "empty"
    empty.mkdir()
    for notebook, ends in ((unsolved(name), False), (solved(name), True)):
        cells = [re.sub(r'(REPOSITORY, VERSION = )"[^"]*"', r'\1"someone/course"', code) for code in code_of(notebook)]
        done = colab(PLAY.format(cells=cells), empty, GIT_CONFIG_GLOBAL=repository)
        assert done.returncode == 0, done.stderr[-3000:]
        stopped = json.loads(done.stdout.strip().splitlines()[-1])
        if ends:
            assert stopped == []
        else:
            assert len(stopped) == len(SETS[name]["parts"]), stopped
            assert all(len(message.split()) >= 4 for message in stopped), stopped
        assert list(empty.iterdir()) == []


PLAY = """
import json
stopped = []
for source in {cells!r}:
    try:
        exec(source)
    except AssertionError as error:
        stopped.append(str(error))
print(json.dumps(stopped))
"""
