"""What the other attacks read and count: mutmut's codes, an environment's end, a kill's damage, the benchmark."""

import json
import random
import subprocess

import nbformat
import numpy as np
import pytest
import torch

from lab import bench, environments, kills, ladder, modules
from lab.common import RECORDS


def test_the_outcome_is_counted_by_function():
    codes = {"helpers.softmax.x_fit__mutmut_1": 1, "helpers.softmax.x_fit__mutmut_2": 0,
             "helpers.softmax.x__numbers__mutmut_1": 36, "helpers.training.xǁSoftmaxRegressionǁforward__mutmut_10": 3,
             "helpers.interactive.figure.x_share__mutmut_1": 33}
    assert modules.by_function(codes) == {
        "SoftmaxRegression.forward": {"tried": 1, "noticed": 1, "timed_out": 0, "survived": 0},
        "_numbers": {"tried": 1, "noticed": 0, "timed_out": 1, "survived": 0},
        "fit": {"tried": 2, "noticed": 1, "timed_out": 0, "survived": 1},
        "share": {"tried": 1, "noticed": 0, "timed_out": 0, "survived": 1}}
    with pytest.raises(RuntimeError, match="x_fit__mutmut_1 was not tried"):
        modules.by_function({"helpers.softmax.x_fit__mutmut_1": None})


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
def test_a_job_that_writes_in_place_is_caught(tree, monkeypatch, job, is_lost):
    monkeypatch.setitem(kills.JOBS, "toy", (["-c", f"import os, time; {job}"], None))
    result = kills.kill(tree, "toy", "", 2, random.Random(3))
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
    with pytest.raises(ValueError, match=r"larger must name .*\['IMAGES', 'REPEATS'\]; got \['PICTURES'\]"):
        bench.measure(path, {"PICTURES": 1})
    nbformat.write(nbformat.v4.new_notebook(cells=cells[1:]), path)
    with pytest.raises(ValueError, match=r"toy\.ipynb must have one cell tagged `parameters`; it has 0"):
        bench.measure(path, {})


def test_what_the_benchmark_enlarges_is_what_the_notebook_sets():
    cells = nbformat.read(bench.NOTEBOOK, as_version=4).cells
    parameters, = (cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    assert all(f"{name} = " in parameters for name in bench.LARGER)


def slanted_bar(slope, right=0):
    """A soft stroke, five pixels wide, that runs `slope` columns to the right a row, about (14, 14 + right)."""
    rows, columns = np.mgrid[:28, :28]
    distance = np.abs(columns - 14 - right - slope * (rows - 14))
    return torch.from_numpy(np.where(abs(rows - 14) < 8, np.clip(3 - distance, 0, 1), 0).astype(np.float32))


def test_deskew_makes_a_bar_upright_and_centres_it_each_picture_by_itself():
    slopes = (-0.9, -0.3, 0, 0.3, 0.9)
    images = torch.stack([*(slanted_bar(slope) for slope in slopes), slanted_bar(0, right=-3), torch.zeros(28, 28)])
    straight = ladder.deskew(images)
    for image in straight[:6]:
        assert (image - slanted_bar(0)).abs().max() < 0.35  # the same bar, edges softened
    assert (straight[2] - slanted_bar(0)).abs().max() < 1e-4 > (straight[5] - slanted_bar(0)).abs().max()
    assert (straight[6] == 0).all()
    assert torch.allclose(torch.cat([ladder.deskew(image[None]) for image in images]), straight, atol=1e-5)


def test_the_published_ladder_has_every_rung_with_the_setting_that_did_best():
    rungs = json.loads((RECORDS / "ladder.json").read_text(encoding="utf-8"))["results"]
    assert list(rungs) == list(ladder.RUNGS)
    for key, rung in ladder.RUNGS.items():
        settings = dict(rungs[key]["settings"])
        grid = settings.pop("grid", {})
        assert settings.pop("inputs") == rung.inputs and settings in rung.settings
        assert max(grid.values(), default=rungs[key]["validation"]) == rungs[key]["validation"]
