"""Chapter 1's figure: a point, what the model says of it, its label, and the data, which the model follows."""

import re

import numpy as np
import pytest
import traitlets

from helpers.interactive.plane import Plane
from helpers.points import toy_points
from helpers.softmax import fit, loss_and_gradient, one_hot, softmax
from tests.figures.test_figure_head import Engine

TO_CENTRE = [(3, 0), (0, 3.6), (2.7, 2.7)]  # from where the outline of a circle, triangle, square starts


def points_of(tab):
    """The corners of the three regions, in the units of the plane."""
    return [np.array(re.findall(r"[^\s,]+", text), dtype=float).reshape(-1, 2)
            for text in tab.locator("polygon.region").evaluate_all("nodes => nodes.map(n => n.getAttribute('points'))")]


def area(corners):
    x1, x2 = corners.T
    return 0.5 * (x1 @ np.roll(x2, -1) - x2 @ np.roll(x1, -1))


def screen(tab, x):
    """Where a point of the plane is on the screen, measured with the first region's own coordinates."""
    return tab.evaluate("""([x1, x2]) => {
        const at = new DOMPoint(x1, x2).matrixTransform(document.querySelector('polygon.region').getScreenCTM());
        return [at.x, at.y]; }""", x)


def check(tab, values, figure, x, label):
    """Everything the page shows, against Python at `x`; returns the largest difference."""
    z = np.array(figure.W) @ x + figure.b
    shown = [np.array(values(tab, selector)) for selector in (".score", ".probability", "span.target")]
    differences = [np.abs(a - b).max() for a, b in zip(shown, (z, softmax(z), one_hot([label], 3)[0]), strict=True)]
    assert max(differences) < 1e-12
    assert values(tab, ".sum") == pytest.approx([1, 1])
    bars = tab.locator("td rect").evaluate_all("nodes => nodes.map(n => Number(n.getAttribute('width')))")
    np.testing.assert_allclose(np.array(bars).reshape(3, 2), 88 * np.column_stack([softmax(z), one_hot([label], 3)[0]]))
    right = "✓" if z.argmax() == label else "✗"
    assert tab.locator(".named").inner_text() == f"argmax a = {z.argmax()} {right}"
    handle = tab.locator(".drag.x")
    a = ", ".join(f"{value:.2f}" for value in softmax(z))
    assert handle.get_attribute("aria-valuetext") == f"x1 {x[0]:.2f}, x2 {x[1]:.2f}; a {a}"
    assert [box.input_value() for box in tab.locator("input").all()] == [f"{value:.2f}" for value in x]
    box = handle.locator("path").bounding_box()
    centre = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert centre == pytest.approx(screen(tab, list(x)), abs=0.05)
    return max(differences)


def refit(points):
    """W and b as Python fits them to these points, so long that six digits stand still."""
    X, labels = np.concatenate(points), np.repeat([0, 1, 2], [len(cloud) for cloud in points])
    result = fit(X, one_hot(labels, 3), learning_rate=4.0, num_epochs=4000)
    return result.W, result.b


def moved(points, changes):
    """The points with some of them elsewhere, by class and number."""
    points = [[list(x) for x in cloud] for cloud in points]
    for (c, i), to in changes.items():
        points[c][i] = list(to)
    return points


def test_the_weights_are_those_of_chapter_1():
    X, labels = toy_points()
    result, figure = fit(X, one_hot(labels, 3), learning_rate=4.0, num_epochs=1000), Plane()
    np.testing.assert_allclose(figure.W, result.W, atol=1e-6)
    np.testing.assert_allclose(figure.b, result.b, atol=1e-6)
    assert softmax(np.array(figure.W) @ figure.x + figure.b).round(2).tolist() == [0.09, 0.9, 0.01]
    assert figure.points == [X[labels == c].tolist() for c in range(3)]


def test_it_starts_where_python_says_and_shows_what_python_computes(open_figure, values):
    for figure in (Plane(), Plane(x=[-2.3, 1.0], true_label=2)):
        tab = open_figure(figure)
        check(tab, values, figure, figure.x, figure.true_label)
        assert tab.complaints == []


def test_every_data_point_has_its_marker_at_its_place(open_figure):
    figure = Plane()
    tab = open_figure(figure)
    for c, path in enumerate(tab.locator("path.cloud").all()):
        start = np.array(re.findall(r"M([-\d.]+) ([-\d.]+)", path.get_attribute("d")), dtype=float)
        centre = start + TO_CENTRE[c]
        x = np.column_stack([(centre[:, 0] - 36) * 7 / 300 - 3.5, 3.5 - (centre[:, 1] - 12) * 7 / 300])
        np.testing.assert_allclose(x, figure.points[c], atol=1e-10)


@pytest.mark.parametrize("parameters", [{}, {"W": [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]], "b": [0.0, 0.5, 0.0]},
                                        {"W": [[0.0, 0.0]] * 3, "b": [0.0] * 3},
                                        {"W": [[1.0, 2.0], [1.0, 2.0], [-3.0, 0.5]], "b": [0.0, 9.0, 1.0]}],
                         ids=["fitted", "strips", "all equal", "one never wins"])
def test_the_regions_are_exact(open_figure, parameters):
    figure = Plane(**parameters)
    W, b = np.array(figure.W), np.array(figure.b)
    regions = points_of(open_figure(figure))
    assert sum(area(corners) for corners in regions if len(corners)) == pytest.approx(49)
    random = np.random.default_rng(0).uniform(-3.5, 3.5, (2000, 2))
    winners = (random @ W.T + b).argmax(axis=1)
    for c, corners in enumerate(regions):
        if not len(corners):
            assert not (winners == c).any()
            continue
        z = corners @ W.T + b
        assert (z[:, c] > z.max(axis=1) - 1e-9).all()  # a corner may tie, never lose
        edges = np.roll(corners, -1, axis=0) - corners
        side = [e[0] * (random[:, 1] - p[1]) - e[1] * (random[:, 0] - p[0])
                for p, e in zip(corners, edges, strict=True)]
        np.testing.assert_array_equal(np.all(np.array(side) > 0, axis=0), winners == c)


@pytest.mark.parametrize("changes", [{(2, 5): (3, 3)}, *(pytest.param(moves, marks=pytest.mark.wide) for moves in (
    {}, {(0, 0): (3.3, -3.3), (1, 7): (-3.5, 3.5)}))], ids=str)
def test_the_colour_deepens_where_a_class_is_surer(open_figure, changes):
    figure = Plane()
    figure.W, figure.b = (part.tolist() for part in refit(moved(figure.points, changes)))
    W, b = np.array(figure.W), np.array(figure.b)
    shapes = open_figure(figure).locator("polygon.level").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('points'))")
    random = np.random.default_rng(1).uniform(-3.5, 3.5, (2000, 2))
    for (c, p), text in zip([(c, p) for c in range(3) for p in (0.5, 0.7, 0.9, 0.99)], shapes, strict=True):
        corners = np.array(text.replace(",", " ").split(), dtype=float).reshape(-1, 2)
        slack = (1 - p) / 20 + 1e-9
        assert (softmax(corners @ W.T + b)[:, c] >= p - slack).all()
        edges = np.roll(corners, -1, axis=0) - corners
        inside = np.all([e[0] * (random[:, 1] - q[1]) - e[1] * (random[:, 0] - q[0]) >= 0
                         for q, e in zip(corners, edges, strict=True)], axis=0)
        a = softmax(random @ W.T + b)[:, c]
        assert inside[a >= p].all() and (a[inside] >= p - slack).all()


# The data move, and the model with them.

@pytest.mark.parametrize("sets", [2, pytest.param(30, marks=pytest.mark.wide)])
def test_the_fit_is_that_of_python(sets):
    """On sets of points, some far out; the largest difference of any weight is stated in the failure."""
    rng, figure = np.random.default_rng(4), Plane()
    script, worst = Engine(Plane), 0
    for k in range(sets):
        changes = {(int(rng.integers(3)), int(rng.integers(50))): rng.uniform(-3.5, 3.5, 2).round(2)
                   for _ in range(1 + k % 6)}
        points = moved(figure.points, changes)
        found = script.run("fitted(points)", points=[[list(map(float, x)) for x in cloud] for cloud in points])
        W, b = np.array(found["W"]), np.array(found["b"])
        X, labels = np.concatenate(points), np.repeat([0, 1, 2], 50)
        assert max(np.abs(part).max() for part in loss_and_gradient(W, b, X, one_hot(labels, 3))[1:]) < 1e-11
        for ours, pythons in zip((W, b), refit(points), strict=True):
            worst = max(worst, np.abs(ours - pythons).max())
    assert worst < 1e-6, worst


def test_points_that_lines_separate_and_clouds_that_are_empty_have_a_model_too():
    script, figure = Engine(Plane), Plane()
    apart = [[[-2, 2], [-1, 3]], [[2, 2], [3, 1]], [[0, -3], [-1, -2]]]
    for points in (apart, [figure.points[0], figure.points[1], []], [[[1, 1]], [[1, 1]], [[1, 1]]], [[], [], []]):
        found = script.run("fitted(points)", points=points)
        W, b = np.array(found["W"], dtype=float), np.array(found["b"], dtype=float)
        assert np.isfinite(W).all() and np.isfinite(b).all()
        if points is apart:
            assert all(((np.array(cloud) @ W.T + b).argmax(axis=1) == c).all() for c, cloud in enumerate(points))


def test_a_dragged_data_point_takes_the_model_along_and_reset_brings_both_back(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    start = tab.locator("polygon.region").evaluate_all("nodes => nodes.map(n => n.getAttribute('points'))")
    c, i = 2, figure.points[2].index(min(figure.points[2], key=lambda x: x[1]))  # the lowest blue one stands alone
    tab.mouse.move(*screen(tab, figure.points[c][i]))
    tab.mouse.down()
    tab.mouse.move(*screen(tab, [1.0, 1.0]), steps=3)
    for to in ([2.5, 3.0], [3.5, 3.5]):
        tab.mouse.move(*(screen(tab, to) if to[0] < 3.5 else (2000, 0)))
        W, b = refit(moved(figure.points, {(c, i): to}))
        np.testing.assert_allclose(values(tab, ".score"), W @ figure.x + b, atol=1e-5)
        np.testing.assert_allclose(values(tab, ".probability"), softmax(W @ figure.x + b), atol=1e-6)
    tab.mouse.up()
    track = tab.locator("path.moved").get_attribute("d")
    left = 36 + (figure.points[c][i][0] + 3.5) * 300 / 7 - 0.9 * 4  # where the outline of its old place begins
    assert float(re.match(r"M([-\d.]+) ", track)[1]) == pytest.approx(left) and track.count("z") == 2
    assert [box.input_value() for box in tab.locator("input").all()] == ["0.50", "0.50"]  # x has stayed
    tab.get_by_role("button", name="Reset").click()
    check(tab, values, figure, [0.5, 0.5], 1)
    assert tab.locator("polygon.region").evaluate_all("nodes => nodes.map(n => n.getAttribute('points'))") == start
    assert tab.locator("path.moved").get_attribute("d") == ""
    assert tab.complaints == []


def test_in_a_corner_the_frame_of_the_focus_is_whole(open_figure):
    for width in (800, 360):
        tab = open_figure(Plane(x=[3.5, 3.5]), width=width)
        tab.locator(".drag.x").focus()
        tab.keyboard.press("ArrowUp")
        frame, whole = (tab.locator(name).bounding_box() for name in (".drag.x .frame", "svg[role=group]"))
        assert tab.locator(".drag.x .frame").evaluate("node => getComputedStyle(node).stroke") == "rgb(28, 126, 214)"
        assert frame["y"] > whole["y"] and frame["x"] + frame["width"] < whole["x"] + whole["width"]


def test_keys_choose_a_data_point_move_it_and_put_it_back(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    ring, hint = tab.locator(".drag.datum"), tab.locator(".hint")
    assert not hint.is_visible()
    ring.focus()
    assert hint.is_visible()

    def told(k, c, x):
        return f"{k} of 150, label {c}; x1 {x[0]:.2f}, x2 {x[1]:.2f}"

    assert ring.get_attribute("aria-valuetext") == told(1, 0, figure.points[0][0])
    for key, k, c, i in (("n", 2, 0, 1), ("p", 1, 0, 0), ("P", 150, 2, 49), ("ArrowLeft", 150, 2, 49)):
        tab.keyboard.press(key)
        at = np.array(figure.points[c][i]) - [0.1 if key == "ArrowLeft" else 0, 0]
        assert ring.get_attribute("aria-valuetext") == told(k, c, at)
    for _ in range(6):
        tab.keyboard.press("Shift+ArrowRight")
    W, b = refit(moved(figure.points, {(2, 49): np.add(at, (3, 0)).round(2)}))
    np.testing.assert_allclose(values(tab, ".probability"), softmax(W @ figure.x + b), atol=1e-6)
    tab.keyboard.press("Delete")
    check(tab, values, figure, [0.5, 0.5], 1)
    tab.locator(".drag.x").press("n")  # x has no such keys
    assert ring.get_attribute("aria-valuetext") == told(150, 2, figure.points[2][49])
    assert not hint.is_visible()


def test_a_finger_rings_a_data_point_and_drags_it(open_figure, values):
    figure = Plane()
    tab = open_figure(figure, width=390)
    ring = tab.locator(".drag.datum")
    assert min(ring.bounding_box()["width"], tab.locator(".drag.x").bounding_box()["width"]) >= 43.9
    lowest = min(figure.points[2], key=lambda x: x[1])
    at = screen(tab, lowest)
    tab.touchscreen.tap(at[0] + 4, at[1] + 4)
    assert ring.get_attribute("aria-valuetext").endswith(f"x1 {lowest[0]:.2f}, x2 {lowest[1]:.2f}")
    check(tab, values, figure, [0.5, 0.5], 1)  # x has stayed
    finger = tab.context.new_cdp_session(tab)
    for kind, to in (("touchStart", lowest), ("touchMove", [0.0, 1.0]), ("touchMove", [2.0, 2.0]), ("touchEnd", None)):
        touches = [dict(zip("xy", screen(tab, to), strict=True))] if to else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    text = re.search(r"x1 ([-\d.]+), x2 ([-\d.]+)$", ring.get_attribute("aria-valuetext"))
    to = [float(part) for part in text.groups()]
    assert to == pytest.approx([2, 2], abs=0.02) and tab.evaluate("scrollY") == 0
    W, b = refit(moved(figure.points, {(2, figure.points[2].index(lowest)): to}))
    np.testing.assert_allclose(values(tab, ".probability"), softmax(W @ figure.x + b), atol=1e-6)
    assert tab.complaints == []


def test_the_mouse_drags_the_point_and_stops_at_the_edge(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    tab.mouse.move(*screen(tab, figure.x))
    tab.mouse.down()
    for x in ([-1.4, -1.1], [2.0, -3.0], [-0.2, 3.3]):
        tab.mouse.move(*screen(tab, x), steps=3)
        check(tab, values, figure, x, 1)
    tab.mouse.move(2000, 2000)
    check(tab, values, figure, [3.5, -3.5], 1)
    tab.mouse.up()
    tab.mouse.move(*screen(tab, [0, 0]))
    check(tab, values, figure, [3.5, -3.5], 1)
    tab.mouse.click(*screen(tab, [2.5, -2.5]))  # a press elsewhere brings the point there, and the keyboard with it
    tab.keyboard.press("ArrowLeft")
    check(tab, values, figure, [2.4, -2.5], 1)
    assert tab.complaints == []


def test_a_tap_and_a_finger_move_it_on_a_phone(open_figure, values):
    figure = Plane()
    tab = open_figure(figure, width=360)
    tab.touchscreen.tap(*screen(tab, [-3.0, 2.5]))
    x = [float(box.input_value()) for box in tab.locator("input").all()]
    assert x == pytest.approx([-3.0, 2.5], abs=0.02)
    check(tab, values, figure, x, 1)
    finger = tab.context.new_cdp_session(tab)
    for kind, at in (("touchStart", x), ("touchMove", [0.0, 1.0]), ("touchMove", [2.0, 1.0]), ("touchEnd", None)):
        touches = [dict(zip("xy", screen(tab, at), strict=True))] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    x = [float(box.input_value()) for box in tab.locator("input").all()]
    assert x == pytest.approx([2.0, 1.0], abs=0.02)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.complaints == []


def test_the_keyboard_moves_it_and_stops_at_the_edges(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    tab.locator(".drag.x").focus()
    for key, x in (("ArrowRight", [0.6, 0.5]), ("ArrowUp", [0.6, 0.6]), ("Shift+ArrowLeft", [0.1, 0.6]),
                   ("Shift+ArrowDown", [0.1, 0.1]), ("ArrowDown", [0.1, 0.0]), ("ArrowLeft", [0.0, 0.0])):
        tab.keyboard.press(key)
        check(tab, values, figure, x, 1)
    for keys, x in ((["ArrowLeft", "ArrowUp"], [-3.5, 3.5]), (["ArrowRight", "ArrowDown"], [3.5, -3.5])):
        for key in keys * 15:
            tab.keyboard.press(f"Shift+{key}")
        check(tab, values, figure, x, 1)


def test_a_coordinate_can_be_typed(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    first, second = tab.get_by_label("x1", exact=True), tab.get_by_label("x2", exact=True)
    first.fill("-1.27")
    second.fill("9")  # outside: stops at the edge
    second.press("Enter")
    check(tab, values, figure, [-1.27, 3.5], 1)
    first.press("ArrowUp")
    first.blur()
    check(tab, values, figure, [-1.26, 3.5], 1)
    first.fill("")
    first.blur()
    check(tab, values, figure, [-1.26, 3.5], 1)


def test_the_label_moves_y_and_nothing_else(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    before = values(tab, ".score, .probability")
    for label in (0, 2, 1):
        button = tab.get_by_role("button", name=f"label {label}")
        button.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert tab.locator("[aria-pressed=true]").count() == 1
        assert values(tab, ".score, .probability") == before
        check(tab, values, figure, [0.5, 0.5], label)


def test_what_the_chapter_says_of_it(open_figure, values):
    figure = Plane()
    W, b = np.array(figure.W), np.array(figure.b)
    meeting = np.linalg.solve(W[:2] - W[2], b[2] - b[:2])
    X, labels = toy_points()
    halfway = (X[labels == 0].mean(axis=0) + X[labels == 2].mean(axis=0)) / 2
    for x, a in ((meeting, [1 / 3] * 3), (halfway, [0.488, 0.022, 0.490])):
        tab = open_figure(Plane(x=x.tolist()))
        np.testing.assert_allclose(values(tab, ".probability"), a, atol=6e-4)
    corners = points_of(tab)
    assert all(np.abs(region - meeting).sum(axis=1).min() < 1e-9 for region in corners)


@pytest.mark.parametrize("wrong", [{"x": [0.0]}, {"x": [4.0, 0.0]}, {"x": [float("nan"), 0.0]}, {"true_label": 3},
                                   {"W": [[0.0, 1.0]] * 2}, {"b": [0.0, float("inf"), 0.0]}], ids=str)
def test_what_does_not_fit_is_refused_by_name(wrong):
    with pytest.raises((ValueError, traitlets.TraitError), match=f"{next(iter(wrong))}\\b"):
        Plane(**wrong)


def test_a_kernel_moves_it_and_hears_of_what_the_reader_does(open_figure, values):
    figure = Plane()
    tab = open_figure(figure)
    tab.evaluate("""async ([source, state]) => {
        const module = await import("data:text/javascript;charset=utf-8," + encodeURIComponent(source));
        const handlers = {}, el = document.querySelector(".course-figure");
        window.state = state;
        window.saved = [];
        const model = {
            get: name => state[name],
            set: (name, value) => { state[name] = value; (handlers[name] || []).forEach(handler => handler()); },
            on: (event, handler) => (handlers[event.slice(7)] ||= []).push(handler),
            off(event, handler) {
                handlers[event.slice(7)] = handlers[event.slice(7)].filter(other => other !== handler);
            },
            save_changes: () => saved.push(JSON.stringify([state.x, state.true_label])),
        };
        window.kernel = model.set;
        window.undo = module.default.render({ model, el });
    }""", [str(figure._esm), figure.state()])
    figure.x, figure.W, figure.true_label = [-1.0, 2.5], [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], 0
    for name in ("x", "W", "true_label"):
        tab.evaluate("([name, value]) => kernel(name, value)", [name, getattr(figure, name)])
    check(tab, values, figure, figure.x, 0)
    assert sum(area(corners) for corners in points_of(tab)) == pytest.approx(49)
    tab.get_by_role("button", name="label 2").click()
    tab.locator(".drag.x").press("Shift+ArrowRight")
    assert tab.evaluate("saved") == ["[[-1,2.5],2]", "[[-0.5,2.5],2]"]
    before = tab.locator(".course-figure").inner_html()
    tab.evaluate("undo(), kernel('x', [0, 0])")
    assert tab.locator(".course-figure").inner_html() == before
    assert tab.complaints == []
