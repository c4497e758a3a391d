"""The sliders of `live` on a page without a kernel: what a notebook stores of each stop, loaded when asked for."""

import base64
import json
import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

from . import notebook


def sliders(nb):
    """Yield the index and the id of each cell with such a slider, and what `live` stored of its stops."""
    for index, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            if "stops" in output.get("metadata", {}):
                yield index, cell.id, output.metadata.stops


def write(root, pages, static):
    """Write the pictures of all stops into the book's static files."""
    folder = Path(static) / "live"
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages:
        for _, cell, stops in sliders(notebook.read(Path(root) / f"{page}.ipynb")):
            folder.mkdir(parents=True, exist_ok=True)
            for k, picture in enumerate(stops.get("pictures", [])):
                (folder / f"{page.rpartition('/')[2]}-{cell}-{k}.webp").write_bytes(base64.b64decode(picture))


def html(page, cell, stops):
    """Return what helpers/interactive/live.js makes a slider of; without a script it is nothing."""
    state = dict(stops)
    if "pictures" in stops:
        state["pictures"] = f"{'../' * page.count('/')}_static/live/{page.rpartition('/')[2]}-{cell}-"
    text = json.dumps(state, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
    return (f'<div class="course-figure-root" data-figure="Live"><div class="course-figure" role="group" '
            f'aria-label="{escape(stops["name"])}"></div><script type="application/json">{text}</script></div>')


class ShowSliders(SphinxTransform):
    """Put a slider above the output that it chooses."""

    default_priority = 400

    def apply(self, **kwargs):
        """Go through the code cells of a notebook."""
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".ipynb":
            return
        found = {index: rest for index, *rest in sliders(notebook.read(path))}
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and cell["cell_index"] in found:
                written = html(self.env.docname, *found[cell["cell_index"]])
                output = next(k for k, part in enumerate(cell) if part.get("nb_element") == "cell_code_output")
                cell.insert(output, nodes.raw("", written, format="html"))


def setup(app):
    """Connect it."""
    app.add_transform(ShowSliders)
