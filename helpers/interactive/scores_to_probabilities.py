"""Chapter 2: three scores, their exponentials and shares, beside three sigmoids."""

import numpy as np
import traitlets

from helpers.interactive.figure import CONSTANTS, Figure, table
from helpers.softmax import softmax


class ScoresToProbabilities(Figure):
    """Sliders for three scores and a temperature; exponentials, shares and sigmoids as numbers and as bars.

    Parameters
    ----------
    z : list of float, default [2, 1, -1]
        The three scores.
    temperature : float, default 1
        Divides the scores before softmax; positive.

    Notes
    -----
    Chapter 2. The bar of the exponentials is drawn as long as the axis, and brought to length 1 with its cuts: the
    shares. The sigmoids, end to end on the same axis, stop short of 1 or go beyond. "Add 1 to all" moves every sigmoid
    and no share.

    Examples
    --------
    >>> figure = ScoresToProbabilities(z=[0.0, 0.0, 0.0])
    >>> figure.z = [3.0, 0.0, 0.0]  # moves the slider
    """

    label = "Three scores as softmax probabilities and as three sigmoids"
    z = traitlets.List(traitlets.Float(), default_value=[2.0, 1.0, -1.0], minlen=3, maxlen=3).tag(sync=True)
    temperature = traitlets.Float(1.0, min=CONSTANTS["LOWEST_TEMPERATURE"]).tag(sync=True)

    def fallback(self):
        """Return the scores and both answers as a table."""
        z = np.array(self.z)
        with np.errstate(over="ignore"):
            exponentials = np.exp(z / self.temperature)
            sigmoids = 1 / (1 + np.exp(-z))
        columns = np.column_stack([exponentials, softmax(z / self.temperature), sigmoids])
        rows = [[f"class {m}", f"{score:.1f}", f"{e:.4g}", f"{a:.3f}", f"{s:.3f}"]
                for m, (score, (e, a, s)) in enumerate(zip(z, columns, strict=True), 1)]
        e, a, s = columns.sum(axis=0)
        rows.append(["sum", "", f"{e:.4g}", f"{a:.3f}", f"{s:.3f}"])
        power = "exp(z)" if self.temperature == 1 else "exp(z/τ)"
        return table("Scores, exponentials, shares", ["", "score z", power, "softmax", "sigmoid"], rows)
