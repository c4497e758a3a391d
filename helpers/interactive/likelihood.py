"""Chapter 3: three predictions in a triangle, and the likelihood of their labels."""

import numpy as np
import traitlets

from helpers.interactive.figure import Figure, table


def _signed(value):
    """Write a number as the page does: three digits, a true minus sign, ∞ where there is no limit."""
    sign = "−" if value < 0 else ""
    return sign + ("∞" if np.isinf(value) else f"{abs(value):.3f}")


class Likelihood(Figure):
    """Three predictions as handles in the triangle of all probabilities; their likelihood, its logarithm and the loss.

    Parameters
    ----------
    a : list of three lists of three floats, default the slides' table
        Row i holds the probabilities predicted for point i, whose label is i - 1: the true class of the
        first point is the first, of the second the second, of the third the third.

    Raises
    ------
    ValueError
        If a row of `a` does not hold probabilities: numbers from 0 to 1 that sum to 1.

    Notes
    -----
    Chapter 3. Beside each handle stands its loss; of a square of area 1 each point leaves the part that its probability
    is, so that the likelihood is the area left by all three. The lines across the triangle join predictions with the
    same probability of the true class, and so with the same loss, for the handle used last. A handle that is dragged
    stops at the nearest probabilities, in thousandths.

    Examples
    --------
    >>> figure = Likelihood()
    >>> figure.a = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]  # moves the handles to the corners
    """

    label = "Three predictions in the triangle of probabilities, with their likelihood and loss"
    a = traitlets.List(traitlets.List(traitlets.Float(), minlen=3, maxlen=3), minlen=3, maxlen=3,
                       default_value=[[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]]).tag(sync=True)

    @traitlets.validate("a")
    def _probabilities(self, proposal):
        for i, row in enumerate(proposal["value"], 1):
            if not (min(row) >= 0 and abs(sum(row) - 1) < 1e-9):
                raise ValueError(f"a must hold probabilities, numbers from 0 to 1 that sum to 1; got {row} in row {i}")
        return proposal["value"]

    def fallback(self):
        """Return the predictions, their losses and the three sums as a table."""
        a = np.array(self.a)
        with np.errstate(divide="ignore"):
            log_a = np.log(a.diagonal())
        rows = [[f"point {i + 1}", *(f"{value:.3f}" for value in row), f"{row[i]:.3f}", _signed(-log_a[i])]
                for i, row in enumerate(a)]
        totals = [("likelihood", a.diagonal().prod()), ("its logarithm", log_a.sum()), ("J", -log_a.sum())]
        rows += [[name, "", "", "", "", _signed(value)] for name, value in totals]
        return table("Three predictions and their loss", ["", "a₁", "a₂", "a₃", "a of the true class", "L"], rows)
