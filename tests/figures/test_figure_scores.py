"""Chapter 2's figure: the page shows what Python computes, and the keyboard moves it."""

import numpy as np
import pytest

from helpers.interactive import ScoresToProbabilities
from helpers.softmax import softmax


def shown(tab, values):
    """The shares and the sigmoids, as the bars' pieces have them."""
    return np.array(values(tab, "rect.share")), np.array(values(tab, "rect.sigmoid"))


def ends(tab, kind):
    """Where the pieces of a bar start and end, on the axis from 0 to 3."""
    return np.array(tab.locator(f"rect.{kind}").evaluate_all("""nodes => nodes.map(node => {
        const box = node.getBBox(), unit = node.ownerSVGElement.getBoundingClientRect().width / 3;
        return [box.x / unit, (box.x + box.width) / unit]; })"""))


def test_the_page_shows_what_python_computes(open_figure, values):
    tab = open_figure(ScoresToProbabilities(z=[1.5, -0.5, 3.0], temperature=2.0))
    for z, temperature in [((1.5, -0.5, 3.0), 2.0), ((8.0, -8.0, 0.0), 0.1), ((0.0, 0.0, 0.0), 5.0)]:
        for box, value in zip(tab.locator("input[type=range]").all(), (*z, temperature), strict=True):
            box.fill(str(value))
        left, right = shown(tab, values)
        np.testing.assert_allclose(left, softmax(np.array(z) / temperature), atol=1e-12)
        np.testing.assert_allclose(right, 1 / (1 + np.exp(-np.array(z))), atol=1e-12)
        exponentials = np.exp(np.array(z) / temperature)
        columns = np.column_stack([exponentials, left, right])
        cells = np.array(values(tab, "tbody td")).reshape(3, 3)
        np.testing.assert_allclose(cells, columns, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(values(tab, "tfoot td"), columns.sum(axis=0), rtol=1e-12)
        for kind, lengths in (("exponential", 3 * left), ("share", left), ("sigmoid", right)):
            stops = lengths.cumsum()
            np.testing.assert_allclose(ends(tab, kind), np.column_stack([stops - lengths, stops]), atol=1e-3)
        off = right.sum() - 1  # how far the sigmoids' bar misses the 1
        text = tab.locator(".bars text").filter(has_text="Σ σ").text_content()
        assert text == f"Σ σ(z) = {right.sum():.3f} = 1 {'−' if off < 0 else '+'} {abs(off):.3f}"
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


def test_the_share_is_the_exponential_divided_by_the_sum(open_figure, values):
    tab = open_figure(ScoresToProbabilities())
    assert tab.locator("tfoot td").all_inner_texts() == ["10.475", "1.000", "1.881"]
    assert tab.locator("tbody td").all_inner_texts() == ["7.389", "0.705", "0.881", "2.718", "0.259", "0.731", "0.368",
                                                         "0.035", "0.269"]
    tab.get_by_role("button", name="add 1 to all scores").click()
    assert values(tab, "tfoot td")[0] == pytest.approx(np.e * np.exp([2, 1, -1]).sum())
    cold = open_figure(ScoresToProbabilities(z=[8.0, 1.0, -8.0], temperature=0.1))
    assert cold.locator("tbody td.exponential").all_inner_texts() == ["5.5e34", "2.2e4", "1.8e−35"]
    assert cold.locator("thead th").nth(1).inner_text() == "exp(z/τ)"
    large = open_figure(ScoresToProbabilities(z=[900.0, 899.0, -900.0]))
    assert large.locator("td.exponential").all_inner_texts() == ["∞", "∞", "0.000"]
    np.testing.assert_allclose(values(large, "td.share"), softmax([900.0, 899.0, -900.0]), atol=1e-12)


def test_without_scripts_the_table_says_the_same():
    text = ScoresToProbabilities().fallback()
    for number in ("7.389", "10.48", "0.705", "1.000", "0.881", "1.881"):
        assert f"<td>{number}</td>" in text
    assert "<td>inf</td>" in ScoresToProbabilities(z=[900.0, 0.0, 0.0]).fallback()
