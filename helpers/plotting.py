"""The figures that more than one chapter draws, and the look they share.

Classes are told apart by marker and by colours of different lightness: in grey, and by colour-blind eyes.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

from helpers.describe import describe
from helpers.softmax import softmax

__all__ = ["CLASS_COLORS", "CLASS_MARKERS", "CLASS_NAMES", "plot_points", "plot_regions", "show_images", "use_style"]

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
    shell = get_ipython()
    if hasattr(shell, "kernel"):
        shell.enable_matplotlib("inline")  # a notebook shows its pictures, whatever MPLBACKEND says
    plt.style.use(["default", Path(__file__).with_name("course.mplstyle")])  # whatever a matplotlibrc says
    if shell is None:  # a plain Python without Jupyter
        return
    set_matplotlib_formats("retina")
    shell.display_formatter.formatters["text/plain"].for_type(Figure, lambda figure, out, _: out.text(describe(figure)))


def plot_points(X, labels, ax=None, **kwargs):
    """Scatter points of up to three classes, each with its own marker and colour.

    Parameters
    ----------
    X, labels : array_like, shapes (N, 2) and (N,)
        Points, one to a row, and their labels: 0, 1 or 2.
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


def plot_regions(probabilities, ax=None):
    """Tint the plane, from -3.5 to 3.5, by the class with the largest probability and draw the boundaries.

    Parameters
    ----------
    probabilities : callable or pair (W, b)
        Maps points (M, 2) to one column per class (M, 3); or the parameters of softmax regression.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current axes if not given.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> ax = plot_regions((np.eye(3, 2), np.zeros(3)))
    >>> ax.get_xlim() == (-3.5, 3.5)
    True
    """
    if not callable(probabilities):
        W, b = probabilities
        return plot_regions(lambda X: softmax(X @ np.asarray(W).T + np.asarray(b)), ax)
    ax = ax or plt.gca()
    x1, x2 = np.meshgrid(*[np.linspace(-3.5, 3.5, 281)] * 2)
    values = probabilities(np.column_stack([x1.ravel(), x2.ravel()]))
    best = values.max(axis=1, keepdims=True)
    # The first of those that tie: which of them a rounding makes the largest differs between machines.
    winner = (values >= best - 1e-12 * abs(best)).argmax(axis=1).reshape(x1.shape)
    ax.imshow(winner, origin="lower", extent=(-3.5, 3.5, -3.5, 3.5), cmap=ListedColormap(CLASS_COLORS), vmin=0, vmax=2,
              alpha=0.22, aspect="equal", zorder=0)
    for c in range(3):  # each region's own outline, so that no boundary is drawn between 0 and 2 through 1
        if 0 < (winner == c).mean() < 1:
            ax.contour(x1, x2, winner == c, levels=[0.5], colors="black", linewidths=0.8, zorder=1)
    ax.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xlabel="$x_1$", ylabel="$x_2$")
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
        If given, the pictures are signed: blue at ``-limit``, white at 0, red at ``limit``. If not, they are grey,
        from black at 0 to white at 1 (or at 255 for integers).
    colorbar : bool, default False
        Whether to draw the scale beside the grid.

    Returns
    -------
    matplotlib.figure.Figure

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
    if images.ndim == 2 and (side := int(np.sqrt(images.shape[1]))) ** 2 == images.shape[1]:
        images = images.reshape(len(images), side, side)
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
