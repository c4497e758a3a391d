"""helpers.softmax against SciPy, PyTorch and the values on the slides."""

import tracemalloc

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.points import toy_points
from helpers.softmax import (
    cross_entropy,
    fit,
    log_softmax,
    loss_and_gradient,
    one_hot,
    softmax,
    softmax_jacobian,
)

settings.register_profile("course", deadline=None, max_examples=150, derandomize=True)
settings.load_profile("course")


def scores(limit, dtypes=(np.float32, np.float64), dims=(1, 3)):
    """Arrays of finite scores of any small shape."""
    return st.sampled_from(dtypes).flatmap(lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=dims[0], max_dims=dims[1], max_side=12),
        elements=st.floats(-limit, limit, width=np.dtype(dtype).itemsize * 8)))


def ulps(ours, theirs):
    return np.abs(ours - theirs) / np.spacing(np.maximum(np.abs(theirs), np.finfo(theirs.dtype).tiny))


@given(scores(30))
def test_softmax_agrees_with_scipy_and_torch_to_a_few_ulps(z):
    ours = softmax(z)
    assert ours.dtype == z.dtype
    for theirs in (scipy.special.softmax(z, axis=-1), torch.tensor(z).softmax(-1).numpy()):
        # SciPy takes exp(z - lse), which loses up to 58 eps in float32 at this spread (FACTS); ours divides.
        np.testing.assert_allclose(ours, theirs, rtol=80 * np.finfo(z.dtype).eps)
    reference = scipy.special.softmax(z.astype(np.longdouble), axis=-1).astype(z.dtype)
    assert ulps(ours, reference).max() <= 40


@given(scores(30))
def test_log_softmax_agrees_with_scipy_and_torch(z):
    eps = np.finfo(z.dtype).eps
    for theirs in (scipy.special.log_softmax(z, axis=-1), torch.tensor(z).log_softmax(-1).numpy()):
        np.testing.assert_allclose(log_softmax(z), theirs, rtol=4 * eps, atol=4 * eps * np.abs(z).max())


@given(scores(1e4))
def test_extreme_scores_stay_finite(z):
    for values in (softmax(z), log_softmax(z), softmax_jacobian(z)):
        assert np.isfinite(values).all()
    assert ((softmax(z) >= 0) & (softmax(z) <= 1)).all()
    np.testing.assert_allclose(softmax(z).sum(-1), 1, rtol=20 * np.finfo(z.dtype).eps)


ALL_DTYPES = (np.float16, np.float32, np.float64, np.longdouble)


@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize("share", [0.6, 1])
def test_scores_at_the_limit_of_their_precision(dtype, share):
    """Their difference overflows; the loss does not, where it is 0, or where its mean over many points fits."""
    far = dtype(share) * np.finfo(dtype).max
    z = np.array([far, -far])
    assert softmax(z).tolist() == [1, 0] and cross_entropy(z, [1, 0]) == 0
    assert log_softmax(z).tolist() == [0, -np.inf]  # no number of this precision is so small
    assert cross_entropy(z, [0, 1]) == np.inf
    assert abs(cross_entropy(z, [0.75, 0.25]) / far - 0.5) <= 2 * np.finfo(dtype).eps
    batch, hot = np.tile([far, 0], (9, 1)), np.tile([0, 1], (9, 1))
    assert abs(cross_entropy(batch, hot) / far - 1) <= 2 * np.finfo(dtype).eps
    assert cross_entropy(z, [0, 1]).dtype == softmax(z).dtype == log_softmax(z).dtype == dtype


@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize("num_classes", [3, 70_000])
def test_targets_made_by_softmax_are_targets_in_every_precision(dtype, num_classes):
    a = softmax(np.linspace(0, 1, num_classes).astype(dtype) % 0.25)
    assert a.dtype == dtype and a.sum(dtype=float) == pytest.approx(1, abs=1e-2)
    np.testing.assert_allclose(softmax(np.zeros(num_classes, dtype)).astype(float), 1 / num_classes, rtol=2e-3)
    assert cross_entropy(np.zeros(num_classes, dtype), a) == pytest.approx(np.log(num_classes), rel=1e-2)


def test_half_precision_learns_as_single_does():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(5000, 3)).astype(np.float16), rng.normal(size=(2, 3)).astype(np.float16)
    Y = one_hot(np.arange(5000) % 2, 2).astype(np.float16)
    ours = loss_and_gradient(W, np.zeros(2, np.float16), 10 * X, Y)
    theirs = loss_and_gradient(W.astype(float), np.zeros(2), (10 * X).astype(float), Y)
    for half, double in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(half, double, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ALL_DTYPES)
def test_no_zero_is_negative(dtype):
    assert str(cross_entropy(np.array([80, 0], dtype), [1, 0])) == "0.0"
    assert not np.signbit(np.diag(softmax_jacobian(np.array([4e4, -4e4], dtype)))).any()
    assert "-0." not in str(softmax_jacobian(np.array([4e4, -4e4], dtype)))


def test_one_hot_takes_the_memory_of_its_result():
    tracemalloc.start()
    assert one_hot([5, 7], 1_000_000).nonzero()[1].tolist() == [5, 7]
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


@given(scores(100, dtypes=(np.float64,)), st.floats(-1e3, 1e3))
def test_a_constant_added_to_all_scores_changes_nothing(z, constant):
    np.testing.assert_allclose(softmax(z + constant), softmax(z), atol=1e-12)


@given(scores(50, dims=(2, 2)), st.randoms(use_true_random=False))
def test_cross_entropy_agrees_with_torch(z, random):
    labels = np.array([random.randrange(z.shape[1]) for _ in z])
    theirs = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(labels)).item()
    tolerance = float(4 * np.finfo(z.dtype).eps * max(1, np.abs(z).max()))
    assert cross_entropy(z, one_hot(labels, z.shape[1])) == pytest.approx(theirs, rel=tolerance, abs=tolerance)


@given(scores(20, dtypes=(np.float64,), dims=(1, 1)))
def test_jacobian_agrees_with_autograd(z):
    theirs = torch.autograd.functional.jacobian(lambda t: t.softmax(0), torch.tensor(z)).numpy()
    np.testing.assert_allclose(softmax_jacobian(z), theirs, atol=1e-15)


def test_jacobian_agrees_with_the_complex_step_to_1e_14():
    z, h = np.array([0.3, -1.2, 2.0, 0.7]), 1e-30
    rows = [softmax(z + 1j * h * direction).imag / h for direction in np.eye(4)]
    np.testing.assert_allclose(softmax_jacobian(z), rows, rtol=0, atol=1e-14)
    batch = np.array([z, -z])
    np.testing.assert_array_equal(softmax_jacobian(batch)[1], softmax_jacobian(-z))


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), None])
def test_axes(axis):
    z = np.arange(12.0).reshape(3, 4) % 5
    np.testing.assert_allclose(softmax(z, axis), scipy.special.softmax(z, axis), rtol=1e-14)
    np.testing.assert_allclose(log_softmax(z, axis), scipy.special.log_softmax(z, axis), rtol=1e-14)


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(2, 6), st.floats(0, 2), st.integers(0, 2**32 - 1))
def test_gradient_agrees_with_autograd(num_points, d, num_classes, l2, seed):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(num_classes, d)), rng.normal(size=num_classes)
    X, labels = 3 * rng.normal(size=(num_points, d)), rng.integers(num_classes, size=num_points)
    loss, dW, db = loss_and_gradient(W, b, X, one_hot(labels, num_classes), l2)
    tW, tb = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(torch.tensor(X) @ tW.T + tb, torch.tensor(labels))
    theirs = theirs + l2 / 2 * (tW**2).sum()
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(dW, tW.grad, atol=1e-12)
    np.testing.assert_allclose(db, tb.grad, atol=1e-12)


def test_integers_and_lists_are_accepted_and_float32_stays():
    assert softmax([1, 2, 3]).dtype == np.float64
    assert softmax(np.float32([1, 2])).dtype == np.float32
    W, b, X = (np.ones(shape, np.float32) for shape in ((2, 3), 2, (4, 3)))
    loss, dW, db = loss_and_gradient(W, b, X, one_hot([0, 1, 1, 0], 2).astype(np.float32))
    assert (loss.dtype, dW.dtype, db.dtype) == (np.float32,) * 3


def test_the_worked_example_of_the_slides():
    W, b = np.array([[0.31, 3.95], [7.07, -0.23], [-6.27, -2.35]]), np.array([1.2, 2.93, -4.14])
    z = np.array([[-0.1, 1.4]]) @ W.T + b
    np.testing.assert_allclose(z[0], [6.699, 1.901, -6.803], atol=5e-4)
    np.testing.assert_allclose(softmax(z)[0], [0.992, 0.008, 0.000], atol=5e-4)


def test_a_model_that_knows_nothing_costs_log_c():
    for num_classes in (2, 3, 10):
        zeros = np.zeros((5, num_classes))
        assert cross_entropy(zeros, one_hot([0, 1, 0, 1, 1], num_classes)) == pytest.approx(np.log(num_classes))


def test_fit_descends_and_keeps_the_column_sums():
    X, labels = toy_points()
    W0 = np.random.default_rng(0).random((3, 2))
    result = fit(X, one_hot(labels, 3), learning_rate=0.5, num_epochs=30, W=W0)
    assert (np.diff(result.losses) < 0).all() and len(result.losses) == 30
    assert result.Ws.shape == (31, 3, 2) and result.bs.shape == (31, 3)
    np.testing.assert_array_equal(result.W, result.Ws[-1])
    np.testing.assert_allclose(result.Ws.sum(axis=1), np.tile(W0.sum(axis=0), (31, 1)), atol=1e-12)
    np.testing.assert_allclose(result.bs.sum(axis=1), 0, atol=1e-12)


def test_an_epoch_of_fit_is_one_step_down_the_gradient_of_the_mean_loss():
    X, labels = toy_points()
    Y, W, b = one_hot(labels, 3), np.full((3, 2), [0.5, -0.25]), np.array([1.0, 0.0, -1.0])
    loss, dW, db = loss_and_gradient(W, b, X, Y, 0.1)
    result = fit(X, Y, 0.7, num_epochs=1, W=W, b=b, l2=0.1)
    np.testing.assert_allclose(result.W, W - 0.7 * dW, rtol=1e-14)
    np.testing.assert_allclose(result.b, b - 0.7 * db, rtol=1e-14)
    assert result.losses.tolist() == [loss]
    np.testing.assert_array_equal(result.Ws[0], W)
    np.testing.assert_array_equal(result.bs[0], b)
    of_the_slides = fit(X, Y)
    assert len(of_the_slides.losses) == 40 and not of_the_slides.Ws[0].any() and not of_the_slides.bs[0].any()
    np.testing.assert_allclose(of_the_slides.Ws[1], -2 * loss_and_gradient(np.zeros((3, 2)), np.zeros(3), X, Y)[1])


ONES = np.ones((4, 2))
HOT = one_hot([0, 1, 2, 0], 3)
W0, b0 = np.zeros((3, 2)), np.zeros(3)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: softmax([]), r"z must not be empty; got shape \(0,\)"),
    (lambda: softmax([0.0, np.nan]), r"z must be finite; got 1 NaN"),
    (lambda: softmax([0.0, np.inf]), r"z must be finite"),
    (lambda: softmax(["a"]), r"z must hold numbers; got dtype"),
    (lambda: softmax([1.0, 2.0], axis=1), r"axis must name a dimension of z, which has shape \(2,\); got 1"),
    (lambda: softmax(3.0), r"axis must name a dimension"),
    *[(lambda axis=axis: softmax(np.eye(2), axis), r"axis must name a dimension of z, .*; got")
      for axis in ([0, 1], "0", 1.0, True, (0, 0), (0, -2), (0, None), 2, {}, np.array([0, 1]))],
    (lambda: log_softmax(np.eye(2), [0]), r"axis must name a dimension"),
    (lambda: cross_entropy([1.0, 0.0], [1j, 1 - 1j]), r"y must hold real numbers; got dtype complex128"),
    (lambda: one_hot([0], 2.0), r"num_classes must be a whole number of at least 1; got 2.0"),
    (lambda: one_hot([0], "2"), r"num_classes must be a whole number of at least 1; got '2'"),
    (lambda: log_softmax(np.zeros((0, 3))), r"z must not be empty"),
    (lambda: softmax_jacobian([np.nan, 0]), r"z must be finite"),
    (lambda: one_hot([], 3), r"labels must have shape \(N,\) with N at least 1; got \(0,\)"),
    (lambda: one_hot([[0, 1]], 3), r"labels must have shape \(N,\).*got \(1, 2\)"),
    (lambda: one_hot([0.0, 1.0], 3), r"labels must be whole numbers; got dtype float64"),
    (lambda: one_hot([0, 3], 3), r"labels must lie in 0..2; got 0..3"),
    (lambda: one_hot([-1, 2], 3), r"labels must lie in 0..2; got -1..2"),
    (lambda: one_hot([0], 0), r"num_classes must be a whole number of at least 1; got 0"),
    (lambda: cross_entropy(np.zeros((2, 3)), [0, 1]), r"y must have shape \(2, 3\); got \(2,\)"),
    (lambda: cross_entropy(np.zeros(3), [0, 2, 0]), r"y must be one-hot"),
    (lambda: cross_entropy(np.zeros(3), [2, -1, 0]), r"y must be one-hot"),
    (lambda: cross_entropy(np.zeros((1, 1, 3)), np.ones((1, 1, 3))), r"z must have shape \(C,\) or \(N, C\)"),
    (lambda: loss_and_gradient(np.zeros((3, 5)), b0, ONES, HOT), r"W must have shape \(C, 2\).*got \(3, 5\)"),
    (lambda: loss_and_gradient(W0, np.zeros(2), ONES, HOT), r"b must have shape \(3,\); got \(2,\)"),
    (lambda: loss_and_gradient(W0, b0, ONES, HOT[:3]), r"Y must have shape \(4, 3\); got \(3, 3\)"),
    (lambda: loss_and_gradient(W0, b0, [1.0], HOT), r"X must have 2 dimension\(s\); got shape \(1,\)"),
    (lambda: loss_and_gradient(W0, b0, ONES, HOT, l2=-1), r"l2 must be at least 0; got -1"),
    (lambda: fit(ONES, HOT, learning_rate=0), r"learning_rate must be positive; got 0"),
    (lambda: fit(ONES, HOT, num_epochs=0), r"num_epochs must be at least 1; got 0"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
