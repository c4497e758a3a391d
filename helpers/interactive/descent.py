"""Chapter 5: gradient descent on the 150 points, step by step."""

import functools
import math

import numpy as np
import traitlets

from helpers.interactive.figure import CONSTANTS, Figure, table
from helpers.points import toy_points
from helpers.softmax import fit, loss_and_gradient, one_hot, softmax

MAX_EPOCH = CONSTANTS["LAST_EPOCH"]
SEEDS = (0, 1, 2)
NUM_POINTS = len(toy_points()[0])


@functools.cache
def lowest_loss():
    """Return the smallest mean loss on the 150 points; the rounding makes it the same on every machine."""
    return round(float(_best().losses[-1]), 12)


@functools.cache
def _best():
    X, labels = toy_points()
    return fit(X, one_hot(labels, 3), learning_rate=14.0, num_epochs=500)


@functools.cache
def landscape():
    """Describe the loss around its minimum, in rows of two weights and a bias, rounded as the minimum is.

    Returns
    -------
    optimum : list of lists of float, 3 by 3
        The best parameters, each column summing to zero.
    steepest : list of lists of float, 3 by 3
        The direction of length 1 in which the loss is most curved there.
    curvature : float
        The second derivative in that direction: a learning rate above ``2 / curvature`` cannot settle.

    Examples
    --------
    >>> round(2 / landscape()[2], 1)
    15.9
    """
    X1 = np.column_stack([toy_points()[0], np.ones(NUM_POINTS)])
    best = np.column_stack([_best().W, _best().b])
    a = softmax(X1 @ best.T)
    scores = a[:, :, None] * (np.eye(3) - a[:, None, :])  # of each point, the Hessian of its loss by its scores
    hessian = np.einsum("nij,nk,nl->ikjl", scores, X1, X1).reshape(9, 9) / NUM_POINTS
    curvatures, directions = np.linalg.eigh(hessian)
    steepest = directions[:, -1] * np.sign(directions[4, -1])  # of two opposite ones always the same
    rows = [array.reshape(3, 3).round(9).tolist() for array in (best - best.mean(axis=0), steepest)]
    return *rows, round(float(curvatures[-1]), 12)


def batches(size, num_epochs):
    """Yield which points each step looks at: all in their order, or parts of an order drawn anew in every epoch."""
    seed = 1
    for _ in range(num_epochs):
        order = np.arange(NUM_POINTS)
        for i in range(NUM_POINTS - 1, 0, -1) if size < NUM_POINTS else ():
            seed = seed * 48271 % 2147483647  # Park and Miller's generator, which the script has too
            order[[i, seed % (i + 1)]] = order[[seed % (i + 1), i]]
        yield from np.split(order, range(size, NUM_POINTS, size))


def path(learning_rate, batch, start, num_epochs):
    """Yield what the script computes: W and b at the start and after each epoch of mini-batches of `batch` points."""
    X, labels = toy_points()
    Y, W, b = one_hot(labels, 3), np.array(start, float), np.zeros(3)
    yield W, b
    steps = math.ceil(NUM_POINTS / batch)
    for step, which in enumerate(batches(batch, num_epochs), 1):
        _, dW, db = loss_and_gradient(W, b, X[which], Y[which])
        W, b = W - learning_rate * dW, b - learning_rate * db
        if step % steps == 0:
            yield W, b


def descend(learning_rate, batch, start, num_epochs):
    """Return where that path ends."""
    *_, end = path(learning_rate, batch, start, num_epochs)
    return end


def random_start(seed):
    """Return the start that chapter 5 draws with `seed`, as lists."""
    return np.random.default_rng(seed).random((3, 2)).tolist()


def _positive(name, value):
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite; got {value}")
    return value


def _three_pairs(name, value):
    if [len(row) for row in value] != [2, 2, 2]:
        raise ValueError(f"{name} must be 3 lists of 2 numbers; got {value}")
    if not np.isfinite(value).all():
        raise ValueError(f"{name} must be finite; got {value}")
    return value


class Descent(Figure):
    """Gradient descent on the 150 points: the regions, the path on the loss, the parameters and their sums.

    What is shown depends on the first five traits alone, so the same values always give the same picture.
    The reader sets the learning rate, the size of a batch and the start, goes ahead by one epoch, by ten, or in an
    animation, and pins a run to see the next one beside it.

    Parameters
    ----------
    learning_rate : float, default 2.0
        Each step is the learning rate times the gradient of the mean loss. Positive.
    start : list of lists of float, 3 by 2, default the draw with seed 0
        W before the first step. The biases start at 0.
    epoch : int, default 0
        How often all points have been used since the start, at most 10,000. Setting it runs the descent to that
        epoch. While the animation runs, Python hears of it twice a second.
    batch : int, default 150
        How many points each step looks at, from 1 to all 150.
    pinned : list, default []
        A second run that is shown beside the first: its learning rate, its batch and its start.

    Attributes
    ----------
    points, labels, starts, lowest_loss, optimum, steepest, curvature
        Data for the drawing, read-only: the 150 points, their labels, the starts that the reader can choose
        (three draws, then zeros), the smallest mean loss there is, and what `landscape` returns.

    Notes
    -----
    Chapter 5. The column sums of W and the sum of b stay at the values of the start. The map shows the loss on the
    plane through zero and the optimum whose other direction is the most curved one; paths are projected onto it.

    Examples
    --------
    >>> figure = Descent(learning_rate=20.0)
    >>> figure.epoch = 160  # draws the model after 160 steps
    """

    label = "Gradient descent on 150 points of three classes"
    learning_rate = traitlets.Float(2.0).tag(sync=True)
    start = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    epoch = traitlets.Int(0, min=0, max=MAX_EPOCH).tag(sync=True)
    batch = traitlets.Int(NUM_POINTS, min=1, max=NUM_POINTS).tag(sync=True)
    pinned = traitlets.List().tag(sync=True)
    points = traitlets.List(read_only=True).tag(sync=True)
    labels = traitlets.List(read_only=True).tag(sync=True)
    starts = traitlets.List(read_only=True).tag(sync=True)
    lowest_loss = traitlets.Float(read_only=True).tag(sync=True)
    optimum = traitlets.List(read_only=True).tag(sync=True)
    steepest = traitlets.List(read_only=True).tag(sync=True)
    curvature = traitlets.Float(read_only=True).tag(sync=True)

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

    @traitlets.default("optimum")
    def _optimum(self):
        return landscape()[0]

    @traitlets.default("steepest")
    def _steepest(self):
        return landscape()[1]

    @traitlets.default("curvature")
    def _curvature(self):
        return landscape()[2]

    @traitlets.validate("learning_rate")
    def _check_rate(self, proposal):
        return _positive("learning_rate", proposal.value)

    @traitlets.validate("start")
    def _check_start(self, proposal):
        return _three_pairs("start", proposal.value)

    @traitlets.validate("pinned")
    def _check_pinned(self, proposal):
        if proposal.value:
            if len(proposal.value) != 3 or proposal.value[1] not in range(1, NUM_POINTS + 1):
                raise ValueError(f"pinned must be [] or a learning rate, a batch from 1 to {NUM_POINTS} and a start; "
                                 f"got {proposal.value}")
            _positive("the learning rate of pinned", proposal.value[0])
            _three_pairs("the start of pinned", proposal.value[2])
        return proposal.value

    def fallback(self):
        """Return the parameters and their sums as a table, with the loss and the accuracy above it."""
        X, labels = toy_points()
        W, b = descend(self.learning_rate, self.batch, self.start, self.epoch)
        right = int(((X @ W.T + b).argmax(axis=1) == labels).sum())
        rows = [[name, *(f"{value:.3f}" for value in row)] for name, row in
                zip(("class 1", "class 2", "class 3"), np.column_stack([W, b]), strict=True)]
        rows.append(["sum", *(f"{value + 0.0:.3f}" for value in (*W.sum(axis=0), b.sum().round(9)))])
        caption = (f"Learning rate {self.learning_rate:g}, batches of {self.batch}, epoch {self.epoch}: mean loss "
                   f"{loss_and_gradient(W, b, X, one_hot(labels, 3))[0]:.3f}, {right} of {len(X)} points right")
        return table(caption, ["", "weight of x₁", "weight of x₂", "bias b"], rows)
