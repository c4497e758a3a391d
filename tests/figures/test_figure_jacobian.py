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


def lit(tab):
    """Return which entry is lit: in the matrix, its names, the formula and the graph, which must agree."""
    places = [np.flatnonzero(tab.locator(selector).evaluate_all(test)) for selector, test in (
        ("td.slope", "nodes => nodes.map(n => n.ariaSelected === 'true')"),
        ("line.arrow", "nodes => nodes.map(n => n.classList.contains('lit'))"))]
    assert len(places[0]) == 1 and np.array_equal(*places)
    m, i = divmod(int(places[0][0]), 3)
    assert tab.locator("th.lit").evaluate_all("nodes => nodes.map(n => n.firstChild.textContent)") == [
        "a" + "₁₂₃"[i], "z" + "₁₂₃"[m]]
    nodes = tab.locator("circle.node").evaluate_all("nodes => nodes.map(n => n.classList.contains('lit'))")
    assert np.array_equal(np.flatnonzero(nodes), [m, 3 + i])
    return m, i


def check_formula(tab, values, z):
    """The formula of the entry that is lit has the numbers of the model, and its value is the matrix's."""
    (m, i), a, matrix = lit(tab), softmax(z), softmax_jacobian(z)
    text = tab.locator(".entry").inner_text()
    *factors, value = values(tab, ".entry [data-value]")
    np.testing.assert_allclose(factors, [a[m], a[i]], rtol=0, atol=EXACT)
    np.testing.assert_allclose([value, *values(tab, "svg text.lit")], [matrix[m, i]] * 2, rtol=0, atol=EXACT)
    name, rule, put_in, result = text.split(" = ")
    one, other = "₁₂₃"[i], "₁₂₃"[m]
    assert (name, rule) == (f"∂a{one}/∂z{other}", f"a{one}(1 − a{one})" if m == i else f"−a{other} a{one}")
    assert put_in == (f"{a[i]:.3f} · (1 − {a[i]:.3f})" if m == i else f"−{a[m]:.3f} · {a[i]:.3f}")
    assert float(result.replace("−", "-")) == pytest.approx(matrix[m, i], abs=0.5001e-3)


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
    largest = np.abs(values(tab, "text.true, text.linear")).max()
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
    before = np.array(values(tab, "text.true, text.linear"))
    plus, minus = (tab.get_by_role("button", name=name) for name in ("add 1 to all", "subtract 1 from all"))
    for press, shift, (more, less) in [(plus, 1, (False, True)), (plus, 1, (False, True)), (minus, 0, (True, True)),
                                       (minus, -1, (True, True)), (minus, -2, (True, False))]:
        if shift == -2:
            tab.get_by_role("slider", name="change of score z2").fill("-1")
            before = np.array(values(tab, "text.true, text.linear"))
        press.focus()
        tab.keyboard.press("Enter")
        assert (plus.get_attribute("aria-disabled"), minus.get_attribute("aria-disabled")) == (
            "true" if not more else "false", "true" if not less else "false")
        np.testing.assert_allclose(values(tab, ".slider output")[3::2], [shift] * 2, atol=EXACT)
        np.testing.assert_allclose(values(tab, "text.true, text.linear"), before, rtol=0, atol=EXACT)
        assert press.evaluate("node => node === document.activeElement")


def test_equal_changes_draw_no_bars(open_figure, values):
    tab = open_figure(JacobianExplorer(dz=[0.0, 0.0, 0.0]))
    tab.get_by_role("button", name="add 1 to all").click()
    np.testing.assert_allclose(values(tab, "text.true, text.linear"), 0, atol=EXACT)
    assert set(tab.locator("text.true, text.linear").all_text_contents()) == {"0.0000"}
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


@pytest.mark.wide
def test_every_entry_lights_up_where_it_comes_from(open_figure, values):
    tab = open_figure(JacobianExplorer())
    assert lit(tab) == (1, 1)
    check_formula(tab, values, CHAPTER)
    for place, cell in enumerate(tab.locator("td.slope").all()):
        cell.click()
        assert lit(tab) == divmod(place, 3)
        check_formula(tab, values, CHAPTER)
    set_sliders(tab, (0.3, -1.2, 2.5), (0, 0, 0))
    check_formula(tab, values, (0.3, -1.2, 2.5))
    for place in range(9):
        tab = open_figure(JacobianExplorer(z=[2.0, -0.5, 1.0], entry=place))
        assert lit(tab) == divmod(place, 3)
        check_formula(tab, values, (2.0, -0.5, 1.0))


def test_the_matrix_is_one_stop_and_arrows_lead_from_entry_to_entry(open_figure):
    tab = open_figure(JacobianExplorer())
    tab.get_by_role("button", name="halve delta z").focus()
    tab.keyboard.press("Tab")
    place = "[...document.querySelectorAll('td.slope')].indexOf(document.activeElement)"
    assert tab.evaluate(place) == 4
    for key, reached in (("ArrowRight", 5), ("ArrowRight", 5), ("ArrowUp", 2), ("ArrowUp", 2), ("ArrowLeft", 1),
                         ("ArrowDown", 4), ("ArrowDown", 7), ("ArrowDown", 7), ("ArrowLeft", 6), ("ArrowLeft", 6)):
        tab.keyboard.press(key)
        assert tab.evaluate(place) == reached, key
        assert lit(tab) == (1, 1), "moving lights nothing up"
    tab.keyboard.press("Enter")
    assert lit(tab) == (2, 0)
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press(" ")
    assert lit(tab) == (2, 1)
    tab.wait_for_function("document.querySelector('.spoken').textContent.startsWith('∂a₂/∂z₃ = −a₃ a₂ = ')")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate(place) == 7 and tab.locator("td.slope[tabindex='0']").count() == 1


def test_a_common_shift_is_answered_in_words_and_nothing_else_is(open_figure):
    for language, answer in (("en", "Nothing moved: each column sums to 0."),
                             ("vi", "Không gì thay đổi: mỗi cột có tổng bằng 0.")):
        tab = open_figure(JacobianExplorer())
        tab.evaluate("language => document.documentElement.lang = language", language)
        status = tab.locator(".answer")
        assert status.inner_text() == ""
        tab.get_by_role("button", name="All scores + 1").click()
        assert status.inner_text() == answer and status.get_attribute("role") == "status"
        tab.get_by_role("button", name="halve delta z").click()
        assert status.inner_text() == answer  # any common shift
        tab.get_by_role("slider", name="change of score z2").fill("0")
        assert status.inner_text() == ""
        set_sliders(tab, CHAPTER, (0, 0, 0))
        assert status.inner_text() == ""  # nothing was changed, so nothing is told


def test_on_a_phone_an_entry_is_as_large_as_a_fingertip(open_figure):
    tab = open_figure(JacobianExplorer(), width=390)
    for cell in tab.locator("td.slope").all():
        box = cell.bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44
    tab.locator("td.slope").nth(6).tap()
    assert lit(tab) == (2, 0)


def test_the_graph_stands_beside_the_matrix_in_the_book(open_figure):
    tab = open_figure(JacobianExplorer(), width=688 + 16)
    table, graph = tab.locator("table").bounding_box(), tab.locator("svg").bounding_box()
    assert graph["x"] > table["x"] + table["width"] and graph["y"] < table["y"] + 60


@pytest.mark.parametrize("wrong", [{"entry": 9}, {"entry": -1}, {"z": [1.0, 2.0]}, {"z": [7.0, 0.0, 0.0]},
                                   {"dz": [0.0, -2.5, 0.0]}, {"dz": [0.0, float("nan"), 0.0]},
                                   {"z": [float("inf"), 0.0, 0.0]}])
def test_an_impossible_value_is_refused_by_name(wrong):
    with pytest.raises(traitlets.TraitError, match=next(iter(wrong))):
        JacobianExplorer(**wrong)


def test_without_scripts_the_jacobian_is_a_table(open_figure):
    tab = open_figure(JacobianExplorer(), scripts=False)
    expected = [f"{value:+.3f}" for value in softmax_jacobian(CHAPTER).ravel()]
    assert [text for k, text in enumerate(tab.locator("td").all_text_contents()) if k % 4 < 3] == expected
