"""Measure how fast softmax regression trains on MNIST; store it, and have tools/speed_page.py write the page.

    python tools/bench.py

All ways of training do the same work: the same start, the same batches of 64 in the same order, one epoch
of 60,000 images. Before anything is timed their weights are compared. The runs are interleaved, so that
a machine which slows down for a while slows every row down; a row is the median of its runs.
One thread and two are measured in processes of their own, because the thread pools read
OMP_NUM_THREADS when they start. Where there is a GPU, the same is measured on it.
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
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from helpers.mnist import is_mnist, load_mnist
from helpers.points import toy_points
from helpers.softmax import loss_and_gradient
from helpers.training import SoftmaxRegression, sgd, softmax_in_place

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "bench"
BRIEF = ROOT / "helpers" / "results" / "speed.json"  # what chapter 6 reads
BATCH, RATE, CLASSES = 64, 0.1, 10
RUNS = 7
LONGEST = 3.0  # seconds: a way of training that needs longer for an epoch is timed on a part of one
BLOCK = 1_000  # rows of X that stay in cache
# Measured earlier, on a shared machine while another process kept the other core busy. Not repeated here:
# it takes a busy machine. Stored with the rest because the page tells of it.
EARLIER = {"threads": 2, "seconds": 27, "one_thread_seconds": 0.20, "slowdown": 140}
L2, TOLERANCE = 1e-4, 2e-6  # of the fit to the optimum
VALIDATION_MARK = 0.922  # a little above 92 %: the last 10,000 training images are easier than the test images
TRAIN_SIZE = 50_000


class Data(NamedTuple):
    """The training images in the forms that the ways of training start from."""

    dataset: object
    ready: torch.Tensor  # float32, from 0 to 1
    images: torch.Tensor  # uint8, from 0 to 255
    labels: torch.Tensor


def prepare(dataset):
    images = dataset.data.reshape(len(dataset), -1)
    return Data(dataset, images.float() / 255, images, dataset.targets)


def start_weights(d):
    """Return the W and b that every way of training starts from."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.02, (CLASSES, d)).astype(np.float32), np.zeros(CLASSES, np.float32)


# The ways of training. Each takes the data and the order of the images, and returns W and b after one pass.


def train_on(batches, d, device="cpu"):
    """Train as the slides do, on batches of (x, y) wherever they come from."""
    model = SoftmaxRegression(d, CLASSES).to(device)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start_weights(d), strict=True):
            parameter.copy_(torch.from_numpy(value))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        loss = functional.cross_entropy(model(x.reshape(len(x), -1)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [parameter.detach().cpu().numpy() for parameter in model.parameters()]


def slides(data, order):
    return train_on(DataLoader(data.dataset, BATCH, sampler=order.tolist()), data.images.shape[1], data.images.device)


def ready(data, order):
    tensors = TensorDataset(data.ready, data.labels)
    return train_on(DataLoader(tensors, BATCH, sampler=order.tolist()), data.images.shape[1])


def resident_batches(data, order):
    for batch in torch.from_numpy(order).to(data.images.device).split(BATCH):
        yield data.images[batch].float().div_(255), data.labels[batch]


def resident(data, order):
    return train_on(resident_batches(data, order), data.images.shape[1], data.images.device)


def compiled(backend="inductor"):
    """Return the way of training whose whole step is one compiled function."""
    def loss(parameters, x, y):
        return functional.cross_entropy(functional.linear(x, *parameters), y)

    @torch.compile(backend=backend, dynamic=False)
    def step(W, b, x, y):
        dW, db = torch.func.grad(loss)((W, b), x, y)
        return W - RATE * dW, b - RATE * db

    def run(data, order):
        W, b = (torch.from_numpy(value).to(data.images.device) for value in start_weights(data.images.shape[1]))
        for x, y in resident_batches(data, order):
            W, b = step(W, b, x, y)
        return W.cpu().numpy(), b.cpu().numpy()
    return run


def numpy_in_place(data, order):
    return sgd(*start_weights(data.images.shape[1]), data.images, data.labels, order[None], RATE, BATCH, "numpy")


def products(data, order):
    """Compute the two matrix products of every step and nothing else, on one batch that stays in cache."""
    x = np.ascontiguousarray(data.images[:BATCH].numpy(), np.float32)
    V, z = np.zeros((CLASSES, x.shape[1]), np.float32), np.zeros((CLASSES, BATCH), np.float32)
    step = np.empty_like(V)
    for first in range(0, len(order), BATCH):
        n = min(BATCH, len(order) - first)
        np.matmul(V, x[:n].T, out=z[:, :n])
        np.matmul(z[:, :n], x[:n], out=step)


def assert_equal(ways, data, order, tolerance):
    """Check that all ways of training end at the same weights."""
    expected = [np.copy(value) for value in ways["slides"](data, order)]
    assert all(np.abs(e - s).max() > 0.001 for e, s in zip(expected, start_weights(len(expected[0][0])), strict=True))
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
    return np.empty((len(W), block), np.float32), np.empty(block, np.float32), np.empty_like(W), np.empty_like(W)


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


# All the way to the minimum of the mean loss with an L2 penalty on W.


def loss_in_blocks(W, b, X, Y, store):
    """Return the summed loss and its gradient, walking X in blocks that stay in cache; Y is (C, N)."""
    z, row, part, dW = store
    dW[:], db, loss = 0, np.zeros(len(b)), 0.0
    for first in range(0, len(X), z.shape[1]):
        x, y = X[first:first + z.shape[1]], Y[:, first:first + z.shape[1]]
        a, r = z[:, :len(x)], row[:len(x)]
        np.matmul(W, x.T, out=a)
        a += b[:, None]
        np.maximum.reduce(a, axis=0, out=r)
        a -= r
        true = np.einsum("cn,cn->n", a, y)
        np.exp(a, out=a)
        np.add.reduce(a, axis=0, out=r)
        loss += float((np.log(r) - true).sum(dtype=np.float64))  # float32 sums would mislead the line search
        a /= r
        a -= y
        np.matmul(a, x, out=part)
        dW += part
        db += a.sum(axis=1)
    return loss, dW, db


def optimum_jobs(X, labels):
    """Return three ways to the same minimum; each returns W, b and how many iterations it took."""
    N, d = X.shape
    Y = np.eye(CLASSES, dtype=np.float32)[labels]
    columns, store = np.ascontiguousarray(Y.T), buffers(BLOCK, np.empty((CLASSES, d), np.float32))

    def plain(W, b):
        return loss_and_gradient(W, b, X, Y, L2)

    def blocks(W, b):
        loss, dW, db = loss_in_blocks(W, b, X, columns, store)
        return loss / N + L2 / 2 * float(np.vdot(W, W)), dW / N + L2 * W, db / N

    def by_lbfgs(gradient):
        def objective(flat):
            flat = flat.astype(np.float32)
            loss, dW, db = gradient(flat[:-CLASSES].reshape(CLASSES, d), flat[-CLASSES:])
            return float(loss), np.concatenate([dW.ravel(), db]).astype(np.float64)
        # The tolerances are those that scikit-learn hands to the same routine.
        found = minimize(objective, np.zeros(CLASSES * (d + 1)), jac=True, method="L-BFGS-B",
                         options={"gtol": TOLERANCE, "ftol": 64 * np.finfo(float).eps, "maxls": 50, "maxiter": 2000})
        return found.x[:-CLASSES].reshape(CLASSES, d), found.x[-CLASSES:], int(found.nit)

    def sklearn():
        model = LogisticRegression(C=1 / (L2 * N), tol=TOLERANCE, max_iter=2000).fit(X, labels)
        return model.coef_, model.intercept_, int(model.n_iter_.max())

    return {"ours": lambda: by_lbfgs(plain), "blocks": lambda: by_lbfgs(blocks), "sklearn": sklearn}


def measure_optimum(X, labels, threads, runs=2):
    """Time the three ways, and compare the losses that they reach, in float64."""
    jobs, ends = optimum_jobs(X, labels), {}
    Y = np.eye(CLASSES)[labels]
    with tqdm(total=runs * len(jobs), desc=f"to the optimum, threads: {threads}") as bar:
        times = interleaved({key: lambda key=key: ends.update({key: jobs[key]()}) for key in jobs}, runs, bar)
    rows = []
    for key, (W, b, iterations) in ends.items():
        loss, dW, db = loss_and_gradient(W.astype(float), b.astype(float), X.astype(float), Y, L2)
        rows.append(row(key, times[key], threads, iterations=iterations, loss=float(loss),
                        gradient=float(max(abs(dW).max(), abs(db).max()))))
    return rows


def measure_growth(data, runs=5):
    """Time one gradient in blocks as N, d and C grow, one at a time, and fit the exponent of each growth."""
    rng, images = np.random.default_rng(0), data.ready.numpy()
    cases = {"N": [(images[:N], CLASSES) for N in (1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000)],
             "d": [(rng.random((10_000, d), np.float32), CLASSES) for d in (49, 98, 196, 392, 784, 1568, 3136)],
             "C": [(images[:10_000], C) for C in (2, 4, 8, 16, 32, 64, 128, 256, 512)]}
    jobs = {}
    for name, sizes in cases.items():
        for X, C in sizes:
            W, Y = np.zeros((C, X.shape[1]), np.float32), np.zeros((C, len(X)), np.float32)
            Y[0] = 1
            store = buffers(BLOCK, W)
            jobs[name, {"N": len(X), "d": X.shape[1], "C": C}[name]] = (
                lambda W=W, X=X, Y=Y, store=store: full_gradient(W, X, Y, BLOCK, store))
    for job in jobs.values():
        job()
    with tqdm(total=runs * len(jobs), desc="growth") as bar:
        times = interleaved(jobs, runs, bar)
    return [{"by": name, "sizes": [size for by, size in jobs if by == name],
             "seconds": [float(np.median(times[key])) for key in jobs if key[0] == name]} for name in cases]


# From nothing to 92 %.


def epochs_to_mark(images, labels, rate, most=1_000):
    """Train on the first 50,000 until the last 10,000 reach the mark; return the epochs and W and b."""
    rng, judged = np.random.default_rng(0), images[TRAIN_SIZE:].numpy().astype(np.float32) / 255
    W, b = np.zeros((CLASSES, images.shape[1]), np.float32), np.zeros(CLASSES, np.float32)
    for epoch in range(1, most + 1):
        order = rng.permutation(TRAIN_SIZE)[None]
        W, b = sgd(W, b, images[:TRAIN_SIZE], labels[:TRAIN_SIZE], order, rate, BATCH)
        if ((judged @ W.T + b).argmax(axis=1) == labels[TRAIN_SIZE:].numpy()).mean() >= VALIDATION_MARK:
            return epoch, W, b
    raise RuntimeError(f"{most} epochs at rate {rate} do not reach the mark")


def cold_start():
    """Load MNIST, train to the mark, look at the test set once. `measure_mark` runs this in a new process."""
    train, test = load_mnist()
    start = time.perf_counter()
    epochs, W, b = epochs_to_mark(train.data.reshape(len(train), -1), train.targets, RATE)
    taken = time.perf_counter() - start
    X = test.data.reshape(len(test), -1).numpy().astype(np.float32) / 255
    return {"epochs": epochs, "training": taken,
            "test": float(((X @ W.T + b).argmax(axis=1) == test.targets.numpy()).mean())}


def measure_mark(data, runs=5):
    """Time the way to the mark in new processes, and count the epochs that the slides' learning rate needs."""
    colds = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, __file__, "--cold"], check=True, cwd=ROOT, stdout=subprocess.PIPE,
                              text=True)
        colds.append({**json.loads(done.stdout.splitlines()[-1]), "process": time.perf_counter() - start})
    slow, W, b = epochs_to_mark(data.images, data.labels, 0.001)
    test = load_mnist()[1]
    X = test.data.reshape(len(test), -1).numpy().astype(np.float32) / 255
    return {"mark": VALIDATION_MARK, "runs": runs, **{key: float(np.median([cold[key] for cold in colds]))
                                                     for key in ("epochs", "training", "process", "test")},
            "slides_epochs": slow,
            "slides_test": float(((X @ W.T + b).argmax(axis=1) == test.targets.numpy()).mean())}


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
    copies = {"torch": lambda: target.copy_(source),  # on all threads
              "numpy": lambda: np.copyto(target.numpy(), source.numpy())}  # on one, past the caches
    times = interleaved(copies, RUNS)
    return 2 * source.nbytes / min(np.median(taken) for taken in times.values())


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
        optimum = measure_optimum(data.ready.numpy(), data.labels.numpy(), threads)
        once = {"points": measure_points(), "growth": measure_growth(data),
                "mark": measure_mark(data)} if threads == 1 else {}
    return {"epochs": epochs, "full_batch": full, "optimum": optimum, "once": once,
            "threads": {str(threads): {"bandwidth": speed, **report}}}


def on_the_card(path):
    def way(data, order):
        return sgd(*start_weights(data.images.shape[1]), data.images, data.labels, order[None], RATE, BATCH, path)
    return way


def measure_gpu(device="cuda", count=60_000):
    """Time an epoch on the card by its own clock, and measure what its floors are made of."""
    dataset = load_mnist()[0]
    images = dataset.data.reshape(len(dataset), -1)[:count].to(device)
    data = Data(dataset, None, images, dataset.targets[:count].to(device))
    order, ways, skipped = np.random.default_rng(0).permutation(count), {}, {}
    for key, way in {"slides": slides, "resident": resident, "compiled": compiled(),
                     **{path: on_the_card(path) for path in ("torch", "graph", "fused")}}.items():
        try:
            way(data, order[:BATCH + count % BATCH])
            ways[key] = way
        except Exception as error:  # what does not run on this card is left out, with the reason
            skipped[key] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
    assert_equal(ways, data, order[:100 * BATCH], 1e-4)
    times = {key: [] for key in ways}
    for _ in range(RUNS):
        for key, way in ways.items():
            times[key].append(device_seconds(lambda way=way: way(data, order), device))
    source, target = torch.ones(2**26, device=device), torch.zeros(2**26, device=device)
    tiny = torch.zeros(1, device=device)
    copy = np.median([device_seconds(lambda: target.copy_(source), device) for _ in range(RUNS)])
    launch = np.median([device_seconds(lambda: [tiny.add_(1) for _ in range(1_000)], device) for _ in range(RUNS)])
    return {"name": torch.cuda.get_device_name() if device == "cuda" else device, "skipped": skipped,
            "epochs": [row(key, taken, 1) for key, taken in times.items()],
            "bytes_per_second": float(2 * source.nbytes / copy), "launch_seconds": float(launch / 1_000),
            "image_bytes": images.nbytes}


def device_seconds(job, device):
    """Time a job on the device: its events on a card, the clock on a CPU."""
    if device != "cuda":
        return seconds(job)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    job()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1_000


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
              **{key: [entry for part in parts for entry in part[key]] for key in ("epochs", "full_batch", "optimum")},
              **parts[0]["once"], "gpu": measure_gpu() if torch.cuda.is_available() else None,
              "threads": {key: value for part in parts for key, value in part["threads"].items()}}
    result["minutes"] = round((time.perf_counter() - start) / 60, 1)
    slug = re.sub(r"[^a-z0-9]+", "-", f"{result['machine']['processor']} {os.cpu_count()} cores".lower()).strip("-")
    STORE.mkdir(parents=True, exist_ok=True)
    target = STORE / f"{slug}.json"
    write(target, json.dumps(result, indent=1) + "\n")
    one = {entry["key"]: entry["seconds"] for entry in result["epochs"] if entry["threads"] == 1}
    write(BRIEF, json.dumps({"date": result["date"], "machine": result["machine"], "epoch_seconds": one,
                             "mark": result["mark"]}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--cold", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cold:
        torch.set_num_threads(1)
        print(json.dumps(cold_start()))
    elif options.threads:
        write(options.into, json.dumps(measure(options.threads)))
    else:
        measure_all()
        subprocess.run([sys.executable, Path(__file__).with_name("speed_page.py")], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
