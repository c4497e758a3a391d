"""Chapter 1: a point in the plane of three classes, and what an answer about it looks like."""

from functools import cache

import numpy as np
import traitlets

from helpers.interactive.figure import CONSTANTS, Figure, table
from helpers.points import toy_points
from helpers.softmax import fit, one_hot, softmax

LIMIT = CONSTANTS["SQUARE_LIMIT"]  # the square runs from -LIMIT to LIMIT, as in helpers.plotting.plot_regions


@cache
def _fitted():
    """Return W and b of chapter 1, with six decimals, so that the page is the same on every machine."""
    X, labels = toy_points()
    result = fit(X, one_hot(labels, 3), learning_rate=4.0, num_epochs=1000)
    return result.W.round(6).tolist(), result.b.round(6).tolist()


class Plane(Figure):
    """A point that moves through three regions; its scores, probabilities and named class, beside a one-hot label.

    Parameters
    ----------
    x : list of 2 float, default [0.5, 0.5]
        The point, each coordinate from -3.5 to 3.5.
    true_label : int, default 1
        The label that the reader gives the point: 0 (red), 1 (green) or 2 (blue).
    W : list of 3 lists of 2 float, optional
        Weights; those of `helpers.softmax.fit` on `helpers.points.toy_points` if not given, to six decimals.
    b : list of 3 float, optional
        Biases, likewise.
    points : list of 3 lists of points, optional
        The data, one list for each class; those of `toy_points` if not given. When one of them is moved, `W` and `b`
        become those of least loss.

    Notes
    -----
    Chapter 1. Arrow keys move the point by 0.1, with Shift by 0.5; so they do with the data point in the ring. N and P
    ring the next and the one before, Delete puts it back. The regions are exact: the square, cut along the straight
    lines on which two scores are equal. Where scores tie the first class is named, as by ``argmax``. The colour of a
    region deepens where its class reaches a probability of 0.5, 0.7, 0.9 and 0.99.

    Examples
    --------
    >>> figure = Plane(x=[1.5, 0.4])
    >>> figure.x = [-1.5, -1.0]  # moves the point
    """

    label = "A point in the plane of three classes, its scores, probabilities and one-hot label"
    x = traitlets.List(traitlets.Float(min=-LIMIT, max=LIMIT), default_value=[0.5, 0.5], minlen=2,
                       maxlen=2).tag(sync=True)
    true_label = traitlets.Int(1, min=0, max=2).tag(sync=True)
    W = traitlets.List(traitlets.List(traitlets.Float(), minlen=2, maxlen=2), minlen=3, maxlen=3).tag(sync=True)
    b = traitlets.List(traitlets.Float(), minlen=3, maxlen=3).tag(sync=True)
    points = traitlets.List(traitlets.List(traitlets.List(traitlets.Float(), minlen=2, maxlen=2)), minlen=3,
                            maxlen=3).tag(sync=True)

    @traitlets.default("W")
    def _default_W(self):
        return [list(row) for row in _fitted()[0]]

    @traitlets.default("b")
    def _default_b(self):
        return list(_fitted()[1])

    @traitlets.default("points")
    def _default_points(self):
        X, labels = toy_points()
        return [X[labels == c].tolist() for c in range(3)]

    @traitlets.validate("x", "W", "b")
    def _finite(self, proposal):
        if not np.isfinite(proposal["value"]).all():
            raise ValueError(f"{proposal['trait'].name} must be finite; got {proposal['value']}")
        return proposal["value"]

    def fallback(self):
        """Return the point's scores, probabilities and one-hot label as a table."""
        z = np.array(self.W) @ self.x + self.b
        rows = [[c, f"{score:.2f}", f"{a:.3f}", f"{y:.0f}"]
                for c, (score, a, y) in enumerate(zip(z, softmax(z), np.eye(3)[self.true_label], strict=True))]
        return table(f"x = ({self.x[0]:.2f}, {self.x[1]:.2f}), argmax a = {z.argmax()}", ["label", "z", "a", "y"], rows)
