"""Chapter 5: gradient descent on the 150 points, step by step."""

import functools
import math

import numpy as np
import traitlets

from helpers.interactive.figure import Figure, table
from helpers.points import toy_points
from helpers.softmax import fit, loss_and_gradient, one_hot

MAX_EPOCH = 10_000  # the script knows it too
SEEDS = (0, 1, 2)


@functools.cache
def lowest_loss():
    """Return the smallest mean loss on the 150 points; the rounding makes it the same on every machine."""
    X, labels = toy_points()
    return round(float(fit(X, one_hot(labels, 3), learning_rate=14.0, num_epochs=500).losses[-1]), 12)


def random_start(seed):
    """Return the start that chapter 5 draws with `seed`, as lists."""
    return np.random.default_rng(seed).random((3, 2)).tolist()


class Descent(Figure):
    """Full-batch gradient descent on the 150 points: the regions, the loss, the parameters and their sums.

    What is shown depends on the three first traits alone, so the same values always give the same picture.
    The reader sets the learning rate and the start, and goes ahead by one step, by ten, or in an animation.

    Parameters
    ----------
    learning_rate : float, default 2.0
        Each step is the learning rate times the gradient of the mean loss. Positive.
    start : list of lists of float, 3 by 2, default the draw with seed 0
        W before the first step. The biases start at 0.
    epoch : int, default 0
        How many steps have been taken since the start, at most 10,000. Setting it runs the descent to that
        epoch. While the animation runs, Python hears of it twice a second.

    Attributes
    ----------
    points, labels, starts, lowest_loss
        Data for the drawing, read-only: the 150 points, their labels, the starts that the reader can choose
        (three draws, then zeros), and the smallest mean loss there is.

    Notes
    -----
    Chapter 5. The column sums of W and the sum of b stay at the values of the start.

    Examples
    --------
    >>> figure = Descent(learning_rate=20.0)
    >>> figure.epoch = 160  # draws the model after 160 steps
    """

    label = "Gradient descent on 150 points of three classes"
    learning_rate = traitlets.Float(2.0).tag(sync=True)
    start = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    epoch = traitlets.Int(0, min=0, max=MAX_EPOCH).tag(sync=True)
    points = traitlets.List(read_only=True).tag(sync=True)
    labels = traitlets.List(read_only=True).tag(sync=True)
    starts = traitlets.List(read_only=True).tag(sync=True)
    lowest_loss = traitlets.Float(read_only=True).tag(sync=True)

    @traitlets.default("start")
    def _first_start(self):
        return random_start(SEEDS[0])

    @traitlets.default("points")
    def _points(self):
        return toy_points()[0].tolist()

    @traitlets.default("labels")
    def _labels(self):
        return toy_points()[1].tolist()

    @traitlets.default("starts")
    def _starts(self):
        return [*map(random_start, SEEDS), np.zeros((3, 2)).tolist()]

    @traitlets.default("lowest_loss")
    def _lowest_loss(self):
        return lowest_loss()

    @traitlets.validate("learning_rate")
    def _check_rate(self, proposal):
        if not 0 < proposal.value < math.inf:
            raise ValueError(f"learning_rate must be positive and finite; got {proposal.value}")
        return proposal.value

    @traitlets.validate("start")
    def _check_start(self, proposal):
        if [len(row) for row in proposal.value] != [2, 2, 2]:
            raise ValueError(f"start must be 3 lists of 2 numbers; got {proposal.value}")
        if not np.isfinite(proposal.value).all():
            raise ValueError(f"start must be finite; got {proposal.value}")
        return proposal.value

    def fallback(self):
        """Return the parameters and their sums as a table, with the loss and the accuracy above it."""
        X, labels = toy_points()
        Y, W, b = one_hot(labels, 3), np.array(self.start), np.zeros(3)
        if self.epoch:
            W, b, *_ = fit(X, Y, self.learning_rate, self.epoch, W=W)
        right = int(((X @ W.T + b).argmax(axis=1) == labels).sum())
        rows = [[name, *(f"{value:.3f}" for value in row)] for name, row in
                zip(("class 1", "class 2", "class 3"), np.column_stack([W, b]), strict=True)]
        rows.append(["sum", *(f"{value + 0.0:.3f}" for value in (*W.sum(axis=0), b.sum().round(9)))])
        caption = (f"Learning rate {self.learning_rate:g}, epoch {self.epoch}: mean loss "
                   f"{loss_and_gradient(W, b, X, Y)[0]:.3f}, {right} of {len(X)} points right")
        return table(caption, ["", "weight of x₁", "weight of x₂", "bias b"], rows)
