"""helpers.training against a loop written out by hand, and its refusals."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers import training
from helpers.mnist import DigitsStandIn
from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, as_tensors, pick_device, predict, sgd, train


@pytest.fixture(scope="module")
def digits():
    return as_tensors(DigitsStandIn())


def test_as_tensors(digits):
    images, labels = digits
    assert images.shape == (1437, 784) and images.dtype == torch.float32
    assert images.min() == 0 and images.max() == 1 and labels.dtype == torch.int64
    np.testing.assert_array_equal(images[3].reshape(1, 28, 28), DigitsStandIn()[3][0])


def test_train_equals_the_gradient_of_chapter_4_in_numpy(digits):
    images, labels = digits
    torch.manual_seed(0)
    model = SoftmaxRegression()
    W, b = (p.detach().double().numpy().copy() for p in model.parameters())
    losses = train(model, images, labels, torch.optim.SGD(model.parameters(), lr=0.1), num_epochs=2, seed=3)
    X, Y, generator, ours = images.numpy(), one_hot(labels.numpy(), 10), torch.Generator().manual_seed(3), []
    for _ in range(2):
        total = 0
        for batch in torch.randperm(len(X), generator=generator).split(64):
            loss, dW, db = loss_and_gradient(W, b, X[batch], Y[batch])
            W, b, total = W - 0.1 * dW, b - 0.1 * db, total + loss * len(batch)
        ours.append(total / len(X))
    np.testing.assert_allclose(model.layer.weight.detach(), W, atol=2e-6)
    np.testing.assert_allclose(model.layer.bias.detach(), b, atol=2e-6)
    np.testing.assert_allclose(losses, ours, rtol=1e-5)


def test_the_same_seed_gives_the_same_model(digits):
    def weights(seed):
        torch.manual_seed(0)
        model = SoftmaxRegression()
        train(model, *digits, torch.optim.SGD(model.parameters(), lr=0.1), num_epochs=1, seed=seed)
        return model.layer.weight.detach()

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))


def test_the_scheduler_steps_after_every_batch(digits):
    model = SoftmaxRegression()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    steps = -(-len(digits[0]) // 64)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    train(model, *digits, optimizer, num_epochs=1, scheduler=schedule)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-12)


def test_predict_and_accuracy(digits):
    images, labels = digits
    model = SoftmaxRegression()
    a = predict(model, images)
    torch.testing.assert_close(a, F.softmax(model(images), 1).detach())
    assert accuracy(model, images, labels) == pytest.approx((a.argmax(1) == labels).double().mean().item())
    assert accuracy(model, images, a.argmax(1)) == 1
    assert not a.requires_grad


def test_pick_device():
    assert (pick_device().type == "cuda") == torch.cuda.is_available()


@pytest.mark.parametrize(("change", "message"), [
    ({"labels": torch.zeros(3, dtype=torch.int64)}, "images and labels must have the same length.*got 1437 and 3"),
    ({"num_epochs": 0}, "num_epochs and batch_size must be at least 1; got 0 and 64"),
    ({"batch_size": 0}, "num_epochs and batch_size must be at least 1; got 5 and 0"),
])
def test_bad_input_is_named(digits, change, message):
    model = SoftmaxRegression()
    arguments = {"images": digits[0], "labels": digits[1], **change}
    with pytest.raises(ValueError, match=message):
        train(model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1), **arguments)
    with pytest.raises(ValueError, match="same length"):
        accuracy(model, digits[0], digits[1][:0])


# The engine: every path takes the steps of `train`.


@pytest.fixture(scope="module")
def task():
    """Two epochs of 1,437 images: 22 whole batches and one of 29 each, 46 steps; and where `train` ends."""
    dataset = DigitsStandIn()
    images, labels = dataset.data.reshape(len(dataset), -1), dataset.targets
    torch.manual_seed(0)
    model = SoftmaxRegression()
    W, b = (p.detach().numpy().copy() for p in model.parameters())
    train(model, images.float() / 255, labels, torch.optim.SGD(model.parameters(), lr=0.1), num_epochs=2, seed=3)
    generator = torch.Generator().manual_seed(3)
    order = np.stack([torch.randperm(len(images), generator=generator).numpy() for _ in range(2)])
    return (W, b, images, labels, order, 0.1), [p.detach().numpy() for p in model.parameters()]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=2e-6)


@pytest.mark.parametrize("path", ["auto", "numpy", "torch"])
def test_a_path_ends_where_train_ends(task, path):
    arguments, expected = task
    before = arguments[0].copy()
    assert_same(sgd(*arguments, path=path), expected)
    np.testing.assert_array_equal(arguments[0], before)  # the start is not changed
    assert abs(expected[0] - before).max() > 0.01


@pytest.mark.parametrize("batch_size", [1, 7, 64, 2000])
def test_the_paths_agree_for_any_batch(task, batch_size):
    W, b, images, labels, order, rate = task[0]
    part = order[:, :100]
    assert_same(sgd(W, b, images, labels, part, rate, batch_size, path="numpy"),
                sgd(W, b, images, labels, part, rate, batch_size, path="torch"))


def test_the_graph_path_where_there_is_a_gpu(task):
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU: the capture of a CUDA graph was not tried; its steps are, on the CPU")
    (W, b, images, labels, *rest), expected = task
    assert_same(sgd(W, b, images.cuda(), labels.cuda(), *rest, path="graph"), expected)


def test_the_graph_path_replays_each_epoch(task, monkeypatch):
    """On the CPU, with a stand-in for the recording: what is recorded runs once per replay, on that epoch's batches."""
    arguments, expected = task

    class Replayed:
        def __init__(self, job, changed):
            self.replay = job

    monkeypatch.setattr(training, "_recorded", Replayed)
    monkeypatch.setattr(training, "_needs_cuda", lambda images, path: None)
    assert_same(sgd(*arguments, path="graph"), expected)


def test_a_step_reads_nothing_back_from_the_device():
    """A recording breaks at the first value that the CPU asks for. The device "meta" has no values to give."""
    W, b, Y, share = (torch.zeros(shape, device="meta") for shape in ((10, 784), (10,), (100, 10), (64, 1)))
    images = torch.zeros(100, 784, dtype=torch.uint8, device="meta")
    rows = torch.zeros(64, dtype=torch.int64, device="meta")
    training._step(W, b, images, Y, rows, share, 0.1)


def test_auto_takes_the_single_steps_where_recording_fails(task, monkeypatch):
    arguments, expected = task
    monkeypatch.setattr(training, "_on_cuda", lambda images: True)

    def broken(*arguments):
        raise RuntimeError("this driver does not record")

    monkeypatch.setattr(training, "_sgd_graph", broken)
    assert_same(sgd(*arguments), expected)


@pytest.mark.parametrize("path", ["graph", "fused"])
def test_a_path_that_is_not_there_says_what_is_missing(task, path):
    with pytest.raises(RuntimeError, match=f"path '{path}' needs"):
        sgd(*task[0], path=path)


def test_the_fused_kernel_in_the_interpreter():
    """Triton's interpreter runs the kernel on the CPU; it is chosen when Triton is imported, so in a new process."""
    if importlib.util.find_spec("triton") is None:
        pytest.skip("Triton is not installed here: it comes with PyTorch for CUDA")
    done = subprocess.run([sys.executable, "-c", IN_THE_INTERPRETER], capture_output=True, text=True, check=False,
                          env={**os.environ, "TRITON_INTERPRET": "1"})
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 2e-6


IN_THE_INTERPRETER = """
import numpy as np
import torch
from helpers.training import sgd
rng = np.random.default_rng(0)
images, labels = torch.tensor(rng.integers(0, 256, (90, 784)), dtype=torch.uint8), torch.tensor(rng.integers(0, 10, 90))
W, b = rng.normal(0, 0.02, (10, 784)).astype(np.float32), rng.normal(size=10).astype(np.float32)
order = np.stack([rng.permutation(90) for _ in range(2)])  # one batch of 64 and one of 26
(W1, b1), (W2, b2) = (sgd(W, b, images, labels, order, 0.1, path=path) for path in ("fused", "numpy"))
assert abs(W1 - W).max() > 0.01
assert np.isfinite(sgd(W, b + 200, images, labels, order[:1, :16], 0.1, path="fused")[0]).all()  # exp(200) is not
print(max(abs(W1 - W2).max(), abs(b1 - b2).max()))
"""


@pytest.mark.parametrize(("change", "message"), [
    ({"b": np.zeros(9, np.float32)}, r"W must have shape \(C, d\) and b shape \(C,\); got \(10, 784\) and \(9,\)"),
    ({"images": torch.zeros(5, 784)}, r"images must be uint8 of shape \(N, 784\); got torch.float32"),
    ({"labels": torch.zeros(3, dtype=torch.int64)}, r"labels must be int64 of shape \(1437,\)"),
    ({"labels": torch.full((1437,), 10)}, r"labels must lie in 0..9; got 10 to 10"),
    ({"order": np.arange(5)}, r"order must hold indices in a shape \(E, n\), not empty; got int64 of \(5,\)"),
    ({"order": np.array([[1437]])}, r"order must lie in 0..1436; got 1437 to 1437"),
    ({"batch_size": 0}, "batch_size must be at least 1; got 0"),
    ({"path": "magic"}, "path must be 'auto' or one of .*; got 'magic'"),
])
def test_the_engine_names_bad_input(task, change, message):
    names = ("W", "b", "images", "labels", "order", "learning_rate")
    with pytest.raises(ValueError, match=message):
        sgd(**{**dict(zip(names, task[0], strict=True)), **change})
