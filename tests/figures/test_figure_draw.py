"""Chapter 6's canvas: what it shows of a drawing is what Python and PyTorch compute."""

import base64
import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from helpers.digits import pack, stored_model, unpack
from helpers.interactive.draw_a_digit import DrawADigit, mnist_frame
from helpers.mnist import is_mnist, load_mnist
from helpers.softmax import softmax
from helpers.training import SoftmaxRegression, accuracy, as_tensors, predict

STORED = stored_model()
DIGITS = {name: DrawADigit().image(name) for name in STORED["digits"]}
SEVEN = [(3, 3), (13, 3), (11, 8), (8, 16)]  # (column, row): small, in a corner


@pytest.fixture(scope="module")
def torch_model():
    model = SoftmaxRegression()
    W, b = unpack(STORED["weights"])
    model.load_state_dict({"layer.weight": torch.tensor(W), "layer.bias": torch.tensor(b)})
    return model


def grey(canvas):
    """The bytes of a canvas of 28 by 28."""
    data = canvas.evaluate("""node => {
        const copy = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
        copy.getContext("2d").drawImage(node, 0, 0);
        return [...copy.getContext("2d").getImageData(0, 0, 28, 28).data]; }""")
    pixels = np.array(data).reshape(28, 28, 4)
    assert (pixels[..., :3] == pixels[..., :1]).all() and (pixels[..., 3] == 255).all()
    return pixels[..., 0]


def agrees(tab, values, framed=True):
    """Compare what the page shows with Python, from the pixels that are on the canvas; return both."""
    figure = DrawADigit(pixels=grey(tab.locator(".paper canvas")), framed=framed)
    shown = values(tab, ".bars text[data-value]")
    a = figure.probabilities()
    np.testing.assert_allclose(shown, a, rtol=0, atol=1e-12)
    first, second = np.argsort(-a, kind="stable")[:2]
    percent = "> 99" if a[first] >= 0.995 else f"{a[first] * 100:.0f}"
    assert tab.locator(".verdict").inner_text() == f"{first}, {percent} %"
    W, b = unpack(figure.weights)
    for one, c in zip(tab.locator(".two figure").all(), (first, second), strict=True):
        parts = W[c] * figure.seen().ravel() / 255
        expected = [parts[parts > 0].sum(), parts[parts < 0].sum(), b[c], parts.sum() + b[c]]
        written = one.locator("[data-value]").evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
        np.testing.assert_allclose(written, expected, rtol=0, atol=1e-9)
        assert one.locator("figcaption").inner_text() == f"w{'₀₁₂₃₄₅₆₇₈₉'[c]} ∘ x"
    assert abs(grey(tab.locator(".side canvas")) - figure.seen()).max() <= 0.5 + 1e-9
    assert tab.complaints == []
    return figure, np.array(shown)


def points(tab, path):
    box = tab.locator(".paper canvas").bounding_box()
    return [(box["x"] + x / 28 * box["width"], box["y"] + y / 28 * box["height"]) for x, y in path]


def draw_by_mouse(tab, path, steps=6):
    start, *rest = points(tab, path)
    tab.mouse.move(*start)
    tab.mouse.down()
    for x, y in rest:
        tab.mouse.move(x, y, steps=steps)
    tab.mouse.up()


@pytest.mark.parametrize("framed", [True, pytest.param(False, marks=pytest.mark.wide)])
def test_the_ten_test_images_get_the_probabilities_of_pytorch(open_figure, values, torch_model, framed):
    tab = open_figure(DrawADigit(framed=framed))
    names = tab.locator("select option").all_inner_texts()
    assert names[1:] == sorted(DIGITS, key=lambda name: name[-1]) and len(names) == 11
    for name in names[1:]:
        tab.locator("select").select_option(name)
        figure, shown = agrees(tab, values, framed)
        assert (figure.seen() == DIGITS[name]).all()  # MNIST's frame leaves MNIST's images as they are
        expected = predict(torch_model, torch.tensor(DIGITS[name]).reshape(1, 784).float() / 255)[0]
        np.testing.assert_allclose(shown, expected.numpy(), rtol=0, atol=1e-6)


def test_the_page_opens_with_image_1802_and_says_nothing_yet(open_figure, values):
    tab = open_figure(DrawADigit())
    figure, _ = agrees(tab, values)
    assert (figure.seen() == DIGITS["1802: 2"]).all() and tab.locator("select").input_value() == "1802: 2"
    tab.wait_for_timeout(800)
    assert tab.locator("[aria-live]").text_content() == ""
    label = tab.locator(".bars").get_attribute("aria-label")
    assert label.startswith("probabilities: 0: 0.032, 1: 0.014, 2: 0.564")
    assert tab.locator(".bars g[font-weight='700'] text").all_text_contents() == ["2", "0.564"]


def test_the_mouse_draws_a_small_seven_in_a_corner_and_the_model_reads_it(open_figure, values):
    tab = open_figure(DrawADigit())
    tab.get_by_role("button", name="clear the drawing").click()
    figure, empty = agrees(tab, values)
    np.testing.assert_allclose(empty, softmax(unpack(STORED["weights"])[1]), atol=1e-12)
    assert tab.locator("select").input_value() == ""
    draw_by_mouse(tab, SEVEN)
    figure, shown = agrees(tab, values)
    assert shown.argmax() == 7 and shown[7] > 0.6
    rows, columns = (np.flatnonzero(figure.seen().sum(axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) == 19  # the longer side has 20 pixels
    tab.get_by_role("checkbox").uncheck()
    _, raw = agrees(tab, values, framed=False)
    assert raw[7] < 0.3
    tab.get_by_role("checkbox").check()
    assert agrees(tab, values)[1][7] == shown[7]


def test_the_digit_that_stands_there_at_first_makes_room_for_the_first_stroke(open_figure, values):
    tab = open_figure(DrawADigit())
    paper, ghost = tab.locator(".paper"), tab.locator(".invite")
    assert "ghost" in paper.get_attribute("class") and paper.locator("p").inner_text() == "Draw a digit"
    draw_by_mouse(tab, SEVEN)
    figure, shown = agrees(tab, values)
    assert shown.argmax() == 7 and np.reshape(figure.pixels, (28, 28))[20:].sum() == 0  # of the 2 nothing is left
    assert paper.get_attribute("class").split() == ["paper"] and not paper.locator("p").is_visible()
    tab.get_by_role("button", name="clear the drawing").click()
    assert ghost.is_visible() and paper.locator("p").is_visible()
    agrees(tab, values)
    tab.locator("select").select_option("217: 6")
    draw_by_mouse(tab, [(3, 3), (5, 3)])  # a chosen image stays, and is drawn on
    figure, _ = agrees(tab, values)
    changed = np.reshape(figure.pixels, (28, 28)) != DIGITS["217: 6"]
    assert 0 < changed.sum() < 40 and not ghost.is_visible()
    tab.get_by_role("button", name="Reset").click()
    assert "ghost" in paper.get_attribute("class")
    agrees(tab, values)


def test_the_ghost_does_not_move_for_those_who_want_rest(open_figure):
    for motion, name in (("no-preference", "draw-a-digit"), ("reduce", "none")):
        tab = open_figure(DrawADigit(pixels=np.zeros(784, int)), motion=motion)
        assert tab.locator(".invite path").evaluate("node => getComputedStyle(node).animationName") == name


def test_a_stroke_is_as_wide_as_the_pen_and_does_not_depend_on_the_speed(open_figure):
    tab = open_figure(DrawADigit(pixels=np.zeros(784, int)))
    rows, columns = np.mgrid[:28, :28] + 0.5
    distance = np.hypot(columns - np.clip(columns, 5, 20), rows - 14)
    for steps in (1, 30):
        draw_by_mouse(tab, [(5, 14), (20, 14)], steps)
        expected = 255 * np.clip(1.9 - distance, 0, 1)
        assert abs(grey(tab.locator(".paper canvas")) - expected).max() <= 0.5 + 20  # the mouse moves by whole pixels
    before = grey(tab.locator(".paper canvas"))
    tab.mouse.move(*points(tab, [(20, 20)])[0])  # no button, no ink
    tab.mouse.click(*points(tab, [(20, 20)])[0], button="right")
    assert (grey(tab.locator(".paper canvas")) == before).all()


def test_a_stroke_may_leave_the_canvas(open_figure, values):
    tab = open_figure(DrawADigit(pixels=np.zeros(784, int)))
    draw_by_mouse(tab, [(14, 14), (14, 40), (35, 40), (35, 5), (14, 5)])
    figure, _ = agrees(tab, values)
    pixels = np.array(figure.pixels).reshape(28, 28)
    assert pixels[27, 13] > 200 and pixels[5, 27] > 200 and (pixels[:, 17:25].sum(axis=1) > 0).sum() < 6


def test_a_finger_draws_and_the_page_does_not_scroll(open_figure, values):
    tab = open_figure(DrawADigit(pixels=np.zeros(784, int)), width=360)
    tab.evaluate("document.body.style.height = '3000px'")
    session = tab.context.new_cdp_session(tab)

    def touch(kind, *at):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
            {"x": x, "y": y, "id": k} for k, (x, y) in enumerate(at)]})

    start, *rest = points(tab, [(8, 4), (14, 9), (14, 14), (14, 24)])
    touch("touchStart", start)
    for at in rest:
        touch("touchMove", at)
    second = points(tab, [(24, 24)])[0]
    touch("touchStart", rest[-1], second)  # a second finger draws nothing
    touch("touchEnd")
    figure, _ = agrees(tab, values)
    pixels = np.array(figure.pixels).reshape(28, 28)
    assert pixels[18, 14] > 200 and pixels[4, 8] > 200 and pixels[:, 18:].sum() == 0
    assert tab.evaluate("scrollY") == 0


def test_the_keyboard_draws_and_clears(open_figure, values):
    tab = open_figure(DrawADigit(pixels=np.zeros(784, int)))
    tab.get_by_role("button", name="Copy link").focus()
    tab.keyboard.press("Tab")
    canvas = tab.get_by_role("application")
    assert canvas.evaluate("node => node === document.activeElement")
    assert tab.locator(".pen").is_visible()
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowUp"):
        tab.keyboard.press(key)
    assert grey(canvas).sum() == 0  # the pen is lifted
    tab.keyboard.press("Space")
    dot = grey(canvas)
    assert dot[6, 10] == 255 and dot.argmax() // 28 == 6 and (dot > 0).sum() == 9
    for _ in range(8):
        tab.keyboard.press("ArrowRight")
    for _ in range(13):
        tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Space")
    tab.keyboard.press("Shift+ArrowLeft")
    figure, shown = agrees(tab, values)
    pixels = np.array(figure.pixels).reshape(28, 28)
    assert (pixels[6, 10:19] == 255).all() and (pixels[6:20, 18] == 255).all() and pixels[8:, :16].sum() == 0
    assert shown.argmax() == 7
    tab.keyboard.press("Delete")
    assert grey(canvas).sum() == 0
    for _ in range(9):
        tab.keyboard.press("Shift+ArrowRight")  # stops at the edge
    tab.keyboard.press("Space")
    assert grey(canvas)[19, 27] == 255
    agrees(tab, values)
    tab.keyboard.press("Tab")
    assert tab.locator("select").evaluate("node => node === document.activeElement")
    assert not tab.locator(".pen").is_visible()


@pytest.mark.wide
def test_the_answer_is_spoken_once_things_are_at_rest(open_figure, values):
    tab = open_figure(DrawADigit(pixels=np.zeros(784, int)))
    tab.evaluate("""() => { window.spoken = []; new MutationObserver(() =>
        spoken.push(document.querySelector('[aria-live]').textContent)).observe(
        document.querySelector('[aria-live]'), {childList: true, subtree: true, characterData: true}); }""")
    draw_by_mouse(tab, SEVEN)
    _, shown = agrees(tab, values)
    tab.wait_for_timeout(900)
    assert tab.evaluate("spoken") == [f"7, {100 * shown[7]:.0f} %"]
    tab.locator(".paper canvas").focus()
    tab.keyboard.press("ArrowUp")
    tab.wait_for_timeout(900)
    tab.keyboard.press("Space")
    tab.wait_for_timeout(900)
    assert tab.evaluate("spoken.slice(1)") == ["row 14, column 15", "pen down"]


def test_in_a_notebook_python_moves_the_canvas_and_hears_of_a_stroke(open_figure, values, go_live):
    tab = open_figure(DrawADigit())
    go_live(tab, DrawADigit())
    tab.evaluate("pixels => model.set('pixels', pixels)", DIGITS["217: 6"].ravel().tolist())
    agrees(tab, values)
    assert tab.locator("select").input_value() == "217: 6"
    moved = np.roll(DIGITS["1802: 2"], 4, axis=1)
    tab.evaluate("pixels => { model.set('pixels', pixels); model.set('framed', false); }", moved.ravel().tolist())
    agrees(tab, values, framed=False)
    assert not tab.get_by_role("checkbox").is_checked()
    W, b = unpack(STORED["weights"])
    tab.evaluate("weights => model.set('weights', weights)", pack(2 * W, b))
    np.testing.assert_allclose(values(tab, ".bars text[data-value]"), softmax(2 * W @ moved.ravel() / 255 + b),
                               atol=1e-12)
    assert tab.evaluate("model.saved") == 0  # Python is not told what it said
    draw_by_mouse(tab, SEVEN)
    assert tab.evaluate("model.saved") == 1  # one message to a stroke
    assert tab.evaluate("model.get('pixels')") == grey(tab.locator(".paper canvas")).ravel().tolist()
    tab.evaluate("undo()")
    assert tab.evaluate("listeners()") == 0


def test_without_scripts_picture_and_table_show_the_initial_digit(open_figure):
    figure = DrawADigit(pixels=DIGITS["217: 6"])
    tab = open_figure(figure, scripts=False)
    cells = tab.locator(".course-figure > table td").all_inner_texts()
    assert cells == [f"{a:.3f}" for a in figure.probabilities()]
    tab = open_figure(figure)
    data = tab.evaluate("""async source => {
        const image = new Image(); image.src = source; await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: 28, height: 28 });
        const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
        return [...context.getImageData(0, 0, 28, 28).data].filter((_, k) => k % 4 === 0) }""",
                        figure.fallback().split('src="')[1].split('"')[0])
    assert data == DIGITS["217: 6"].ravel().tolist()


def random_drawings(count):
    """Random patches of ink, of any size and at any place."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        (top, left), (bottom, right) = np.sort(rng.integers(0, 28, (2, 2)), axis=0)
        image = np.zeros((28, 28), int)
        patch = rng.integers(0, 256, (bottom - top + 1, right - left + 1))
        patch[[0, -1]], patch[:, [0, -1]] = 255, 255
        image[top:bottom + 1, left:right + 1] = patch
        yield image


def test_the_frame_scales_as_pytorch_does_and_centres_the_ink():
    for image in random_drawings(60):
        framed = mnist_frame(image)
        rows, columns = (np.flatnonzero(image.sum(axis)) for axis in (1, 0))
        crop = image[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
        size = [max(1, int(20 * side / max(crop.shape) + 0.5)) for side in crop.shape]
        small = functional.interpolate(torch.tensor(crop)[None, None].double(), size=size, mode="bilinear",
                                       antialias=True, align_corners=False)[0, 0].numpy()
        y, x = (np.flatnonzero(framed.sum(axis))[0] for axis in (1, 0))
        np.testing.assert_allclose(framed[y:y + size[0], x:x + size[1]], small, atol=1e-9)
        assert framed.sum() == pytest.approx(small.sum()) and max(size) == 20
        for axis in (1, 0):
            ink = framed.sum(axis)
            assert abs(ink @ np.arange(28) / ink.sum() - 14) <= 0.5 + 1e-6


@pytest.mark.wide
def test_the_page_frames_any_drawing_as_python_does(open_figure, values, go_live):
    tab = open_figure(DrawADigit())
    go_live(tab, DrawADigit())
    symmetric = np.zeros((28, 28), int)
    symmetric[3:13, 5:9] = 200  # its centre lies between two pixels: a tie
    dot, edge = np.zeros((2, 28, 28), int)
    dot[27, 0], edge[0, :], edge[:, 0] = 1, 255, 3
    for image in [symmetric, dot, edge, 0 * dot, dot + 254, *random_drawings(25)]:
        tab.evaluate("pixels => model.set('pixels', pixels)", image.ravel().tolist())
        agrees(tab, values)


def test_where_a_digit_was_drawn_makes_no_difference_unless_the_frame_is_off():
    two = DIGITS["1802: 2"]
    for shift in [(-3, -5), (3, 4), (0, 5)]:
        moved = np.roll(two, shift, axis=(0, 1))
        assert (mnist_frame(moved) == two).all()
        assert abs(DrawADigit(pixels=moved, framed=False).probabilities()
                   - DrawADigit(pixels=two).probabilities()).max() > 0.05


def test_the_stored_digits_and_the_frame_are_mnists(torch_model):
    train_set, test_set = load_mnist()
    if not is_mnist(train_set):
        pytest.skip("MNIST is not here")
    for name, image in DIGITS.items():
        index, label = map(int, name.split(": "))
        assert (test_set.data[index].numpy() == image).all() and test_set.targets[index] == label
    assert sorted(name[-1] for name in DIGITS) == list("0123456789")
    assert 100 * accuracy(torch_model, *as_tensors(test_set)) == pytest.approx(STORED["test"], abs=0.05)
    images = test_set.data.numpy()
    changed = [index for index, image in enumerate(images) if (mnist_frame(image) != image).any()]
    assert changed == [4530, 9300, 9302]  # MNIST's makers cut these off at the edge
    assert images[changed, 27].any(axis=1).all()


def test_the_stored_file_is_small_and_says_how_it_was_made():
    assert set(STORED) == {"settings", "torch", "test", "digits", "weights"}
    assert STORED["settings"] == {"seed": 0, "optimizer": "SGD", "lr": 0.001, "batch": 64, "epochs": 5}
    W, b = unpack(STORED["weights"])
    assert pack(W, b) == STORED["weights"] and len(json.dumps(STORED)) < 40_000


@pytest.mark.parametrize("pixels, message", [
    (np.zeros((3, 3), int), r"pixels must have shape \(28, 28\) or \(784,\); got \(3, 3\)"),
    (np.zeros(784), "pixels must be whole numbers from 0 to 255; got float64"),
    (np.full(784, 256), "pixels must be whole numbers from 0 to 255; got int64 from 256 to 256"),
    (np.full(784, -1), "from 0 to 255")])
def test_pixels_say_what_is_wrong(pixels, message):
    with pytest.raises(ValueError, match=message):
        DrawADigit(pixels=pixels)


def test_weights_and_frames_say_what_is_wrong():
    with pytest.raises(ValueError, match="weights must hold 7850 numbers; got 3"):
        DrawADigit(weights=base64.b64encode(np.zeros(3, "<f2").tobytes()).decode())
    with pytest.raises(ValueError, match=r"W must have shape \(10, 784\) and b \(10,\); got \(784, 10\) and \(10,\)"):
        pack(np.zeros((784, 10)), np.zeros(10))
    with pytest.raises(ValueError, match=r"pixels must have shape \(28, 28\); got \(784,\)"):
        mnist_frame(np.zeros(784))
    with pytest.raises(ValueError, match=r"name must be one of \['1100: 7', .*\]; got '3'"):
        DrawADigit().image("3")


def test_pixels_take_arrays_and_tensors_and_keep_a_list():
    figure = DrawADigit(pixels=torch.tensor(DIGITS["217: 6"]))
    assert figure.pixels == DIGITS["217: 6"].ravel().tolist()
    assert figure.state()["pixels"] == figure.pixels and json.dumps(figure.state())
