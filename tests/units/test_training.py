"""helpers.training against a loop written out by hand, and its refusals."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers.mnist import DigitsStandIn
from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, as_tensors, pick_device, predict, train


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


def test_an_epoch_of_batches_of_one_is_a_step_for_each_point():
    x, labels = torch.tensor([[1.0], [2.0], [-1.0]]), torch.tensor([0, 1, 1])
    torch.manual_seed(1)
    model, twin = SoftmaxRegression(1, 2), SoftmaxRegression(1, 2)
    twin.load_state_dict(model.state_dict())
    losses = train(model, x, labels, torch.optim.SGD(model.parameters(), lr=0.5), num_epochs=1, batch_size=1, seed=4)
    ours = []
    for k in torch.randperm(3, generator=torch.Generator().manual_seed(4)):
        ours.append(F.cross_entropy(twin(x[k]), labels[k]))
        slopes = torch.autograd.grad(ours[-1], tuple(twin.parameters()))
        for parameter, slope in zip(twin.parameters(), slopes, strict=True):
            parameter.data -= 0.5 * slope
    torch.testing.assert_close(model.state_dict(), twin.state_dict())
    assert losses == [pytest.approx(torch.stack(ours).mean().item(), rel=1e-6)]
    assert len(train(model, x, labels, torch.optim.SGD(model.parameters(), lr=0.5))) == 5


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
