"""What the other attacks read and count: mutmut's codes, an environment's end, a kill's damage, the benchmark."""

import random
import subprocess

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from lab import bench, environments, kills, modules


def test_mutmuts_codes_and_names_are_understood():
    assert modules.counted([1, 0, 36, 3, 33]) == {"tried": 5, "noticed": 2, "timed_out": 1, "survived": 2}
    names = ["helpers.softmax.x_fit__mutmut_1", "helpers.softmax.x__numbers__mutmut_12",
             "helpers.training.xǁSoftmaxRegressionǁforward__mutmut_10"]
    assert [*map(modules.function_of, names)] == ["fit", "_numbers", "SoftmaxRegression.forward"]


def test_an_environment_passes_or_says_what_went_wrong():
    def fine(folder):
        """A folder."""
        environments.must_run("touch", "file", cwd=folder)
        return "one command"

    def wrong(folder):
        """A failure."""
        environments.must_run("sh", "-c", "echo too bad; exit 3", cwd=folder)

    assert environments.attempt(fine) == {"what": "A folder.", "ran": "one command", "ended": "passed", "seconds": 0}
    result = environments.attempt(wrong)
    assert result["ended"] == "failed" and "ended with 3\ntoo bad" in result["error"]
    assert all(environment.__doc__ for environment in environments.ENVIRONMENTS.values())


@pytest.fixture
def tree(tmp_path):
    """A repository of one text and one executed notebook."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", execution_count=1)])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (tmp_path / "text").write_text("whole\n")
    for command in ("init -q", "add .", "-c user.name=n -c user.email=e commit -qm m"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    return tmp_path


def test_a_file_is_damaged_unless_it_is_as_it_was_or_a_notebook_stored_anew(tree):
    assert kills.damaged(tree) == []
    whole = (tree / "a.ipynb").read_text()
    (tree / "a.ipynb").write_text(whole.replace('"1"', '"2"'))
    assert kills.damaged(tree) == []
    for broken in (whole[:-20], whole.replace('"execution_count": 1', '"execution_count": null'), ""):
        (tree / "a.ipynb").write_text(broken)
        assert kills.damaged(tree) == ["a.ipynb"]
    (tree / "text").unlink()
    assert kills.damaged(tree) == ["a.ipynb", "text"]


@pytest.mark.parametrize("job, is_lost", [
    ("open('new', 'w').write('whole\\n'); time.sleep(1); os.replace('new', 'text')", False),
    ("open('text', 'w').write('who'); time.sleep(1); open('text', 'w').write('whole\\n')", True)])
def test_a_job_that_writes_in_place_is_caught(tree, job, is_lost):
    result = kills.kill(tree, kills.Job(("-c", f"import os, time; {job}")), "", 2, random.Random(3))
    assert result["times"] == result["next_succeeded"] == len(result["killed_after"]) == 2
    assert result["while_running"] >= 1 and bool(result["lost"]) == is_lost


def test_the_benchmark_runs_the_notebook_with_larger_parameters(tmp_path):
    cells = [nbformat.v4.new_code_cell("IMAGES = 10\nREPEATS = 1", metadata={"tags": ["parameters"]}),
             nbformat.v4.new_code_cell("MEASURED = {'images': IMAGES, 'repeats': REPEATS}\nMEASURED")]
    path = tmp_path / "toy.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    before = path.read_bytes()
    assert bench.measure(path, {"IMAGES": 60_000}) == {"images": 60_000, "repeats": 1}
    assert path.read_bytes() == before
    with pytest.raises(CellExecutionError, match="PICTURES"):
        bench.measure(path, {"PICTURES": 1})
