"""The stored model and digits that figures, chapters and tools share, and the frame that MNIST puts digits in."""

import base64
import functools
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["image_url", "mnist_frame", "pack", "stored_model", "unpack"]


@functools.cache
def stored_model():
    """Return the slides' model as it was trained once, with a test image of each digit.

    Returns
    -------
    dict
        ``settings``: how it was trained; ``test``: its accuracy on the test images in %; ``weights``: what `unpack`
        reads; ``digits``: "index: label" of ten test images, each the base64 of its 784 bytes.

    Notes
    -----
    Written by the laboratory, so that the figures of chapters 6 and 7 draw the same everywhere and need no MNIST.

    Examples
    --------
    >>> stored_model()["settings"]["epochs"]
    5
    """
    return json.loads(Path(__file__).with_name("slides_model.json").read_text(encoding="utf-8"))


def pack(W, b):
    """Write weights and biases as the text that the figure's `weights` holds, rounded to float16.

    Parameters
    ----------
    W : array_like, shape (10, 784)
        Weights.
    b : array_like, shape (10,)
        Biases.

    Returns
    -------
    str
        Base64 of 7850 little-endian float16: the rows of `W`, then `b`.

    Raises
    ------
    ValueError
        If a shape is another.

    Examples
    --------
    >>> W, b = unpack(pack(np.ones((10, 784)), np.zeros(10)))
    >>> W.shape, float(W[0, 0]), b.shape
    ((10, 784), 1.0, (10,))
    """
    W, b = np.asarray(W), np.asarray(b)
    if W.shape != (10, 784) or b.shape != (10,):
        raise ValueError(f"W must have shape (10, 784) and b (10,); got {W.shape} and {b.shape}")
    return base64.b64encode(np.concatenate([W.ravel(), b]).astype("<f2").tobytes()).decode()


def unpack(weights):
    """Read what `pack` wrote: return W (10, 784) and b (10,), as float64.

    Raises
    ------
    ValueError
        If `weights` does not hold 7850 numbers.
    """
    numbers = np.frombuffer(base64.b64decode(weights), "<f2").astype(float)
    if numbers.shape != (7850,):
        raise ValueError(f"weights must hold 7850 numbers; got {numbers.size}")
    return numbers[:7840].reshape(10, 784), numbers[7840:]


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


def image_url(pixels):
    """Write a picture as a data URL, the same bytes on every machine: compressors differ, so it is not compressed.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Grey values, or red, green and blue.

    Returns
    -------
    str
        A PNG, for the `src` of an HTML image.

    Examples
    --------
    >>> image_url(np.zeros((28, 28), np.uint8))[:22]
    'data:image/png;base64,'
    """
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
