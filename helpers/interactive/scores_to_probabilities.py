"""Chapter 2: three scores, softmax beside three sigmoids."""

import numpy as np
import traitlets

from helpers.interactive.figure import Figure, table
from helpers.softmax import softmax


class ScoresToProbabilities(Figure):
    """Sliders for three scores and a temperature; softmax beside independent sigmoids, with their sums.

    Parameters
    ----------
    z : list of float, default [2, 1, -1]
        The three scores.
    temperature : float, default 1
        Divides the scores before softmax; positive.

    Notes
    -----
    Chapter 2. "Add 1 to all" moves every sigmoid and no softmax bar.

    Examples
    --------
    >>> figure = ScoresToProbabilities(z=[0.0, 0.0, 0.0])
    >>> figure.z = [3.0, 0.0, 0.0]  # moves the slider
    """

    label = "Three scores as softmax probabilities and as three sigmoids"
    z = traitlets.List(traitlets.Float(), default_value=[2.0, 1.0, -1.0], minlen=3, maxlen=3).tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.05).tag(sync=True)

    def fallback(self):
        """Return the scores and both answers as a table."""
        z = np.array(self.z)
        columns = zip(z, softmax(z / self.temperature), 1 / (1 + np.exp(-z)), strict=True)
        rows = [[f"class {m}", f"{score:.1f}", f"{a:.3f}", f"{s:.3f}"] for m, (score, a, s) in enumerate(columns, 1)]
        return table("Scores and probabilities", ["", "score z", "softmax", "sigmoid"], rows)
