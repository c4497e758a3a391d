"""The first cell in Colab: it installs the course at the notebook's version, and touches nothing that is there."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from tools import retarget

ROOT = Path(__file__).resolve().parents[2]


def first_code_cell(path):
    return next(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")


@pytest.mark.wide
def test_in_colab_a_copy_without_an_address_stops_with_one_sentence(colab, tmp_path):
    source = first_code_cell(ROOT / "notebooks" / "01_motivation.ipynb")
    source = re.sub(r'(REPOSITORY, VERSION = )"[^"]*"', rf'\1"{retarget.PLACEHOLDER}"', source)
    done = colab(source, tmp_path)
    assert done.returncode != 0 and done.stderr.count("RuntimeError: This copy of the course does not know") == 1
    assert colab("import helpers", tmp_path).returncode != 0  # nothing was installed


@pytest.mark.wide
@pytest.mark.parametrize(("version", "change", "message"), [
    ("9.9", "", "https://github.com/someone/course has no v9.9"),
    ("2.0.dev0", "https://github.com/nobody", "cannot be reached")])
def test_in_colab_a_version_that_is_not_there_and_a_network_that_is_not_there_are_told_apart(
        colab, repository, tmp_path, version, change, message):
    source = first_code_cell(ROOT / "notebooks" / "01_motivation.ipynb")
    source = re.sub(r'REPOSITORY, VERSION = .*?  #', f'REPOSITORY, VERSION = "someone/course", "{version}"  #', source)
    if change:
        Path(repository).write_text(f'[url "file://{tmp_path}/nowhere"]\n  insteadOf = https://github.com/\n')
    done = colab(source, tmp_path, GIT_CONFIG_GLOBAL=repository)
    assert done.returncode != 0 and message in done.stderr and "RuntimeError" in done.stderr


@pytest.mark.wide
def test_in_colab_a_published_version_installs_its_tag(colab, repository, tmp_path):
    tree = Path(repository).with_name("clone")
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "tag", "v2.0"], cwd=tree, check=True)
    source = first_code_cell(ROOT / "notebooks" / "01_motivation.ipynb")
    source = re.sub(r'REPOSITORY, VERSION = .*?  #', 'REPOSITORY, VERSION = "someone/course", "2.0"  #', source)
    done = colab(f"{source}\nimport helpers; print('jedi' not in pip, missing)", tmp_path, GIT_CONFIG_GLOBAL=repository)
    assert done.returncode == 0 and "True []" in done.stdout, done.stderr[-2000:]  # the course alone was installed


@pytest.mark.wide
@pytest.mark.parametrize("language", ["", "vi"])
def test_in_colab_a_chapter_installs_the_helpers_and_runs(colab, repository, tmp_path, language):
    """git's insteadOf sends the address to a local clone; torch stays the one that was there."""
    empty = tmp_path / "empty"
    empty.mkdir()
    nb = nbformat.read(ROOT / "notebooks" / language / "01_motivation.ipynb", as_version=4)
    cells = [c.source for c in nb.cells if c.cell_type == "code"]
    cells[0] = re.sub(r'(REPOSITORY, VERSION = )"[^"]*"', r'\1"someone/course"', cells[0])
    where = "import torch; before = (torch.__version__, torch.__file__)"
    after = ("import torch, helpers, pathlib; assert before == (torch.__version__, torch.__file__)\n"
             "assert 'venv' in helpers.__file__, helpers.__file__\n"
             "from helpers.interactive import Question, figure\n"
             f"assert figure.LANGUAGE == {language!r} and ('điểm' in str(Question('adding-a-constant').options)) == "
             f"{language == 'vi'}\nprint('RAN TO THE END')")
    done = colab("\n\n".join([where, *cells, after]), empty, GIT_CONFIG_GLOBAL=repository)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WIDGETS ON" in done.stdout and "RAN TO THE END" in done.stdout
    assert list(empty.iterdir()) == []
