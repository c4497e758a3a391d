"""The chapters of the road: how long they are, how much of them is code, and what each has to ask of its reader."""

import re
from pathlib import Path

import pytest
from course_book import measures, notebook, tables

ROOT = Path(__file__).resolve().parents[2]
PATHS = {chapter.number: ROOT / f"{chapter.page}.ipynb" for chapter in tables.chapters(ROOT)}
KINDS = {"by hand", "code", "find the bug", "prove", "open", "real data"}


@pytest.fixture(params=PATHS.values(), ids=lambda path: path.stem, scope="module")
def chapter(request):
    nb = notebook.read(request.param)
    assert any("core-ends" in cell.metadata.get("tags", []) for cell in nb.cells), "where does its core end?"
    nb["number"] = int(request.param.name[:2])
    return nb


def text(nb):
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def test_a_chapter_is_no_longer_than_it_may_be(chapter):
    measured = measures.measure(chapter)
    over = {name: (measured[name], most) for name, most in measures.limits(chapter["number"]).items()
            if measured[name] > most}
    assert not over, f"measured, and the most: {over}"
    assert 2 <= measured["predict"] <= 4 and measured["checks"]


def test_a_chapter_has_a_function_to_write_with_hints_and_its_solution_folded(chapter):
    tried = [k for k, cell in enumerate(chapter.cells) if cell.cell_type == "code" and "try_out(" in cell.source]
    assert tried, "nothing to write"
    for k in tried:
        called = set(re.findall(r"try_out\((\w+)", chapter.cells[k].source))
        assert all(re.search(rf"def {name}\(.*\n+    \.\.\.", "\n".join(
            cell.source for cell in chapter.cells[:k + 1]), re.S) for name in called), "no stub stands before it"
        hints = set(map(int, re.findall(r"hint (\d)", chapter.cells[k].outputs[0]["text"])))
        after = "\n".join(cell.source for cell in chapter.cells[k + 1:k + 6] if cell.cell_type == "markdown")
        assert hints <= set(map(int, re.findall(r"<summary>Hint (\d)</summary>", after))), "a hint is missing"
        assert any("hide-cell" in cell.metadata.get("tags", []) and "def " in cell.source
                   for cell in chapter.cells[k + 1:k + 8]), "its solution is missing"


def test_what_is_to_be_predicted_is_asked_and_its_answer_waits(chapter):
    for k, cell in enumerate(chapter.cells):
        if cell.cell_type == "markdown" and "**Predict first" in cell.source:
            following = chapter.cells[k + 1:k + 4]
            assert any("Question(" in c.source or "hide-cell" in c.metadata.get("tags", []) or "<details>" in c.source
                       for c in following), f"nothing asks:\n{cell.source}"


def test_exercises_are_of_several_kinds_and_levels_and_have_answers(chapter):
    exercises = text(chapter).partition("## Exercises")[2].partition("\n## Next")[0]
    number = chapter["number"]
    parts = re.split(r"^(?=\*\*Exercise )", exercises, flags=re.M)[1:]
    heads = [re.match(r"\*\*Exercise (\d+\.\d+)\*\* (★{1,3}) \*([a-z ,]+)\.\*", part) for part in parts]
    assert all(heads), [part[:80] for part, head in zip(parts, heads, strict=True) if not head]
    assert [head[1] for head in heads] == [f"{number}.{k}" for k in range(1, len(parts) + 1)]
    assert 6 <= len(parts) <= 8 and {head[2] for head in heads} == {"★", "★★", "★★★"}
    kinds = [kind for head in heads for kind in head[3].split(", ")]
    assert set(kinds) <= KINDS and {"by hand", "prove", "open", "real data"} <= set(kinds) and (
        {"code", "find the bug"} & set(kinds)), kinds
    for part, head in zip(parts, heads, strict=True):
        answered = re.search(r"<details>\s*\n<summary>Answer</summary>\n\n.+?\n\n</details>", part, re.S)
        assert bool(answered) != ("open" in head[3]), part[:80]


def test_figures_are_numbered_in_their_captions(chapter):
    captions = re.findall(r"^\*\*Figure (\d+)\.(\d+)\.\*\* \S", text(chapter), re.M)
    assert captions == [(str(chapter["number"]), str(k)) for k in range(1, len(captions) + 1)]
    for k, cell in enumerate(chapter.cells):
        outputs = cell.get("outputs", [])
        if any("image/png" in output.get("data", {}) for output in outputs) or (
                cell.cell_type == "code" and measures.moves(cell)):
            after = next((c.source for c in chapter.cells[k + 1:] if c.cell_type == "markdown"), "")
            folded = "hide-cell" in cell.metadata.get("tags", [])
            assert folded or re.match(r"\*\*Figure \d", after), f"no caption:\n{cell.source[:200]}"
