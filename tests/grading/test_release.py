"""What is released: no solution and no hidden test, the points that sets.toml says, and notebooks that run in Colab."""

import json
import re

import nbformat
import pytest

from assignments.grading import ASSIGNMENTS, SETS, release
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
    """Title, chapters, time, and the points of each part: in Otter's metadata and in the headings."""
    facts, text = SETS[name], text_of(SOURCES[name], "markdown")
    every = {**facts["parts"], **facts["by_hand"]}
    questions = re.findall(r"# BEGIN QUESTION\nname: (\w+)\npoints: (\d+)(\nmanual: true)?",
                           text_of(SOURCES[name], "raw"))
    assert {part: int(points) for part, points, _ in questions} == every
    assert [part for part, _, by_hand in questions if by_hand] == list(facts["by_hand"])
    assert [int(points) for points in re.findall(r"^## \d+ · .* \((\d+) points", text, re.M)] == [*every.values()]
    assert re.search(r"^# Problem set (\d) · (.*)", text, re.M).groups() == (name[3:], facts["title"])
    intro = " ".join(text[:text.index("- Write your code")].split())
    assert [int(number) for number in re.findall(r"\d", " ".join(re.findall(r"chapters? \d(?: and \d)?", intro)))] == (
        facts["chapters"])
    hours = re.search(r"\*\*(\d+) points, about (\w+) hours\.\*\*", intro)
    assert int(hours[1]) == sum(every.values()) and {"two": 120, "three": 180}[hours[2]] == facts["minutes"]


@pytest.mark.parametrize("name", SETS)
def test_the_release_holds_no_solution_and_no_hidden_test(released, unsolved, name):
    student = (released / "release" / f"{name}.ipynb").read_text(encoding="utf-8")
    for source in map("".join, (cell["source"] for cell in SOURCES[name]["cells"])):
        for block in re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", source, re.S):
            for line in filter(None, map(str.strip, block.splitlines())):
                assert json.dumps(line)[1:-1] not in student, line
        if source.startswith('""" # BEGIN TEST CONFIG'):
            for line in source.splitlines()[4:]:
                assert len(line.strip()) < 30 or json.dumps(line.strip())[1:-1] not in student, line
    assert "Rubric" not in student and not release.FORBIDDEN.search(student)
    assert not any(cell.get("outputs") for cell in unsolved(name)["cells"])
    nbformat.validate(unsolved(name))


@pytest.mark.parametrize("name", SETS)
def test_the_visible_checks_pass_with_the_solutions_and_need_no_package(unsolved, name):
    """The cells that students see, run as they stand after the model solution; nothing but what the text names."""
    source = "\n".join(code_of(unsolved(name)))
    imports = set(re.findall(r"^(?:import|from) (\w+)", source, re.M))
    assert imports <= ({"numpy"} if name != "set3" else {"numpy", "torch", "helpers"})
    assert source.count("assert ") >= 2 * len(SETS[name]["parts"])


def changed(folder, before, after):
    """Write set 2 into a folder, with a change."""
    text = (ASSIGNMENTS / "set2.ipynb").read_text(encoding="utf-8")
    assert before in text
    (folder / "set2.ipynb").write_text(text.replace(before, after, 1), encoding="utf-8")
    return folder / "set2.ipynb"


def test_other_points_than_in_the_facts_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="'q1_entries': 9"):
        release.release("set2", tmp_path, changed(tmp_path, "points: 5\\n", "points: 4\\n"), try_solutions=False)
    assert not (tmp_path / "release").exists()


@pytest.mark.wide
@pytest.mark.parametrize("name", ["set2", "set3"])
def test_solutions_pass_where_otter_tries_them(tmp_path, name):
    assert release.release(name, tmp_path).exists()


@pytest.mark.wide
def test_a_solution_that_fails_its_tests_is_refused_and_says_which(tmp_path, capfd):
    source = changed(tmp_path, "(1 - a[m]) if i == m", "(2 - a[m]) if i == m")
    with pytest.raises(SystemExit, match=r"set2\.ipynb: Otter refuses it(.|\n)*q1_entries"):
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
