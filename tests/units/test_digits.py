"""The stored digits and weights: what is packed comes back, and the ten digits are there."""

import base64

import numpy as np
import pytest

from helpers.digits import pack, stored_model, unpack

W, b = np.linspace(-2, 2, 7840).reshape(10, 784), np.arange(10.0)


def test_what_is_packed_comes_back_rounded_to_float16():
    W_back, b_back = unpack(pack(W.tolist(), b.tolist()))
    np.testing.assert_array_equal(W_back, W.astype(np.float16))
    np.testing.assert_array_equal(b_back, b)
    assert W_back.dtype == b_back.dtype == float
    assert np.frombuffer(base64.b64decode(pack(W, b)), "<f2")[-10:].tolist() == b.tolist()


@pytest.mark.parametrize("W, b", [(W.T, b), (W, b[:, None]), (W[:9], b), (W, b[:9])])
def test_other_shapes_are_refused(W, b):
    with pytest.raises(ValueError, match=r"W must have shape \(10, 784\) and b \(10,\); got "):
        pack(W, b)


def test_other_texts_are_refused():
    with pytest.raises(ValueError, match="weights must hold 7850 numbers; got 3"):
        unpack(base64.b64encode(np.zeros(3, "<f2").tobytes()).decode())


def test_the_stored_model_has_weights_and_one_image_of_each_digit():
    stored = stored_model()
    W_stored, b_stored = unpack(stored["weights"])
    assert abs(W_stored).max() > 0 and b_stored.shape == (10,)
    assert sorted(name.split(": ")[1] for name in stored["digits"]) == [str(digit) for digit in range(10)]
    assert all(len(base64.b64decode(image)) == 784 for image in stored["digits"].values())
    assert stored_model() is stored
