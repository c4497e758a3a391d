"""Chapter 7: the rows of the weight matrix as pictures, and the evidence of one image."""

import base64
import operator

import numpy as np
import traitlets

from helpers.digits import stored_model, unpack
from helpers.interactive.draw_a_digit import Pixels
from helpers.interactive.figure import CONSTANTS, Figure, image_url, table

SCALE = CONSTANTS["SIGNED"]  # the anchors of Matplotlib's RdBu_r, the map of the chapter's pictures


class Whole(traitlets.Int):
    """A whole number; NumPy's and PyTorch's are taken too and kept as Python's, which JSON can hold."""

    def validate(self, obj, value):
        """Return the number as an int."""
        return super().validate(obj, operator.index(value) if hasattr(value, "__index__") else value)


class Drawing(Pixels):
    """784 grey values, or none."""

    def validate(self, obj, value):
        """Return the list; a ValueError says what is wrong."""
        return super().validate(obj, value) if len(value) else []


def _coloured(values, limit):
    """Return 784 signed values as a picture, red where they are positive: uint8, (28, 28, 3)."""
    anchors = np.array([list(bytes.fromhex(colour)) for colour in SCALE])
    place = np.linspace(-limit, limit, len(SCALE))
    colours = np.stack([np.interp(values, place, channel) for channel in anchors.T], axis=-1)
    return colours.round().astype(np.uint8).reshape(28, 28, 3)


class WeightPictures(Figure):
    """The weights of one digit, or the difference of two, as a picture; beside it the evidence of one image.

    Parameters
    ----------
    digit : int, default 5
        Whose weights, 0 to 9.
    minus : int, default 6
        Whose weights are subtracted, 0 to 9, or -1 for none.
    image : int, default 6
        Which of `images` is laid over the weights, or -1 for none; the stored ones are one of each digit, in order.
    drawing : array_like of int, 784 in all, or empty, the default
        Grey values from 0 to 255 that take the image's place: the image with some of its ink erased, or a digit of
        the reader's. Kept as a list.
    centred : bool, default False
        Subtract the mean of the ten rows from `W`, and the mean of the ten biases from `b`.
    pixel : list of int, default [6, 19]
        Row and column of the cursor, 0 to 27 each.
    weights : str, default the slides' model, seed 0
        The model, as `helpers.digits.pack` writes it.
    images : list of [str, str]
        Names, "index: label", and the base64 of 784 bytes.

    Notes
    -----
    Chapter 7. The scale is the same for all ten digits, and for all pairs, so that shades can be compared.

    Examples
    --------
    >>> figure = WeightPictures(digit=5, minus=6, image=6)
    >>> round(float(figure.evidence().sum() + figure.row()[1]), 2)
    1.35
    >>> figure.minus = -1  # the weights of 5 alone
    """

    label = "The weights of a digit or of a pair as a picture, and the evidence of one image"
    digit = Whole(5, min=0, max=9).tag(sync=True)
    minus = Whole(6, min=-1, max=9).tag(sync=True)
    image = Whole(6, min=-1).tag(sync=True)
    drawing = Drawing([]).tag(sync=True)
    centred = traitlets.Bool(False).tag(sync=True)
    pixel = traitlets.List(Whole(min=0, max=27), default_value=[6, 19], minlen=2, maxlen=2).tag(sync=True)
    weights = traitlets.Unicode().tag(sync=True)
    images = traitlets.List(traitlets.List(traitlets.Unicode(), minlen=2, maxlen=2)).tag(sync=True)

    @traitlets.default("weights")
    def _slides_weights(self):
        return stored_model()["weights"]

    @traitlets.default("images")
    def _stored_images(self):
        digits = stored_model()["digits"]
        return [[name, digits[name]] for name in sorted(digits, key=lambda name: name[-1])]

    @traitlets.validate("weights")
    def _check_weights(self, proposal):
        if not all(np.isfinite(part).all() for part in unpack(proposal["value"])):
            raise ValueError("weights must be finite numbers")
        return proposal["value"]

    @traitlets.validate("images")
    def _check_images(self, proposal):
        for name, text in proposal["value"]:
            if len(base64.b64decode(text)) != 784:
                raise ValueError(f"images must hold 784 bytes each; {name!r} has {len(base64.b64decode(text))}")
        return proposal["value"]

    @traitlets.validate("image")
    def _check_image(self, proposal):
        if proposal["value"] >= len(self.images):
            raise ValueError(f"image must be from -1 to {len(self.images) - 1}; got {proposal['value']}")
        return proposal["value"]

    def _parameters(self):
        W, b = unpack(self.weights)
        return (W - W.mean(axis=0), b - b.mean()) if self.centred else (W, b)

    def row(self):
        """Return the weights (784,) and the bias that the figure shows: of a digit, or a difference of two."""
        W, b = self._parameters()
        if self.minus < 0:
            return W[self.digit], float(b[self.digit])
        return W[self.digit] - W[self.minus], float(b[self.digit] - b[self.minus])

    def brightness(self):
        """Return the drawing, or else the chosen image (784,), from 0 to 1."""
        if self.drawing:
            return np.array(self.drawing) / 255
        if self.image < 0:
            raise ValueError("image is -1: no image is chosen")
        return np.frombuffer(base64.b64decode(self.images[self.image][1]), np.uint8) / 255

    def evidence(self):
        """Return what each pixel (784,) of the chosen image adds to the score; the bias is not among them."""
        return self.row()[0] * self.brightness()

    def limit(self):
        """Return the value at the right end of the scale."""
        W, _ = self._parameters()
        return float(abs(W).max() if self.minus < 0 else np.ptp(W, axis=0).max()) or 1.0

    def fallback(self):
        """Return the weights as a picture, and the sum over the pixels, the bias and the score as a table."""
        w, b = self.row()
        pair = "" if self.minus < 0 else f" minus digit {self.minus}"
        picture = (f'<img class="bare" width="280" height="280" style="image-rendering: pixelated" '
                   f'alt="Weights of digit {self.digit}{pair}, red positive, blue negative" '
                   f'src="{image_url(_coloured(w, self.limit()))}">')
        if self.image < 0 and not self.drawing:
            return picture
        total = self.evidence().sum()
        rows = [["sum of w x", f"{total:.3f}"], ["bias", f"{b:.3f}"], ["score", f"{total + b:.3f}"]]
        caption = "A drawing" if self.drawing else f"Test image {self.images[self.image][0]}"
        return picture + table(caption, ["", ""], rows)
