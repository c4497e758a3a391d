"""Chapter 3's figure: handles in the triangle of probabilities, and the likelihood and loss they make."""

import numpy as np
import pytest

from helpers.interactive.likelihood import Likelihood
from helpers.softmax import cross_entropy, one_hot

SLIDES = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])
Y = one_hot([0, 1, 2], 3)


def shown(tab, values):
    """The predictions, the probabilities of the true classes, the losses and the three totals."""
    cells = np.array(values(tab, "tbody td")).reshape(3, 5)
    return cells[:, :3], cells[:, 3], cells[:, 4], values(tab, "tfoot td")


def assert_consistent(tab, values):
    a, a_true, losses, totals = shown(tab, values)
    with np.errstate(divide="ignore"):
        log_a_true = np.log(a[Y == 1])
    np.testing.assert_array_equal(a_true, a[Y == 1])
    np.testing.assert_allclose(losses, -log_a_true, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(totals, [(a ** Y).prod(), log_a_true.sum(), -log_a_true.sum()], rtol=1e-13, atol=1e-14)
    if (a > 0).all():  # the logarithms of probabilities are scores that lead back to them
        assert totals[2] == pytest.approx(3 * cross_entropy(np.log(a), Y), rel=1e-12)
    assert tab.complaints == []
    return a


def corners(tab):
    """Where the three corners are on the screen."""
    return np.array(tab.locator("polygon").first.evaluate(
        "p => [...p.points].map(q => q.matrixTransform(p.getScreenCTM())).map(q => [q.x, q.y])"))


def drag(tab, start, end):
    tab.mouse.move(*start)
    tab.mouse.down()
    tab.mouse.move(*(np.array(start) + end) / 2)
    tab.mouse.move(*end)
    tab.mouse.up()


def nearest_on_a_grid(point, places):
    """Search all probabilities in thousandths for the one whose place is nearest to a point of the screen."""
    first, second = np.meshgrid(np.arange(1001), np.arange(1001), indexing="ij")
    inside = first + second <= 1000
    grid = np.stack([first[inside], second[inside], 1000 - first[inside] - second[inside]], axis=1) / 1000
    return grid[((grid @ places - point) ** 2).sum(axis=1).argmin()]


def press(tab, i, *keys):
    tab.locator(".drag").nth(i).focus()
    for key in keys:
        tab.keyboard.press(key)


def test_it_starts_with_the_slides_predictions(open_figure, values):
    tab = open_figure(Likelihood())
    np.testing.assert_array_equal(assert_consistent(tab, values), SLIDES)
    assert tab.locator("tfoot td").all_inner_texts() == ["0.504", "−0.685", "0.685"]
    assert tab.locator("tbody td:last-child").all_inner_texts() == ["0.105", "0.223", "0.357"]
    assert tab.locator("td.true").all_inner_texts() == ["0.900", "0.800", "0.700"]


def test_any_predictions_are_shown_as_numpy_computes(open_figure, values):
    rng = np.random.default_rng(3)
    for a in [*rng.dirichlet([1, 1, 1], size=(2, 3)), *rng.dirichlet([0.05, 0.05, 0.05], size=(2, 3))]:
        tab = open_figure(Likelihood(a=a.tolist()))
        np.testing.assert_array_equal(assert_consistent(tab, values), a)


@pytest.mark.parametrize("i", [0, 1, 2])
def test_a_dragged_handle_goes_to_the_nearest_probabilities(open_figure, values, i):
    tab = open_figure(Likelihood())
    places = corners(tab)
    centre, expected = places.mean(axis=0), SLIDES.copy()
    inside = [np.array(weights) @ places for weights in ([0.5, 0.2, 0.3], [0.02, 0.9, 0.08])]
    outside = [centre + np.array(offset) for offset in ([150, 60], [-150, -40], [20, -220], [-190, 120], [3, 100])]
    for end in inside + outside:
        drag(tab, expected[i] @ places, end)
        a = assert_consistent(tab, values)
        expected[i] = nearest_on_a_grid(end, places)
        np.testing.assert_allclose(a, expected, atol=0.001 + 1e-9)
        np.testing.assert_allclose(1000 * a, (1000 * a).round(), atol=1e-9)
        assert (1000 * a).round().sum(axis=1).tolist() == [1000] * 3 and (a >= 0).all()
        expected[i] = a[i]


def test_a_handle_keeps_its_distance_from_the_pointer_and_stops_when_it_is_let_go(open_figure, values):
    tab = open_figure(Likelihood())
    places = corners(tab)
    drag(tab, SLIDES[1] @ places + [5, -4], [0.4, 0.3, 0.3] @ places + [5, -4])
    np.testing.assert_allclose(assert_consistent(tab, values)[1], [0.4, 0.3, 0.3], atol=1e-12)
    tab.mouse.move(*(places[0]))
    np.testing.assert_allclose(assert_consistent(tab, values)[1], [0.4, 0.3, 0.3], atol=1e-12)


def test_of_handles_that_overlap_the_nearest_is_taken_and_the_keys_follow(open_figure, values):
    tab = open_figure(Likelihood(a=[[0.45, 0.25, 0.3], [0.4, 0.3, 0.3], [0.35, 0.35, 0.3]]))
    places = corners(tab)
    drag(tab, [0.45, 0.25, 0.3] @ places, [0.8, 0.1, 0.1] @ places)
    np.testing.assert_allclose(assert_consistent(tab, values)[0], [0.8, 0.1, 0.1], atol=1e-12)
    tab.keyboard.press("ArrowLeft")
    a = assert_consistent(tab, values)
    np.testing.assert_allclose(a, [[0.81, 0.09, 0.1], [0.4, 0.3, 0.3], [0.35, 0.35, 0.3]], atol=1e-12)


def test_a_finger_drags_a_handle_on_a_phone(open_figure, values):
    tab = open_figure(Likelihood(), width=360)
    places = corners(tab)
    session = tab.context.new_cdp_session(tab)
    path = [0.3, 0.2, 0.5], [0.25, 0.4, 0.35], [0.2, 0.6, 0.2]
    for kind, a in [("touchStart", SLIDES[2]), *(("touchMove", a) for a in path)]:
        x, y = np.array(a) @ places
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expected = [*SLIDES[:2].tolist(), path[-1]]
    np.testing.assert_allclose(assert_consistent(tab, values), expected, atol=0.001 + 1e-9)
    assert tab.evaluate("window.scrollY") == 0


def test_arrow_keys_move_a_handle(open_figure, values):
    tab = open_figure(Likelihood())
    for key, change in [("ArrowRight", [-0.01, 0.01, 0]), ("ArrowLeft", [0.01, -0.01, 0]),
                        ("Shift+ArrowUp", [-0.05, -0.05, 0.1]), ("ArrowDown", [0.005, 0.005, -0.01]),
                        ("Shift+ArrowDown", [0.05, 0.05, -0.1])]:
        before = shown(tab, values)[0]
        press(tab, 1, key)
        np.testing.assert_allclose(assert_consistent(tab, values)[1], before[1] + change, atol=1e-12)
    text = tab.locator(".drag").nth(1).get_attribute("aria-valuetext")
    a, _, losses, totals = shown(tab, values)
    assert text == f"a = {', '.join(f'{v:.3f}' for v in a[1])}; L = {losses[1]:.3f}; J = {totals[2]:.3f}"


def test_keys_cannot_leave_the_triangle(open_figure, values):
    tab = open_figure(Likelihood())
    rng = np.random.default_rng(0)
    for i in range(3):
        press(tab, i, *rng.choice(["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"], 40))
        a = assert_consistent(tab, values)
        assert (a >= 0).all()
        assert abs(a.sum(axis=1) - 1).max() < 3e-16
    press(tab, 1, *["Shift+ArrowLeft"] * 25)
    assert assert_consistent(tab, values)[1].tolist() == [1, 0, 0]


def test_the_best_point_is_the_corner_of_the_true_class(open_figure, values):
    tab = open_figure(Likelihood())
    for i in range(3):
        press(tab, i, "End")
    a = assert_consistent(tab, values)
    np.testing.assert_array_equal(a, np.eye(3))
    assert tab.locator("tfoot td").all_inner_texts() == ["1.000", "0.000", "0.000"]
    assert not tab.locator("tbody").inner_text().count("−")


def test_an_impossible_label_costs_infinity(open_figure, values):
    tab = open_figure(Likelihood())
    press(tab, 2, "Home")
    a = assert_consistent(tab, values)
    assert a[2, 2] == 0 and a[2].sum() == 1
    assert tab.locator("tfoot td").all_inner_texts() == ["0.000", "−∞", "∞"]
    assert tab.locator("tbody td:last-child").all_inner_texts() == ["0.105", "0.223", "∞"]
    assert values(tab, "tfoot td") == [0, -np.inf, np.inf]
    tab.get_by_role("button", name="Reset").click()
    np.testing.assert_array_equal(assert_consistent(tab, values), SLIDES)


def test_how_the_rest_is_spread_plays_no_part(open_figure, values):
    tab = open_figure(Likelihood())
    before = shown(tab, values)
    press(tab, 2, "Shift+ArrowRight", "ArrowLeft", "ArrowLeft")
    after = shown(tab, values)
    assert not np.allclose(before[0][2], after[0][2])
    np.testing.assert_array_equal(before[2], after[2])
    assert before[3] == after[3]


def test_the_lines_of_the_chosen_handle_are_levels_of_its_loss(open_figure, values):
    tab = open_figure(Likelihood())
    tab.get_by_role("button", name="Copy link").focus()
    for i in range(3):
        tab.keyboard.press("Tab")
        places = corners(tab)
        ends = np.array(tab.locator("svg.triangle line").evaluate_all("""lines => lines.map(line => [[line.x1, line.y1],
            [line.x2, line.y2]].map(([x, y]) => new DOMPoint(x.baseVal.value, y.baseVal.value).matrixTransform(
            line.getScreenCTM())).map(q => [q.x, q.y]))"""))
        a = np.linalg.solve(np.vstack([places.T, np.ones(3)]), np.vstack([ends.reshape(-1, 2).T, np.ones(20)])).T
        np.testing.assert_allclose(a[:, i], np.repeat([*np.arange(1, 10) / 10, SLIDES[i, i]], 2), atol=1e-5)
        np.testing.assert_allclose(values(tab, "text.level"), -np.log(np.arange(1, 10) / 10), rtol=1e-14)
        assert tab.locator(".drag.chosen").get_attribute("aria-label") == f"point {i + 1}, true class {i + 1}"


def test_a_product_that_underflows_leaves_the_sum_alone(open_figure, values):
    tab = open_figure(Likelihood(a=[[1e-200, 1, 0], [1, 1e-200, 0], [0.5, 0.49999, 1e-5]]))
    _, _, losses, totals = shown(tab, values)
    assert totals[0] == 0 and totals[2] == pytest.approx(-400 * np.log(0.1) - np.log(1e-5), rel=1e-14)
    assert losses.sum() == pytest.approx(totals[2], rel=1e-14)
    assert tab.locator("tbody tr").nth(2).locator("td").nth(3).inner_text() == "1.0e−5"


@pytest.mark.parametrize("row", [[0.5, 0.6, 0.0], [1.2, -0.2, 0.0], [0.3, 0.3, 0.3], [float("nan"), 0.5, 0.5]])
def test_only_probabilities_are_taken(row):
    with pytest.raises(ValueError, match=r"a must hold probabilities.* in row 2"):
        Likelihood(a=[[1, 0, 0], row, [0, 0, 1]])
    figure = Likelihood()
    with pytest.raises(ValueError, match="in row 3"):
        figure.a = [[1, 0, 0], [0, 1, 0], row]
    assert figure.a == SLIDES.tolist()


def test_without_scripts_the_table_says_the_same():
    text = Likelihood().fallback()
    for number in ("0.504", "−0.685", "0.685", "0.105", "0.223", "0.357"):
        assert f"<td>{number}</td>" in text
    assert "<td>∞</td>" in Likelihood(a=[[0, 1, 0], [0, 1, 0], [0, 0, 1]]).fallback()


def signs(tab):
    """The texts beside the handles: what they say, and their places."""
    return tab.locator("text.sign").evaluate_all(
        "nodes => nodes.map(n => { const r = n.getBoundingClientRect(); return [n.textContent, r.left, r.top, r.right, "
        "r.bottom]; })")


def test_the_loss_stands_beside_each_handle_and_no_two_texts_meet(open_figure):
    for a in (SLIDES, np.eye(3), np.full((3, 3), 1 / 3), [[0.5, 0.25, 0.25], [0.3, 0.4, 0.3], [0.98, 0.01, 0.01]]):
        tab = open_figure(Likelihood(a=np.array(a).tolist()))
        found = signs(tab)
        assert [text for text, *_ in found] == [f"−log a{'₁₂₃'[i]} = {abs(np.log(a[i][i])):.3f}" for i in range(3)]
        boxes = [box for _, *box in found]
        for i in range(3):
            for p, q in ((boxes[i], boxes[j]) for j in range(i)):
                assert p[2] < q[0] or q[2] < p[0] or p[3] - 3 < q[1] or q[3] - 3 < p[1], found
    impossible = open_figure(Likelihood(a=[[0, 1, 0], [0, 1, 0], [0, 0, 1]]))
    assert [text for text, *_ in signs(impossible)] == ["−log a₁ = ∞", "−log a₂ = 0.000", "−log a₃ = 0.000"]


def test_the_area_shrinks_with_each_point(open_figure, values):
    for a in (SLIDES, np.random.default_rng(8).dirichlet([1, 1, 1], 3)):
        tab = open_figure(Likelihood(a=a.tolist()))
        factors = np.diagonal(a)
        left = np.concatenate([[1], factors.cumprod()])
        np.testing.assert_allclose(values(tab, "rect.area"), left, rtol=1e-12)
        sizes = np.array(tab.locator("rect.area").evaluate_all("nodes => nodes.map(n => [n.getBBox().width, "
                                                               "n.getBBox().height])"))
        np.testing.assert_allclose(sizes.prod(axis=1) / sizes[0].prod(), left, atol=1e-5)
        svg = tab.locator("svg:has(rect.area)")
        np.testing.assert_allclose([float(text.get_attribute("data-value")) for text in svg.locator("text").all()
                                    if text.get_attribute("data-value")],
                                   np.column_stack([left, -np.log(left)]).ravel(), rtol=1e-9, atol=1e-12)
    assert open_figure(Likelihood()).locator("svg:has(rect.area)").get_attribute("aria-label") == "ℒ = 0.504, J = 0.685"
