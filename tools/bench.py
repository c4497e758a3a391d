"""Measure how fast softmax regression trains on MNIST, and write book/speed.md from what came out.

    python tools/bench.py           measure (some minutes), print the tables, store them, write the page
    python tools/bench.py --page    write the page and its plot again from the stored numbers

All ways of training do the same work: the same start, the same batches of 64 in the same order, one epoch
of 60,000 images. Before anything is timed their weights are compared. The runs are interleaved, so that
a machine which slows down for a while slows every row down; a row is the median of its runs.
One thread and two are measured in processes of their own, because the thread pools read
OMP_NUM_THREADS when they start.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from helpers.data import is_mnist, load_mnist, toy_points
from helpers.training import SoftmaxRegression

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "bench"
PAGE = ROOT / "book" / "speed.md"
BATCH, RATE, CLASSES = 64, 0.1, 10
RUNS = 7
LONGEST = 3.0  # seconds: a way of training that needs longer for an epoch is timed on a part of one
BLOCK = 1_000  # rows of X that stay in cache
NAMES = {"slides": "the slides' loop: `DataLoader`, `ToTensor`",
         "ready": "`DataLoader` over ready tensors",
         "resident": "images as one uint8 tensor, indexed",
         "compiled": "the same, step under `torch.compile`",
         "numpy": "chapter 4's gradient in NumPy, in place",
         "products": "floor: its two matrix products alone",
         "bytes": "floor: reading the float32 images once"}
# Measured earlier, on a shared machine while another process kept the other core busy. Not repeated here:
# it takes a busy machine. Stored with the rest because the page tells of it.
EARLIER = {"threads": 2, "seconds": 27, "one_thread_seconds": 0.20, "slowdown": 140}


class Data(NamedTuple):
    """The training images in the forms that the ways of training start from."""

    dataset: object
    ready: torch.Tensor  # float32, from 0 to 1
    images: torch.Tensor  # uint8, from 0 to 255
    labels: torch.Tensor
    pixels: np.ndarray  # uint8, with a 785th pixel that is always white


def prepare(dataset):
    images = dataset.data.reshape(len(dataset), -1)
    white = np.full((len(images), 1), 255, np.uint8)
    return Data(dataset, images.float() / 255, images, dataset.targets, np.hstack([images.numpy(), white]))


def start_weights(d):
    """Return the W and b that every way of training starts from."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.02, (CLASSES, d)).astype(np.float32), np.zeros(CLASSES, np.float32)


# The ways of training. Each takes the data and the order of the images, and returns W and b after one pass.


def train_on(batches, d):
    """Train as the slides do, on batches of (x, y) wherever they come from."""
    model = SoftmaxRegression(d, CLASSES)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start_weights(d), strict=True):
            parameter.copy_(torch.from_numpy(value))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for x, y in batches:
        loss = functional.cross_entropy(model(x.reshape(len(x), -1)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [parameter.detach().numpy() for parameter in model.parameters()]


def slides(data, order):
    return train_on(DataLoader(data.dataset, BATCH, sampler=order.tolist()), data.images.shape[1])


def ready(data, order):
    tensors = TensorDataset(data.ready, data.labels)
    return train_on(DataLoader(tensors, BATCH, sampler=order.tolist()), data.images.shape[1])


def resident_batches(data, order):
    for batch in torch.from_numpy(order).split(BATCH):
        yield data.images[batch].float() / 255, data.labels[batch]


def resident(data, order):
    return train_on(resident_batches(data, order), data.images.shape[1])


def compiled(backend="inductor"):
    """Return the way of training whose whole step is one compiled function."""
    def loss(parameters, x, y):
        return functional.cross_entropy(functional.linear(x, *parameters), y)

    @torch.compile(backend=backend, dynamic=False)
    def step(W, b, x, y):
        dW, db = torch.func.grad(loss)((W, b), x, y)
        return W - RATE * dW, b - RATE * db

    def run(data, order):
        W, b = map(torch.from_numpy, start_weights(data.images.shape[1]))
        for x, y in resident_batches(data, order):
            W, b = step(W, b, x, y)
        return W.numpy(), b.numpy()
    return run


def numpy_in_place(data, order):
    """Train by the gradient of chapter 4; every array that a step fills is allocated before the first."""
    W, b = start_weights(data.images.shape[1])
    V = np.column_stack([W, b]) / np.float32(255)  # the bias is the weight of the white pixel
    Y = np.zeros((CLASSES, len(order)), np.float32)
    Y[data.labels.numpy()[order], np.arange(len(order))] = 1
    step, z, row = np.empty_like(V), np.empty((CLASSES, BATCH), np.float32), np.empty(BATCH, np.float32)
    pixels = np.empty((BATCH, V.shape[1]), np.uint8)
    x = np.empty(pixels.shape, np.float32)
    for first in range(0, len(order), BATCH):
        batch = order[first:first + BATCH]
        n = len(batch)
        if n < len(x):  # the last batch
            pixels, x, z, row = pixels[:n], x[:n], z[:, :n], row[:n]
        np.take(data.pixels, batch, axis=0, out=pixels, mode="clip")
        np.copyto(x, pixels)  # 0 to 255: V, 255 times smaller than the weights, makes up for it
        np.matmul(V, x.T, out=z)
        softmax_in_place(z, row)
        z -= Y[:, first:first + n]
        z *= RATE / (n * 255**2)  # 255 for the pixels, and 255 because V moves in place of W
        np.matmul(z, x, out=step)
        V -= step
    V *= 255
    return V[:, :-1], V[:, -1]


def softmax_in_place(z, row):
    """Turn scores (C, n), one point to a column, into probabilities; `row` (n,) is scratch space."""
    np.maximum.reduce(z, axis=0, out=row)
    z -= row
    np.exp(z, out=z)
    np.add.reduce(z, axis=0, out=row)
    z /= row


def products(data, order):
    """Compute the two matrix products of every step and nothing else, on one batch that stays in cache."""
    x = np.ascontiguousarray(data.pixels[:BATCH], np.float32)
    V, z = np.zeros((CLASSES, x.shape[1]), np.float32), np.zeros((CLASSES, BATCH), np.float32)
    step = np.empty_like(V)
    for first in range(0, len(order), BATCH):
        n = min(BATCH, len(order) - first)
        np.matmul(V, x[:n].T, out=z[:, :n])
        np.matmul(z[:, :n], x[:n], out=step)


def assert_equal(ways, data, order, tolerance):
    """Check that all ways of training end at the same weights."""
    expected = [np.copy(value) for value in ways["slides"](data, order)]
    assert all(np.abs(e - s).max() > 0.01 for e, s in zip(expected, start_weights(len(expected[0][0])), strict=True))
    for name, way in ways.items():
        if name != "products":
            error = max(np.abs(e - v).max() for e, v in zip(expected, way(data, order), strict=True))
            assert error < tolerance, f"{name} ends {error:.1e} away from the slides' loop"


# The gradient of all 60,000 images at once, and the gradient point by point.


def full_gradient(W, X, Y, block, buffers):
    """Fill and return the gradient of the summed loss, walking X in blocks; Y is (C, N), b left out."""
    z, row, part, dW = buffers
    dW[:] = 0
    for first in range(0, len(X), block):
        x, a = X[first:first + block], z[:, :min(block, len(X) - first)]
        np.matmul(W, x.T, out=a)
        softmax_in_place(a, row[:a.shape[1]])
        a -= Y[:, first:first + block]
        np.matmul(a, x, out=part)
        dW += part
    return dW


def buffers(block, W):
    return np.empty((CLASSES, block), np.float32), np.empty(block, np.float32), np.empty_like(W), np.empty_like(W)


def full_batch_jobs(data):
    """Return the three jobs to time: two matrix products, the gradient, the gradient in blocks."""
    X, (W, _) = data.ready.numpy(), start_weights(data.ready.shape[1])
    Y = np.ascontiguousarray(np.eye(CLASSES, dtype=np.float32)[data.labels.numpy()].T)
    whole, small = buffers(len(X), W), buffers(BLOCK, W)
    expected = full_gradient(W, X, Y, len(X), whole).copy()
    assert np.allclose(full_gradient(W, X, Y, BLOCK, small), expected, rtol=1e-3, atol=1e-5 * len(X))
    return {"products": lambda: (np.matmul(W, X.T, out=whole[0]), np.matmul(whole[0], X, out=whole[2])),
            "gradient": lambda: full_gradient(W, X, Y, len(X), whole),
            "blocks": lambda: full_gradient(W, X, Y, BLOCK, small)}


def point_by_point(W, b, X, Y):
    """Return the gradient summed over the points as the slides' loop does: one point at a time."""
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for x, y in zip(X, Y, strict=True):
        z = W @ x + b
        a = np.exp(z - z.max())
        dz = a / a.sum() - y
        dW += np.outer(dz, x)
        db += dz
    return dW, db


def as_matrices(W, b, X, Y):
    """Return the same gradient from two matrix products."""
    z = X @ W.T + b
    a = np.exp(z - z.max(axis=1, keepdims=True))
    dz = a / a.sum(axis=1, keepdims=True) - Y
    return dz.T @ X, dz.sum(axis=0)


def measure_points():
    rows, rng = [], np.random.default_rng(0)
    W, b = rng.normal(size=(3, 2)), rng.normal(size=3)
    for count, runs in ((150, RUNS), (1_500, RUNS), (15_000, 1)):
        X, labels = toy_points(count)
        task = W, b, X, np.eye(3)[labels]
        for one, other in zip(point_by_point(*task), as_matrices(*task), strict=True):
            assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * count)
        times = interleaved({"loop": lambda t=task: point_by_point(*t), "matrix": lambda t=task: as_matrices(*t)}, runs)
        rows.append({"points": count, "runs": runs, **{key: float(np.median(value)) for key, value in times.items()}})
    return rows


# Measuring.


def seconds(job):
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def interleaved(jobs, runs, bar=None):
    """Time every job `runs` times, in turns."""
    times = {key: [] for key in jobs}
    for _ in range(runs):
        for key, job in jobs.items():
            times[key].append(seconds(job))
            if bar is not None:
                bar.update()
    return times


def row(key, times, threads, **more):
    return {"key": key, "threads": threads, "seconds": float(np.median(times)), "lowest": min(times),
            "highest": max(times), "runs": len(times), **more}


def ways_to_train(data, order):
    """Return all ways that work here, and for `torch.compile` the seconds it compiled or why it is left out."""
    ways = {"slides": slides, "ready": ready, "resident": resident}
    compiling = compiled()
    tail = order[:BATCH + len(order) % BATCH]  # one whole batch and one like the last: both shapes are compiled
    try:
        report = {"compile_seconds": seconds(lambda: compiling(data, tail))}
        ways["compiled"] = compiling
    except Exception as error:  # no compiler, or a platform it does not serve: the other rows still count
        report = {"compile_skipped": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"}
    return {**ways, "numpy": numpy_in_place, "products": products}, report


def measure_epochs(data, order, threads):
    """Time an epoch of every way of training; where it takes long, a part of it, scaled up."""
    ways, report = ways_to_train(data, order)
    assert_equal(ways, data, order[:100 * BATCH], 2e-5)
    steps = -(-len(order) // BATCH)
    jobs, batches = {}, {}
    for key, way in ways.items():
        per_step = seconds(lambda way=way: way(data, order[:20 * BATCH])) / 20
        batches[key] = steps if per_step * steps < LONGEST else max(50, min(steps // 2, int(LONGEST / per_step)))
        jobs[key] = lambda way=way, part=order[:batches[key] * BATCH]: way(data, part)
    with tqdm(total=RUNS * len(jobs), desc=f"epochs, threads: {threads}") as bar:
        times = interleaved(jobs, RUNS, bar)
    rows = [row(key, [t * steps / batches[key] for t in taken], threads, batches=batches[key])
            for key, taken in times.items()]
    return rows, report


def bandwidth():
    """Return the bytes per second of a copy far larger than the caches, read and written ones together."""
    source, target = torch.ones(2**27), torch.zeros(2**27)
    return 2 * source.nbytes / np.median([seconds(lambda: target.copy_(source)) for _ in range(RUNS)])


def measure(threads):
    """Measure everything on so many threads, in this process."""
    torch.set_num_threads(threads)
    data = prepare(load_mnist()[0])
    if not is_mnist(data.dataset):
        sys.exit("The speed is measured on MNIST itself: set MNIST_ROOT and run again.")
    order = np.random.default_rng(0).permutation(len(data.images))
    with threadpool_limits(threads):
        speed = float(bandwidth())
        epochs, report = measure_epochs(data, order, threads)
        epochs.append(row("bytes", [data.ready.nbytes / speed], threads, bytes=data.ready.nbytes))
        jobs = full_batch_jobs(data)
        with tqdm(total=RUNS * len(jobs), desc=f"full batch, threads: {threads}") as bar:
            times = interleaved(jobs, RUNS, bar)
        full = [row(key, taken, threads) for key, taken in times.items()]
        full.append(row("bytes", [data.ready.nbytes / speed], threads, bytes=data.ready.nbytes))
        points = measure_points() if threads == 1 else []
    return {"epochs": epochs, "full_batch": full, "points": points,
            "threads": {str(threads): {"bandwidth": speed, **report}}}


def measure_apart(threads):
    """Run `measure` in a process whose thread pools start with so many threads."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.json"
        subprocess.run([sys.executable, __file__, "--threads", str(threads), "--into", target], check=True, cwd=ROOT,
                       env={**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)})
        return json.loads(target.read_text(encoding="utf-8"))


def machine():
    cpuinfo = Path("/proc/cpuinfo")  # Linux; there platform.processor() knows nothing
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"processor": names[0] if names else platform.processor() or platform.machine(), "cores": os.cpu_count(),
            "python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}


def write(path, text):
    """Write a file whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def measure_all():
    """Measure on one thread and, where there are two cores, on two; store it and return the file."""
    start, load = time.perf_counter(), os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    parts = [measure_apart(threads) for threads in (1, 2) if threads <= os.cpu_count()]
    result = {"date": datetime.date.today().isoformat(), "machine": machine(), "load_before": load,
              "epoch_images": 60_000, "batch": BATCH, "block": BLOCK, "earlier": EARLIER,
              **{key: sum((part[key] for part in parts), []) for key in ("epochs", "full_batch", "points")},
              "threads": {key: value for part in parts for key, value in part["threads"].items()}}
    result["minutes"] = round((time.perf_counter() - start) / 60, 1)
    slug = re.sub(r"[^a-z0-9]+", "-", f"{result['machine']['processor']} {os.cpu_count()} cores".lower()).strip("-")
    STORE.mkdir(parents=True, exist_ok=True)
    target = STORE / f"{slug}.json"
    write(target, json.dumps(result, indent=1) + "\n")
    return target
