"""What a figure shows, in words: notebooks are tested by these, since pictures differ between machines."""

import numpy as np
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

__all__ = ["describe"]


def describe(figure):
    """Describe what a figure shows, in words and in numbers rounded to two digits.

    Notebooks are tested by their outputs. Pictures differ between machines, as their fonts do; this text does not.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure that has been drawn on.

    Returns
    -------
    str
        A line for each of its axes: title, labels, texts and where they stand, limits where they were set, how wide
        arrows are, and what was drawn. Data are given as ``count of size (mean, tilt)``. The size is the largest
        absolute value; mean and tilt are fractions of it; the tilt is the mean after weighting the data with a ramp
        from -1 to 1, so that their order counts.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().gca()
    >>> curve = ax.plot([1, 2, 3], [4.0, 6.0, 8.0], color="black")
    >>> print(describe(ax.figure))
    Figure with 1 axes
    - line #000000 x 3 of 3 (0.67, 0.22) y 3 of 8 (0.75, 0.17)
    """
    return "\n".join([f"Figure with {len(figure.axes)} axes", *map(_describe_axes, figure.axes)])


def _describe_axes(ax):
    legend = ax.get_legend()
    words = [f"{name} {value!r}" for name, value in (
        ("title", "".join(map(ax.get_title, ("left", "center", "right")))),
        ("x", ax.get_xlabel()), ("y", ax.get_ylabel()),
        ("says", " | ".join(text.get_text() for text in ax.texts)),
        ("legend", " | ".join(text.get_text() for text in legend.get_texts()) if legend else "")) if value]
    words += [f"{name} {scale}" for name, scale in (("x", ax.get_xscale()), ("y", ax.get_yscale()))
              if scale != "linear"]
    words += [f"{name} from {low:.2g} to {high:.2g}" for name, (low, high), left_alone in (
        ("x", ax.get_xlim(), ax.get_autoscalex_on()), ("y", ax.get_ylim(), ax.get_autoscaley_on())) if not left_alone]
    if ax.texts:
        words.append(f"there {_describe_points(list(map(_place, ax.texts)))}")
    if arrows := [text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None)]:
        words.append(f"arrows {_describe_data([arrow.get_linewidth() for arrow in arrows])}")
    if ax.patches:
        corners = [patch.get_extents().transformed(ax.transData.inverted()).max for patch in ax.patches]
        words.append(f"patches {to_hex(ax.patches[0].get_facecolor())} {_describe_points(corners)}")
    return ", ".join(filter(None, ["-", *words, *map(_describe_artist, ax.get_children())])).replace("-, ", "- ", 1)


def _place(text):
    """Return where a text stands, or the point that it explains."""
    x, y = getattr(text, "xy", text.get_position())
    return text.convert_xunits(x), text.convert_yunits(y)


def _describe_artist(artist):
    """Return what a line, a picture, or a collection of dots, areas or contours shows; nothing for anything else."""
    if isinstance(artist, Line2D):
        marker = {"None": "", "": ""}.get(artist.get_marker(), f"{artist.get_marker()!r} ")
        return f"line {marker}{to_hex(artist.get_color())} {_describe_points(artist.get_xydata())}"
    if isinstance(artist, (AxesImage, QuadMesh)):
        colours = " to ".join(to_hex(artist.cmap(end)) for end in (0.0, 1.0))
        low, high = artist.get_clim()
        return f"picture {colours} for {low:.2g} to {high:.2g}, {_describe_data(artist.get_array())}"
    if isinstance(artist, Collection):
        colors = [*artist.get_facecolor(), *artist.get_edgecolor()]
        points = artist.get_offsets() if isinstance(artist, PathCollection) else np.concatenate(
            [np.empty((0, 2)), *(path.vertices for path in artist.get_paths())])
        return f"{type(artist).__name__} {to_hex(colors[0]) if colors else ''} {_describe_points(points)}"
    return None


def _describe_points(points):
    x, y = np.asarray(points, float).reshape(-1, 2).T
    return f"x {_describe_data(x)} y {_describe_data(y)}"


def _describe_data(values):
    values = np.ma.filled(np.ma.asarray(values, float), np.nan).ravel()
    values = values[np.isfinite(values)]
    size = np.abs(values).max(initial=0)
    if size == 0:
        return f"{len(values)} of 0"
    shares = np.array([values.mean(), (values * np.linspace(-1, 1, len(values))).mean()]) / size
    # A little more, so that a share half-way between two hundredths is rounded alike on every machine; 0 makes -0 a 0.
    mean, tilt = np.round(shares + 1e-8, 2) + 0
    return f"{len(values)} of {size * (1 + 1e-8):.2g} ({mean:.2f}, {tilt:.2f})"
