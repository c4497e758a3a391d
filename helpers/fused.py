"""Softmax regression for a whole epoch in one GPU kernel, in Triton: for the curious.

The appendix "One kernel for a whole epoch" explains it. It has been run in Triton's interpreter on a CPU; it has not
been run on a GPU yet.
"""

import os

import torch
import triton
import triton.language as tl

__all__ = ["train_epoch"]


@triton.jit
def _epoch(images, labels, order, W, b, n, rate, d: tl.constexpr, C: tl.constexpr,
           BATCH: tl.constexpr, ROWS: tl.constexpr, CLASSES: tl.constexpr, PIXELS: tl.constexpr,
           PRECISION: tl.constexpr):
    """Run all the steps of one epoch in one program, with W and b in its registers."""
    row, label, pixel = tl.arange(0, ROWS), tl.arange(0, CLASSES), tl.arange(0, PIXELS)
    inside = (label[:, None] < C) & (pixel[None, :] < d)
    w = tl.load(W + label[:, None] * d + pixel[None, :], mask=inside, other=0.0)
    # Classes that only pad get a bias of minus infinity, hence probability 0.
    bias = tl.load(b + label, mask=label < C, other=-float("inf"))
    for start in range(0, n, BATCH):
        dw, db = tl.zeros((CLASSES, PIXELS), tl.float32), tl.zeros((CLASSES,), tl.float32)
        count = tl.minimum(BATCH, n - start)
        for first in range(0, BATCH, ROWS):
            place = start + first + row
            real = (first + row < BATCH) & (place < n)
            index = tl.load(order + place, mask=real, other=0)
            byte = tl.load(images + index[:, None] * d + pixel[None, :],
                           mask=real[:, None] & (pixel[None, :] < d), other=0)
            x = byte.to(tl.float32) / 255.0
            y = tl.load(labels + index, mask=real, other=0)
            z = tl.dot(x, tl.trans(w), input_precision=PRECISION) + bias[None, :]
            z = tl.exp(z - tl.max(z, axis=1)[:, None])
            a = z / tl.sum(z, axis=1)[:, None]
            dz = (a - (label[None, :] == y[:, None]).to(tl.float32)) / count
            dz = tl.where(real[:, None], dz, 0.0)
            dw += tl.dot(tl.trans(dz), x, input_precision=PRECISION)
            db += tl.sum(dz, axis=0)
        w -= rate * dw
        bias -= rate * db
    tl.store(W + label[:, None] * d + pixel[None, :], w, mask=inside)
    tl.store(b + label, bias, mask=label < C)


def train_epoch(W, b, images, labels, order, learning_rate, batch_size=64):
    """Train for one epoch in place, by one launch of one kernel.

    Parameters
    ----------
    W : torch.Tensor of float32, shape (C, d)
        Weights, changed in place; all tensors are contiguous and on one CUDA device.
    b : torch.Tensor of float32, shape (C,)
        Biases, changed in place.
    images : torch.Tensor of uint8, shape (N, d)
        Points whose features are bytes; a byte v stands for v/255.
    labels : torch.Tensor of int64, shape (N,)
        Labels from 0 to C - 1.
    order : torch.Tensor of int64, shape (n,)
        The images in the order of their visits.
    learning_rate : float
        Applied to the gradient of the mean loss of a batch.
    batch_size : int, default 64
        Points to a step.

    Raises
    ------
    RuntimeError
        If the tensors are not on a CUDA device (unless Triton's interpreter is on), or the kernel does not fit it.

    Notes
    -----
    The gradient is that of chapter 4. Triton's products want at least 16 rows and columns and powers of two: ten
    classes are padded to 16 and 784 pixels to 1024.
    """
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    if not (images.is_cuda or interpreted):
        raise RuntimeError(f"path 'fused' needs images on a CUDA device; they are on {images.device}")
    C, d = W.shape
    tensor_cores = not interpreted and torch.cuda.get_device_capability(images.device)[0] >= 8
    try:
        _epoch[(1,)](images.contiguous(), labels, order.contiguous(), W, b, len(order), float(learning_rate), d, C,
                     batch_size, 16, max(16, triton.next_power_of_2(C)), max(16, triton.next_power_of_2(d)),
                     "tf32x3" if tensor_cores else "ieee", num_warps=8)
    except triton.runtime.errors.OutOfResources as error:
        raise RuntimeError(f"path 'fused' does not fit this device: {error}") from None
