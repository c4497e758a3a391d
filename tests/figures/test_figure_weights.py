"""Chapter 7's weight pictures: what the page shows of any row, pair, pixel and image is what NumPy computes."""

import base64
import json

import matplotlib as mpl
import numpy as np
import pytest
import torch
import traitlets

from helpers.digits import pack, stored_model, unpack
from helpers.interactive.weight_pictures import WeightPictures
from helpers.softmax import log_softmax
from helpers.training import SoftmaxRegression, predict

STORED = stored_model()
W, B = unpack(STORED["weights"])
NAMES = ["3: 0", "2: 1", "1802: 2", "18: 3", "4: 4", "8: 5", "217: 6", "1100: 7", "61: 8", "7: 9"]
IMAGES = np.array([list(base64.b64decode(STORED["digits"][name])) for name in NAMES])
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
SCORE = "table[aria-label=score] td[data-value]"
CHOICES = ("minus digit", "test image, index: digit")


def expected(digit, minus, image, centred, drawing=None):
    """The weights, the bias, the end of the scale, the evidence and the ten scores, by NumPy."""
    weights, biases = (W - W.mean(axis=0), B - B.mean()) if centred else (W, B)
    w, b, limit = weights[digit], biases[digit], abs(weights).max()
    if minus >= 0:
        w, b = w - weights[minus], b - biases[minus]
        limit = max(abs(weights[i] - weights[j]).max() for i in range(10) for j in range(10))
    grey = drawing if drawing is not None else IMAGES[image] if image >= 0 else None
    return w, b, limit, *((None, None) if grey is None else (w * grey / 255, weights @ grey / 255 + biases))


def choose(tab, digit, minus, image, centred):
    tab.get_by_role("radio").nth(digit).check()
    for label, value in zip(CHOICES, (minus, image), strict=True):
        tab.get_by_label(label, exact=True).select_option(str(value))
    tab.get_by_role("checkbox").set_checked(centred)


def chosen(tab):
    return int(tab.locator(".rows :checked").get_attribute("value"))


def colours(canvas):
    data = canvas.evaluate("""node => {
        const copy = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
        copy.getContext("2d").drawImage(node, 0, 0);
        return [...copy.getContext("2d").getImageData(0, 0, 28, 28).data]; }""")
    pixels = np.array(data).reshape(784, 4)
    assert (pixels[:, 3] == 255).all()
    return pixels[:, :3]


def painted(values, limit):
    return 255 * mpl.colormaps["RdBu_r"]((values / limit + 1) / 2)[:, :3]


def agrees(tab, values, digit, minus, image, centred, pixel, drawing=None):
    """Compare all that the page shows with NumPy; the colours too, up to the 256 steps of Matplotlib's map."""
    w, b, limit, evidence, scores = expected(digit, minus, image, centred, drawing)
    n = 28 * pixel[0] + pixel[1]
    at_pixel, below = [*pixel, n + 1, w[n]], []
    pictures, small = tab.locator(".picture canvas"), tab.locator(".rows canvas")
    assert abs(colours(pictures.nth(1)) - painted(w, limit)).max() < 3
    assert [pictures.nth(k).is_visible() for k in (0, 2)] == 2 * [evidence is not None]
    assert chosen(tab) == digit
    rows = W - W.mean(axis=0) if centred else W
    assert abs(colours(small.nth(digit)) - painted(rows[digit], limit)).max() < 3
    if evidence is not None:
        grey = IMAGES[image] if drawing is None else drawing
        at_pixel += [grey[n] / 255, evidence[n]]
        total = evidence.sum()
        below = [evidence[evidence > 0].sum(), evidence[evidence < 0].sum(), total, b, total + b]
        if drawing is not None:
            below.append(total - (w * IMAGES[image] / 255).sum() if image >= 0 else 0)
        assert (colours(pictures.nth(0)) == grey[:, None]).all()
        assert abs(colours(pictures.nth(2)) - painted(evidence, limit)).max() < 3
        np.testing.assert_allclose(values(tab, ".rows output"), scores, rtol=0, atol=1e-9)
        assert tab.locator(".rows .first").count() == 1
        assert float(tab.locator(".rows .first").get_attribute("data-value")) == pytest.approx(scores.max(), abs=1e-9)
    np.testing.assert_allclose(values(tab, "table[aria-label=pixel] td[data-value]"), at_pixel, rtol=0, atol=1e-12)
    if below:
        shown = values(tab, SCORE)
        np.testing.assert_allclose(shown, below, rtol=0, atol=1e-12)
    np.testing.assert_allclose(values(tab, ".legend output"), [-limit, 0, limit], rtol=0, atol=1e-12)
    left = tab.locator(".caret").evaluate("node => parseFloat(node.style.left)")
    assert left == pytest.approx(50 * (1 + w[n] / limit), abs=1e-3)
    for axis, place in zip("yx", pixel, strict=True):
        found = tab.locator(".cursor").evaluate_all("(nodes, axis) => nodes.map(n => n.getAttribute(axis))", axis)
        assert found == 6 * [str(place)]
    assert tab.complaints == []


def test_the_page_opens_with_the_chapters_mistake_and_says_nothing_yet(open_figure, values):
    tab = open_figure(WeightPictures())
    agrees(tab, values, 5, 6, 6, False, (6, 19))
    assert tab.locator("figcaption").all_inner_texts() == ["x", "w = w₅ − w₆", "w ∘ x"]
    assert [tab.get_by_label(label, exact=True).evaluate("node => node.selectedOptions[0].text") for label in CHOICES
            ] == ["− w₆", "217: 6"]
    shown = tab.locator("td").all_inner_texts()
    assert shown == ["6", "19", "188", "0.1352", "0.996", "0.1347", "3.899", "−2.531", "1.368", "−0.016", "1.352", "–"]
    tab.wait_for_timeout(800)
    assert tab.locator("[aria-live]").text_content() == ""


@pytest.mark.wide
@pytest.mark.parametrize("centred", [False, True])
def test_every_row_and_a_pair_of_each_on_every_image(open_figure, values, centred):
    tab = open_figure(WeightPictures(pixel=[18, 9]))
    assert tab.get_by_label(CHOICES[1], exact=True).locator("option").all_inner_texts() == ["–", *NAMES, "✎"]
    for image in range(10):
        for digit, minus in [(image, -1), ((3 * image + 1) % 10, (7 * image + 4) % 10)]:
            choose(tab, digit, minus, image, centred)
            agrees(tab, values, digit, minus, image, centred, (18, 9))
            tilde = "\u0303" if centred else ""
            one, other = (f"w{tilde}{SUBSCRIPTS[c]}" for c in (digit, minus))
            assert tab.locator("figcaption").nth(1).text_content() == (
                f"w = {one}" if minus < 0 else f"w = {one} − {other}")


def test_the_scores_are_those_of_pytorch(open_figure, values):
    model = SoftmaxRegression()
    model.load_state_dict({"layer.weight": torch.tensor(W), "layer.bias": torch.tensor(B)})
    log_a = np.log(predict(model, torch.tensor(IMAGES).float() / 255).numpy())
    tab = open_figure(WeightPictures())
    for image in range(10):
        digit, minus = (image + 1) % 10, image
        choose(tab, digit, minus, image, False)
        ratio = log_a[image, digit] - log_a[image, minus]  # (7.7)
        assert values(tab, SCORE)[4] == pytest.approx(ratio, abs=1e-5)


def test_centring_moves_no_pair_and_makes_a_score_the_lead_over_the_average(open_figure, values):
    tab = open_figure(WeightPictures())
    pictures, tick = tab.locator(".picture canvas").nth(1), tab.get_by_role("checkbox")
    before = values(tab, "td[data-value]"), colours(pictures)
    tick.check()
    np.testing.assert_allclose(values(tab, "td[data-value]"), before[0], rtol=0, atol=1e-12)
    assert abs(colours(pictures) - before[1]).max() <= 1
    assert tab.locator("figcaption").nth(1).text_content() == "w = w\u0303₅ − w\u0303₆"
    z = IMAGES[6] / 255 @ W.T + B
    log_a = log_softmax(z)
    shown = []
    for digit in range(10):
        choose(tab, digit, -1, 6, True)
        shown.append(values(tab, SCORE)[4])
        assert tab.locator("table[aria-label=score] th").nth(4).inner_text() == f"z{SUBSCRIPTS[digit]} − z̄"
    np.testing.assert_allclose(shown, log_a - log_a.mean(), rtol=0, atol=1e-12)  # (7.9)
    tick.uncheck()
    assert values(tab, SCORE)[4] == pytest.approx(z[9], abs=1e-12)


def test_a_picture_that_all_rows_share_is_gone_once_centred(open_figure, values):
    face = np.zeros((28, 28))
    face[8:20, 8:20] = 0.5  # float16 holds weights of this size to 2^-12
    figure = WeightPictures(digit=2, minus=-1, image=2, weights=pack(W + face.ravel(), B))
    tab = open_figure(figure)
    assert values(tab, ".legend output")[2] > 0.5
    assert abs(values(tab, SCORE)[4] - (IMAGES[2] / 255 @ W[2] + B[2])) > 10
    tab.get_by_role("checkbox").check()
    _, b, limit, evidence, _ = expected(2, -1, 2, True)
    assert abs(values(tab, SCORE)[4] - evidence.sum() - b) < 0.02
    assert values(tab, ".legend output")[2] == pytest.approx(limit, abs=5e-4)


def test_one_scale_for_all_rows_and_one_for_all_pairs(open_figure, values):
    tab = open_figure(WeightPictures())
    ends = {True: set(), False: set()}
    for digit in range(10):
        for minus in (-1, (digit + 5) % 10):
            choose(tab, digit, minus, 6, False)
            ends[minus < 0].add(values(tab, ".legend output")[2])
    assert ends == {True: {abs(W).max()}, False: {np.ptp(W, axis=0).max()}}


def test_a_digit_less_itself_is_nothing(open_figure, values):
    tab = open_figure(WeightPictures(digit=4, minus=4, image=4))
    assert (colours(tab.locator(".picture canvas").nth(1)) == 247).all()  # white, the middle of the scale
    assert values(tab, SCORE) == [0, 0, 0, 0, 0]


def test_without_an_image_there_are_weights_alone(open_figure, values):
    tab = open_figure(WeightPictures(digit=0, minus=-1, image=-1, pixel=[0, 27]))
    agrees(tab, values, 0, -1, -1, False, (0, 27))
    assert tab.locator("table[aria-label=pixel] td").all_inner_texts()[4:] == ["–", "–"]
    assert not tab.locator("table[aria-label=score]").is_visible()
    assert tab.locator(".edge").nth(1).get_attribute("d") == ""
    choose(tab, 0, -1, 3, False)
    agrees(tab, values, 0, -1, 3, False, (0, 27))
    choose(tab, 0, -1, -1, False)
    agrees(tab, values, 0, -1, -1, False, (0, 27))


def test_the_outline_separates_lit_from_unlit_pixels(open_figure):
    for image in (0, 6):
        tab = open_figure(WeightPictures(image=image))
        path = tab.locator(".edge").nth(1).get_attribute("d")
        lit = np.pad(IMAGES[image].reshape(28, 28) / 255 >= 0.5, 1)
        across, down = np.argwhere(lit[1:] != lit[:-1]), np.argwhere(lit[:, 1:] != lit[:, :-1])
        wanted = {f"{column - 1} {row}h1" for row, column in across} | {f"{column} {row - 1}v1" for row, column in down}
        pieces = path.split("M")[1:]
        assert set(pieces) == wanted and len(pieces) == len(wanted) > 50


@pytest.mark.wide
def test_the_mouse_reads_a_pixel_in_either_picture(open_figure, values):
    tab = open_figure(WeightPictures())
    for canvas in tab.locator(".picture canvas").all():
        box = canvas.bounding_box()
        assert box["width"] == box["height"] == 196
        for row, column in [(0, 0), (27, 27), (3, 22), (18, 9)]:
            tab.mouse.move(box["x"] + 7 * column + 2, box["y"] + 7 * row + 5)
            agrees(tab, values, 5, 6, 6, False, (row, column))
    tab.mouse.move(5, 5)  # away: the last pixel stays
    agrees(tab, values, 5, 6, 6, False, (18, 9))


def test_a_finger_reads_a_pixel_and_can_still_scroll_the_page(open_figure, values):
    tab = open_figure(WeightPictures(), width=360)
    for canvas, pixel in zip(tab.locator(".picture canvas").all()[1:], [(20, 3), (7, 25)], strict=True):
        box = canvas.bounding_box()
        size = box["width"] / 28
        tab.touchscreen.tap(box["x"] + size * (pixel[1] + 0.5), box["y"] + size * (pixel[0] + 0.5))
        agrees(tab, values, 5, 6, 6, False, pixel)
    assert tab.locator(".picture").nth(1).evaluate("node => getComputedStyle(node).touchAction") == "pan-y"


@pytest.mark.wide
def test_the_keyboard_reaches_every_control_and_every_pixel(open_figure, values):
    tab = open_figure(WeightPictures(pixel=[14, 14]))
    tab.get_by_role("button", name="Copy link").focus()
    for key in ("Tab", "ArrowLeft", "Tab", "ArrowDown", "Tab", "Space", "Tab", "ArrowDown", "Tab"):
        tab.keyboard.press(key)
    agrees(tab, values, 4, 7, 7, True, (14, 14))
    assert tab.get_by_role("application").evaluate("node => node === document.activeElement")
    row, column = 14, 14
    for key, (down, right) in {"ArrowUp": (-1, 0), "ArrowLeft": (0, -1), "Shift+ArrowDown": (4, 0),
                               "Shift+ArrowRight": (0, 4), "ArrowDown": (1, 0), "ArrowRight": (0, 1),
                               "Control+ArrowLeft": (0, 0), "Home": (0, -28), "PageUp": (-28, 0),
                               "Shift+ArrowUp": (-4, 0), "End": (0, 28), "PageDown": (28, 0),
                               "Shift+ArrowLeft": (0, -4)}.items():
        tab.keyboard.press(key)
        row, column = np.clip([row + down, column + right], 0, 27)
        agrees(tab, values, 4, 7, 7, True, (row, column))
    assert (row, column) == (27, 23)
    tab.keyboard.press("Tab")
    assert not tab.evaluate("document.querySelector('.course-figure').contains(document.activeElement)")


@pytest.mark.wide
def test_pixel_and_score_are_spoken_once_things_are_at_rest(open_figure):
    tab = open_figure(WeightPictures())
    live = tab.locator("[aria-live]")
    tab.locator(".picture canvas").nth(1).focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(800)
    w, _, _, evidence, _ = expected(5, 6, 6, False)
    n = 28 * 6 + 22
    numbers = f"weight {w[n]:.4f}, brightness {IMAGES[6][n] / 255:.3f}, product {evidence[n]:.4f}"
    assert live.text_content() == f"row 6, column 22, n {n + 1}: {numbers}".replace("-", "−")
    tab.get_by_label(CHOICES[0], exact=True).select_option("-1")
    tab.wait_for_timeout(800)
    _, b, _, evidence, _ = expected(5, -1, 6, False)
    sums = f"sum {evidence.sum():.3f}, bias {b:.3f}, score {evidence.sum() + b:.3f}"
    assert live.text_content() == sums.replace("-", "−")


def test_in_a_notebook_python_moves_the_figure_and_hears_of_the_reader(open_figure, values, go_live):
    figure = WeightPictures()
    tab = open_figure(figure)
    go_live(tab, figure)
    for name, value in {"digit": 2, "minus": 8, "image": 8, "centred": True, "pixel": [20, 13]}.items():
        tab.evaluate("([name, value]) => model.set(name, value)", [name, value])
    agrees(tab, values, 2, 8, 8, True, (20, 13))
    assert tab.get_by_label(CHOICES[1], exact=True).input_value() == "8" and tab.get_by_role("checkbox").is_checked()
    tab.evaluate("weights => model.set('weights', weights)", pack(2 * W, 2 * B))
    _, b, _, evidence, _ = expected(2, 8, 8, True)
    assert values(tab, SCORE)[4] == pytest.approx(2 * (evidence.sum() + b), abs=1e-12)
    assert tab.evaluate("model.saved") == 0  # Python is not told what it said
    tab.locator(".picture canvas").nth(1).focus()
    tab.keyboard.press("ArrowUp")
    tab.get_by_role("radio").nth(3).check()
    assert tab.evaluate("[model.saved, model.get('pixel'), model.get('digit')]") == [2, [19, 13], 3]
    tab.evaluate("undo()")
    assert tab.evaluate("listeners()") == 0


def stroke(tab, *path):
    """Draw over x from one pixel (row, column) to the next."""
    box = tab.locator(".x canvas").bounding_box()
    spots = [(box["x"] + (column + 0.5) * box["width"] / 28, box["y"] + (row + 0.5) * box["height"] / 28)
             for row, column in path]
    tab.mouse.move(*spots[0])
    tab.mouse.down()
    for spot in spots[1:]:
        tab.mouse.move(*spot, steps=6)
    tab.mouse.up()


def test_ink_that_is_erased_takes_its_evidence_from_the_score(open_figure, values):
    tab = open_figure(WeightPictures(digit=2, minus=-1, image=2))
    whole = tab.get_by_role("button", name="All the ink")
    assert whole.is_disabled()
    rows, columns = np.divmod(np.arange(784), 28)
    erased = IMAGES[2] * ~((abs(rows - 20) <= 1) & (columns >= 10) & (columns <= 14)
                           | (rows == 20) & ((columns == 9) | (columns == 15)))
    assert (erased != IMAGES[2]).sum() > 8
    stroke(tab, (20, 10), (20, 14))
    agrees(tab, values, 2, -1, 2, False, (20, 14), drawing=erased)
    assert values(tab, SCORE)[5] < -0.3  # it was for the 2
    assert tab.get_by_label(CHOICES[1], exact=True).evaluate("node => node.selectedOptions[0].text") == "✎"
    tab.get_by_role("radio").nth(8).check()
    agrees(tab, values, 8, -1, 2, False, (20, 14), drawing=erased)
    python = WeightPictures(digit=8, minus=-1, image=2, drawing=erased)
    assert python.evidence().sum() + python.row()[1] == pytest.approx(
        values(tab, SCORE)[4], abs=1e-12)
    tab.get_by_role("button", name="Copy link").click()
    tab.reload()
    agrees(tab, values, 8, -1, 2, False, (20, 14), drawing=erased)
    whole.click()
    agrees(tab, values, 8, -1, 2, False, (20, 14))
    assert whole.is_disabled()


def test_the_keyboard_erases_the_pixel_under_the_cursor(open_figure, values):
    """Exercise 7.2: without its two loudest pixels the 2 is taken for an 8 by image 61's measure."""
    tab = open_figure(WeightPictures(digit=2, minus=8, image=8, pixel=[20, 13]))
    loudest = np.argsort(expected(2, 8, 8, False)[3])[::-1][:2]
    drawing = IMAGES[8].copy()
    tab.get_by_role("application").focus()
    row, column = 20, 13
    for n in loudest:
        for key, count in zip(("ArrowDown", "ArrowRight"), np.subtract(divmod(n, 28), (row, column)), strict=True):
            for _ in range(abs(count)):
                tab.keyboard.press(key if count > 0 else {"ArrowDown": "ArrowUp", "ArrowRight": "ArrowLeft"}[key])
        row, column = map(int, divmod(n, 28))
        tab.keyboard.press("Delete")
        drawing[n] = 0
        agrees(tab, values, 2, 8, 8, False, (row, column), drawing=drawing)
    assert int(tab.locator(".rows output").evaluate_all("nodes => nodes.findIndex(n => n.className === 'first')")) == 8


def test_a_finger_erases_and_the_page_does_not_scroll(open_figure, values):
    tab = open_figure(WeightPictures(digit=2, minus=-1, image=2), width=390)
    tab.evaluate("document.body.style.height = '3000px'")
    session, box = tab.context.new_cdp_session(tab), tab.locator(".x canvas").bounding_box()
    for k, row in enumerate((18, 20, 22)):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if k else "touchStart", "touchPoints": [
            {"x": box["x"] + 12.5 / 28 * box["width"], "y": box["y"] + (row + 0.5) / 28 * box["height"]}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    drawing = colours(tab.locator(".x canvas"))[:, 0]
    assert drawing.reshape(28, 28)[18:23, 12].sum() == 0 and drawing.sum() < IMAGES[2].sum()
    agrees(tab, values, 2, -1, 2, False, (22, 12), drawing=drawing)
    assert tab.evaluate("scrollY") == 0


def test_the_digit_of_the_first_page_comes_along_where_there_is_no_kernel(open_figure, values, go_live):
    tab = open_figure(WeightPictures())
    assert tab.get_by_role("button", name="Your digit").count() == 0
    drawing = np.where(IMAGES[3] > 99, IMAGES[3], 0)
    tab.evaluate("""pixels => localStorage.setItem("drawing", pixels.map(n => "A" + n.toString(16).padStart(2, "0"))
        .join(""))""", drawing.tolist())
    tab.reload()
    tab.get_by_role("button", name="Your digit").press("Enter")
    agrees(tab, values, 5, 6, -1, False, (6, 19), drawing=drawing)
    stroke(tab, (14, 14), (15, 14))
    assert values(tab, SCORE)[5] != 0
    tab.get_by_role("button", name="All the ink").click()
    assert values(tab, SCORE)[5] == 0
    go_live(tab, WeightPictures())
    assert tab.get_by_role("button", name="Your digit").count() == 0
    tab.evaluate("localStorage.setItem('drawing', 'nonsense')")
    tab.reload()
    assert tab.get_by_role("button", name="Your digit").count() == 0 and tab.complaints == []


def test_without_scripts_picture_and_table_show_the_initial_state(open_figure):
    figure = WeightPictures(digit=2, minus=8, image=2)
    tab = open_figure(figure, scripts=False)
    w, b, limit, evidence, _ = expected(2, 8, 2, False)
    cells = tab.locator(".course-figure > table td").all_inner_texts()
    assert cells == [f"{value:.3f}" for value in (evidence.sum(), b, evidence.sum() + b)]
    assert tab.locator("img").get_attribute("alt") == "Weights of digit 2 minus digit 8, red positive, blue negative"
    tab = open_figure(figure)
    data = tab.evaluate("""async source => {
        const image = new Image(); image.src = source; await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), { width: 28, height: 28 });
        const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
        return [...context.getImageData(0, 0, 28, 28).data] }""", figure.fallback().split('src="')[1].split('"')[0])
    drawn = np.array(data).reshape(784, 4)[:, :3]
    assert abs(drawn - painted(w, limit)).max() < 3
    assert abs(drawn - colours(tab.locator(".picture canvas").nth(1))).max() <= 1
    assert "<table" not in WeightPictures(minus=-1, image=-1).fallback()


def test_python_computes_the_same_and_takes_numbers_of_any_kind():
    for digit, minus, image, centred in [(5, 6, 6, False), (0, -1, 0, True), (9, 4, 4, True)]:
        figure = WeightPictures(digit=digit, minus=minus, image=image, centred=centred)
        w, b, limit, evidence, _ = expected(digit, minus, image, centred)
        np.testing.assert_allclose(figure.row()[0], w, rtol=0, atol=1e-15)
        np.testing.assert_allclose(figure.evidence(), evidence, rtol=0, atol=1e-15)
        assert [figure.row()[1], figure.limit()] == pytest.approx([b, limit], abs=1e-15)
    figure.digit, figure.pixel = W.sum(axis=1).argmax(), np.divmod(evidence.argmax(), 28)
    figure.image = torch.tensor(3)
    assert json.dumps(figure.state()) and type(figure.digit) is type(figure.image) is type(figure.pixel[0]) is int


@pytest.mark.parametrize("wrong, message", [
    ({"digit": 10}, "'digit'"), ({"digit": 1.5}, "'digit'"), ({"minus": -2}, "'minus'"),
    ({"pixel": [0, 28]}, "'pixel'"), ({"pixel": [1]}, "'pixel'"),
    ({"image": 10}, "image must be from -1 to 9; got 10"), ({"image": -2}, "'image'"),
    ({"weights": pack(np.full((10, 784), np.nan), B)}, "weights must be finite"),
    ({"weights": "AAAAAAAA"}, "weights must hold 7850 numbers; got 3"),
    ({"images": [["x", "AAAA"]]}, "images must hold 784 bytes each; 'x' has 3")])
def test_what_is_wrong_is_named(wrong, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        WeightPictures(**wrong)


def test_without_an_image_there_is_no_evidence():
    with pytest.raises(ValueError, match="image is -1"):
        WeightPictures(image=-1).evidence()
