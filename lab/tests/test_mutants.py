"""What is changed in a cell, which changes are tried, and that a notebook under nbval notices them or does not."""

import ast

import nbformat
import pytest

from lab import mutants
from lab.changes import changed_texts

CODE = '''\
import numpy as np


def share(x, axis=1):
    if x.size < 1:
        raise ValueError("no x")
    x = x - x.max(axis=axis)
    assert x.max() <= 0
    return x.T.sum(axis=-1) / 2  # ₁ counts three bytes


def picture(ax, x, y):
    ax.plot(x, y, linewidth=2, label="one")
    ax.plot(x, -y, label="two")
    ax.imshow(x, cmap="RdBu_r")
    fit(x, learning_rate=0.5, rounds=range(3))
    return x[0, 1] ** 2 if len(x) > 2 else 1.5
'''
RETURN = "return x.T.sum(axis=-1) / 2 # ₁ counts three bytes"
LAST = "return x[0, 1] ** 2 if len(x) > 2 else 1.5"


@pytest.mark.parametrize("kind, before, after", [
    ("shift removed", "x = x - x.max(axis=axis)", "x = x"),
    ("sign", "x = x - x.max(axis=axis)", "x = x + x.max(axis=axis)"),
    ("max for min", "x = x - x.max(axis=axis)", "x = x - x.min(axis=axis)"),
    ("transpose", RETURN, RETURN.replace(".T", "")), ("axis", RETURN, RETURN.replace("-1", "0")),
    ("sum for mean", RETURN, RETURN.replace("sum", "mean")), ("factor", RETURN, RETURN.replace("/", "*")),
    ("axis", "def share(x, axis=1):", "def share(x, axis=0):"),
    ("colour map", 'ax.imshow(x, cmap="RdBu_r")', 'ax.imshow(x, cmap="RdBu")'),
    ("plotted data", 'ax.plot(x, y, linewidth=2, label="one")', 'ax.plot(x, -(y), linewidth=2, label="one")'),
    ("learning rate", "fit(x, learning_rate=0.5, rounds=range(3))", "fit(x, learning_rate=1.0, rounds=range(3))"),
    ("off by one", "fit(x, learning_rate=0.5, rounds=range(3))", "fit(x, learning_rate=0.5, rounds=range(4))"),
    ("power", LAST, LAST.replace(" ** 2", "")), ("boundary", LAST, LAST.replace(">", ">=")),
    ("comparison turned round", LAST, LAST.replace(">", "<")), ("constant", LAST, LAST.replace("1.5", "1.65")),
    ("transpose", LAST, LAST.replace("0, 1", "1, 0")),
    ("swapped label", 'ax.plot(x, y, linewidth=2, label="one") ax.plot(x, -y, label="two")',
     'ax.plot(x, y, linewidth=2, label="two") ax.plot(x, -y, label="one")')])
def test_a_change_of_each_kind_is_made(kind, before, after):
    assert (kind, before, after) in {change[:3] for change in changed_texts(CODE)}


def test_every_change_gives_another_program_and_leaves_checks_guards_and_layout():
    found = list(changed_texts(CODE))
    assert len(found) > 20 and all(ast.dump(ast.parse(text)) != ast.dump(ast.parse(CODE)) for *_, text in found)
    for _, before, after, _ in found:
        assert not before.startswith(("assert", "if x.size", "raise", "import")), before
        assert "linewidth=2" in after or "linewidth" not in before


def test_the_choice_is_spread_over_kinds_and_an_edit_elsewhere_does_not_change_it():
    chosen, after = (mutants.choose([mutants.Mutant("n", "c", *change) for change in changed_texts(text)], 8)
                     for text in (CODE, CODE.replace("import numpy", "\n\nimport numpy")))
    assert len({m.kind for m in chosen}) == len({m.before for m in chosen}) == 8
    assert [m.name for m in chosen] == [m.name for m in after]


def written(tree, *cells):
    """Write a notebook of cells given as source, what it shows, tags; return its name."""
    notebook = nbformat.v4.new_notebook()
    for number, (source, shown, tags) in enumerate(cells, 1):
        cell = nbformat.v4.new_code_cell(source, execution_count=number, id=f"cell-{number}", metadata={"tags": tags})
        if shown:
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": shown}, execution_count=number)]
        notebook.cells.append(cell)
    nbformat.write(notebook, tree / "toy.ipynb")
    return "toy.ipynb"


def test_a_change_of_the_lesson_is_noticed_and_one_without_effect_survives(tmp_path):
    name = written(tmp_path, ("x = 2", "", ["remove-cell"]), ("x - 3", "-1", []),
                   ("for _ in range(3):\n    pass", "", []), ("assert x - 3 == -1", "", ["check"]))
    before = (tmp_path / name).read_bytes()
    survivor = "toy.ipynb cell-3: off by one: for _ in range(3): -> for _ in range(4):"
    result = mutants.attack(tmp_path, name, {survivor: "nothing is done"})
    assert result == {"tried": 2, "noticed": 1, "timed_out": 0, "kinds": {"off by one": 1, "sign": 1}, "survivors": [
        {"cell": "cell-3", "kind": "off by one", "before": "for _ in range(3):", "after": "for _ in range(4):",
         "reason": "nothing is done"}]}
    assert (tmp_path / name).read_bytes() == before


def test_a_notebook_that_fails_anyway_proves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match=r"without a mutant, toy.ipynb is not sound \(noticed\)"):
        mutants.attack(tmp_path, written(tmp_path, ("2 - 3", "5", [])), {})
