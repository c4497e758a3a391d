"""Chapter 4: the softmax Jacobian at any scores, and how well it foretells a change."""

import numpy as np
import traitlets

from helpers.interactive.figure import CONSTANTS, Figure, table
from helpers.softmax import softmax_jacobian


class JacobianExplorer(Figure):
    """The 3 x 3 Jacobian with its sums, and the true change of the probabilities beside the linear one.

    Parameters
    ----------
    z : list of float, default [1.34, 0.61, -0.56]
        The three scores, each from -6 to 6. The default is the chapter's point.
    dz : list of float, default [0, 0.5, 0]
        What is added to the scores, each from -2 to 2.

    entry : int, default 4
        Which slope is lit, in the formula, the graph and the matrix: counted along the rows, from 0 to 8.

    Notes
    -----
    Chapter 4. Rows are scores and columns probabilities. Filled bars are ``softmax(z + dz) - softmax(z)``,
    hollow ones ``dz @ softmax_jacobian(z)``. The same number added to all of `dz` moves neither; halving
    `dz` brings the two together faster than it makes them small.

    Examples
    --------
    >>> figure = JacobianExplorer(z=[0.0, 0.0, 0.0])
    >>> figure.dz = [1.0, 1.0, 1.0]  # a common shift: no bars
    """

    label = "The softmax Jacobian, and the true change of the probabilities beside the linear one"
    z = traitlets.List(traitlets.Float(), default_value=[1.34, 0.61, -0.56], minlen=3, maxlen=3).tag(sync=True)
    dz = traitlets.List(traitlets.Float(), default_value=[0.0, 0.5, 0.0], minlen=3, maxlen=3).tag(sync=True)
    entry = traitlets.Int(4, min=0, max=8).tag(sync=True)

    @traitlets.validate("z", "dz")
    def _within_the_sliders(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        limit = CONSTANTS[f"{name.upper()}_LIMIT"]
        if not (np.abs(value) <= limit).all():  # NaN too
            raise traitlets.TraitError(f"each entry of {name} must lie from -{limit} to {limit}; got {value}")
        return value

    def fallback(self):
        """Return the Jacobian with its row sums as a table."""
        matrix = softmax_jacobian(self.z)
        rows = [[f"z{m}", *(f"{value:+.3f}" for value in row), f"{abs(row.sum()):.3f}"]
                for m, row in enumerate(matrix, 1)]
        return table("∂a/∂z", ["", "a1", "a2", "a3", "Σ"], rows)
