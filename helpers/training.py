"""The PyTorch side of the course: the model, its training and its evaluation.

Chapter 6 writes this loop out the way the slides do. Here the images are one tensor that lives on the device, and a
mini-batch is an index into it.
"""

import torch
from torch import nn

__all__ = ["SoftmaxRegression", "accuracy", "as_tensors", "pick_device", "predict", "train"]


class SoftmaxRegression(nn.Module):
    """Softmax regression as a PyTorch module: one linear layer that returns scores (chapter 6).

    There is no softmax in `forward`: `torch.nn.functional.cross_entropy` takes scores and applies log-softmax itself
    (chapter 3). The layer starts, as `torch.nn.Linear` does, uniformly in ±1/sqrt(d).

    Parameters
    ----------
    input_size : int, default 784
        d, the number of features.
    num_classes : int, default 10
        C, the number of classes.

    Examples
    --------
    >>> SoftmaxRegression()(torch.zeros(5, 784)).shape
    torch.Size([5, 10])
    """

    def __init__(self, input_size=784, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(input_size, num_classes)

    def forward(self, x):
        """Return the scores (N, C) of points (N, d)."""
        return self.layer(x)


def pick_device():
    """Return the GPU if there is one, else the CPU.

    Examples
    --------
    >>> pick_device().type in {"cuda", "cpu"}
    True
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def as_tensors(dataset, device="cpu"):
    """Put a whole data set on the device as one matrix of points.

    Parameters
    ----------
    dataset : torchvision.datasets.MNIST or helpers.mnist.DigitsStandIn
    device : torch.device or str, default "cpu"

    Returns
    -------
    images, labels : torch.Tensor of float32, shape (N, 784), and of int64, shape (N,)
        Pixels from 0 (black) to 1 (white), one image to a row, and digits from 0 to 9.

    Examples
    --------
    >>> from helpers.mnist import DigitsStandIn
    >>> as_tensors(DigitsStandIn(train=False))[0].shape
    torch.Size([360, 784])
    """
    images = dataset.data.to(device).reshape(len(dataset), -1).float() / 255
    return images, dataset.targets.to(device)


def _same_length(images, labels):
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError("images and labels must have the same length, at least 1; "
                         f"got {len(images)} and {len(labels)}")


def train(model, images, labels, optimizer, num_epochs=5, batch_size=64, seed=0, scheduler=None):
    """Train `model` in place by mini-batches drawn afresh in every epoch (chapter 6).

    The loop is that of the slide "MNIST - Phân loại chữ số viết tay".

    Parameters
    ----------
    model : torch.nn.Module
        Maps points (N, d) to scores (N, C).
    images, labels : torch.Tensor of float, shape (N, d), and of int64, shape (N,)
        The training points and their labels, on the model's device.
    optimizer : torch.optim.Optimizer
        Over ``model.parameters()``.
    num_epochs : int, default 5
        Passes over the data.
    batch_size : int, default 64
        Points to a step; the last batch of an epoch may be smaller.
    seed : int, default 0
        Decides the order of the points, the same on every device.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Stepped after every batch.

    Returns
    -------
    list of float
        For each epoch, the mean over its points of the loss each had when its batch came up.

    Raises
    ------
    ValueError
        If `images` and `labels` differ in length or are empty, or a count is below 1.

    Examples
    --------
    >>> x, y = torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1])
    >>> model = SoftmaxRegression(1, 2)
    >>> losses = train(model, x, y, torch.optim.SGD(model.parameters(), lr=1.0), num_epochs=20)
    >>> losses[-1] < 0.2
    True
    """
    _same_length(images, labels)
    if num_epochs < 1 or batch_size < 1:
        raise ValueError(f"num_epochs and batch_size must be at least 1; got {num_epochs} and {batch_size}")
    generator = torch.Generator().manual_seed(seed)
    model.train()
    losses = []
    for _ in range(num_epochs):
        order = torch.randperm(len(images), generator=generator).to(images.device)
        total = torch.zeros((), device=images.device)  # summed on the device: reading it would wait for it
        for batch in order.split(batch_size):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.detach() * len(batch)
        losses.append(total.item() / len(images))
    return losses


@torch.no_grad()
def predict(model, images):
    """Compute the probabilities that `model` gives to each class.

    Parameters
    ----------
    model, images
        As in `train`.

    Returns
    -------
    torch.Tensor, shape (N, C)
        Rows that sum to 1.

    Examples
    --------
    >>> predict(SoftmaxRegression(), torch.zeros(2, 784)).shape
    torch.Size([2, 10])
    """
    model.eval()
    return model(images).softmax(1)


@torch.no_grad()
def accuracy(model, images, labels):
    """Compute the fraction of points whose largest score is their label's (chapter 6; the slides' `check_accuracy`).

    Parameters
    ----------
    model, images, labels
        As in `train`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If `images` and `labels` differ in length or are empty.

    Examples
    --------
    >>> model = SoftmaxRegression(1, 2)
    >>> 0 <= accuracy(model, torch.ones(4, 1), torch.tensor([0, 1, 0, 1])) <= 1
    True
    """
    _same_length(images, labels)
    model.eval()
    return (model(images).argmax(1) == labels).float().mean().item()
