"""The PyTorch side of the course: the model, its training and its evaluation.

Chapter 6 writes this loop out the way the slides do and then removes what slows it down. What is
left stands here: the images are one tensor that lives on the device, and a mini-batch is an index
into it. `train` does that for any optimiser; `sgd` is the fast engine for plain gradient descent.
"""

import numpy as np
import torch
from torch import nn

__all__ = ["SoftmaxRegression", "accuracy", "as_tensors", "pick_device", "predict", "sgd", "softmax_in_place", "train"]


class SoftmaxRegression(nn.Module):
    """Softmax regression as a PyTorch module: one linear layer that returns scores.

    There is no softmax in `forward`: `torch.nn.functional.cross_entropy` takes scores and applies
    log-softmax itself (chapter 3).

    Parameters
    ----------
    input_size : int, default 784
        d, the number of features.
    num_classes : int, default 10
        C, the number of classes.

    Notes
    -----
    Chapter 6; slide "MNIST - Phân loại chữ số viết tay". The layer starts, as `torch.nn.Linear`
    does, uniformly in ±1/sqrt(d).

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
        What `helpers.mnist.load_mnist` returns.
    device : torch.device or str, default "cpu"
        Where the tensors shall live.

    Returns
    -------
    images : torch.Tensor of float32, shape (N, 784)
        Pixels from 0 (black) to 1 (white), one image to a row.
    labels : torch.Tensor of int64, shape (N,)
        Digits from 0 to 9.

    Examples
    --------
    >>> from helpers.mnist import DigitsStandIn
    >>> as_tensors(DigitsStandIn(train=False))[0].shape
    torch.Size([360, 784])
    """
    images = dataset.data.to(device).reshape(len(dataset), -1).float() / 255
    return images, dataset.targets.to(device)


def train(model, images, labels, optimizer, num_epochs=5, batch_size=64, seed=0, scheduler=None):
    """Train `model` in place by mini-batches drawn afresh in every epoch.

    Parameters
    ----------
    model : torch.nn.Module
        Maps points (N, d) to scores (N, C).
    images : torch.Tensor of float, shape (N, d)
        The training points, on the model's device.
    labels : torch.Tensor of int64, shape (N,)
        Their labels, on the same device.
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

    Notes
    -----
    Chapter 6; slide "MNIST - Phân loại chữ số viết tay".

    Examples
    --------
    >>> x, y = torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1])
    >>> model = SoftmaxRegression(1, 2)
    >>> losses = train(model, x, y, torch.optim.SGD(model.parameters(), lr=1.0), num_epochs=20)
    >>> losses[-1] < 0.2
    True
    """
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError("images and labels must have the same length, at least 1; "
                         f"got {len(images)} and {len(labels)}")
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


def sgd(W, b, images, labels, order, learning_rate, batch_size=64, path="auto"):
    """Train softmax regression by plain gradient descent on mini-batches, as fast as the device allows.

    It takes the same steps as `train` with ``torch.optim.SGD``, with the gradient of chapter 4 written out.

    Parameters
    ----------
    W : numpy.ndarray of float32, shape (C, d)
        Weights at the start; not changed.
    b : numpy.ndarray of float32, shape (C,)
        Biases at the start; not changed.
    images : torch.Tensor of uint8, shape (N, d)
        Points whose features are bytes; a byte v stands for v/255. Where they live, the work is done.
    labels : torch.Tensor of int64, shape (N,)
        Labels from 0 to C - 1, on the same device.
    order : numpy.ndarray of int, shape (E, n)
        Which images an epoch visits, one epoch to a row. Batches are cut from each row; the last one of an epoch may
        be smaller.
    learning_rate : float
        Applied to the gradient of the mean loss of a batch.
    batch_size : int, default 64
        Points to a step.
    path : {"auto", "numpy", "torch", "graph", "fused"}, default "auto"
        ``"numpy"``: in place, on the CPU. ``"torch"``: on any device. ``"graph"``: an epoch recorded as one CUDA graph
        and replayed. ``"fused"``: one kernel for an epoch, in Triton. ``"auto"``: ``"numpy"`` on the CPU; on a GPU
        ``"graph"``, and ``"torch"`` where recording fails.

    Returns
    -------
    W : numpy.ndarray of float32, shape (C, d)
    b : numpy.ndarray of float32, shape (C,)
        The weights and biases after the last epoch. All paths agree to float32 accuracy.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, a label or an index is out of range, or `path` is not one of the above.
    RuntimeError
        If `path` names a way that this machine does not have: the message says what is missing.

    Notes
    -----
    Chapter 6, section "How fast can it be trained?". The GPU paths have not been run on a GPU yet.

    Examples
    --------
    >>> images, labels = torch.tensor([[0], [255]], dtype=torch.uint8), torch.tensor([0, 1])
    >>> W, b = sgd(np.zeros((2, 1), np.float32), np.zeros(2, np.float32), images, labels, [[0, 1]], 1.0)
    >>> W.round(6).ravel().tolist(), bool(abs(b).max() < 1e-6)
    ([-0.25, 0.25], True)
    """
    W, b, order = np.asarray(W, np.float32), np.asarray(b, np.float32), np.asarray(order)
    _check_sgd(W, b, images, labels, order, batch_size)
    ways = {"numpy": _sgd_numpy, "torch": _sgd_torch, "graph": _sgd_graph, "fused": _sgd_fused}
    if path not in ("auto", *ways):
        raise ValueError(f"path must be 'auto' or one of {sorted(ways)}; got {path!r}")
    arguments = W, b, images, labels, order, learning_rate, batch_size
    if path != "auto":
        return ways[path](*arguments)
    if not _on_cuda(images):
        return _sgd_numpy(*arguments)
    try:
        return _sgd_graph(*arguments)
    except RuntimeError:  # this driver does not record: the same steps, launched one by one
        return _sgd_torch(*arguments)


def _on_cuda(images):
    return images.is_cuda


def _needs_cuda(images, path):
    if not _on_cuda(images):
        raise RuntimeError(f"path {path!r} needs images on a CUDA device; they are on {images.device}")


def _check_sgd(W, b, images, labels, order, batch_size):
    if W.ndim != 2 or b.shape != (len(W),):
        raise ValueError(f"W must have shape (C, d) and b shape (C,); got {W.shape} and {b.shape}")
    if images.dtype != torch.uint8 or images.ndim != 2 or images.shape[1] != W.shape[1]:
        raise ValueError(f"images must be uint8 of shape (N, {W.shape[1]}); "
                         f"got {images.dtype} of {tuple(images.shape)}")
    if labels.shape != images.shape[:1] or labels.dtype != torch.int64:
        raise ValueError(f"labels must be int64 of shape ({len(images)},); got {labels.dtype} of {tuple(labels.shape)}")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(W):
        raise ValueError(f"labels must lie in 0..{len(W) - 1}; got {labels.min()} to {labels.max()}")
    if order.ndim != 2 or order.size == 0 or order.dtype.kind not in "iu":
        raise ValueError(f"order must hold indices in a shape (E, n), not empty; got {order.dtype} of {order.shape}")
    if not 0 <= order.min() <= order.max() < len(images):
        raise ValueError(f"order must lie in 0..{len(images) - 1}; got {order.min()} to {order.max()}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1; got {batch_size}")


def _sgd_numpy(W, b, images, labels, order, learning_rate, batch_size):
    """Train on the CPU; every array that a step fills is allocated before the first step.

    One point is a column of the scores, so that the maximum and the sum over the classes run along whole rows. Pixels
    stay whole numbers from 0 to 255: V, 255 times smaller than the weights, makes up for it.
    """
    C, d = W.shape
    V, b = W / np.float32(255), b[:, None].copy()
    pixels, Y = images.cpu().numpy(), np.eye(C, dtype=np.float32)[:, labels.cpu().numpy()]
    for epoch in order:
        y = Y[:, epoch]
        size, step = min(batch_size, len(epoch)), np.empty_like(V)
        z, row, taken, x = _buffers(C, d, size)
        for first in range(0, len(epoch), size):
            n = min(size, len(epoch) - first)
            if n < size:  # the last batch
                z, row, taken, x = _buffers(C, d, n)
            pixels.take(epoch[first:first + n], axis=0, out=taken, mode="clip")
            np.copyto(x, taken)
            np.matmul(V, x.T, out=z)
            z += b
            softmax_in_place(z, row)
            z -= y[:, first:first + n]
            z *= learning_rate / n
            b -= np.add.reduce(z, axis=1, keepdims=True)
            z /= 255**2  # 255 for the pixels, and 255 because V moves in place of W
            np.matmul(z, x, out=step)
            V -= step
    return V * np.float32(255), b[:, 0]


def _buffers(C, d, n):
    return (np.empty((C, n), np.float32), np.empty(n, np.float32), np.empty((n, d), np.uint8),
            np.empty((n, d), np.float32))


def softmax_in_place(z, row):
    """Turn scores into probabilities where they stand, one point to a column.

    Parameters
    ----------
    z : numpy.ndarray of float, shape (C, n)
        Scores; probabilities afterwards.
    row : numpy.ndarray of float, shape (n,)
        Scratch space.

    Examples
    --------
    >>> z = np.zeros((2, 1))
    >>> softmax_in_place(z, np.empty(1))
    >>> z.ravel().tolist()
    [0.5, 0.5]
    """
    np.maximum.reduce(z, axis=0, out=row)
    z -= row
    np.exp(z, out=z)
    np.add.reduce(z, axis=0, out=row)
    z /= row


def _on_device(W, b, images, labels, order, batch_size):
    """Return W, b and Y on the images' device, and the batches: their indices and the share of each point in its mean.

    The last batch of an epoch is filled up with image 0 at a share of 0, so that all batches have one shape.
    """
    E, n = order.shape
    steps = -(-n // batch_size)
    rows, share = np.zeros((E, steps * batch_size), np.int64), np.zeros(steps * batch_size, np.float32)
    rows[:, :n] = order
    last = n - (steps - 1) * batch_size
    share[:n - last], share[n - last:n] = 1 / batch_size, 1 / last
    device = images.device
    Y = torch.eye(len(W), device=device)[labels]
    return (torch.tensor(W, device=device), torch.tensor(b, device=device), Y,
            torch.tensor(rows.reshape(E, steps, batch_size), device=device),
            torch.tensor(share.reshape(steps, batch_size, 1), device=device))


def _step(W, b, images, Y, rows, share, learning_rate):
    """Take one step in place. It reads nothing back from the device, so that a CUDA graph can record it."""
    x = images[rows].float() / 255
    dz = (torch.addmm(b, x, W.T).softmax(1) - Y[rows]) * share
    W.addmm_(dz.T, x, alpha=-learning_rate)
    b.sub_(dz.sum(0), alpha=learning_rate)


def _sgd_torch(W, b, images, labels, order, learning_rate, batch_size):
    W, b, Y, epochs, share = _on_device(W, b, images, labels, order, batch_size)
    for batches in epochs:
        for rows, part in zip(batches, share, strict=True):
            _step(W, b, images, Y, rows, part, learning_rate)
    return W.cpu().numpy(), b.cpu().numpy()


def _sgd_graph(W, b, images, labels, order, learning_rate, batch_size):
    _needs_cuda(images, "graph")
    W, b, Y, epochs, share = _on_device(W, b, images, labels, order, batch_size)
    batches = epochs[0].clone()  # the graph reads its batches from here, in every replay

    def epoch():
        for rows, part in zip(batches, share, strict=True):
            _step(W, b, images, Y, rows, part, learning_rate)

    graph = _recorded(epoch, (W, b))
    for order_of_epoch in epochs:
        batches.copy_(order_of_epoch)
        graph.replay()
    return W.cpu().numpy(), b.cpu().numpy()


def _recorded(job, changed):
    """Record `job` as a CUDA graph, after one run to warm up; the tensors that it changes are put back."""
    before = [tensor.clone() for tensor in changed]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        job()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        job()
    for tensor, value in zip(changed, before, strict=True):
        tensor.copy_(value)
    return graph


def _sgd_fused(W, b, images, labels, order, learning_rate, batch_size):
    try:
        from helpers.fused import train_epoch  # Triton comes with PyTorch for CUDA, and with no other
    except ImportError as error:
        raise RuntimeError(f"path 'fused' needs Triton, which is not installed here ({error})") from None
    device = images.device
    W, b = torch.tensor(W, device=device), torch.tensor(b, device=device)
    for epoch in torch.as_tensor(order, device=device):
        train_epoch(W, b, images, labels, epoch, learning_rate, batch_size)
    return W.cpu().numpy(), b.cpu().numpy()


@torch.no_grad()
def predict(model, images):
    """Compute the probabilities that `model` gives to each class.

    Parameters
    ----------
    model : torch.nn.Module
        Maps points (N, d) to scores (N, C).
    images : torch.Tensor of float, shape (N, d)
        Points, on the model's device.

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
    """Compute the fraction of points whose largest score is that of their label.

    Parameters
    ----------
    model : torch.nn.Module
        Maps points (N, d) to scores (N, C).
    images : torch.Tensor of float, shape (N, d)
        Points, on the model's device.
    labels : torch.Tensor of int64, shape (N,)
        Their labels.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If `images` and `labels` differ in length or are empty.

    Notes
    -----
    Chapter 6; `check_accuracy` on the slides.

    Examples
    --------
    >>> model = SoftmaxRegression(1, 2)
    >>> 0 <= accuracy(model, torch.ones(4, 1), torch.tensor([0, 1, 0, 1])) <= 1
    True
    """
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError("images and labels must have the same length, at least 1; "
                         f"got {len(images)} and {len(labels)}")
    model.eval()
    return (model(images).argmax(1) == labels).float().mean().item()
