"""`live`: what a stored notebook keeps of it, and what a move of a control does."""

import base64
import io

import ipywidgets
import matplotlib.image
import nbformat
import numpy as np
import pytest
from course_book import live as sliders
from jupyter_client.manager import start_new_kernel
from nbformat import v4
from PIL import Image

from helpers.interactive import live
from helpers.interactive.live import KEEP_STOPS
from tests.browser import HTML, ROOT
from tools.execute import WIDGET_VIEW, strip

SETUP = """
import matplotlib.pyplot as plt
from helpers.interactive import live
from helpers.plotting import use_style

use_style()

def line(slope=2.0, low=0.0):
    plt.plot([0, 1], [low, slope])
    plt.ylim(0, 5)
    plt.show()

def squares(count=3):
    print([k * k for k in range(count)], "< & >")
"""


@pytest.fixture(scope="module")
def run():
    """Run a cell as nbval does: return its outputs, and the states that widgets sent to the front end."""
    manager, client = start_new_kernel(kernel_name="python3")

    def go(source):
        messages = []
        reply = client.execute_interactive(source, output_hook=messages.append, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
        outputs = [v4.output_from_msg(message) for message in messages
                   if message["msg_type"] in ("execute_result", "display_data", "stream", "error")]
        states = [message["content"]["data"].get("state", {}) for message in messages
                  if message["msg_type"] == "comm_msg"]
        return outputs, states

    go(SETUP)
    yield go
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def only_output(run, source):
    outputs, _ = run(source)
    assert [output.output_type for output in outputs] in (["execute_result"], ["display_data"])
    return outputs[0]


def stored(output):
    """The output in a notebook as tools/execute.py leaves it, and the cell."""
    cell = v4.new_code_cell(outputs=[output])
    strip(v4.new_notebook(cells=[cell]))
    return cell.outputs[0], cell


def test_a_stored_notebook_keeps_the_figure_at_the_defaults(run):
    output = only_output(run, "live(line, slope=(0.0, 5.0, 0.5))")
    assert set(output.data) == {WIDGET_VIEW, "text/plain", "image/png"}
    direct = only_output(run, "line()")
    assert output.data["image/png"] == direct.data["image/png"]
    assert output.metadata == direct.metadata
    kept, cell = stored(output)
    text = f"line: slope = 2.0\n{direct.data['text/plain']}"
    assert kept.data == {"text/plain": text, "image/png": direct.data["image/png"]}
    assert cell.metadata["mystnb"]["image"]["width"] == f"{direct.metadata['image/png']['width']}px"


def test_the_stored_size_is_half_the_pixels_and_the_picture_is_not_empty(run):
    output = only_output(run, "live(line, slope=(0.0, 5.0, 0.5))")
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    size = output.metadata["image/png"]
    assert size == {"height": pixels.shape[0] // 2, "width": pixels.shape[1] // 2}
    assert 600 < size["width"] < 700 and 380 < size["height"] < 420  # 6.4 by 4 inches, cut to what is drawn
    assert pixels[..., :3].std() > 0.05


def test_a_stored_notebook_keeps_printed_text_where_there_is_no_figure(run):
    kept, cell = stored(only_output(run, "live(squares, count=(1, 9))"))
    assert kept.data == {"text/plain": "squares: count = 3", "text/html": "<pre>[0, 1, 4] &lt; &amp; &gt;\n</pre>"}
    assert "mystnb" not in cell.metadata


@pytest.mark.parametrize("source", ["live(line, slope=(0.0, 5.0), low=[0, 1])", "live(squares, count=(1, 9))"])
def test_two_executions_store_the_same(run, source):
    assert stored(only_output(run, source))[0].data == stored(only_output(run, source))[0].data


def test_a_move_calls_the_function_with_the_new_value(run):
    run("panel = live(line, slope=(0.0, 5.0, 0.5))")
    outputs, states = run("panel.controls['slope'].value = 3.0")
    assert outputs == []  # it goes to the widget, not into the cell
    direct = only_output(run, "line(3.0)")
    png = direct.data["image/png"].strip()
    pictures = [state["value"] for state in states if "<img" in str(state.get("value"))]
    assert len(pictures) == 1
    assert f'src="data:image/png;base64,{png}' in pictures[0]
    assert f'alt="line: slope = 3.0" width="{direct.metadata["image/png"]["width"]}"' in pictures[0]
    again = only_output(run, "panel")
    assert again.data["image/png"] == direct.data["image/png"]
    assert again.data["text/plain"] == f"line: slope = 3.0\n{direct.data['text/plain']}"


def test_text_and_all_figures_are_shown_and_the_last_figure_is_stored(run):
    outputs, states = run("def both(n=2):\n    print(n)\n    line(1.0)\n    line(n)\nlive(both, n=(0, 4))")
    assert outputs[0].data["image/png"] == only_output(run, "line(2)").data["image/png"]
    run("panel = live(both, n=(0, 4))")
    _, states = run("panel.controls['n'].value = 3")
    shown = next(state["value"] for state in states if "<img" in str(state.get("value")))
    assert shown.startswith("<pre>3\n</pre><img ") and shown.count("<img") == 2


def test_a_figure_without_show_is_the_functions_and_an_earlier_one_is_the_cells(run):
    outputs, _ = run("plt.plot([5, 0])\n"
                     "def draw(slope=2.0):\n    plt.plot([0, 1], [0, slope])\n    plt.ylim(0, 5)\n"
                     "live(draw, slope=(0.0, 5.0))")
    assert [output.output_type for output in outputs] == ["display_data", "execute_result"]
    assert outputs[1].data["image/png"] == only_output(run, "line()").data["image/png"]


def test_an_error_at_a_move_is_shown_and_the_next_move_works(run):
    run("def half(n=2):\n    plt.plot([0, 8])\n    8 / n < 9\npanel = live(half, n=(0, 4))")
    outputs, states = run("panel.controls['n'].value = 0")
    assert outputs == []  # nor does the half-drawn figure appear
    shown = next(state["value"] for state in states if "value" in state and "Zero" in str(state["value"]))
    assert shown.startswith("<pre>") and "in half" in shown and "8 / n &lt; 9" in shown
    assert "live.py" not in shown
    outputs, states = run("panel.controls['n'].value = 1")
    assert outputs == [] and any(str(state.get("value")).count("<img") == 1 for state in states)


def test_an_error_at_the_defaults_is_the_cells():
    with pytest.raises(ZeroDivisionError):
        live(lambda n=0: 1 // n, n=(0, 4))


@pytest.mark.parametrize(("controls", "message"), [
    ({}, "needs a control"),
    ({"rate": (0, 1), "rte": (0, 1)}, "rte"),
    ({"size": (0, 1)}, "rate"),
    ({"rate": object()}, "rate=<object"),
    ({"rate": None}, "rate=None is no control"),
    ({"rate": (0, 1, 2, 3)}, "rate=.* is no control"),
    ({"rate": (5, 1)}, "rate=.* between min and max"),
    ({"rate": (0, 1, -1)}, "rate=.* step"),
    ({"rate": ipywidgets.fixed(1)}, "rate=.* is no control"),
    ({"rate": ipywidgets.Button}, "rate=.* is no control"),
])
def test_what_is_no_control_is_an_error_that_names_the_argument(controls, message):
    with pytest.raises(ValueError, match=message):
        live(lambda rate, size=1: None, **controls)


@pytest.mark.parametrize(("control", "expected"), [
    ((0, 10), "n = 7"), ((0.0, 10.0, 0.5), "n = 7.0"), ([3, 7], "n = 7"), ({"low": 3, "high": 7}, "n = high"),
    (4, "n = 4"), (True, "n = True"), (ipywidgets.IntText(5), "n = 5"), ("text", "n = text"),
    (ipywidgets.FloatSlider(4.500000000000001), "n = 4.5")])
def test_where_a_control_starts(control, expected):
    calls = []

    def record(n=7, other="kept"):
        calls.append((n, other))

    panel = live(record, n=control)
    assert repr(panel) == f"record: {expected}"
    assert calls == [(panel.controls["n"].value, "kept")]


@pytest.mark.parametrize(("control", "expected"), [((0, 10), 5), ((0.0, 1.0), 0.5), (["a", "b"], "a")])
def test_where_a_control_starts_if_the_function_has_no_default(control, expected):
    assert live(lambda n: None, n=control).controls["n"].value == expected


# Without a kernel: what is stored of the stops, and the slider that chooses among it.


@pytest.mark.wide
def test_the_stops_of_one_slider_are_stored_when_a_notebook_is(run):
    run(f"import os\nos.environ['{KEEP_STOPS}'] = '1'")
    output = only_output(run, "live(line, slope=(0.0, 5.0, 0.5))")
    texts = only_output(run, "live(squares, count=(1, 4))").metadata["stops"]
    others = only_output(run, "live(line, slope=(0.0, 5.0), low=[0, 1])"), only_output(
        run, "live(squares, count=(1, 500))")
    run(f"del os.environ['{KEEP_STOPS}']")
    assert texts == {"name": "count", "min": 1, "max": 4, "step": 1, "value": 3,
                     "texts": [f"{[k * k for k in range(count)]} < & >\n" for count in (1, 2, 3, 4)]}
    assert not any("stops" in other.metadata for other in others)
    assert "stops" not in only_output(run, "live(line, slope=(0.0, 5.0, 0.5))").metadata
    stops = output.metadata["stops"]
    pictures = stops.pop("pictures")
    assert stops == {"name": "slope", "min": 0, "max": 5, "step": 0.5, "value": 2} and len(pictures) == 11
    for k, picture in enumerate(pictures):
        direct = only_output(run, f"line({k / 2})").data["image/png"]
        small, large = (np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGB"), int)
                        for one in (picture, direct))
        assert small.shape == large.shape and abs(small - large).max() < 32 and len(picture) < len(direct)


# Without the Vietnamese twins, which hold no outputs.
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if path.parent.name != "vi")


def stored_sliders():
    return [(path, cell, stops) for path in NOTEBOOKS
            for _, cell, stops in sliders.sliders(nbformat.read(path, as_version=4))]


def test_every_live_of_the_notebooks_has_its_stops():
    sources = [cell.source for path in NOTEBOOKS
               for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    stored = stored_sliders()
    assert sum("import live" in source for source in sources) == len(stored) >= 1
    for _, _, stops in stored:
        count = 1 + round((stops["max"] - stops["min"]) / stops["step"])
        assert len(stops["pictures"]) == count and len(set(stops["pictures"])) > count // 2


@pytest.mark.skipif(not (HTML / "_static" / "live").exists(), reason="the book is not built: run `make book`")
@pytest.mark.parametrize("origin", ["http", "file"])
def test_on_a_page_the_slider_chooses_and_only_then_a_picture_is_loaded(visit, origin):
    path, cell, stops = stored_sliders()[0]
    tab, complaints = visit(f"{path.parent.name}/{path.stem}", origin=origin, width=390)
    asked = []
    tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    figure = tab.locator("[data-figure=Live]")
    image = tab.locator(".cell:has(> [data-figure=Live]) .cell_output img")
    slider, first = figure.get_by_role("slider", name=stops["name"]), image.get_attribute("src")
    told = image.get_attribute("alt")
    assert slider.input_value() == f"{stops['value']:g}" and asked == []
    slider.focus()
    tab.keyboard.press("ArrowRight")
    place = round((stops["value"] - stops["min"]) / stops["step"]) + 1
    tab.wait_for_function("node => node.complete && node.naturalWidth > 1000", arg=image.element_handle())
    name = f"{path.stem}-{cell}-{place}.webp"
    assert asked == [name] and image.get_attribute("src").endswith(name)
    assert image.get_attribute("alt") == f"{stops['name']} = {stops['min'] + place * stops['step']:g}"
    assert (HTML / "_static" / "live" / name).read_bytes() == base64.b64decode(stops["pictures"][place])
    tab.keyboard.press("ArrowLeft")
    assert (image.get_attribute("src"), image.get_attribute("alt")) == (first, told)
    tab.keyboard.press("End")
    assert image.get_attribute("src").endswith(f"-{len(stops['pictures']) - 1}.webp") and complaints == []


@pytest.mark.skipif(not (HTML / "_static" / "live").exists(), reason="the book is not built: run `make book`")
def test_without_a_script_the_first_picture_is_there_and_no_slider(visit):
    path, _, _ = stored_sliders()[0]
    tab, complaints = visit(f"{path.parent.name}/{path.stem}", scripts=False)
    cell = tab.locator(".cell:has(> [data-figure=Live])")
    assert cell.locator(".cell_output img").is_visible() and cell.locator("input").count() == 0 and complaints == []
