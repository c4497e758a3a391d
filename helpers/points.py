"""The 150 points in the plane of chapters 1 to 5."""

import numpy as np

__all__ = ["TOY_CENTRES", "TOY_SPREAD", "toy_points"]

SLIDE_POINTS = [(-0.1, 1.4), (1.3, 0.9), (-1.4, -1.1)]
TOY_CENTRES = np.array([(-0.3, 1.4), (1.3, 0.2), (-1.2, -0.9)])
TOY_SPREAD = 0.7


def toy_points(num_points=150, seed=0):
    """Draw the three-class points in the plane that chapters 1 to 5 use.

    Each class is a round Gaussian cloud; the clouds overlap a little, so that no line separates them and the loss has
    a minimum. The first three points are those of the slide "Hồi quy softmax - Hàm mất mát". Coordinates are rounded to
    two decimals, so that the set is the same on every machine.

    Parameters
    ----------
    num_points : int, default 150
        At least 3. Labels run 0, 1, 2, 0, 1, 2, ...
    seed : int, default 0
        Another seed gives fresh points of the same kind (all but the first three).

    Returns
    -------
    X : numpy.ndarray of float64, shape (num_points, 2)
        One point to a row.
    labels : numpy.ndarray of int64, shape (num_points,)
        0 red, 1 green, 2 blue.

    Raises
    ------
    ValueError
        If `num_points` is below 3.

    Examples
    --------
    >>> X, labels = toy_points()
    >>> X[:3].tolist(), labels[:3].tolist()
    ([[-0.1, 1.4], [1.3, 0.9], [-1.4, -1.1]], [0, 1, 2])
    """
    if num_points < 3:
        raise ValueError(f"num_points must be at least 3; got {num_points}")
    labels = np.arange(num_points) % 3
    noise = np.random.default_rng(seed).standard_normal((num_points, 2))
    X = (TOY_CENTRES[labels] + TOY_SPREAD * noise).round(2)
    X[:3] = SLIDE_POINTS
    return X, labels
