"""Chapter 4's figure: every number on the page is what Python computes, and chapter 4 is right about it."""

import re

import numpy as np
import pytest
import traitlets

from helpers.interactive.jacobian_explorer import JacobianExplorer
from helpers.softmax import softmax, softmax_jacobian

CHAPTER = (1.34, 0.61, -0.56)
EXACT = 1e-14
STATES = [
    (CHAPTER, (0, 0.5, 0)), ((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (0.7, 0.7, 0.7)), ((6, -6, -6), (-2, 2, 2)),
    ((-6, 6, 6), (2, 2, -2)), ((6, 6, -6), (2, -2, 0)), ((0.3, -1.2, 2.5), (-0.35, 1.9, 0.05)),
]


def set_sliders(tab, z, dz):
    for slider, value in zip(tab.locator("input[type=range]").all(), (*z, *dz), strict=True):
        slider.fill(f"{value:g}")


def check(tab, values, z, dz):
    """Compare every number on the page with Python."""
    z, dz = np.array(z, float), np.array(dz, float)
    a, matrix = softmax(z), softmax_jacobian(z)
    change, linear = softmax(z + dz) - a, dz @ matrix
    shown = {"small": a, "td.slope": matrix.ravel(), "td.row-sum": np.zeros(3), "td.column-sum": np.zeros(3),
             "text.true": change, "text.linear": linear, ".largest": [np.abs(change - linear).max()],
             ".slider output": [*z, *dz]}
    for selector, expected in shown.items():
        np.testing.assert_allclose(values(tab, selector), expected, rtol=0, atol=EXACT, err_msg=selector)
    for selector, expected, digits in (("td.slope", matrix.ravel(), 3), ("text.true", change, 4)):
        for text, value in zip(tab.locator(selector).all_text_contents(), expected, strict=True):
            assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.5001 * 10**-digits)
            assert text.startswith("+") == (float(text.replace("−", "-")) > 0)
    return a, matrix, change, linear


@pytest.mark.parametrize(("z", "dz"), STATES)
def test_a_state_from_python_is_shown(open_figure, values, z, dz):
    check(open_figure(JacobianExplorer(z=list(z), dz=list(dz))), values, z, dz)


def test_the_sliders_reach_every_state(open_figure, values):
    tab = open_figure(JacobianExplorer())
    check(tab, values, CHAPTER, (0, 0.5, 0))
    for z, dz in STATES[1:]:
        set_sliders(tab, z, dz)
        check(tab, values, z, dz)
    assert tab.complaints == []


@pytest.mark.parametrize(("z", "dz"), STATES)
def test_bars_are_as_long_as_their_numbers(open_figure, values, z, dz):
    tab = open_figure(JacobianExplorer(z=list(z), dz=list(dz)))
    zero = float(tab.locator("svg line[stroke=currentColor]").get_attribute("x1"))
    left, middle, right = tab.locator("svg .tick").all()
    scale = float(right.text_content().replace("+", ""))
    unit = (float(right.get_attribute("x")) - zero) / scale
    assert (left.text_content(), middle.text_content()) == (f"−{scale:g}", "0")
    largest = np.abs(values(tab, "svg [data-value]")).max()
    assert scale == min(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if s >= largest)
    for kind in ("true", "linear"):
        numbers = np.array(values(tab, f"text.{kind}"))
        for number, bar in zip(numbers, tab.locator(f"rect.{kind}").all(), strict=True):
            x, width = (float(bar.get_attribute(name)) for name in ("x", "width"))
            assert width / unit == pytest.approx(abs(number), abs=1e-12)
            assert x + width * (number < 0) == pytest.approx(zero, abs=1e-9)
            assert ("down" in bar.get_attribute("class")) == (number < 0)
            assert (bar.get_attribute("visibility") == "hidden") == (abs(number) < 1e-12)


def test_symmetric_with_zero_sums_and_no_entry_above_a_quarter(open_figure, values):
    tab = open_figure(JacobianExplorer())
    for z in [(0, 0, 0), (3, 3, -6), (-2.5, 1, 6), (6, -6, 0)]:
        set_sliders(tab, z, (0, 0, 0))
        matrix = np.reshape(values(tab, "td.slope"), (3, 3))
        assert np.array_equal(matrix, matrix.T)
        assert (np.diag(matrix) > 0).all() and (matrix - np.diag(np.diag(matrix)) <= 0).all()
        assert np.abs(matrix).max() <= 0.25
        assert set(tab.locator("td.row-sum, td.column-sum").all_text_contents()) == {"0.000"}


def test_a_common_shift_moves_neither_bar_and_stops_at_the_ends(open_figure, values):
    tab = open_figure(JacobianExplorer())
    before = np.array(values(tab, "svg [data-value]"))
    plus, minus = (tab.get_by_role("button", name=name) for name in ("add 1 to all", "subtract 1 from all"))
    for press, shift, (more, less) in [(plus, 1, (False, True)), (plus, 1, (False, True)), (minus, 0, (True, True)),
                                       (minus, -1, (True, True)), (minus, -2, (True, False))]:
        if shift == -2:
            tab.get_by_role("slider", name="change of score z2").fill("-1")
            before = np.array(values(tab, "svg [data-value]"))
        press.focus()
        tab.keyboard.press("Enter")
        assert (plus.get_attribute("aria-disabled"), minus.get_attribute("aria-disabled")) == (
            "true" if not more else "false", "true" if not less else "false")
        np.testing.assert_allclose(values(tab, ".slider output")[3::2], [shift] * 2, atol=EXACT)
        np.testing.assert_allclose(values(tab, "svg [data-value]"), before, rtol=0, atol=EXACT)
        assert press.evaluate("node => node === document.activeElement")


def test_equal_changes_draw_no_bars(open_figure, values):
    tab = open_figure(JacobianExplorer(dz=[0.0, 0.0, 0.0]))
    tab.get_by_role("button", name="add 1 to all").click()
    np.testing.assert_allclose(values(tab, "svg [data-value]"), 0, atol=EXACT)
    assert set(tab.locator("svg [data-value]").all_text_contents()) == {"0.0000"}
    assert tab.locator("svg rect[visibility=visible]").count() == 0


def test_halving_the_step_quarters_the_largest_difference(open_figure, values):
    tab = open_figure(JacobianExplorer())
    for halvings in range(1, 7):
        before, = values(tab, ".largest")
        tab.get_by_role("button", name="halve delta z").click()
        after, = values(tab, ".largest")
        check(tab, values, CHAPTER, (0, 0.5 / 2**halvings, 0))
        assert 3.6 < before / after < 4.0
    assert before / after > 3.98


def test_keys_mouse_and_touch_move_a_slider(open_figure, values):
    tab = open_figure(JacobianExplorer())
    tab.get_by_role("slider", name="score z3", exact=True).focus()
    tab.keyboard.press("End")
    check(tab, values, (1.34, 0.61, 6), (0, 0.5, 0))
    tab.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
    check(tab, values, (1.34, 0.61, 6), (0.05, 0.5, 0))
    box = tab.get_by_role("slider", name="score z1", exact=True).bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] / 2, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] - 20, middle)
    tab.mouse.up()
    check(tab, values, (-6, 0.61, 6), (0.05, 0.5, 0))
    phone = open_figure(JacobianExplorer(), width=360)
    box = phone.get_by_role("slider", name="score z2", exact=True).bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    check(phone, values, (1.34, 6, -0.56), (0, 0.5, 0))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_deepest_colours_leave_the_numbers_legible(open_figure, scheme):
    tab = open_figure(JacobianExplorer(z=[6.0, 6.0, -6.0]), scheme=scheme)
    page, ink = np.array(((255, 255, 255), (34, 40, 50)) if scheme == "light" else ((18, 18, 18), (206, 214, 221)))

    def luminance(colour):
        part = np.asarray(colour) / 255
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for cell in tab.locator("td.slope").all()[:2]:
        *colour, alpha = map(float, re.findall(r"[\d.]+", cell.evaluate("n => getComputedStyle(n).backgroundColor")))
        low, high = sorted(luminance(c) for c in (ink, alpha * np.array(colour) + (1 - alpha) * page))
        assert alpha > 0.7 and (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("wrong", [{"z": [1.0, 2.0]}, {"z": [7.0, 0.0, 0.0]}, {"dz": [0.0, -2.5, 0.0]},
                                   {"dz": [0.0, float("nan"), 0.0]}, {"z": [float("inf"), 0.0, 0.0]}])
def test_an_impossible_value_is_refused_by_name(wrong):
    with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
        JacobianExplorer(**wrong)


def test_without_scripts_the_jacobian_is_a_table(open_figure):
    tab = open_figure(JacobianExplorer(), scripts=False)
    expected = [f"{value:+.3f}" for value in softmax_jacobian(CHAPTER).ravel()]
    assert [text for k, text in enumerate(tab.locator("td").all_text_contents()) if k % 4 < 3] == expected
