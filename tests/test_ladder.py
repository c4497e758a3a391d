"""The stored accuracy ladder says what chapter 6 says, and `deskew` straightens."""

import numpy as np
import pytest
import torch

from helpers.mnist import deskew, stored_result
from tools import ladder

BANDS = {  # test accuracy in percent: wide enough for another machine, too narrow for another rung's number
    "slides": (84.0, 85.3), "slides_50": (89.7, 90.4), "lr_0.01": (89.6, 90.4), "lr_0.03": (91.0, 91.6),
    "lr_0.1": (91.7, 92.3), "lr_0.5": (90.2, 92.4), "normalised": (89.4, 90.4), "momentum": (91.8, 92.5),
    "cosine": (92.0, 92.7), "adam": (92.2, 92.8), "adam_decay": (92.6, 93.1), "lbfgs_100": (92.3, 92.9),
    "lbfgs_converged": (91.7, 92.3), "lbfgs_l2": (92.4, 92.9), "standardised_l2": (92.4, 93.1),
    "deskewed_l2": (95.3, 95.9), "deskewed_adam": (95.4, 96.0), "deskewed_sqrt": (95.6, 96.1),
}


@pytest.fixture(scope="module")
def rungs():
    return {rung["key"]: rung for rung in stored_result("ladder")["rungs"]}


def test_every_rung_is_stored_once_and_in_order():
    keys = [rung["key"] for rung in stored_result("ladder")["rungs"]]
    assert keys == [rung.key for rung in ladder.RUNGS] == list(BANDS)


def test_the_machine_and_the_date_are_stored():
    stored = stored_result("ladder")
    assert set(stored) == {"date", "machine", "rungs"}
    assert set(stored["machine"]) == {"processor", "cores", "python", "torch", "numpy"}
    assert all(stored["machine"].values())


@pytest.mark.parametrize("key", BANDS)
def test_a_rung_is_whole_and_plausible(rungs, key):
    rung, (low, high) = rungs[key], BANDS[key]
    assert set(rung) == {"key", "name", "validation", "test", "spread", "seeds", "epochs", "seconds", "train",
                         "settings"}
    assert low < rung["test"] < high
    assert abs(rung["validation"] - rung["test"]) < 1
    assert 0 <= rung["spread"] < 1 and rung["seconds"] > 0 and rung["epochs"] > 0
    assert (rung["seeds"] == 1) == (rung["settings"]["optimizer"] == "L-BFGS") == (rung["spread"] == 0)
    assert "{" not in rung["name"]


@pytest.mark.parametrize("rung", ladder.RUNGS, ids=lambda rung: rung.key)
def test_the_stored_settings_are_the_tools_and_the_best_on_validation(rungs, rung):
    settings = dict(rungs[rung.key]["settings"])
    grid = settings.pop("grid", None)
    assert settings.pop("inputs") == rung.inputs
    assert settings in rung.settings
    assert (grid is None) == (len(rung.settings) == 1)
    if grid:
        assert len(grid) == len(rung.settings)
        assert max(grid.values()) == rungs[rung.key]["validation"]


@pytest.mark.parametrize("low, high", [
    ("slides", "lr_0.01"), ("slides", "normalised"), ("slides", "slides_50"), ("slides_50", "lr_0.1"),
    ("lr_0.01", "lr_0.03"), ("lr_0.03", "lr_0.1"), ("lr_0.5", "cosine"), ("lr_0.1", "adam_decay"),
    ("adam", "adam_decay"), ("lbfgs_converged", "lbfgs_100"), ("lbfgs_converged", "lbfgs_l2"),
    ("lbfgs_l2", "deskewed_l2"), ("adam_decay", "deskewed_adam"), ("adam_decay", "deskewed_sqrt")])
def test_the_order_that_the_chapter_tells(rungs, low, high):
    assert rungs[low]["test"] < rungs[high]["test"]


def test_the_converged_run_overfits(rungs):
    converged = rungs["lbfgs_converged"]
    assert converged["train"] == max(rung["train"] for rung in rungs.values() if
                                     rung["settings"]["inputs"] == "raw")
    assert converged["train"] > converged["test"] + 1.5


def test_an_unknown_result_is_an_error_that_lists_what_there_is():
    with pytest.raises(ValueError, match=r"name must be one of .*'ladder'.*got 'stairs'"):
        stored_result("stairs")


def slanted_bar(slope, right=0):
    """A soft stroke, five pixels wide, that runs `slope` columns to the right a row, about (14, 14 + right)."""
    rows, columns = np.mgrid[:28, :28]
    distance = np.abs(columns - 14 - right - slope * (rows - 14))
    return np.where(abs(rows - 14) < 8, np.clip(3 - distance, 0, 1), 0).astype(np.float32)


def slant(image):
    rows, columns = np.mgrid[:28, :28]
    dx, dy = columns - np.average(columns, weights=image), rows - np.average(rows, weights=image)
    return np.average(dx * dy, weights=image) / np.average(dy * dy, weights=image)


@pytest.mark.parametrize("slope", [-0.9, -0.3, 0, 0.3, 0.9])
def test_deskew_makes_a_slanted_bar_upright(slope):
    image = slanted_bar(slope)
    assert slant(image) == pytest.approx(slope, abs=0.05)
    straight = deskew(image[None])[0].numpy()
    assert slant(straight) == pytest.approx(0, abs=0.01)
    assert np.abs(straight - slanted_bar(0)).max() < 0.35  # the same bar, edges softened
    assert straight.sum() == pytest.approx(image.sum(), rel=1e-3)


def test_deskew_leaves_what_is_upright_and_in_the_middle_and_what_has_no_ink():
    assert np.abs(deskew(slanted_bar(0)[None])[0].numpy() - slanted_bar(0)).max() < 1e-5
    assert (deskew(np.zeros((1, 28, 28))) == 0).all()


def test_deskew_centres_and_does_not_shear_a_picture_without_height():
    images = np.zeros((2, 28, 28), np.float32)
    images[0, 5, 3:20] = 0.5  # its centre is column 11
    images[1] = slanted_bar(0, right=-3)
    straight = deskew(images).numpy()
    assert np.abs(straight[0, 14, 6:23] - 0.5).max() < 1e-4 and straight[0].sum() == pytest.approx(8.5, rel=1e-4)
    assert np.abs(straight[1] - slanted_bar(0)).max() < 1e-4


def test_deskew_takes_bytes_and_floats_alike_and_each_picture_by_itself():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (3, 28, 28), dtype=torch.uint8, generator=generator)
    before = images.clone()
    straight = deskew(images)
    assert straight.dtype == torch.float32 and straight.shape == (3, 28, 28)
    assert straight.min() >= 0 and straight.max() <= 1
    assert torch.equal(images, before)
    torch.testing.assert_close(deskew(images.double().numpy() / 255), straight, rtol=0, atol=1e-5)
    one_by_one = torch.cat([deskew(image[None]) for image in images])
    torch.testing.assert_close(one_by_one, straight, rtol=0, atol=1e-5)


@pytest.mark.parametrize("images, message", [
    (np.zeros((28, 28)), r"images must have shape \(N, 28, 28\).*got \(28, 28\)"),
    (np.zeros((2, 784)), r"images must have shape .*got \(2, 784\)"),
    (np.zeros((0, 28, 28)), "at least 1"),
    (np.zeros((1, 28, 28), np.int64), "images must be uint8 or floating point; got torch.int64"),
    (np.full((1, 28, 28), 255.0), "images must lie from 0 to 1"),
    (np.full((1, 28, 28), np.nan), "images must lie from 0 to 1")])
def test_deskew_says_what_is_wrong(images, message):
    with pytest.raises(ValueError, match=message):
        deskew(images)


def test_an_unknown_rung_is_refused():
    with pytest.raises(SystemExit, match="No such rung: attic"):
        ladder.main(["attic"])
