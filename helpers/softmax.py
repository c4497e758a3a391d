"""The mathematics of softmax regression in NumPy.

One convention throughout: a point is a row. ``X`` is (N, d), one-hot labels ``Y`` are (N, C), weights ``W`` are (C, d),
biases ``b`` are (C,), scores are ``z = X @ W.T + b`` (N, C) and probabilities are ``a = softmax(z)``.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["Fit", "cross_entropy", "fit", "log_softmax", "loss_and_gradient", "one_hot", "softmax",
           "softmax_jacobian"]


def _numbers(name, value, shape=None, ndim=None):
    """Return `value` as a finite floating-point (or complex) array of the stated shape."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise ValueError(f"{name} must hold numbers; got dtype {array.dtype}")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s); got shape {array.shape}")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; got {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; got {np.sum(~np.isfinite(array))} NaN or infinite "
                         f"value(s) in shape {array.shape}")
    return array


def _at_least_single(array):
    """Return half precision as float32: sums of it overflow at 65,504 and lose all digits but three."""
    return array.astype(np.result_type(array.dtype, np.float32), copy=False)


def _shifted(z, axis):
    """Return scores with the largest along `axis` moved to 0."""
    # The real part decides, so that a complex step (chapter 4) passes through unharmed.
    with np.errstate(over="ignore"):  # a difference beyond all numbers is -inf, and its exponential 0, as it should be
        return z - z.real.max(axis=axis, keepdims=True)


def _scores(z, axis):
    """Return the scores `z` shifted, in at least single precision, and their own dtype."""
    z = _numbers("z", z)
    try:
        if z.ndim == 0 and axis is not None:
            raise ValueError  # NumPy lets -1 pass
        return _shifted(_at_least_single(z), axis), z.dtype
    except (TypeError, ValueError):  # NumPy's, which does not name the argument
        raise ValueError(f"axis must name a dimension of z, which has shape {z.shape}; got {axis!r}") from None


def softmax(z, axis=-1):
    r"""Turn scores into probabilities: :math:`a_i = e^{z_i} / \sum_j e^{z_j}` (chapter 2; slide "Hồi quy softmax").

    The largest score is subtracted first. That leaves the value as it is (softmax does not change when a constant is
    added to all scores) and keeps every exponential at most 1. Rounding of the shifted quotient: Blanchard, Higham
    and Higham, "Accurately computing the log-sum-exp and softmax functions", IMA J. Numer. Anal. 41 (2021).

    Parameters
    ----------
    z : array_like
        Scores of any shape. Integers become float64; float16 and float32 stay (sums of float16 are taken in
        float32); complex is allowed.
    axis : int, tuple of int or None, default -1
        The dimension(s) over which the classes run; None means all of them.

    Returns
    -------
    numpy.ndarray
        Probabilities in the shape of `z`, positive (0 where they underflow), summing to 1 along `axis`.

    Raises
    ------
    ValueError
        If `z` is empty, not numeric, not finite, or `axis` is not one of its dimensions.

    Examples
    --------
    >>> softmax([6.699, 1.901, -6.803]).round(3)
    array([0.992, 0.008, 0.   ])
    >>> softmax([1000, 1000])
    array([0.5, 0.5])
    """
    shifted, dtype = _scores(z, axis)
    exponentials = np.exp(shifted)
    return (exponentials / exponentials.sum(axis=axis, keepdims=True)).astype(dtype, copy=False)


def log_softmax(z, axis=-1):
    r"""Compute the logarithm of softmax without forming softmax: :math:`z_i - \log\sum_j e^{z_j}` (chapter 3).

    Parameters
    ----------
    z, axis
        As in `softmax`, with the same errors.

    Returns
    -------
    numpy.ndarray
        Log-probabilities in the shape of `z`: finite even where the probability itself underflows to 0.
        Only where the logarithm lies beyond all numbers of the dtype is it -inf.

    Examples
    --------
    >>> log_softmax([1000.0, 0.0])
    array([    0., -1000.])
    """
    shifted, dtype = _scores(z, axis)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    with np.errstate(over="ignore"):
        return log_probabilities.astype(dtype, copy=False)


def one_hot(labels, num_classes):
    """Write each label as a row with a single 1 (chapter 1; slide "Bài toán phân lớp").

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        Labels from 0 to `num_classes` - 1.
    num_classes : int
        C, the number of classes; at least 1.

    Returns
    -------
    numpy.ndarray of float64, shape (N, C)
        Row i has its 1 in column ``labels[i]``.

    Raises
    ------
    ValueError
        If `labels` is empty, not a list of whole numbers or out of range, or `num_classes` is not a
        whole number of at least 1.

    Examples
    --------
    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"labels must have shape (N,) with N at least 1; got {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers; got dtype {labels.dtype}")
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 1:
        raise ValueError(f"num_classes must be a whole number of at least 1; got {num_classes!r}")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels must lie in 0..{num_classes - 1}; got {labels.min()}..{labels.max()}")
    Y = np.zeros((len(labels), num_classes))
    Y[np.arange(len(labels)), labels] = 1
    return Y


def cross_entropy(z, y):
    r"""Compute the mean cross-entropy loss of scores against one-hot labels (chapter 3; slide "Cross Entropy Loss").

    For one point :math:`L = -\sum_j y_j \log a_j` with :math:`a = \mathrm{softmax}(z)`, computed as log-sum-exp minus
    the score of the true class. No step on the way overflows: for any finite scores the result is finite, unless the
    mean itself lies beyond the largest number of the dtype; then it is inf.

    Parameters
    ----------
    z : array_like, shape (C,) or (N, C)
        Scores of one point or of N points.
    y : array_like, same shape as `z`
        One-hot labels (or any target probabilities: rows that sum to 1).

    Returns
    -------
    scalar of the dtype of `z`
        The mean over the N points, in nats: the slides' J divided by N.

    Raises
    ------
    ValueError
        If the shapes differ, or `y` is complex, negative, or does not sum to 1 in each row, to within the
        rounding of its dtype.

    Examples
    --------
    >>> cross_entropy([0.0, 0.0, 0.0], [1, 0, 0]).round(4)  # log 3: a model that knows nothing
    np.float64(1.0986)
    """
    z = _numbers("z", z)
    if z.ndim not in (1, 2):
        raise ValueError(f"z must have shape (C,) or (N, C); got {z.shape}")
    scores = _at_least_single(z)
    return _mean_loss(scores, _targets("y", y, z.shape), z.dtype)


def _mean_loss(scores, y, dtype):
    """Compute `cross_entropy` of what has been checked."""
    log_sum = np.log(np.exp(_shifted(scores, -1)).sum(axis=-1, keepdims=True))
    # Divided by a power of two, which changes no digit, neither a difference of scores nor the sum overflows.
    scale = scores.real.dtype.type(2.0 ** -scores.size.bit_length())
    small = log_sum * scale - (scores * scale - scores.real.max(axis=-1, keepdims=True) * scale)
    with np.errstate(over="ignore"):
        return ((y.astype(scores.real.dtype, copy=False) * small).sum(axis=-1).mean() / scale).astype(dtype)


def _targets(name, y, shape):
    """Return `y` as an array whose rows are probabilities."""
    y = _numbers(name, y, shape=shape)
    if y.dtype.kind == "c":
        raise ValueError(f"{name} must hold real numbers; got dtype {y.dtype}")
    sums, precision = y.sum(axis=-1, dtype=np.result_type(y.dtype, np.float64)), np.finfo(y.dtype)
    # What softmax itself returns in this precision must pass: an entry is off by half a unit in its last place.
    tolerance = max(1e-6, float(precision.eps) + shape[-1] * float(precision.smallest_subnormal))
    if (y < 0).any() or not np.allclose(sums, 1, rtol=0, atol=tolerance):
        raise ValueError(f"{name} must be one-hot: rows that are nonnegative and sum to 1; "
                         f"got row sums from {sums.min()} to {sums.max()}")
    return y


def softmax_jacobian(z):
    r"""Compute all derivatives of softmax: :math:`\mathrm{diag}(a) - a a^T` (chapter 4; slide "Đạo hàm softmax").

    Parameters
    ----------
    z : array_like, shape (..., C)
        Scores.

    Returns
    -------
    numpy.ndarray, shape (..., C, C)
        Entry (m, i) is the derivative of a_i with respect to z_m, the slides' layout. The matrix is symmetric.

    Raises
    ------
    ValueError
        As `softmax`.

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    a = softmax(z)
    return a[..., :, None] * (np.eye(a.shape[-1], dtype=a.real.dtype) - a[..., None, :]) + 0.0  # -0 becomes 0


def loss_and_gradient(W, b, X, Y, l2=0.0):
    r"""Compute the mean loss of the model on a data set, and its gradient.

    With ``a = softmax(X @ W.T + b)`` the gradient of the mean cross-entropy is ``(a - Y).T @ X / N`` in W and the mean
    of ``a - Y`` over the points in b (chapter 4; slide "Gradient (xét trên cả tập dữ liệu)", divided by N as in the
    slides' code). Half precision is computed, and returned, in float32: products and sums of it overflow.

    Parameters
    ----------
    W, b : array_like, shapes (C, d) and (C,)
        Weights and biases.
    X, Y : array_like, shapes (N, d) and (N, C)
        Points, one to a row, and their one-hot labels.
    l2 : float, default 0.0
        Adds ``l2 / 2`` times the sum of the squared weights (not the biases) to the loss.

    Returns
    -------
    loss : float
        The mean loss in nats, penalty included.
    dW, db : numpy.ndarray, shapes (C, d) and (C,)
        Its derivatives with respect to W and b.

    Raises
    ------
    ValueError
        If a shape does not fit the others, `Y` is not one-hot, or `l2` is negative.

    Examples
    --------
    >>> loss, dW, db = loss_and_gradient(np.zeros((2, 1)), [0, 0], [[1.0], [3.0]], [[1, 0], [0, 1]])
    >>> dW
    array([[ 0.5],
           [-0.5]])
    """
    return _slopes(*_checked(W, b, X, Y, l2), l2)


def _checked(W, b, X, Y, l2):
    """Return the arguments of `loss_and_gradient` as arrays that fit each other."""
    X = _at_least_single(_numbers("X", X, ndim=2))
    num_points, d = X.shape
    W = _at_least_single(_numbers("W", W, ndim=2))
    if W.shape[1] != d:
        raise ValueError(f"W must have shape (C, {d}) to fit X {X.shape}; got {W.shape}")
    b = _at_least_single(_numbers("b", b, shape=W.shape[:1]))
    Y = _at_least_single(_targets("Y", Y, (num_points, len(b))))
    if not l2 >= 0:
        raise ValueError(f"l2 must be at least 0; got {l2}")
    return W, b, X, Y


def _slopes(W, b, X, Y, l2):
    """Compute `loss_and_gradient` of what has been checked."""
    z = _numbers("z", X @ W.T + b)
    exponentials = np.exp(_shifted(z, -1))
    dz = (exponentials / exponentials.sum(axis=-1, keepdims=True) - Y) / len(X)
    loss = _mean_loss(z, Y, z.dtype) + l2 / 2 * (W * W).sum()
    return loss, dz.T @ X + l2 * W, dz.sum(axis=0)


class Fit(NamedTuple):
    """What `fit` returns: the end of the descent and every step of the way."""

    W: np.ndarray  # (C, d), after the last step
    b: np.ndarray  # (C,)
    losses: np.ndarray  # (num_epochs,), the mean loss before each step
    Ws: np.ndarray  # (num_epochs + 1, C, d), before the first step and after each one
    bs: np.ndarray  # (num_epochs + 1, C)


def fit(X, Y, learning_rate=2.0, num_epochs=40, W=None, b=None, l2=0.0):
    """Fit softmax regression by full-batch gradient descent on the mean loss (chapter 5).

    The defaults are those of the slide "Gradient Descent".

    Parameters
    ----------
    X, Y, l2
        As in `loss_and_gradient`.
    learning_rate : float, default 2.0
        The step is ``learning_rate`` times the gradient of the mean loss.
    num_epochs : int, default 40
        How many steps; each sees the whole data set once.
    W, b : array_like, shapes (C, d) and (C,), optional
        Where to start; zeros if not given.

    Returns
    -------
    Fit
        The final ``W`` and ``b``, the ``losses``, and the parameters at every step.

    Raises
    ------
    ValueError
        If a shape does not fit, `learning_rate` is not positive or `num_epochs` is below 1.

    Examples
    --------
    >>> result = fit([[-1.0], [1.0]], [[1, 0], [0, 1]])
    >>> bool(result.losses[-1] < result.losses[0])
    True
    """
    X, Y = _numbers("X", X, ndim=2), _numbers("Y", Y, ndim=2)
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be positive; got {learning_rate}")
    if num_epochs < 1:
        raise ValueError(f"num_epochs must be at least 1; got {num_epochs}")
    W = np.zeros((Y.shape[1], X.shape[1])) if W is None else _numbers("W", W)
    b = np.zeros(Y.shape[1]) if b is None else _numbers("b", b)
    _, _, X, Y = _checked(W, b, X, Y, l2)  # once: in every step it would take most of the time
    losses, Ws, bs = [], [W], [b]
    for _ in range(num_epochs):
        loss, dW, db = _slopes(_at_least_single(W), _at_least_single(b), X, Y, l2)
        W = W - learning_rate * dW
        b = b - learning_rate * db
        losses.append(loss)
        Ws.append(W)
        bs.append(b)
    return Fit(W, b, np.array(losses), np.array(Ws), np.array(bs))
