"""The stored model and digits that figures, chapters and tools share."""

import base64
import functools
import json
from pathlib import Path

import numpy as np

__all__ = ["pack", "stored_model", "unpack"]


@functools.cache
def stored_model():
    """Return the slides' model as it was trained once, with a test image of each digit.

    Written by the laboratory, so that the figures of chapters 6 and 7 draw the same everywhere and need no MNIST.

    Returns
    -------
    dict
        ``settings``: how it was trained; ``test``: its accuracy on the test images in %; ``weights``: what `unpack`
        reads; ``digits``: "index: label" of ten test images, each the base64 of its 784 bytes.

    Examples
    --------
    >>> stored_model()["settings"]["epochs"]
    5
    """
    return json.loads(Path(__file__).with_name("slides_model.json").read_text(encoding="utf-8"))


def pack(W, b):
    """Write weights and biases as the text that a figure's `weights` holds, rounded to float16.

    Parameters
    ----------
    W, b : array_like, shapes (10, 784) and (10,)
        Weights and biases.

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
    """Read what `pack` wrote: return W (10, 784) and b (10,), as float64; ValueError if it is not 7850 numbers."""
    numbers = np.frombuffer(base64.b64decode(weights), "<f2").astype(float)
    if numbers.shape != (7850,):
        raise ValueError(f"weights must hold 7850 numbers; got {numbers.size}")
    return numbers[:7840].reshape(10, 784), numbers[7840:]
