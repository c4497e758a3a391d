"""What stands above every figure that moves: what to do, states worth seeing, Reset, and a link to what is on show."""

import functools
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import numpy as np
import pytest
import quickjs
from scipy.special import expit

from helpers import interactive
from helpers.digits import stored_model, unpack
from helpers.interactive import (
    Descent,
    DrawADigit,
    JacobianExplorer,
    Likelihood,
    Plane,
    Question,
    ScoresToProbabilities,
    WeightPictures,
)
from helpers.interactive.descent import lowest_loss, path
from helpers.interactive.figure import Figure
from helpers.points import toy_points
from helpers.softmax import fit, loss_and_gradient, one_hot, softmax, softmax_jacobian
from tests import browser

ROOT = Path(__file__).resolve().parents[2]
MOVING = [Plane, ScoresToProbabilities, Likelihood, JacobianExplorer, Descent, DrawADigit, WeightPictures]
every_figure = pytest.mark.parametrize("cls", MOVING, ids=lambda cls: cls.__name__)
ATOB = """const decoded = {};
globalThis.atob = text => decoded[text] ??= decode(text);
function decode(text) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let out = "", bits = 0, count = 0;
  for (const letter of text.replace(/=/g, "")) {
    bits = (bits << 6) | letters.indexOf(letter);
    count += 6;
    if (count >= 8) out += String.fromCharCode((bits >> (count -= 8)) & 255);
    bits &= (1 << count) - 1;
  }
  return out;
}"""
# What a figure shows: its numbers and its pictures, but for what is only spoken.
LOOK = """() => [...document.querySelectorAll(
    ".course-figure :is([data-value], canvas, polygon, polyline, input, .drag)")].map(node =>
  node.type === "checkbox" ? node.checked
    : node.dataset.value ?? node.value ?? node.getAttribute("points") ?? node.getAttribute("transform")
    ?? node.toDataURL())"""


class Engine:
    """A figure's script without a browser."""

    def __init__(self, cls, stored=None):
        self.context, self.name = quickjs.Context(), cls.__name__
        script = str(cls._esm).replace("export default { render };", "")
        self.context.eval(f"{ATOB}\n{script}\nglobalThis.GUIDE = GUIDE")
        self.stored = stored or cls().state()
        self.context.eval(f"globalThis.stored = {json.dumps(self.stored)}")

    def run(self, expression, **values):
        for name, value in values.items():
            self.context.eval(f"globalThis.{name} = {json.dumps(value)}")
        return json.loads(self.context.eval(f"JSON.stringify({expression})"))

    def traits(self):
        return self.run("Object.keys(GUIDE.traits)")

    def tried(self):
        return self.run("tried(GUIDE, stored)")

    def write(self, states):
        return self.run(f"states.map(state => writeAddress('{self.name}', GUIDE.traits, stored, state))", states=states)

    def read(self, texts):
        return self.run(f"texts.map(text => readAddress(text, '{self.name}', GUIDE.traits, stored))", texts=texts)


@functools.cache
def engine(cls):
    return Engine(cls)


def test_every_figure_that_moves_is_tried():
    assert {cls.__name__ for cls in (*MOVING, Question)} == set(interactive.__all__) - {"live", "try_out"}
    assert all(issubclass(cls, Figure) for cls in MOVING)


# States that a reader can bring about.

STARTS = Descent().starts
STILL = Plane().points

def thousandths(rng):
    return (rng.multinomial(1000, rng.dirichlet([0.7] * 3), 3) / 1000).tolist()


def run(rng):
    return [float(f"{min(30, 2 * 10 ** rng.uniform(-2, 1.18)):.3g}"), int(rng.choice([1, 64, 150])),
            STARTS[rng.integers(4)]]


def drawing(rng):
    """A picture of the library, a few strokes, or noise."""
    kind = rng.integers(20)
    if kind < 9:
        return DrawADigit().image(rng.choice(sorted(stored_model()["digits"]))).ravel().tolist()
    if kind < 18:
        pixels = np.zeros((28, 28), int)
        for row, column in rng.integers(0, 22, (4, 2)):
            pixels[row:row + 6, column:column + 3] = rng.choice([97, 255])
        return pixels.ravel().tolist()
    return rng.integers(0, 256, 784).tolist()


def some_moved(rng):
    """The data of the plane, up to three of them somewhere else."""
    points = [list(cloud) for cloud in STILL]
    for _ in range(rng.integers(4)):
        points[rng.integers(3)][rng.integers(50)] = rng.uniform(-3.5, 3.5, 2).round(2).tolist()
    return points


RANDOM = {
    Plane: lambda rng: {"x": rng.uniform(-3.5, 3.5, 2).round(2).tolist(), "true_label": int(rng.integers(3)),
                        "points": some_moved(rng)},
    ScoresToProbabilities: lambda rng: {"z": rng.uniform(-20, 20, 3).round(1).tolist(),
                                        "temperature": round(rng.uniform(0.1, 5), 1)},
    Likelihood: lambda rng: {"a": thousandths(rng)},
    JacobianExplorer: lambda rng: {"z": rng.uniform(-6, 6, 3).round(1).tolist(),
                                   "dz": (rng.integers(-40, 41, 3) / 20 / 2 ** rng.integers(5)).tolist(),
                                   "entry": int(rng.integers(9))},
    Descent: lambda rng: {"epoch": int(rng.integers(10_001)), "pinned": run(rng) if rng.integers(2) else [],
                          **dict(zip(("learning_rate", "batch", "start"), run(rng), strict=True))},
    DrawADigit: lambda rng: {"pixels": drawing(rng), "framed": bool(rng.integers(2))},
    WeightPictures: lambda rng: {"digit": int(rng.integers(10)), "minus": int(rng.integers(-1, 10)),
                                 "image": int(rng.integers(-1, 10)), "centred": bool(rng.integers(2)),
                                 "drawing": drawing(rng) if rng.integers(2) else [],
                                 "pixel": rng.integers(0, 28, 2).tolist()},
}


@pytest.mark.wide
@every_figure
def test_a_thousand_random_states_come_back_from_their_addresses(cls):
    rng, script = np.random.default_rng(0), engine(cls)
    states = [RANDOM[cls](rng) for _ in range(1000)]
    assert set(states[0]) == set(script.traits())
    addresses = script.write(states)
    for state, text, found in zip(states, addresses, script.read(addresses), strict=True):
        assert re.fullmatch(r"[\w=&.,-]+", text)  # nothing that a mail or a browser would change
        changed = {name for name, value in state.items() if value != script.stored[name]}
        assert set(found) == changed, text  # what is as stored is not written
        assert found == {name: state[name] for name in changed}
    if cls not in (DrawADigit, WeightPictures):  # which may hold a drawing
        assert max(map(len, addresses)) < 100
    assert script.write([script.stored]) == [f"fig={cls.__name__}"]


@pytest.mark.parametrize(("cls", "trait", "digits"), [
    (Plane, "x", 2), (ScoresToProbabilities, "z", 3), (JacobianExplorer, "dz", 6), (JacobianExplorer, "z", 3)])
def test_numbers_are_rounded_to_what_can_be_seen(cls, trait, digits):
    script, values = engine(cls), np.random.default_rng(1).uniform(-2, 2, (200, len(cls().state()[trait])))
    texts = script.write([{**script.stored, trait: row} for row in values.tolist()])
    found = np.array([state[trait] for state in script.read(texts)])
    np.testing.assert_allclose(found, values, atol=0.5000001 * 10**-digits)
    assert max(len(part) for text in texts for part in text.split("=")[-1].split(",")) <= digits + 3


def test_predictions_of_many_digits_come_back_as_probabilities():
    script, a = engine(Likelihood), np.random.default_rng(2).dirichlet([0.5] * 3, (300, 3))
    found = np.array([state["a"] for state in script.read(script.write([{"a": rows} for rows in a.tolist()]))])
    np.testing.assert_allclose(found, a, atol=0.0021)
    assert abs(found.sum(axis=2) - 1).max() < 1e-12 and found.min() >= 0


SLOW = (Descent, DrawADigit, Plane)  # ten seconds each


@pytest.mark.parametrize("cls", [pytest.param(cls, marks=pytest.mark.wide) if cls in SLOW else cls for cls in MOVING],
                         ids=lambda cls: cls.__name__)
def test_whatever_an_address_says_the_figure_gets_a_state_that_python_takes(cls):
    """A thousand addresses with letters lost, doubled and changed; Python's own rules are the judge."""
    rng, script, letters = np.random.default_rng(3), engine(cls), list("0123456789-.,=&%ex_ABz;")
    texts = []
    for text in script.write([RANDOM[cls](rng) for _ in range(1000)]):
        signs = list(text)
        for _ in range(rng.integers(1, 4)):
            place = len(f"fig={cls.__name__}") + rng.integers(max(1, len(signs) - len(f"fig={cls.__name__}")))
            signs[place:place + rng.integers(3)] = rng.choice(letters, rng.integers(3))
        texts.append("".join(signs))
    kept = 0
    for state in script.read(texts):
        if state:
            cls(**state)
            kept += 1
    assert kept > 20  # not everything is thrown away
    names = script.traits()
    worthless = ["", "fig", "fig=", "fig=Nobody", "section-2", "%", "%E0%A4%A", f"fig={cls.__name__}2"]
    assert script.read(worthless) == [None] * len(worthless)
    for value in ("", "NaN", "1e3", "Infinity", "constructor", "__proto__", "99999999", "-7", "1,2,3,4,5,6,7,8", ","):
        text = "&".join([f"fig={cls.__name__}", *(f"{name}={value}" for name in [*names, "constructor", "nobody"])])
        state, = script.read([text])
        assert set(state) <= {"z"} if value == "-7" else state == {}, (value, state)


# The states behind the buttons do show what the buttons say.

def claims_of_plane(all_three, wrong, outlier):
    a = [softmax(np.array(figure.W) @ figure.x + figure.b) for figure in (all_three, wrong)]
    np.testing.assert_allclose(a[0], 1 / 3, atol=0.005)  # x has two decimals
    assert a[1].max() > 0.999 and a[1].argmax() != wrong.true_label and a[1][wrong.true_label] < 1e-3
    elsewhere = [(c, i) for c in range(3) for i in range(50) if outlier.points[c][i] != Plane().points[c][i]]
    assert len(elsewhere) == 1
    X, labels = np.concatenate(outlier.points), np.repeat([0, 1, 2], 50)
    model = fit(X, one_hot(labels, 3), learning_rate=4.0, num_epochs=1000)
    (c, i), = elsewhere
    assert softmax(model.W @ outlier.points[c][i] + model.b)[c] < 0.01  # it is misread all the same,
    assert np.abs(model.W).max() < 0.85 * np.abs(Plane().W).max()  # and has made the model less sure


def claims_of_scores_to_probabilities(equal, shifted, cold):
    np.testing.assert_allclose(softmax(equal.z), 1 / 3)
    before = np.array(ScoresToProbabilities().z)
    np.testing.assert_allclose(softmax(shifted.z), softmax(before), rtol=1e-12)
    np.testing.assert_allclose(shifted.z, before + 3)
    assert expit(shifted.z).sum() - expit(before).sum() > 0.9
    assert cold.temperature == 0.1
    np.testing.assert_allclose(softmax(np.array(cold.z) / 0.1), [1, 0, 0], atol=5e-5)


def claims_of_likelihood(perfect, unsure, mistaken):
    def loss(figure):
        return -np.log(np.diagonal(figure.a))

    assert loss(perfect).sum() == 0
    np.testing.assert_allclose(unsure.a, 1 / 3, atol=0.001)
    assert loss(unsure).sum() == pytest.approx(3 * np.log(3), abs=0.01)
    assert np.argmax(mistaken.a[2]) == 0 and mistaken.a[2][0] == 0.98
    assert loss(mistaken)[2] > 4.6 and loss(mistaken).sum() > loss(unsure).sum()  # one such is worse than no idea
    assert (loss(mistaken)[:2] == loss(Likelihood())[:2]).all()


def claims_of_jacobian_explorer(flat, common, large):
    assert abs(softmax_jacobian(flat.z)).max() < 1e-4
    np.testing.assert_allclose(softmax(np.add(common.z, common.dz)), softmax(common.z), atol=1e-15)
    assert abs(common.dz @ softmax_jacobian(common.z)).max() < 1e-15 and common.dz[0] > 0
    true, linear = softmax(np.add(large.z, large.dz)) - softmax(large.z), large.dz @ softmax_jacobian(large.z)
    assert true[2] < -0.05 < 0.05 < linear[2] and (true[:2] * linear[:2] > 0).all()


def claims_of_descent(done, single, bouncing):
    X, labels = toy_points()
    Y = one_hot(labels, 3)

    def losses(setting, epochs):
        models = list(path(*setting, max(epochs)))
        return np.array([loss_and_gradient(*models[k], X, Y)[0] for k in epochs]) - lowest_loss()

    def setting(figure):
        return figure.learning_rate, figure.batch, figure.start

    slow = losses(done.pinned, range(0, done.epoch + 1, 50))
    assert slow[-1] > 0.1 and (np.diff(slow) < 0).all()  # still on its way down
    assert losses(setting(done), [done.epoch])[0] < 1e-10
    assert (done.learning_rate, done.pinned[0], single.batch, bouncing.learning_rate) == (8, 0.02, 1, 20)
    noisy, smooth = (losses(one, range(10, single.epoch + 1)) for one in (setting(single), single.pinned))
    assert (np.diff(noisy) > 0).sum() > 10 and noisy.max() > 3 * noisy[-1] and single.pinned[:2] == [0.5, 150]
    assert (np.diff(smooth) < 0).all()
    late = losses(setting(bouncing), range(bouncing.epoch - 5, bouncing.epoch + 1))
    assert late.min() > 0.02 and np.diff(late).min() < -0.001 and np.diff(late).max() > 0.001  # up and down
    assert bouncing.pinned == []


def claims_of_draw_a_digit(misread, off_centre, blank):
    assert (np.array(misread.pixels) == DrawADigit().image("217: 6").ravel()).all()
    assert misread.probabilities().argmax() == 5
    two = DrawADigit().image("1802: 2")
    assert (np.array(off_centre.pixels).reshape(28, 28) == np.roll(two, (-3, -5), (0, 1))).all()
    framed = DrawADigit(pixels=off_centre.pixels, framed=True)
    assert (off_centre.probabilities().argmax(), framed.probabilities().argmax()) == (6, 2) and not off_centre.framed
    np.testing.assert_allclose(blank.probabilities(), softmax(unpack(stored_model()["weights"])[1]))


def claims_of_weight_pictures(zero, pair, centred):
    w = zero.row()[0].reshape(28, 28)
    assert (zero.digit, zero.minus, zero.images[zero.image][0]) == (0, -1, "3: 0")
    rows, columns = np.mgrid[:28, :28] - 13.5
    radius = np.hypot(rows, columns)
    assert w[radius < 3].mean() < -0.05 and w[(radius > 6) & (radius < 9)].mean() > 0.01  # blue inside, red around
    assert (pair.digit, pair.minus, pair.images[pair.image][0]) == (4, 9, "4: 4")
    before = WeightPictures()
    np.testing.assert_allclose(centred.row()[0], before.row()[0], atol=1e-12)
    assert centred.centred and not before.centred and centred.minus >= 0


@every_figure
def test_a_state_worth_seeing_shows_what_its_name_says(cls):
    states = engine(cls).tried()
    assert None not in states and len(states) in (2, 3)
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
    own = set(engine(cls).traits())
    globals()[f"claims_of_{name}"](*(cls(**{key: one[key] for key in own}) for one in states))


def test_a_name_that_would_not_be_true_of_this_model_is_not_offered(open_figure):
    for W in ([[0.0, 0.0]] * 3, [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]):  # nowhere one point, or no point at all
        tab = open_figure(Plane(W=W, b=[0.0] * 3))
        assert tab.locator(".try").all_inner_texts() == ["One outlier"]  # which is of the data
        assert tab.complaints == []


def test_points_that_tie_are_found_for_any_model():
    rng, found = np.random.default_rng(5), 0
    for _ in range(100):
        W, b = rng.normal(0, 2, (3, 2)), rng.normal(0, 1, 3)
        all_three, *_ = Engine(Plane, Plane(W=W.tolist(), b=b.tolist()).state()).tried()
        if all_three:
            np.testing.assert_allclose(softmax(W @ all_three["x"] + b), 1 / 3, atol=0.02)
        found += bool(all_three)
    assert found > 30


def test_in_every_chapter_all_of_them_are_offered():
    classes, seen = {cls.__name__: cls for cls in MOVING}, set()
    for file in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        html = "".join(output.get("data", {}).get("text/html", "") for cell in nbformat.read(file, as_version=4).cells
                       if cell.cell_type == "code" for output in cell.outputs)
        for name, text in re.findall(r'data-figure="(\w+)">.*?<script type="application/json">(.*?)</script>', html,
                                     re.S):
            if name in classes:
                assert None not in Engine(classes[name], json.loads(text)).tried(), (file.name, name)
                seen.add(name)
    assert seen == set(classes)


@every_figure
def test_the_words_are_short_and_there_in_both_languages(cls):
    guide = engine(cls).run("GUIDE")
    for words in (guide["en"], guide["vi"]):
        assert set(words) == {"title", "todo", "tries"} and len(words["tries"]) == len(guide["tries"])
        assert len(words["title"]) < 45 and len(words["todo"]) < 90 and max(map(len, words["tries"])) < 32
        assert not any("!" in text for text in (words["title"], words["todo"], *words["tries"]))
    vietnamese = "".join([guide["vi"]["title"], guide["vi"]["todo"], *guide["vi"]["tries"]])
    assert re.search("[ăâđêôơưạảấầẩậắằặẹẻếềểệịọốồổộớờởợụủứừửữự]", vietnamese)
    words = engine(cls).run("WORDS")
    assert set(words["en"]) == set(words["vi"]) and not set(words["en"].values()) & set(words["vi"].values())


# In a browser.

@every_figure
def test_the_head_sets_each_state_and_reset_brings_the_stored_one_back(open_figure, cls):
    tab = open_figure(cls())
    guide = engine(cls).run("GUIDE.en")
    assert tab.locator(".figure-title").inner_text() == guide["title"]
    assert tab.locator(".figure-todo").inner_text() == guide["todo"]
    start = tab.evaluate(LOOK)
    for name in guide["tries"]:
        tab.get_by_role("button", name=name, exact=True).press("Enter")
        assert tab.evaluate(LOOK) != start, name
        tab.get_by_role("button", name="Reset").click()
        assert tab.evaluate(LOOK) == start, name
    assert tab.complaints == []


@every_figure
@pytest.mark.parametrize("origin", ["http", pytest.param("file", marks=pytest.mark.wide)])
def test_a_copied_link_opens_what_was_on_show(open_figure, cls, origin, tmp_path):
    others = [other() for other in (WeightPictures, JacobianExplorer, Plane) if other is not cls]
    tab = open_figure(*others, cls())
    page = Path(unquote(urlsplit(tab.url).path))
    with browser.serve(page.parent) as server:
        if origin == "http":
            tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
            tab.goto(f"{server}/{page.name}")
        figure = tab.locator(f".course-figure-root[data-figure={cls.__name__}]")
        figure.locator(".try").last.click()
        figure.get_by_role("button", name="Copy link").click()
        figure.get_by_text(re.compile("^Copied$|^The link is in the address bar$")).wait_for()
        assert f"#fig={cls.__name__}&" in tab.url
        if origin == "http":
            assert tab.evaluate("navigator.clipboard.readText()") == tab.url
        seen = tab.evaluate(LOOK)
        other = tab.context.new_page()
        other.goto(tab.url)
        assert other.evaluate(LOOK) == seen
        root = other.locator(f".course-figure-root[data-figure={cls.__name__}]")
        # The figures above get their heights while the page loads, and the figure comes into sight once more.
        other.wait_for_function("""name => { const root = document.querySelector(`[data-figure=${name}]`);
          const { top } = root.getBoundingClientRect(); return scrollY > 100 && top >= -1 && top < 900 - 250; }""",
                                arg=cls.__name__)
        root.get_by_role("button", name="Reset").click()
        assert other.evaluate(LOOK) != seen
        root.get_by_role("button", name="Copy link").click()
        assert other.url.endswith(f"#fig={cls.__name__}")


def test_from_a_file_a_link_opens_what_was_on_show(open_figure):
    tab = open_figure(Plane(), Likelihood())
    tab.get_by_role("button", name="Perfect").click()
    tab.get_by_role("button", name="Copy link").nth(1).click()
    assert tab.url.startswith("file:") and tab.url.endswith("#fig=Likelihood&a=1,0,0,0,1,0,0,0,1")
    seen = tab.evaluate(LOOK)
    tab.reload()
    assert tab.evaluate(LOOK) == seen
    assert tab.complaints == []


def test_an_address_that_changes_moves_the_figure_and_any_other_does_not(open_figure):
    tab = open_figure(Plane(), Plane())
    read = """() => [...document.querySelectorAll("input")].map(node => node.value)"""
    for text, expected in {"fig=Plane&x=1,-2": ["1.00", "-2.00", "0.50", "0.50"], "a-section": None,
                           "fig=Plane&x=1": ["0.50"] * 4, "fig=Plane-2&x=%2D1.5,2": ["0.50", "0.50", "-1.50", "2.00"],
                           "fig=Plane-3&x=0,0": None, "fig=Likelihood&x=0,0": None, "%": None}.items():
        before = tab.evaluate(read)
        tab.evaluate("text => new Promise(done => { addEventListener('hashchange', () => setTimeout(done), "
                     "{ once: true }); location.hash = text; })", text)
        assert tab.evaluate(read) == (expected or before), text
    assert tab.complaints == []


@every_figure
def test_with_a_kernel_there_is_no_link_and_python_hears_of_reset(open_figure, go_live, cls):
    tab = open_figure(cls())
    tab.evaluate("document.documentElement.lang = 'vi'")
    go_live(tab, cls())
    guide = engine(cls).run("GUIDE.vi")
    assert tab.locator(".figure-title").inner_text() == guide["title"]
    assert tab.locator(".figure-tools button").all_inner_texts() == [*guide["tries"], "Đặt lại"]
    read = "names => Object.fromEntries(names.map(name => [name, model.get(name)]))"
    names = engine(cls).traits()
    for name, state in zip(guide["tries"], engine(cls).tried(), strict=True):
        tab.get_by_role("button", name=name, exact=True).click()
        assert tab.evaluate(read, names) == {key: state[key] for key in names}
        saved = tab.evaluate("model.saved")
        tab.get_by_role("button", name="Đặt lại").click()
        assert tab.evaluate(read, names) == {key: engine(cls).stored[key] for key in names}
        assert tab.evaluate("model.saved") > saved > 0
    assert tab.complaints == []


def test_reset_and_states_stop_the_film(open_figure):
    tab = open_figure(Descent())
    epoch = tab.locator(".line > span > span").first
    for name, expected in (("Reset", 0), ("Too large", 500)):
        tab.get_by_role("button", name="play").click()
        tab.wait_for_function("Number(document.querySelector('.line > span > span').dataset.value) > 3")
        tab.get_by_role("button", name=name).click()
        tab.wait_for_timeout(150)
        assert int(epoch.get_attribute("data-value")) == expected
        assert tab.get_by_role("button", name="play").count() == 1
    tab.get_by_role("button", name="Reset").click()


# The controls that are less tall than a fingertip; a box to tick is hit by its label.
LOW = """() => [...document.querySelectorAll(".course-figure :is(button, select, input, .drag, td[tabindex])")]
    .map(node => node.matches("[type=radio], [type=checkbox]") ? node.closest("label") : node)
    .filter(node => node.getBoundingClientRect().height < 43.9).map(node => node.outerHTML)"""


@every_figure
def test_what_a_finger_has_to_hit_is_as_tall_as_a_fingertip_and_the_ring_shows(open_figure, cls):
    tab = open_figure(cls(), width=390)
    assert tab.locator(".course-figure :is(button, select)").count() >= 5
    for width in (820, 390):  # a tablet and a phone
        tab.set_viewport_size({"width": width, "height": 844})
        assert tab.evaluate("matchMedia('(pointer: coarse)').matches") and tab.evaluate(LOW) == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.keyboard.press("Tab")
    focused = tab.locator(":focus")
    assert focused.get_attribute("class") == "try"
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    tab.emulate_media(media="print")
    assert not tab.locator(".figure-tools").is_visible() and tab.locator(".figure-title").is_visible()


def test_the_two_halves_of_the_descent_stand_side_by_side_in_the_book(open_figure):
    tab = open_figure(Descent(), width=688 + 16)  # a page of the book leaves 688 pixels
    boxes = [node.bounding_box() for node in tab.locator("svg[role], table").all()]
    for left, right in (boxes[:2], boxes[2:]):
        assert left["y"] == right["y"] and right["x"] > left["x"] + 250
    assert tab.locator(".course-figure").bounding_box()["height"] < 720
