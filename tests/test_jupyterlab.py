"""JupyterLab itself, in the browser: an interactive figure and its kernel hear of each other."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parent.parent
WAIT = 60  # seconds for one step; starting a kernel is the longest
CELLS = [
    "from helpers.interactive import ScoresToProbabilities\n\nfigure = ScoresToProbabilities()\nfigure",
    "print(figure.z)",
    "from helpers.interactive import live\n\n\ndef squares(count=3):\n    print([k * k for k in range(count)])\n\n\n"
    "live(squares, count=(1, 9))",
]
OPTIONS = [
    "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
]
OPEN = """async () => {
  await jupyterapp.started;
  window.panel = await jupyterapp.commands.execute('docmanager:open', {path: 'check.ipynb'});
  await panel.context.ready;
  await panel.sessionContext.ready;
}"""
PYTHON = """async code => {
  await panel.sessionContext.session.kernel.requestExecute({code}).done;
}"""


def until(condition, what):
    """Wait for a condition of Python's, and return what it came to."""
    end = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < end, f"{what}: not within {WAIT} seconds"
        time.sleep(0.1)
    return found


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab that knows nothing of the user and asks no other host."""
    home, folder = tmp_path / "home", tmp_path / "notebooks"
    home.mkdir()
    folder.mkdir()
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(nb, folder / "check.ipynb")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG_"))}
    environment |= {"HOME": str(home), "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(home / "ipython"),
                    "MPLCONFIGDIR": str(home / "matplotlib")}
    environment |= {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *OPTIONS, f"--ServerApp.root_dir={folder}"],
                                  cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        def started():
            assert server.poll() is None, (tmp_path / "log").read_text()
            texts = [path.read_text() for path in home.glob("runtime/jpserver-*.json")]
            return [json.loads(text) for text in texts if text.endswith("}")]

        (info,) = until(started, "JupyterLab's address")
        yield f"{info['url']}lab?token={info['token']}"
    finally:
        server.terminate()  # it ends its kernels too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def tab(chromium, lab):
    """The notebook, open and run, in a tab that keeps errors and requests to other hosts."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(1000 * WAIT)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith((lab.split("lab?")[0], "data:", "blob:"))
            else page.complaints.append(f"request: {r.url}"))
    page.goto(lab)
    page.wait_for_function("window.jupyterapp")
    page.evaluate(OPEN)
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    yield page
    context.close()


def test_x(tab):
    tab.wait_for_timeout(1000)
    tab.screenshot(path="/tmp/lab.png")
    print(tab.complaints, tab.evaluate("panel.content.widgets.map(w => w.model.outputs?.toJSON().map(o=>[o.text, Object.keys(o.data||{})]))"))
    print(tab.locator("[role=slider], input[type=range]").evaluate_all("n => n.map(x => x.outerHTML)"))
    assert 0
