"""helpers.points: the 150 points of chapters 1 to 5."""

import subprocess
import sys

import numpy as np
import pytest

from helpers.points import toy_points


def test_toy_points():
    X, labels = toy_points()
    assert X.shape == (150, 2) and labels.tolist() == [0, 1, 2] * 50
    np.testing.assert_array_equal(X[:3], [[-0.1, 1.4], [1.3, 0.9], [-1.4, -1.1]])
    np.testing.assert_array_equal(X, X.round(2))
    again, other = toy_points()[0], toy_points(seed=1)[0]
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X[3:], other[3:])
    with pytest.raises(ValueError, match="num_points must be at least 3; got 2"):
        toy_points(2)


def test_importing_it_needs_numpy_alone():
    script = "import sys, helpers.points; print(sorted({'torch', 'matplotlib', 'scipy', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
