"""A first trial for the functions that the reader writes."""

import copy
import re

import numpy as np

__all__ = ["try_out"]


def try_out(function, *cases, tolerance=1e-6):
    """Call a function that the reader wrote, and print what it returns beside what it should return.

    Nothing is raised: a stub that still returns ``None`` or ``...`` is marked ``…``, a wrong answer or an error ✗, a
    right answer ✓. The first line that is not right ends with the number of its hint, which stands in the text.

    Parameters
    ----------
    function : callable
        The reader's function. It gets copies of the arguments.
    *cases : tuple
        Each the arguments (a tuple), the expected result (numbers of any shape, or a tuple of such), and the number
        of the hint for whoever gets this case wrong.
    tolerance : float
        How far a number may be from the expected one, relative to it where it is larger than 1.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x if x < 10 else x
    >>> try_out(double, ((3,), 6, 1), ((10,), 20, 2))
    ✓  double(3) = 6
    ✗  double(10) = 10 ≠ 20    (hint 2)
    """
    hinted = False
    for arguments, expected, hint in cases:
        try:
            got = function(*copy.deepcopy(arguments))
            mark = "…" if got is None or got is ... else "✓" if _agree(got, expected, tolerance) else "✗"
            said = {"…": "?", "✓": _shown(expected)}.get(mark) or f"{_shown(got)} ≠ {_shown(expected)}"
        except Exception as error:
            mark, said = "✗", f"{type(error).__name__}: {error}"
        line = f"{mark}  {function.__name__}({', '.join(map(_shown, arguments))}) = {said}"
        print(line if mark == "✓" or hinted else f"{line}    (hint {hint})")
        hinted = hinted or mark != "✓"


def _agree(got, expected, tolerance):
    """Tell whether two results have the same shapes and numbers."""
    if isinstance(expected, tuple):
        return isinstance(got, tuple) and len(got) == len(expected) and all(
            _agree(g, e, tolerance) for g, e in zip(got, expected, strict=True))
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    return got.shape == expected.shape and np.allclose(got, expected, rtol=tolerance, atol=tolerance)


def _shown(value):
    """Write a value in one line: small arrays by their numbers, large ones by their shape."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    try:
        numbers = np.asarray(value, float)
    except (TypeError, ValueError):
        return getattr(value, "__name__", repr(value))
    if numbers.size > 12:
        return f"array{numbers.shape}"
    return re.sub(r"\.0(?!\d)", "", str(numbers.round(4).tolist()))
