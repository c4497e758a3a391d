"""In JupyterLab itself: the figures and the kernel hear of each other, and the keys are the figures'."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers.softmax import softmax

pytestmark = [pytest.mark.wide, pytest.mark.timeout(150)]  # they take about 10 seconds
ROOT = Path(__file__).resolve().parents[2]
WAIT = 60  # seconds for any one thing; the longest is the start of a kernel
CELLS = [
    "from helpers.interactive import ScoresToProbabilities\n\nfigure = ScoresToProbabilities()\nfigure",
    "print(figure.z)",
    "from helpers.interactive import live\n\n\ndef squares(count=3):\n    print([k * k for k in range(count)])\n\n\n"
    "live(squares, count=(1, 9))",
]
OPTIONS = [
    "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--LabApp.expose_app_in_browser=True",
    # It asks no other host.
    "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
]
OPEN_AND_RUN_ALL = """async () => {
  await jupyterapp.started;
  window.panel = await jupyterapp.commands.execute("docmanager:open", { path: "check.ipynb" });
  await panel.context.ready;
  await panel.sessionContext.ready;
  await jupyterapp.commands.execute("notebook:run-all-cells");
}"""
RUN_CELL = """async index => {
  panel.content.activeCellIndex = index;
  await jupyterapp.commands.execute("notebook:run-cell");
  return panel.content.widgets[index].model.outputs.toJSON().map(output => [output.text].flat().join("")).join("");
}"""
RUN_IN_KERNEL = "async code => { await panel.sessionContext.session.kernel.requestExecute({ code }).done; }"


def until(condition, what):
    """Wait until `condition` returns something, and return it."""
    end = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {WAIT} seconds: {what}"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that holds the notebook and nothing of the user's."""
    home = tmp_path_factory.mktemp("home")
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    (home / "notebooks").mkdir()
    nbformat.write(nb, home / "notebooks" / "check.ipynb")
    return home


@pytest.fixture(scope="module")
def lab(chromium, home):
    """A running JupyterLab: its address and its token."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG_"))}
    environment |= {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "MPLCONFIGDIR": str(home / "matplotlib"),
                    "PYTHONPATH": str(ROOT)}
    environment |= {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    log = home / "log"
    with log.open("w") as stream:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *OPTIONS], cwd=home / "notebooks",
                                  env=environment, stdout=stream, stderr=stream)

    def started():
        assert server.poll() is None, log.read_text()
        texts = [path.read_text() for path in home.glob("runtime/jpserver-*.json")]
        return [json.loads(text) for text in texts if text.endswith("}")]  # one half-written is not there yet

    try:
        (info,) = until(started, "the start of JupyterLab")
        yield info["url"], info["token"]
    finally:
        server.terminate()  # it ends its kernels too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def tab(chromium, lab):
    """The notebook, open and run. The tab keeps errors and requests to other hosts."""
    url, token = lab
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    tab = context.new_page()
    tab.set_default_timeout(1000 * WAIT)
    tab.complaints = []
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda m: tab.complaints.append(m.text) if m.type == "error" and "widget" in m.text else None)
    tab.on("request", lambda r: tab.complaints.append(r.url) if not r.url.startswith((url, "data:", "blob:")) else None)
    tab.goto(f"{url}lab?token={token}")
    tab.wait_for_function("window.jupyterapp")
    tab.evaluate(OPEN_AND_RUN_ALL)
    yield tab
    context.close()


def test_a_figure_and_the_kernel_hear_of_each_other(tab, values):
    slider = tab.get_by_role("slider", name="score z1")
    assert slider.input_value() == "2"
    tab.evaluate("panel.content.activeCellIndex = 0")
    slider.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowDown"):
        tab.keyboard.press(key)
    assert slider.input_value() == "2.2"
    assert tab.evaluate("panel.content.activeCellIndex") == 0, "JupyterLab took the arrow keys"
    until(lambda: tab.evaluate(RUN_CELL, 1) == "[2.2, 1.0, -1.0]\n", "what the slider says, in Python")

    tab.evaluate(RUN_IN_KERNEL, "figure.z = [-1.0, 0.5, 4.0]")
    until(lambda: slider.input_value() == "-1", "what Python says, on the slider")
    np.testing.assert_allclose(values(tab, "rect.share")[:3], softmax([-1.0, 0.5, 4.0]), atol=1e-12)
    assert tab.complaints == []


def test_live_calls_the_function_in_the_kernel(tab):
    handle = tab.locator(".widget-slider [role=slider]")
    tab.get_by_text("[0, 1, 4]", exact=True).wait_for()
    handle.focus()
    for _ in range(2):
        tab.keyboard.press("ArrowRight")
    tab.get_by_text("[0, 1, 4, 9, 16]", exact=True).wait_for()
    assert tab.get_by_text("[0, 1, 4]", exact=True).count() == 0
    assert tab.complaints == []


RUN_CHAPTER = """async path => {
  const panel = await jupyterapp.commands.execute("docmanager:open", { path });
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await jupyterapp.commands.execute("notebook:run-all-cells");
  const outputs = panel.content.widgets.flatMap(cell => cell.model.outputs?.toJSON() ?? []);
  const unrun = panel.content.widgets.filter(cell => cell.model.type === "code" && !cell.model.executionCount);
  await panel.context.save();
  await panel.sessionContext.shutdown();
  return { errors: outputs.filter(output => output.output_type === "error"), unrun: unrun.length,
           outputs: outputs.length };
}"""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_run_all_ends_without_an_error(tab, home, path):
    """Every chapter as it lies in the repository, under JupyterLab's own *Run All*."""
    (home / "notebooks" / path.name).write_bytes(path.read_bytes())
    stored = sum(len(cell.get("outputs", [])) for cell in nbformat.read(path, as_version=4).cells)
    result = tab.evaluate(RUN_CHAPTER, path.name)
    assert result["errors"] == [] and result["unrun"] == 0 and result["outputs"] >= stored
    assert tab.complaints == []
