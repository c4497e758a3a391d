"""The figures that more than one chapter draws, and the look they share.

Classes are told apart by marker as well as by colour, and the colours differ in lightness, so that
the figures read in grey and for colour-blind eyes.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.colors import ListedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib_inline.backend_inline import set_matplotlib_formats

from helpers.softmax import softmax

__all__ = ["CLASS_COLORS", "CLASS_MARKERS", "CLASS_NAMES", "describe", "plot_points", "plot_regions", "show_images",
           "use_style"]

CLASS_NAMES = ("red", "green", "blue")
CLASS_COLORS = ("#b2182b", "#5dbb4b", "#2a52a3")
CLASS_MARKERS = ("o", "^", "s")


def use_style():
    """Switch Matplotlib to the look of the course, with figures at twice the usual density.

    In a notebook the text that goes with each figure becomes what `describe` says of it.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["axes.spines.top"]
    False
    """
    plt.style.use(Path(__file__).with_name("course.mplstyle"))
    shell = get_ipython()
    if shell is None:  # a plain Python without Jupyter
        return
    set_matplotlib_formats("retina")
    shell.display_formatter.formatters["text/plain"].for_type(Figure, lambda figure, out, _: out.text(describe(figure)))


def describe(figure):
    """Describe what a figure shows, in words and in numbers rounded to two digits.

    Notebooks are tested by their outputs, but pictures cannot be compared: fonts differ between machines. This text
    can. Other data, another scale or other colours make another text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure that has been drawn on.

    Returns
    -------
    str
        A line for each of its axes: title, labels, texts and where they stand, limits where they were set, how wide
        arrows are, and what was drawn. Data are given as
        ``count of size (mean, tilt)``. The size is the largest absolute value. The mean and the tilt are fractions of
        it; the tilt is the mean after weighting the data with a ramp from -1 to 1, so that their order counts.

    Examples
    --------
    >>> ax = plt.figure().gca()
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
        ends = " to ".join(to_hex(artist.cmap(end)) for end in (0.0, 1.0))
        low, high = artist.get_clim()
        return f"picture {ends} for {low:.2g} to {high:.2g}, {_describe_data(artist.get_array())}"
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


def plot_points(X, labels, ax=None, **kwargs):
    """Scatter points of up to three classes, each with its own marker and colour.

    Parameters
    ----------
    X : array_like, shape (N, 2)
        Points, one to a row.
    labels : array_like of int, shape (N,)
        0, 1 or 2.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current axes if not given.
    **kwargs
        Passed to `matplotlib.axes.Axes.scatter`.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on, labelled x₁ and x₂, of equal scale.

    Raises
    ------
    ValueError
        If `X` is not (N, 2) or `labels` does not fit it or holds another label.

    Examples
    --------
    >>> ax = plot_points([[0.0, 1.0], [1.0, 0.0]], [0, 2])
    >>> ax.get_xlabel()
    '$x_1$'
    """
    X, labels = np.asarray(X), np.asarray(labels)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must have shape (N, 2); got {X.shape}")
    if labels.shape != X.shape[:1] or not np.isin(labels, (0, 1, 2)).all():
        raise ValueError(f"labels must hold {len(X)} values from 0, 1, 2; got shape {labels.shape}, "
                         f"values {np.unique(labels)}")
    ax = ax or plt.gca()
    style = {"s": 30, "edgecolor": "black", "linewidth": 0.6, **kwargs}
    for c, (name, color, marker) in enumerate(zip(CLASS_NAMES, CLASS_COLORS, CLASS_MARKERS, strict=True)):
        if (labels == c).any():
            ax.scatter(*X[labels == c].T, color=color, marker=marker, label=f"{c} ({name})", **style)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    return ax


def plot_regions(probabilities, ax=None, limits=(-3.5, 3.5, -3.5, 3.5), resolution=281):
    """Tint the plane by the class with the largest probability and draw the boundaries.

    Parameters
    ----------
    probabilities : callable or pair (W, b)
        Maps points (M, 2) to one column per class (M, 3); or the parameters of softmax regression.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current axes if not given.
    limits : tuple of float, default (-3.5, 3.5, -3.5, 3.5)
        Left, right, bottom, top.
    resolution : int, default 281
        Grid points along each side.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Examples
    --------
    >>> ax = plot_regions((np.eye(3, 2), np.zeros(3)))
    >>> ax.get_xlim() == (-3.5, 3.5)
    True
    """
    if not callable(probabilities):
        W, b = probabilities
        return plot_regions(lambda X: softmax(X @ np.asarray(W).T + np.asarray(b)), ax, limits, resolution)
    ax = ax or plt.gca()
    left, right, bottom, top = limits
    x1, x2 = np.meshgrid(np.linspace(left, right, resolution), np.linspace(bottom, top, resolution))
    winner = probabilities(np.column_stack([x1.ravel(), x2.ravel()])).argmax(axis=1).reshape(x1.shape)
    ax.imshow(winner, origin="lower", extent=limits, cmap=ListedColormap(CLASS_COLORS), vmin=0, vmax=2,
              alpha=0.22, aspect="equal", zorder=0)
    for c in range(3):  # each region's own outline, so that no boundary is drawn between 0 and 2 through 1
        if 0 < (winner == c).mean() < 1:
            ax.contour(x1, x2, winner == c, levels=[0.5], colors="black", linewidths=0.8, zorder=1)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x_1$", ylabel="$x_2$")
    return ax


def show_images(images, titles=None, columns=5, limit=None, colorbar=False):
    """Show square pictures in a grid: digits in grey, or signed values on one diverging scale.

    Parameters
    ----------
    images : array_like, shape (K, 28, 28) or (K, 784)
        One picture to an entry.
    titles : sequence of str, optional
        One above each picture.
    columns : int, default 5
        Pictures in a row of the grid.
    limit : float, optional
        If given, the pictures are signed: blue at ``-limit``, white at 0, red at ``limit``. If not,
        they are grey, from black at 0 to white at 1 (or at 255 for integers).
    colorbar : bool, default False
        Whether to draw the scale beside the grid.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no picture, the pictures are not square, `titles` does not have one entry for each, `columns` is
        below 1 or `limit` is not positive.

    Examples
    --------
    >>> figure = show_images(np.zeros((2, 784)), titles=["a", "b"])
    >>> len(figure.axes)
    2
    """
    images = np.asarray(images)
    if images.size == 0:
        raise ValueError(f"images must hold at least one picture; got shape {images.shape}")
    if images.ndim == 2 and int(np.sqrt(images.shape[1])) ** 2 == images.shape[1]:
        images = images.reshape(len(images), *[int(np.sqrt(images.shape[1]))] * 2)
    if images.ndim != 3 or images.shape[1] != images.shape[2]:
        raise ValueError(f"images must have shape (K, 28, 28) or (K, 784); got {images.shape}")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"titles must have an entry for each of {len(images)} images; got {len(titles)}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1; got {columns}")
    if limit is not None and not limit > 0:
        raise ValueError(f"limit must be positive; got {limit}")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.35 * columns, 1.6 * rows), squeeze=False)
    if limit is None:
        scale = {"cmap": "gray", "vmin": 0, "vmax": 255 if images.dtype.kind in "iu" else 1}
    else:
        scale = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    for k, ax in enumerate(axes.flat):
        ax.axis("off")
        if k < len(images):
            drawn = ax.imshow(images[k], **scale)
            ax.set_title("" if titles is None else titles[k], fontsize=10, loc="center")
        else:
            ax.remove()
    if colorbar:
        figure.colorbar(drawn, ax=axes, shrink=0.8)
    return figure
