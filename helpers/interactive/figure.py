"""The base of the interactive figures: a widget where there is a kernel, a still picture and its state where none is.

The book brings the pictures to life with the same scripts, which it ships once (book/_ext).
"""

import base64
import io
import json
import os
import re
from html import escape
from pathlib import Path

import anywidget
from PIL import Image

__all__ = ["Figure", "image_url", "table"]

HERE = Path(__file__).parent
# Of figures and questions in a notebook: a Vietnamese one sets it in its first cell. A page of the book has its own.
LANGUAGE = os.environ.get("COURSE_LANGUAGE", "")
# What both a figure and its script must know; the book puts it before the scripts, too.
CONSTANTS = json.loads((HERE / "constants.json").read_text(encoding="utf-8"))


def table(caption, header, rows):
    """Write a plain HTML table: what a figure shows where no script runs.

    Parameters
    ----------
    caption : str
        What the table holds.
    header : sequence of str
        One heading for each column.
    rows : sequence of sequences
        The cells; the first of each row is its heading.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> table("Scores", ["class", "z"], [["1", 0.5]]).startswith("<table><caption>Scores</caption>")
    True
    """
    head = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in header)
    body = "".join(f'<tr><th scope="row">{escape(str(first))}</th>'
                   + "".join(f"<td>{escape(str(cell))}</td>" for cell in rest) + "</tr>"
                   for first, *rest in rows)
    return (f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>")


def image_url(pixels):
    """Write a picture as a data URL, the same bytes on every machine: compressors differ, so it is not compressed.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey values, or red, green and blue.

    Returns
    -------
    str
        A PNG, for the `src` of an HTML image.

    Examples
    --------
    >>> import numpy as np
    >>> image_url(np.zeros((28, 28), np.uint8))[:22]
    'data:image/png;base64,'
    """
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


class Figure(anywidget.AnyWidget):
    """A widget that also leaves itself behind as HTML: a still picture, and the state that its script starts from.

    A subclass lives in one Python file beside one JavaScript file of the same name (what would make that file too
    long to read stands before it in a second one, such as ``descent.drawing.js``). It sets `label`, tags its
    traits with ``sync=True``, and defines `fallback`. The JavaScript imports nothing, may use what stands in
    ``common.js``, and ends with ``export default { render };``. Its ``GUIDE``, which it hands to ``stage``, holds the
    title and what to do in both languages, states worth seeing, and how each trait that the reader moves is written
    in a page's address.

    Attributes
    ----------
    label : str
        The figure's name for a screen reader.

    Notes
    -----
    Only traits of the subclass itself are stored, in a fixed order, so two executions give the same bytes.
    """

    label = "Interactive figure"
    # Colab's ipywidgets 7 would display the widget alone, and a notebook saved there would lose the still picture.
    _ipython_display_ = None

    def __init_subclass__(cls, **kwargs):
        if "_esm" not in cls.__dict__:  # traitlets derives a class for each widget: that one has it already
            stem = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
            parts = [HERE / "common.js", *sorted(HERE.glob(f"{stem}.*.js")), HERE / f"{stem}.js"]
            sources = [path.read_text(encoding="utf-8") for path in parts]
            known = {"LABEL": cls.label, "SPOKEN": LANGUAGE, **CONSTANTS}
            cls._esm = "\n".join([*(f"const {name} = {json.dumps(value)};" for name, value in known.items()), *sources])
            cls._css = (HERE / "common.css").read_text(encoding="utf-8")
        super().__init_subclass__(**kwargs)

    def fallback(self):
        """Return HTML for a page without scripts: the initial state as a table or a picture."""
        raise NotImplementedError

    def state(self):
        """Return the figure's own traits by name, as JSON can hold them."""
        inherited = set(anywidget.AnyWidget.class_trait_names())
        return {name: getattr(self, name) for name in sorted(self.traits(sync=True))
                if name not in inherited and not name.startswith("_")}

    def html(self):
        """Return the still picture and the state; a page that has the figures' scripts makes it move."""
        state = json.dumps(self.state(), sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
        return (f'<div class="course-figure-root" data-figure="{type(self).__name__}">\n'
                f'<div class="course-figure" role="group" aria-label="{escape(self.label)}">{self.fallback()}</div>\n'
                f'<script type="application/json">{state}</script>\n</div>')

    def __repr__(self):
        """Name the figure without a memory address, which would differ from run to run."""
        return f"<{type(self).__name__}: {self.label}>"

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self), "text/html": self.html()}, metadata
