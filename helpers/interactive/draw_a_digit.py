"""Chapter 6: draw a digit, and the slides' model answers."""

import base64

import numpy as np
import traitlets

from helpers.digits import stored_model, unpack
from helpers.interactive.figure import Figure, image_url, table
from helpers.softmax import softmax

FIRST = "1802: 2"


def _resampling(old, new):
    """Return the (new, old) matrix that resamples a line; it averages where the new line is shorter."""
    ratio = old / new
    centres = (np.arange(new) + 0.5) * ratio - 0.5
    weights = np.maximum(0, 1 - abs(np.arange(old) - centres[:, None]) / max(ratio, 1))
    return weights / weights.sum(axis=1, keepdims=True)


def _corner(ink, length):
    """Return where `ink`, summed along the other side, starts so that its centre comes nearest to 14."""
    centre = ink @ np.arange(len(ink)) / ink.sum()  # a tie must not hang on a rounding
    return int(np.clip(np.ceil(13.5 - 1e-9 - centre), 0, length - len(ink)))


def mnist_frame(pixels):
    """Bring a drawing into MNIST's frame.

    The drawing is cropped to its ink, scaled so that its longer side is 20 pixels, and placed, by
    whole pixels, so that its centre of mass comes nearest to row 14, column 14 and nothing is cut off.
    MNIST's own images come back as they were, but for a few that do stick out at an edge.

    Parameters
    ----------
    pixels : array_like, shape (28, 28)
        Grey values, none negative.

    Returns
    -------
    numpy.ndarray of float64, shape (28, 28)
        Grey values on the same scale; all zero if there was no ink.

    Raises
    ------
    ValueError
        If `pixels` has another shape.

    Notes
    -----
    Chapter 6. Values between pixels are interpolated linearly; where the drawing shrinks, they are
    averaged over the pixels that fall together.

    Examples
    --------
    >>> bar = np.zeros((28, 28))
    >>> bar[2:12, 3:5] = 255  # 10 pixels high, in a corner
    >>> rows, columns = mnist_frame(bar).nonzero()
    >>> int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())
    (4, 23, 12, 15)
    """
    pixels = np.asarray(pixels, float)
    if pixels.shape != (28, 28):
        raise ValueError(f"pixels must have shape (28, 28); got {pixels.shape}")
    framed = np.zeros((28, 28))
    rows, columns = (np.flatnonzero(pixels.sum(axis)) for axis in (1, 0))
    if len(rows) == 0:
        return framed
    crop = pixels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    height, width = (max(1, int(np.floor(20 * side / max(crop.shape) + 0.5))) for side in crop.shape)
    small = _resampling(crop.shape[0], height) @ crop @ _resampling(crop.shape[1], width).T
    y, x = _corner(small.sum(1), 28), _corner(small.sum(0), 28)
    framed[y:y + height, x:x + width] = small
    return framed


class Pixels(traitlets.TraitType):
    """784 whole numbers from 0 to 255: takes any array of them, keeps a list, which JSON can hold."""

    info_text = "784 whole numbers from 0 to 255"

    def validate(self, obj, value):
        """Return the list; a ValueError says what is wrong."""
        array = np.asarray(value)
        if array.shape not in {(784,), (28, 28), (1, 28, 28)}:
            raise ValueError(f"{self.name} must have shape (28, 28) or (784,); got {array.shape}")
        if array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 255:
            raise ValueError(f"{self.name} must be whole numbers from 0 to 255; "
                             f"got {array.dtype} from {array.min()} to {array.max()}")
        return array.ravel().tolist()


class DrawADigit(Figure):
    """A canvas of 28x28 pixels to draw on; the slides' model answers with ten probabilities.

    Parameters
    ----------
    pixels : array_like of int, 784 in all, default test image 1802
        The drawing: grey values from 0 (black) to 255 (white). Kept as a list.
    framed : bool, default True
        Bring the drawing into MNIST's frame first (`mnist_frame`); False gives it to the model as it is.
    weights : str, default the slides' model, seed 0
        The model, as `helpers.digits.pack` writes it.
    digits : dict of str to str
        Test images to choose from: "index: label" and the base64 of 784 bytes.

    Notes
    -----
    Chapter 6. The model and the digits come with the course, so the figure needs no MNIST.

    Examples
    --------
    >>> figure = DrawADigit()
    >>> int(figure.probabilities().argmax())
    2
    >>> figure.pixels = figure.image("217: 6")  # shows another test image
    >>> figure.pixels = np.zeros((28, 28), int)  # empties the canvas
    """

    label = "A canvas to draw a digit on, and the model's ten probabilities"
    pixels = Pixels().tag(sync=True)
    framed = traitlets.Bool(True).tag(sync=True)
    weights = traitlets.Unicode().tag(sync=True)
    digits = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Unicode()).tag(sync=True)

    @traitlets.default("pixels")
    def _first_pixels(self):
        return list(base64.b64decode(stored_model()["digits"][FIRST]))

    @traitlets.default("weights")
    def _slides_weights(self):
        return stored_model()["weights"]

    @traitlets.default("digits")
    def _stored_digits(self):
        return dict(stored_model()["digits"])

    @traitlets.validate("weights")
    def _check_weights(self, proposal):
        unpack(proposal["value"])
        return proposal["value"]

    def image(self, name):
        """Return the test image `name` of the figure's list, such as "217: 6": uint8, (28, 28)."""
        if name not in self.digits:
            raise ValueError(f"name must be one of {sorted(self.digits)}; got {name!r}")
        return np.frombuffer(base64.b64decode(self.digits[name]), np.uint8).reshape(28, 28)

    def seen(self):
        """Return what the model sees: grey values (28, 28) from 0 to 255."""
        pixels = np.array(self.pixels, float).reshape(28, 28)
        return mnist_frame(pixels) if self.framed else pixels

    def probabilities(self):
        """Return the ten probabilities that the figure shows."""
        W, b = unpack(self.weights)
        return softmax(W @ self.seen().ravel() / 255 + b)

    def fallback(self):
        """Return the drawing as a picture and the probabilities as a table."""
        image = np.array(self.pixels, np.uint8).reshape(28, 28)
        picture = (f'<img class="bare" width="112" height="112" style="image-rendering: pixelated" '
                   f'alt="A handwritten digit, 28 by 28 pixels" src="{image_url(image)}">')
        rows = [[str(digit), f"{a:.3f}"] for digit, a in enumerate(self.probabilities())]
        return picture + table("Probabilities", ["digit", "a"], rows)
