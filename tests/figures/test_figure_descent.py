"""Chapter 5's figure: the descent in the page is `helpers.softmax.fit`, at rest and in motion."""

import numpy as np
import pytest
from matplotlib.path import Path
from traitlets import TraitError

from helpers.interactive.descent import MAX_EPOCH, Descent, batches, descend, landscape, lowest_loss
from helpers.interactive.figure import CONSTANTS
from helpers.points import toy_points
from helpers.softmax import fit, loss_and_gradient, one_hot

X, labels = toy_points()
Y = one_hot(labels, 3)
STARTS = [*(np.random.default_rng(seed).random((3, 2)) for seed in (0, 1, 2)), np.zeros((3, 2))]

# Waits for `steps` animation frames after the film has begun, and notes k and the time at each.
WATCH_FRAMES = """steps => new Promise(resolve => {
    const node = document.querySelector("[data-value]:is(.line > span > span)"), seen = [];
    const look = now => {
        const k = Number(node.dataset.value);
        if (k > 0 || seen.length) seen.push([k, now]);
        if (seen.length > steps) resolve(seen); else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""

# A model as in a notebook: it counts what would be sent to the kernel and lets a test set traits from there.
LIVE_MODEL = """async ([esm, state]) => {
    const handlers = {}, model = {
        get: name => state[name],
        set(name, value) {
            if (state[name] === value) return;
            state[name] = value;
            [...handlers[`change:${name}`] || []].forEach(handler => handler());
        },
        on: (event, handler) => (handlers[event] ||= []).push(handler),
        off: (event, handler) => { handlers[event] = handlers[event].filter(other => other !== handler); },
        save_changes: () => { window.messages += 1; },
    };
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const { default: figure } = await import(url), el = document.createElement("div");
    document.body.replaceChildren(el);
    Object.assign(window, { model, handlers, messages: 0, undo: figure.render({ model, el }) });
}"""


def full_batch(rate, start, epoch):
    """Python's answer: the parameters at `epoch`, and the losses of epochs 0 to `epoch`."""
    run = fit(X, Y, rate, max(epoch, 1), W=start)
    W, b = run.Ws[epoch], run.bs[epoch]
    return W, b, np.append(run.losses[:epoch], loss_and_gradient(W, b, X, Y)[0])


def count_right(W, b):
    return ((X @ W.T + b).argmax(axis=1) == labels).sum()


def shown(tab, which=0):
    """What figure `which` shows: the table's five rows and the four numbers below the plane."""
    figure = tab.locator(".course-figure").nth(which)
    read = "nodes => nodes.map(node => Number(node.dataset.value))"
    cells = np.array(figure.locator("td").evaluate_all(read)).reshape(5, 3)
    return cells, figure.locator(".line > span > span").evaluate_all(read)


def coordinates(tab, selector, which=0):
    """The points of polygons or lines, in the coordinates of the plane or of the loss curve."""
    texts = tab.locator(".course-figure").nth(which).locator(selector).evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('points'))")
    return [np.array([pair.split(",") for pair in text.split()], dtype=float).reshape(-1, 2) for text in texts]


def assert_shows(tab, rate, start, epoch, which=0, tolerance=1e-9):
    """Compare all numbers and every loss on the curve with Python; return the largest difference."""
    W, b, losses = full_batch(rate, start, epoch)
    cells, (k, loss, right, accuracy) = shown(tab, which)
    expected = [*np.column_stack([W, b]), [*W.sum(axis=0), b.sum()], [*start.sum(axis=0), 0.0]]
    worst = max(abs(cells - expected).max(), abs(loss - losses[-1]))
    assert abs(cells[3] - cells[4]).max() < 1e-12, "the column sums must stay"
    assert (k, right) == (epoch, count_right(W, b)) and accuracy == right / 150
    (line,) = coordinates(tab, "polyline.now", which)
    epochs = line[:, 0].astype(int)
    assert epochs[0] == 0 and epochs[-1] == epoch and (epoch > 600 or len(epochs) == epoch + 1)
    excess = np.maximum(losses - lowest_loss(), 1e-10)
    worst = max(worst, abs(10 ** line[:, 1] - excess[epochs]).max())
    assert worst < tolerance, (rate, epoch, worst)
    return worst


@pytest.mark.parametrize("epoch", [0, 1, 40, pytest.param(500, marks=pytest.mark.wide)])
def test_the_page_descends_as_python_does(open_figure, epoch):
    rates = (0.02, 0.2, 2.0, 12.0, 15.5)
    cases = [(rate, STARTS[(i + shift) % 4]) for i, rate in enumerate(rates) for shift in (0, 1)]
    # Above the limit 15.9 rounding is amplified on the way. From these two, NumPy repeats itself in any order.
    cases += [(25.0, STARTS[2]), (30.0, STARTS[2])]
    tab = open_figure(*(Descent(learning_rate=rate, start=start.tolist(), epoch=epoch) for rate, start in cases))
    worst = max(assert_shows(tab, rate, start, epoch, which) for which, (rate, start) in enumerate(cases))
    print(f"largest difference at epoch {epoch}: {worst:.1e}")
    assert tab.complaints == []


def test_above_the_limit_rounding_decides_which_of_two_values_comes_when(open_figure):
    """At rate 20 the error shrinks to rounding and grows again: two orders of summation end out of step."""
    runs = [fit(X[order], Y[order], 20.0, 501, W=STARTS[0]) for order in (slice(None), slice(None, None, -1))]
    pairs = [np.sort([loss_and_gradient(W, b, X, Y)[0] for W, b in zip(run.Ws[500:], run.bs[500:], strict=True)])
             for run in runs]
    np.testing.assert_allclose(*pairs, atol=1e-9)
    figures = [Descent(learning_rate=20.0, epoch=epoch) for epoch in (120, 500, 501)]
    tab = open_figure(*figures)
    assert_shows(tab, 20.0, STARTS[0], 120)
    losses = sorted(shown(tab, which)[1][1] for which in (1, 2))
    np.testing.assert_allclose(losses, pairs[0], atol=1e-9)
    assert losses[1] - losses[0] > 0.005


@pytest.mark.wide
def test_a_long_run_is_thinned_and_keeps_its_lowest_and_highest(open_figure):
    tab = open_figure(Descent(epoch=3000), Descent(learning_rate=25.0, epoch=3000))
    assert_shows(tab, 2.0, STARTS[0], 3000)
    (line,) = coordinates(tab, "polyline.now", 1)
    losses = full_batch(25.0, STARTS[0], 3000)[2]
    assert len(line) < 700
    late = 10 ** line[line[:, 0] > 2000][:, 1] + lowest_loss()
    np.testing.assert_allclose([late.min(), late.max()], [losses[2000:].min(), losses[2000:].max()], atol=1e-9)


def test_the_regions_are_where_each_class_has_the_largest_score(open_figure):
    cases = [(2.0, STARTS[0], 0), (2.0, STARTS[0], 40), (20.0, STARTS[1], 1), (2.0, STARTS[3], 0),
             (2.0, np.array([[0.0, 0.0], [-9.0, 0.0], [9.0, 0.0]]), 0)]
    tab = open_figure(*(Descent(learning_rate=rate, start=W.tolist(), epoch=k) for rate, W, k in cases))
    grid = np.random.default_rng(0).uniform(-3.5, 3.5, (2000, 2))
    for which, (rate, start, epoch) in enumerate(cases):
        W, b, _ = full_batch(rate, start, epoch)
        polygons = coordinates(tab, "polygon", which)
        if not W.any():
            assert all(len(polygon) == 0 for polygon in polygons)  # three equal scores: no class wins anywhere
            continue
        areas = 0
        for m, polygon in enumerate(polygons):
            if len(polygon) == 0:
                assert not ((grid @ W.T + b).argmax(axis=1) == m).any()
                continue
            scores = polygon @ W.T + b
            assert abs(polygon).max() < 3.5 + 1e-9 and (scores.max(axis=1) - scores[:, m]).max() < 1e-9
            inside = Path(polygon).contains_points(grid)
            np.testing.assert_array_equal(inside, (grid @ W.T + b).argmax(axis=1) == m)
            x, y = polygon.T
            areas += abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
        assert areas == pytest.approx(49, abs=1e-9)


def test_buttons_list_and_slider_by_mouse_and_by_keyboard(open_figure):
    tab = open_figure(Descent())
    assert_shows(tab, 2.0, STARTS[0], 0)
    tab.get_by_role("button", name="step: k + 1").click()
    assert_shows(tab, 2.0, STARTS[0], 1)
    for key in ("Enter", "Space"):
        tab.get_by_role("button", name="ten steps").press(key)
    assert_shows(tab, 2.0, STARTS[0], 21)
    rate = tab.get_by_role("slider", name="learning rate alpha")
    for key, value in (("ArrowRight", 2.05), ("ArrowLeft", 2.0), ("End", 30.0), ("ArrowLeft", 29.6), ("Home", 0.02)):
        rate.press(key)
        assert_shows(tab, value, STARTS[0], 21)
    assert rate.get_attribute("aria-valuetext") == "0.0200"
    rate.fill("0.88")
    for which in (3, 2, 1, 0):
        tab.get_by_label("start W").select_option(index=which)
        assert_shows(tab, 15.2, STARTS[which], 21)
    tab.get_by_label("start W").press("ArrowDown")
    assert_shows(tab, 15.2, STARTS[1], 21)
    assert tab.locator("[aria-live]").inner_text().startswith("Epoch 21: mean loss ")
    tab.get_by_role("button", name="back to k = 0").press("Enter")
    assert_shows(tab, 15.2, STARTS[1], 0)
    assert tab.complaints == []


def test_a_finger_on_a_phone_steps_and_plays(open_figure):
    tab = open_figure(Descent(), width=360)
    tab.get_by_role("button", name="ten steps").tap()
    assert_shows(tab, 2.0, STARTS[0], 10)
    tab.get_by_role("button", name="play").tap()
    tab.evaluate(WATCH_FRAMES, 10)
    tab.get_by_role("button", name="back to k = 0").tap()
    assert_shows(tab, 2.0, STARTS[0], 0)
    assert tab.get_by_role("button", name="play").count() == 1, "going back stops the film"


@pytest.mark.wide
def test_every_press_of_an_arrow_moves_the_learning_rate(open_figure):
    tab = open_figure(Descent(learning_rate=0.02))
    rate = tab.get_by_role("slider", name="learning rate alpha")
    seen = [float(tab.locator(".slider output").get_attribute("data-value"))]
    while seen[-1] < 30:
        rate.press("ArrowRight")
        seen.append(float(tab.locator(".slider output").get_attribute("data-value")))
        assert seen[-1] > seen[-2]
    assert len(seen) == 319 and {0.2, 2.0, 20.0} <= set(seen)


def test_a_common_shift_of_the_start_changes_the_sums_and_nothing_that_is_predicted(open_figure):
    shift = np.array([1.0, -2.0])
    tab = open_figure(Descent(epoch=40), Descent(epoch=40, start=(STARTS[0] + shift).tolist()))
    (cells, numbers), (moved, same) = shown(tab, 0), shown(tab, 1)
    np.testing.assert_allclose(same, numbers, atol=1e-12)
    np.testing.assert_allclose(moved[:3] - cells[:3], np.tile([1, -2, 0], (3, 1)), atol=1e-12)
    np.testing.assert_allclose(moved[3:] - cells[3:], np.tile([3, -6, 0], (2, 1)), atol=1e-12)
    for left, right in zip(coordinates(tab, "polygon", 0), coordinates(tab, "polygon", 1), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-10)
    assert tab.get_by_label("start W").nth(1).evaluate("node => node.selectedIndex") == -1


def test_play_takes_one_step_to_a_frame_and_pause_stops_it(open_figure):
    tab = open_figure(Descent())
    tab.wait_for_timeout(200)
    assert shown(tab)[1][0] == 0, "nothing may move before Play"
    tab.get_by_role("button", name="play").click()
    seen = np.array(tab.evaluate(WATCH_FRAMES, 120))
    tab.get_by_role("button", name="pause").click()
    assert (np.diff(seen[:, 0]) == 1).all()
    gaps = np.diff(seen[:, 1])
    print(f"{1000 / gaps.mean():.1f} frames a second, longest gap {gaps.max():.0f} ms")
    assert np.median(gaps) < 100
    k = int(shown(tab)[1][0])
    assert_shows(tab, 2.0, STARTS[0], k)
    tab.wait_for_timeout(200)
    assert shown(tab)[1][0] == k
    assert tab.locator("[aria-live]").inner_text().startswith(f"Epoch {k}: ")


@pytest.mark.wide
def test_with_less_motion_play_goes_in_tens(open_figure):
    tab = open_figure(Descent(), motion="reduce")
    tab.get_by_role("button", name="play").click()
    seen = np.array(tab.evaluate(WATCH_FRAMES, 90))
    tab.get_by_role("button", name="pause").click()
    jumps = np.diff(seen[:, 0])
    assert set(jumps) == {0, 10}
    assert np.diff(seen[1:, 1][jumps > 0]).min() > 250  # milliseconds from one jump to the next
    assert_shows(tab, 2.0, STARTS[0], int(shown(tab)[1][0]))


@pytest.mark.wide
def test_the_film_ends_at_the_last_epoch(open_figure):
    tab = open_figure(Descent(epoch=MAX_EPOCH - 3, learning_rate=8.0))
    tab.get_by_role("button", name="play").click()
    tab.get_by_role("button", name="play").wait_for()
    for name in ("step: k + 1", "ten steps"):
        tab.get_by_role("button", name=name).click()
        assert shown(tab)[1][0] == MAX_EPOCH


def test_in_a_notebook_it_follows_python_and_sends_little(open_figure):
    tab = open_figure(Descent())
    figure = Descent()
    tab.evaluate(LIVE_MODEL, [str(figure._esm), figure.state()])
    tab.evaluate("model.set('epoch', 40)")
    assert_shows(tab, 2.0, STARTS[0], 40)
    tab.evaluate("model.set('learning_rate', 12.3456)")
    tab.evaluate("start => model.set('start', start)", (STARTS[2] + 1).tolist())
    tab.evaluate("model.set('epoch', 17)")
    assert_shows(tab, 12.3456, STARTS[2] + 1, 17)
    assert tab.evaluate("messages") == 0, "drawing must send nothing"
    tab.get_by_role("button", name="play").click()
    seen = np.array(tab.evaluate(WATCH_FRAMES, 90))
    tab.evaluate("model.set('epoch', 5)")  # Python may set the epoch of a running film: it goes on from there
    after = tab.evaluate(WATCH_FRAMES, 3)
    assert 5 <= after[0][0] < 17
    tab.get_by_role("button", name="pause").click()
    assert tab.evaluate("messages") <= 3 + (seen[-1, 1] - seen[0, 1] + 2000) / 500
    assert tab.evaluate("model.get('epoch')") == shown(tab)[1][0]
    tab.get_by_role("button", name="play").click()
    tab.evaluate("undo()")
    tab.wait_for_timeout(100)
    k = shown(tab)[1][0]
    tab.wait_for_timeout(200)
    assert shown(tab)[1][0] == k, "a view that is gone must not go on computing"
    assert tab.evaluate("Object.values(handlers).flat().length") == 0
    assert tab.complaints == []


# What the second edition of the figure added: mini-batches, the map, a pinned run, the limit, the badge.

MINI = [(0.5, 1, 0, 1), (0.5, 1, 2, 12), (0.5, 64, 0, 12), (2.0, 64, 3, 40), (8.0, 64, 1, 5), (0.2, 7, 0, 30)]


def test_mini_batches_are_pythons(open_figure):
    figures = [Descent(learning_rate=rate, batch=size, start=STARTS[s].tolist(), epoch=k) for rate, size, s, k in MINI]
    tab, worst = open_figure(*figures), 0
    for which, (rate, size, s, epoch) in enumerate(MINI):
        cells, (k, loss, right, _) = shown(tab, which)
        W, b = descend(rate, size, STARTS[s], epoch)
        expected = loss_and_gradient(W, b, X, Y)[0]
        worst = max(worst, abs(cells[:3] - np.column_stack([W, b])).max(), abs(loss - expected))
        assert (k, right) == (epoch, count_right(W, b)) and abs(cells[3] - cells[4]).max() < 1e-12
        assert f"<td>{W[0, 0]:.3f}</td>" in figures[which].fallback()
    print(f"largest difference with mini-batches: {worst:.1e}")
    assert worst < 1e-9 and tab.complaints == []


def test_an_epoch_uses_every_point_once_in_an_order_of_its_own():
    assert [len(which) for which in batches(64, 2)] == [64, 64, 22] * 2
    for size in (1, 64):
        per = -(-150 // size)
        steps = list(batches(size, 3))
        epochs = [np.concatenate(steps[k * per:(k + 1) * per]) for k in range(3)]
        assert all(sorted(order) == list(range(150)) for order in epochs)
        assert all((epochs[a] == epochs[b]).mean() < 0.05 for a, b in ((0, 1), (0, 2), (1, 2)))
    np.testing.assert_array_equal(np.concatenate(list(batches(150, 1))), range(150))
    W, b = descend(2.0, 150, STARTS[0], 40)
    np.testing.assert_allclose(W, fit(X, Y, 2.0, 40, W=STARTS[0]).W, atol=1e-12)
    np.testing.assert_allclose(b, fit(X, Y, 2.0, 40, W=STARTS[0]).b, atol=1e-12)


def test_the_landscape_is_the_losss_own():
    optimum, steepest, curvature = landscape()
    best, direction, h = np.array(optimum), np.array(steepest), 1e-4

    def gradient(P):
        _, dW, db = loss_and_gradient(P[:, :2], P[:, 2], X, Y)
        return np.column_stack([dW, db]).ravel()

    assert abs(gradient(best)).max() < 1e-8
    hessian = [(gradient(best + h * e) - gradient(best - h * e)) / (2 * h) for e in np.eye(9).reshape(9, 3, 3)]
    assert curvature == pytest.approx(np.linalg.eigvalsh(hessian)[-1], abs=1e-8)
    np.testing.assert_allclose(hessian @ direction.ravel(), curvature * direction.ravel(), atol=1e-7)
    for rows in (best, direction):
        np.testing.assert_allclose(rows.sum(axis=0), 0, atol=1e-8)


def axes_of_the_map():
    """The two perpendicular directions of the map, each of length 1: towards the optimum, and steepest."""
    along, steep = (np.ravel(rows) for rows in landscape()[:2])
    length, along = np.linalg.norm(along), along / np.linalg.norm(along)
    upright = steep - steep @ along * along
    return length, along, upright / np.linalg.norm(upright)


def path_data(tab, selector):
    return [[tuple(map(float, pair.split())) for pair in piece.split("L")]
            for piece in tab.locator(selector).first.get_attribute("d").split("M")[1:]]


def test_the_path_is_the_runs_shadow_on_the_plane(open_figure):
    _, *axes = axes_of_the_map()
    for size, epochs in ((150, 30), (64, 8), (1, 2)):
        tab = open_figure(Descent(learning_rate=1.0, batch=size, epoch=epochs))
        W, b, places = STARTS[0], np.zeros(3), []
        for which in [[], *batches(size, epochs)]:
            if len(which):
                _, dW, db = loss_and_gradient(W, b, X[which], Y[which])
                W, b = W - dW, b - db
            P = np.column_stack([W, b])
            places.append([(P - P.mean(axis=0)).ravel() @ axis for axis in axes])
        (path,) = path_data(tab, "path.now")
        assert len(path) == len(places)
        np.testing.assert_allclose(path, places, atol=5.01e-4)  # a fiftieth of a pixel
        circle = tab.locator("svg svg circle.now")
        here = [(float(circle.get_attribute("cx")) - 42) / 28, (116 - float(circle.get_attribute("cy"))) / 28]
        np.testing.assert_allclose(here, places[-1], atol=1e-9)


def test_the_contours_are_level_and_the_cross_is_at_the_bottom(open_figure):
    tab = open_figure(Descent())
    length, along, upright = axes_of_the_map()
    levels = tab.evaluate("() => [...document.querySelectorAll('path.level')].map(node => node.getAttribute('d'))")
    expected = [0.003, 0.015, 0.04, 0.08, 0.14, 0.22, 0.35, 0.55, 0.85, 1.3, 2, 3]
    assert len(levels) == len(expected)
    for level, d in zip(expected, levels, strict=True):
        places = np.array([pair.split() for piece in d.split("M")[1:] for pair in piece.split("L")], float)[::5]
        heights = []
        for s, t in places:
            P = (s * along + t * upright).reshape(3, 3)
            heights.append(loss_and_gradient(P[:, :2], P[:, 2], X, Y)[0] - lowest_loss())
        assert len(heights) > 3
        np.testing.assert_allclose(heights, level, rtol=0.05, atol=0.003)  # straight between the points of a grid
    cross = tab.locator("path.optimum").get_attribute("d")
    assert float(cross[1:].split()[0]) == pytest.approx(42 + 28 * length, abs=1e-6)


def test_a_pinned_run_is_shown_beside_the_next(open_figure):
    tab = open_figure(Descent(epoch=20, learning_rate=0.2))
    other, pin = tab.locator(".other"), tab.get_by_role("button", name="Pin run")
    assert not other.is_visible() and tab.locator("polyline.pinned").get_attribute("points") == ""
    pin.press("Enter")
    tab.get_by_role("slider", name="learning rate alpha").fill("0.6")
    tab.get_by_label("batch size B").select_option(label="64")
    rate = float(tab.locator(".slider output").get_attribute("data-value"))
    for epoch in (20, 30):
        cells, _ = shown(tab)
        W, b = descend(rate, 64, STARTS[0], epoch)
        np.testing.assert_allclose(cells[:3], np.column_stack([W, b]), atol=1e-9)
        W, b, losses = full_batch(0.2, STARTS[0], epoch)
        beside = other.locator("[data-value]").evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
        np.testing.assert_allclose(beside, [losses[-1], count_right(W, b)], atol=1e-9)
        assert other.inner_text().startswith("α = 0.200, B = 150, J̄ = ")
        (line,) = coordinates(tab, "polyline.pinned")
        np.testing.assert_allclose(10 ** line[:, 1] + lowest_loss(), losses, atol=1e-9)
        assert len(path_data(tab, "path.pinned")[0]) == epoch + 1
        assert tab.locator("[aria-live]").inner_text().endswith(f"{count_right(W, b)}.")
        tab.get_by_role("button", name="ten steps").click()
    tab.get_by_role("button", name="Unpin").press("Space")
    assert not other.is_visible() and pin.is_visible()
    assert tab.locator("path.pinned").get_attribute("d") == ""
    assert tab.complaints == []


@pytest.mark.parametrize("width", [704, 390])
def test_the_limit_is_marked_where_the_thumb_would_be(open_figure, width):
    tab = open_figure(Descent(learning_rate=15.9), width=width)
    mark = tab.locator(".limit")
    limit, = mark.locator("[data-value]").evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
    assert limit == pytest.approx(2 / landscape()[2], abs=1e-9) and mark.inner_text() == "2/μ = 15.9"
    rail, box = tab.get_by_role("slider", name="learning rate").bounding_box(), mark.bounding_box()
    thumb = rail["x"] + 8 + (np.log10(limit / 2) + 2) / 3.18 * (rail["width"] - 16)
    assert box["x"] + box["width"] - 1 == pytest.approx(thumb, abs=0.6)
    assert box["x"] > rail["x"] and box["y"] >= rail["y"] + rail["height"] / 2 + 7  # below the thumb


@pytest.mark.wide
def test_a_long_run_is_computed_anew_where_the_thumb_rests(open_figure):
    tab = open_figure(Descent(epoch=30, batch=1, learning_rate=0.5))
    before = shown(tab)[0]
    read = """value => {
        const node = document.querySelector("input[type=range]");
        node.value = value;
        node.dispatchEvent(new Event("input"));
        return [document.querySelector(".slider output").textContent, document.querySelector("td").dataset.value];
    }"""
    for value, text in (("-1", "0.200"), ("-0.9", "0.252"), ("-0.5", "0.632")):
        assert tab.evaluate(read, value) == [text, str(before[0, 0])]
    tab.wait_for_function("Number(document.querySelector('.slider output').dataset.value) === 0.632")
    np.testing.assert_allclose(shown(tab)[0][:3], np.column_stack(descend(0.632, 1, STARTS[0], 30)), atol=1e-9)


@pytest.mark.wide
def test_the_badge_says_that_the_sums_are_conserved(open_figure):
    cases = [{}, {"epoch": 500, "learning_rate": 30.0}, {"epoch": 60, "batch": 1, "learning_rate": 2.0},
             {"epoch": 3000, "learning_rate": 8.0, "start": (STARTS[1] + 7).tolist()}]
    tab = open_figure(*(Descent(**one) for one in cases))
    worst = tab.locator(".conserved").evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
    print(f"column sums moved by at most {max(worst):.1e}")
    assert max(worst) < 1e-11
    assert set(tab.locator(".conserved").all_inner_texts()) == {"✓ Σᵏ = Σ⁰: conserved"}


def test_the_words_of_the_figure_are_there_in_vietnamese_too(open_figure, go_live):
    tab = open_figure(Descent())
    tab.evaluate("document.documentElement.lang = 'vi'")
    go_live(tab, Descent(pinned=[0.5, 1, STARTS[0].tolist()]))
    assert tab.locator(".conserved").inner_text().endswith("bảo toàn")
    assert tab.get_by_role("button", name="Bỏ ghim").is_visible()
    assert "hình chiếu" in tab.locator("figcaption").inner_text()
    assert tab.complaints == []


def test_python_refuses_a_run_that_cannot_be_pinned():
    figure = Descent()
    for value in ([1.0], [1.0, 0, STARTS[0].tolist()], [-1.0, 1, STARTS[0].tolist()], [1.0, 151, STARTS[0].tolist()],
                  [1.0, 64, [[1.0]]], [float("nan"), 64, STARTS[0].tolist()]):
        with pytest.raises(ValueError, match="pinned"):
            figure.pinned = value
    for value in (0, 151):
        with pytest.raises(TraitError, match="batch"):
            figure.batch = value
    assert figure.pinned == [] and figure.batch == 150


def test_python_refuses_what_cannot_be_drawn():
    figure = Descent()
    for name, value in [("learning_rate", 0.0), ("learning_rate", float("nan")), ("start", [[1.0, 2.0]]),
                        ("start", [[0.0, 0.0], [0.0, float("inf")], [0.0, 0.0]])]:
        with pytest.raises(ValueError, match=name):
            setattr(figure, name, value)
    for name, value in [("epoch", -1), ("epoch", MAX_EPOCH + 1), ("points", [])]:
        with pytest.raises(TraitError, match=name):
            setattr(figure, name, value)
    assert (figure.learning_rate, figure.epoch, figure.start) == (2.0, 0, STARTS[0].tolist())
    assert f"const LAST_EPOCH = {MAX_EPOCH};" in str(figure._esm)
    assert CONSTANTS["NUMBER_OF_POINTS"] == len(figure.points) == Descent().batch


def test_the_stored_minimum_is_the_minimum_and_the_fallback_shows_the_state():
    assert fit(X, Y, 8.0, 1500).losses[-1] == pytest.approx(lowest_loss(), abs=1e-12)
    W, b, losses = full_batch(2.0, STARTS[0], 40)
    text = Descent(epoch=40).fallback()
    for number in (f"{losses[-1]:.3f}", f"{count_right(W, b)} of 150", f"<td>{W[0, 0]:.3f}</td>",
                   f"<td>{STARTS[0][:, 0].sum():.3f}</td>"):
        assert number in text
