"""Controls around a function of your own, which leave its result behind on a page without a kernel."""

import base64
import inspect
import io
import os
import traceback
from html import escape

import ipywidgets
from IPython import get_ipython
from IPython.utils.capture import capture_output
from matplotlib_inline.backend_inline import flush_figures
from PIL import Image
from traitlets import TraitError

__all__ = ["live"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# Set by tools/execute.py: then a notebook also stores what the function gives at every stop of its one slider.
KEEP_STOPS = "COURSE_KEEP_STOPS"
MOST_STOPS = 100


class live:
    """Controls that call your function again at each move, like `ipywidgets.interact`.

    In a live notebook the controls stand above what the function draws and prints. A stored notebook, and a page
    made of it, keep what it draws or prints at the defaults; a page of this book also keeps, of a single slider with
    up to 100 stops, what it gives at the others.

    Parameters
    ----------
    function : callable
        Draws a figure with Matplotlib, or prints. What it returns is not shown.
    **controls
        One for each argument to control, as for `ipywidgets.interact`: a range ``(lowest, highest)`` or
        ``(lowest, highest, step)``, a list of choices, True or False, a number, a text, or a widget with a value.
        A range or a list starts at the default that the function gives the argument; without a default, in the
        middle or at the first choice.

    Returns
    -------
    live
        To be the last expression of a cell. Its `controls` are the widgets, by argument.

    Raises
    ------
    ValueError
        If there is no control, if the function does not take one or needs one more, or if no widget can be made of
        one. The message names the argument.

    Notes
    -----
    Figures are caught where Matplotlib draws into the cell, as it does in Jupyter and Colab unless told otherwise.
    Of several figures a stored notebook keeps the last; printed text it keeps where there is no figure.

    Examples
    --------
    >>> def squares(count=3):
    ...     print([k * k for k in range(count)])
    >>> panel = live(squares, count=(1, 9))
    >>> panel
    squares: count = 3
    >>> panel.controls["count"].value = 5  # as the slider does
    >>> panel
    squares: count = 5
    """

    def __init__(self, function, /, **controls):
        if not controls:
            raise ValueError("live needs a control for an argument of the function, such as rate=(0.0, 1.0)")
        self._function = function
        self.controls = _widgets(function, controls)
        self._result = ipywidgets.HTML()
        self._box = ipywidgets.VBox([*self.controls.values(), self._result])
        self._run()
        for control in self.controls.values():
            control.observe(self._follow, "value")

    def _call(self, **values):
        """Call the function; return what it printed, and each figure's picture, size and description."""
        flush_figures()  # what the cell drew before is not the function's
        with capture_output(stderr=False) as captured:
            try:
                self._function(**values)
            finally:
                flush_figures()  # where the function forgot plt.show(), or broke off
        outputs = captured.outputs if get_ipython() else []  # a plain Python displays nothing
        return captured.stdout, [
            (output.data["image/png"], (output.metadata or {}).get("image/png", {}), output.data["text/plain"])
            for output in outputs if "image/png" in output.data]

    def _run(self):
        """Call the function with the values of the controls; keep and show what it draws and prints."""
        printed, figures = self._call(**{name: control.value for name, control in self.controls.items()})
        text = f"<pre>{escape(printed)}</pre>" if printed or not figures else ""
        # No Output widget: nbval knows none, and what it shows would land in the cell.
        self._result.value = text + "".join(_image(png, size, repr(self)) for png, size, _ in figures)
        self._static = {"text/plain": repr(self), "text/html": text}, {}
        if figures:
            png, size, shown = figures[-1]
            data = {"text/plain": f"{self!r}\n{shown}", "image/png": png}
            self._static = data, {"image/png": size} if size else {}

    def _stops(self):
        """Return what the function gives at each stop of its one slider, as the metadata of an output; or nothing."""
        (name, control), *others = self.controls.items()
        if others or not isinstance(control, (ipywidgets.IntSlider, ipywidgets.FloatSlider)):
            return {}
        count = 1 + round((control.max - control.min) / control.step)
        if count > MOST_STOPS:
            return {}
        kind = type(control.value)
        given = [self._call(**{name: kind(f"{control.min + k * control.step:.10g}")}) for k in range(count)]
        stops = {"name": name, **{key: getattr(control, key) for key in ("min", "max", "step", "value")}}
        if all(figures for _, figures in given):
            return {"stops": {**stops, "pictures": [_small(figures[-1][0]) for _, figures in given]}}
        return {"stops": {**stops, "texts": [printed for printed, _ in given]}}

    def _follow(self, change):
        try:
            self._run()
        except Exception as error:  # nobody would see it where a widget's messages are handled
            reader = error.with_traceback(error.__traceback__.tb_next.tb_next.tb_next)  # from the reader's function on
            self._result.value = f"<pre>{escape(''.join(traceback.format_exception(reader)))}</pre>"

    def __repr__(self):
        values = (f"{name} = {_text(control)}" for name, control in self.controls.items())
        return f"{getattr(self._function, '__name__', 'function')}: {', '.join(values)}"

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = self._static
        if os.environ.get(KEEP_STOPS):
            metadata = {**metadata, **self._stops()}
        view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        return {WIDGET_VIEW: view, **data}, metadata


def _widgets(function, controls):
    """Return the control widgets by argument."""
    signature = inspect.signature(function)
    try:
        signature.bind(**controls)
    except TypeError as error:
        raise ValueError(f"the controls do not fit the function: {error}") from None
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    return {name: _widget(name, abbreviation, defaults.get(name, inspect.Parameter.empty))
            for name, abbreviation in controls.items()}


def _widget(name, abbreviation, default):
    """Make the widget that `ipywidgets.interact` would make."""
    try:
        widget = ipywidgets.interactive.widget_from_abbrev(abbreviation, default)
    except (TypeError, ValueError, TraitError) as error:
        raise ValueError(f"{name}={abbreviation!r} is no control: {error}") from error
    if not isinstance(widget, ipywidgets.ValueWidget):
        raise ValueError(f"{name}={abbreviation!r} is no control; give a range such as (0.0, 1.0), a list of choices, "
                         "True or False, a number, a text, or a widget with a value")
    widget.description = widget.description or name
    return widget


def _text(control):
    value = getattr(control, "label", control.value)
    # A slider may say 4.500000000000001 for 4.5.
    return str(float(f"{value:.10g}") if isinstance(value, float) else value)


def _small(png):
    """Return a figure's picture in 32 colours, as small as can be without another loss: base64 of a WebP."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        small = picture.convert("RGB").quantize(32, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.convert("RGB").save(out, "WEBP", lossless=True, method=6)
    return base64.b64encode(out.getvalue()).decode()


def _image(png, size, caption):
    width = f' width="{size["width"]}"' if "width" in size else ""
    return f'<img alt="{escape(caption)}"{width} style="max-width: 100%" src="data:image/png;base64,{png}">'
