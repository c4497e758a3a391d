"""Chapter 2's figure: the page shows what Python computes, and the keyboard moves it."""

import numpy as np
import pytest

from helpers.interactive import ScoresToProbabilities
from helpers.softmax import softmax


def shown(tab, values):
    numbers = values(tab, "svg [data-value]")
    return np.array(numbers[:3]), np.array(numbers[3:])


def test_the_page_shows_what_python_computes(open_figure, values):
    tab = open_figure(ScoresToProbabilities(z=[1.5, -0.5, 3.0], temperature=2.0))
    for z, temperature in [((1.5, -0.5, 3.0), 2.0), ((8.0, -8.0, 0.0), 0.1), ((0.0, 0.0, 0.0), 5.0)]:
        for box, value in zip(tab.locator("input[type=range]").all(), (*z, temperature), strict=True):
            box.fill(str(value))
        left, right = shown(tab, values)
        np.testing.assert_allclose(left, softmax(np.array(z) / temperature), atol=1e-12)
        np.testing.assert_allclose(right, 1 / (1 + np.exp(-np.array(z))), atol=1e-12)
        sums = values(tab, "figcaption output")
        assert sums == pytest.approx([left.sum(), right.sum()])
    assert tab.complaints == []


def test_it_starts_at_the_scores_of_the_text():
    assert ScoresToProbabilities().z == [2.0, 1.0, -1.0] and ScoresToProbabilities().temperature == 1.0


def test_a_constant_moves_nothing_on_the_softmax_side(open_figure, values):
    tab = open_figure(ScoresToProbabilities())
    before_left, before_right = shown(tab, values)
    tab.get_by_role("button", name="add 1 to all scores").click()
    left, right = shown(tab, values)
    np.testing.assert_allclose(left, before_left, atol=1e-14)
    assert (right > before_right).all()


def test_the_keyboard_moves_a_slider(open_figure, values):
    tab = open_figure(ScoresToProbabilities())
    tab.get_by_role("slider", name="score z1").focus()
    tab.keyboard.press("ArrowRight")
    assert values(tab, ".slider output")[0] == pytest.approx(2.1)
