"""The tool that changes one thing at a time: what it changes, and that it says so when nobody notices."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import mutants

ROOT = Path(__file__).resolve().parent.parent
CODE = '''\
import numpy as np


def share(x, axis=1):
    """Return 1 + 1."""
    if x.size < 1:
        raise ValueError("no x")
    x = x - x.max(axis=axis)
    assert x.max() <= 0
    return x.T.sum(axis=-1) / 2  # ₁ counts three bytes


def picture(ax, x, y):
    ax.plot(x, y, linewidth=2, label="one")
    ax.plot(x, -y, label="two")
    ax.imshow(x, cmap="RdBu_r")
'''


@pytest.fixture
def tree(tmp_path):
    """A course of one module, and one test that looks at half of it."""
    for name, text in {"helpers/__init__.py": "", "helpers/tiny.py": "def double(x):\n    return x + x\n",
                       "tests/test_tiny.py": "from helpers.tiny import double\n\n\n"
                                             "def test_double():\n    assert double(0) == 0\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def run(tree):
    """Run the tool on a tree, in a process of its own: it forks, and this one may have threads."""
    script = ("import sys; from pathlib import Path; from tools import mutants; mutants.warm_up = lambda: None; "
              "sys.exit(mutants.main(['-j1'], Path(sys.argv[1])))")
    return subprocess.run([sys.executable, "-c", script, str(tree)], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})


def changes():
    return {(m.kind, m.before, m.after) for m in mutants.mutants_of(CODE, "some.py")}


@pytest.mark.parametrize("change", [
    ("shift removed", "x = x - x.max(axis=axis)", "x = x"),
    ("sign", "x = x - x.max(axis=axis)", "x = x + x.max(axis=axis)"),
    ("max for min", "x = x - x.max(axis=axis)", "x = x - x.min(axis=axis)"),
    ("transpose", "return x.T.sum(axis=-1) / 2 # ₁ counts three bytes",
     "return x.sum(axis=-1) / 2 # ₁ counts three bytes"),
    ("axis", "return x.T.sum(axis=-1) / 2 # ₁ counts three bytes", "return x.T.sum(axis=0) / 2 # ₁ counts three bytes"),
    ("sum for mean", "return x.T.sum(axis=-1) / 2 # ₁ counts three bytes",
     "return x.T.mean(axis=-1) / 2 # ₁ counts three bytes"),
    ("colour map", 'ax.imshow(x, cmap="RdBu_r")', 'ax.imshow(x, cmap="RdBu")'),
    ("plotted data", 'ax.plot(x, y, linewidth=2, label="one")', 'ax.plot(x, -(y), linewidth=2, label="one")'),
    ("swapped label", 'ax.plot(x, y, linewidth=2, label="one") ax.plot(x, -y, label="two")',
     'ax.plot(x, y, linewidth=2, label="two") ax.plot(x, -y, label="one")')], ids=lambda c: c[0])
def test_a_change_of_each_kind_is_made(change):
    assert change in changes()


def test_checks_guards_docstrings_and_layout_stay_as_they_are():
    for _, before, after in changes():
        assert not before.startswith(("assert", "if x.size", "raise", "import", '"""')), before
        assert "linewidth=2" in after or "linewidth" not in before


def test_every_mutant_is_another_program():
    found = mutants.mutants_of(CODE, "some.py")
    assert len({m.name for m in found}) == len(found) > 15
    assert all(ast.dump(ast.parse(m.text)) != ast.dump(ast.parse(CODE)) for m in found)


def test_the_mutants_of_the_course_are_many_and_spread():
    chosen = mutants.selection(ROOT)
    counts = {file: len(own) for file, own in chosen.items()}
    assert sum(counts.values()) >= 60
    assert all(counts[file] >= 5 for file in counts if file.startswith("notebooks/0"))
    assert {m.kind for own in chosen.values() for m in own} >= {
        "sign", "axis", "transpose", "sum for mean", "shift removed", "learning rate", "off by one", "swapped label",
        "comparison turned round", "constant", "colour map", "plotted data"}


def test_an_edit_elsewhere_changes_no_choice():
    before = mutants.choose(mutants.mutants_of(CODE, "some.py"), 4)
    after = mutants.choose(mutants.mutants_of(CODE.replace("import numpy", "\n\nimport numpy"), "some.py"), 4)
    assert [m.name for m in before] == [m.name for m in after]


def test_a_survivor_is_told_and_a_reason_is_demanded(tree):
    done = run(tree)
    assert done.returncode == 1, done.stderr
    entries = json.loads((tree / mutants.STORE).read_text(encoding="utf-8"))
    ended = {entry["kind"]: (entry["ended"], entry["by"]) for entry in entries}
    assert ended == {"sign": ("survived", None)}
    assert "UNEXPLAINED" in done.stdout and "UNEXPLAINED" in (tree / mutants.PAGE).read_text(encoding="utf-8")

    name = mutants.name_of(entries[0])
    (tree / mutants.ALLOWED).write_text(f"[[allowed]]\nmutant = '''{name}'''\nreason = 'only 0 is ever doubled'\n")
    done = run(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "only 0 is ever doubled" in (tree / mutants.PAGE).read_text(encoding="utf-8")


def test_a_better_check_kills_the_survivor_and_its_reason_goes(tree):
    test = tree / "tests/test_tiny.py"
    test.write_text(test.read_text().replace("double(0) == 0", "double(3) == 6"))
    done = run(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    entry, = json.loads((tree / mutants.STORE).read_text(encoding="utf-8"))
    assert (entry["ended"], entry["by"]) == ("killed", "tests/test_tiny.py::test_double")
    (tree / mutants.ALLOWED).write_text(f"[[allowed]]\nmutant = '''{mutants.name_of(entry)}'''\nreason = 'old'\n")
    assert run(tree).returncode == 1


def test_a_check_that_fails_anyway_proves_nothing(tree):
    test = tree / "tests/test_tiny.py"
    test.write_text(test.read_text().replace("== 0", "== 1"))
    done = run(tree)
    assert done.returncode == 1
    assert "COULD NOT TRY helpers/tiny.py: without a mutant" in done.stdout


def test_the_page_says_what_was_stored():
    stored = list(mutants.stored_results(ROOT).values())
    assert (ROOT / mutants.PAGE).read_text(encoding="utf-8") == mutants.page(stored, mutants.reasons(ROOT))
    assert "UNEXPLAINED" not in (ROOT / mutants.PAGE).read_text(encoding="utf-8")


def test_ten_mutants_are_killed_again():
    done = subprocess.run([sys.executable, "tools/mutants.py", "--sample", "10"], cwd=ROOT, capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum(line.startswith("killed") for line in done.stdout.splitlines()) == 10, done.stdout
