"""Measure how fast softmax regression trains on MNIST, and write book/speed.md from what came out.

    python tools/bench.py           measure (some minutes), print the tables, store them, write the page
    python tools/bench.py --page    write the page and its plot again from the stored numbers

All ways of training do the same work: the same start, the same batches of 64 in the same order, one epoch
of 60,000 images. Before anything is timed their weights are compared. The runs are interleaved, so that
a machine which slows down for a while slows every row down; a row is the median of its runs.
One thread and two are measured in processes of their own, because the thread pools read
OMP_NUM_THREADS when they start.
"""

# ruff: noqa: E501 (the text of the page has long lines where numbers are filled in)

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
        yield data.images[batch].float().div_(255), data.labels[batch]


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
        data.pixels.take(batch, axis=0, out=pixels, mode="clip")
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
              **{key: [entry for part in parts for entry in part[key]] for key in ("epochs", "full_batch", "points")},
              "threads": {key: value for part in parts for key, value in part["threads"].items()}}
    result["minutes"] = round((time.perf_counter() - start) / 60, 1)
    slug = re.sub(r"[^a-z0-9]+", "-", f"{result['machine']['processor']} {os.cpu_count()} cores".lower()).strip("-")
    STORE.mkdir(parents=True, exist_ok=True)
    target = STORE / f"{slug}.json"
    write(target, json.dumps(result, indent=1) + "\n")
    return target


# The page.


def newest():
    """Return the stored file with the latest date."""
    files = sorted(STORE.glob("*.json"), key=lambda file: (json.loads(file.read_text(encoding="utf-8"))["date"], file))
    return files[-1] if files else sys.exit("Nothing is stored yet: run python tools/bench.py first.")


def lookup(result, part="epochs"):
    """Return the seconds of each row by (key, threads)."""
    return {(entry["key"], entry["threads"]): entry["seconds"] for entry in result[part]}


def time_text(value):
    """Write seconds with three significant digits, in milliseconds below a tenth."""
    unit, value = ("s", value) if value >= 0.1 else ("ms", 1000 * value) if value >= 1e-4 else ("µs", 1e6 * value)
    digits = max(0, 2 - int(np.floor(np.log10(value))))
    return f"{value:.{digits}f} {unit}"


def factor(value):
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def thread_counts(result):
    return sorted(int(key) for key in result["threads"])


def plural(count):
    return "one thread" if count == 1 else "two threads"


def epoch_table(result):
    times, counts = lookup(result), thread_counts(result)
    head = ["one epoch"] + [text for count in counts for text in (plural(count), "times faster")]
    rows = []
    for key, name in NAMES.items():
        cells = [(times[key, count], times["slides", count]) for count in counts if (key, count) in times]
        if cells:
            rows.append([name, *[text for own, base in cells for text in (time_text(own), factor(base / own))]])
    return table(head, rows)


def full_batch_table(result):
    names = {"products": "its two matrix products alone", "gradient": "the gradient, in place",
             "blocks": f"the gradient in blocks of {result['block']:,} rows", "bytes": "reading the images once"}
    times, counts = lookup(result, "full_batch"), thread_counts(result)
    head = ["all images at once"] + [text for count in counts for text in (plural(count), "against the products")]
    return table(head, [[name, *[text for c in counts for text in
                                 (time_text(times[key, c]), factor(times[key, c] / times["products", c]))]]
                        for key, name in names.items()])


def points_table(result):
    return table(["points", "point by point", "as matrices", "times faster"],
                 [[f"{entry['points']:,}", time_text(entry["loop"]), time_text(entry["matrix"]),
                   factor(entry["loop"] / entry["matrix"])] for entry in result["points"]])


def draw(result):
    """Draw the one-thread column of the table, each bar labelled with its factor."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from helpers.plotting import use_style
    use_style()
    times = lookup(result)
    keys = [key for key in NAMES if (key, 1) in times][::-1]
    values = [1000 * times[key, 1] for key in keys]
    with plt.rc_context({"svg.hashsalt": "speed", "svg.fonttype": "path"}):
        figure, axes = plt.subplots(figsize=(7, 3.4))
        colours = ["0.6" if key in ("products", "bytes") else "#0072b2" for key in keys]
        axes.barh([NAMES[key].replace("`", "") for key in keys], values, color=colours, height=0.6)
        for place, value in enumerate(values):
            axes.text(1.08 * value, place, f"{factor(values[-1] / value)}×", va="center")
        axes.set(xscale="log", xlabel="milliseconds per epoch", xlim=(1, 4 * max(values)))
        figure.savefig(STORE / "speed.svg", metadata={"Date": None})
        plt.close(figure)


def verdict(value, mark, at_least=True):
    return "reached" if (value >= mark if at_least else value <= mark) else "missed"


def compile_text(result, times):
    report = result["threads"]["1"]
    if ("compiled", 1) not in times:
        return f"`torch.compile` was left out here: {report['compile_skipped']}."
    gain = times["resident", 1] / times["compiled", 1]
    outcome = (f"A compiled epoch is {factor(gain)} times faster than the same without it" if gain > 1.05
               else f"It buys nothing here: an epoch takes {factor(1 / gain)} times as long")
    return (f"`torch.compile` turns a step into one function, so PyTorch dispatches less. {outcome}. Compiling took "
            f"{time_text(report['compile_seconds'])} before the first step, with whatever its cache on disk held "
            "already; on a first run it takes longer.")


def threads_text(result, times):
    if 2 not in thread_counts(result):
        return "This machine has one core."
    gains = {key: times[key, 1] / times[key, 2] for key in ("slides", "resident", "numpy")}
    full = lookup(result, "full_batch")
    earlier = result["earlier"]
    return f"""In batches of {result["batch"]}, next to nothing. A second thread makes the slides' loop
{factor(gains["slides"])} times, the resident images {factor(gains["resident"])} times and the NumPy epoch
{factor(gains["numpy"])} times as fast (below 1 is slower). The products of one step are too small to share out.
The gradient of all images at once is large enough. There the
second thread gives a factor of {factor(full["gradient", 1] / full["gradient", 2])}.

A second thread can also cost a hundredfold. The threads meet after every operation, and the one that comes first spins
until the other is there. If another process holds the other core, it spins until the operating system gives that core
back, at every operation of every step. Measured earlier, on a shared machine: {earlier["seconds"]} s an epoch on
{earlier["threads"]} threads, against {earlier["one_thread_seconds"]:.2f} s on one, about {earlier["slowdown"]} times slower. The run on
this page did not meet that. `torch.set_num_threads(1)` prevents it, and so does `OMP_NUM_THREADS=1`."""


def batches_text(result):
    steps = -(-result["epoch_images"] // result["batch"])
    parts = [f"{NAMES[entry['key']]} on {plural(entry['threads'])} ({entry['batches']} batches)"
             for entry in result["epochs"] if entry.get("batches", steps) < steps]
    return ("Every run was a whole epoch." if not parts else
            f"Timed on a part of the {steps} batches and scaled up: {'; '.join(parts)}.")


def page(result, name):
    """Return the text of book/speed.md: every number in it comes from `result`."""
    times, full = lookup(result), lookup(result, "full_batch")
    one = {key: value for (key, threads), value in times.items() if threads == 1}
    whole = {key: value for (key, threads), value in full.items() if threads == 1}
    against = {key: one["slides"] / value for key, value in one.items()}
    above = one["numpy"] / one["products"]
    host, points = result["machine"], result["points"]
    speed = result["threads"]["1"]["bandwidth"] / 1e9
    runs = min(entry["runs"] for entry in result["epochs"] if entry["key"] != "bytes")
    megabytes = next(entry["bytes"] for entry in result["epochs"] if entry["key"] == "bytes") / 1e6
    block_gain = whole["products"] / whole["blocks"]
    return f"""# How fast can it be trained?

<!-- Written by tools/bench.py from _static/bench/{name}. Change the tool, not this page. -->

The slides' loop spends most of its time on everything but the model. This page removes that, one change at a time, and
measures what each change buys. The model, the batches and the result stay the same.

## What was compared

One epoch of MNIST: {result["epoch_images"]:,} images in batches of {result["batch"]}, float32. All rows start from the same weights and see the
same batches in the same order. Their weights were compared after 100 batches and are equal to float32 accuracy. Only
then was anything timed. {batches_text(result)}

Measured on {result["date"]}: {host["processor"]}, {host["cores"]} cores, Python {host["python"]}, NumPy {host["numpy"]}, PyTorch {host["torch"]}. The rows took
turns, and each time is the median of {runs} runs. Ratios carry over to another machine better than times do. The numbers
are in `book/_static/bench/{name}`; `make bench` measures again.

{epoch_table(result)}

"Times faster" is against the slides' loop on as many threads.

```{{figure}} _static/bench/speed.svg
:alt: Horizontal bars on a logarithmic axis, one for each row of the table on one thread. They shrink from {time_text(one["slides"])} for the slides' loop to {time_text(one["numpy"])} for NumPy; the two grey bars below, the floors, are shorter still.
:width: 100%

Milliseconds per epoch on one thread. The labels say how many times faster than the slides' loop; grey bars are floors.
```

## What each change buys

The factors are measured. The reasons given for them are our reading of the code, and were not measured one by one.

**Convert the images once: {factor(against["ready"])} times.** The slides' data set turns an image into a picture object and back
into a tensor whenever it is asked for one. Ready tensors need no conversion. The `DataLoader` still fetches
{result["batch"]} images one by one and stacks them.

**Index one tensor: {factor(against["resident"])} times.** All images lie in one uint8 tensor, and a batch is an index into it. One
call fetches {result["batch"]} rows. One more turns them into float32 and one scales them. The tensor holds bytes, which is a
quarter of what floats would take.

**Compile the step.** {compile_text(result, times)}

**Write the gradient yourself: {factor(against["numpy"])} times.** Chapter 4 derived it: two matrix products and a softmax.
PyTorch builds a graph for every batch, walks it backwards and allocates each result anew. Here nothing is recorded, and
every array was allocated before the first step. Three details are meant to help; they were not timed one by one. The pixels stay whole numbers from 0 to 255, and
the division by 255 moves into the learning rate. The bias is the weight of one more pixel that is always white. One
point is a column of the scores, so that the maximum and the sum over the classes run along whole rows.

## How far from the floor

No way of training by batches can skip its two matrix products. Alone, on a batch that stays in cache, they take
{time_text(one["products"])} an epoch. The NumPy epoch takes {factor(above)} times as long. The rest goes to fetching images from random places
in memory, turning bytes into floats, and about ten small calls a step, each of which costs more to start than to run.

A lower floor is memory. The images as float32 are {megabytes:.0f} MB. This floor is rough: two ways of copying gave different bandwidths. A large copy moves {speed:.1f} GB/s on one thread, so reading
them once takes {time_text(one["bytes"])}. The NumPy epoch reads bytes, a quarter of that, so memory bandwidth is not what holds it.

The marks set beforehand: resident images at least 8 times the slides' loop: {verdict(against["resident"], 8)}, at {factor(against["resident"])}.
NumPy at least 20 times: {verdict(against["numpy"], 20)}, at {factor(against["numpy"])}. NumPy within 1.5 times of its products:
{verdict(above, 1.5, at_least=False)}, at {factor(above)}.

## All images at once

Gradient descent on the whole set needs one gradient of {result["epoch_images"]:,} × 784 numbers at a time.

{full_batch_table(result)}

The gradient takes {factor(whole["gradient"] / whole["products"])} times as long as its products: the softmax between them is nearly free. The
products take {factor(whole["products"] / whole["bytes"])} times as long as reading the images once. With ten classes the other factor of each
product is thin, and the matrix routines are made for thick ones. The first product reads all of $X$, and by its end the
first rows have left the near caches, so the second reads them again from afar. In blocks of {result["block"]:,} rows, both products
use a block before the next one comes: {factor(block_gain)} times as fast as the two products over the whole, on one thread.

## Point by point

The slides sum the gradient in a loop over the points. The matrix form gives the same sums.

{points_table(result)}

Both costs grow with the number of points. The loop pays Python's price for a handful of calls at every point,
{time_text(points[-1]["loop"] / points[-1]["points"])} a point. The matrix form pays it once for all of them.

## What the second thread buys

{threads_text(result, times)}

## On a GPU

Not measured. What would be measured on a card, each row against the slides' loop on that same card: batches that live
on the card; the same captured as a CUDA graph, a whole epoch to a replay; `torch.compile`; and one kernel that keeps the
weights on the chip for a whole epoch. The floors there are the bytes over the card's bandwidth, and the launches of an
epoch times what a launch costs. A step asks for many small operations, so expect launches to count for more than
arithmetic. Whether PyTorch, unchanged, on a card beats NumPy on one core is a question for that measurement.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write the page from the stored numbers")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.threads:
        write(options.into, json.dumps(measure(options.threads)))
        return
    stored = newest() if options.page else measure_all()
    result = json.loads(stored.read_text(encoding="utf-8"))
    print("\n\n".join([epoch_table(result), full_batch_table(result), points_table(result)]))
    draw(result)
    write(PAGE, page(result, stored.name))
    print(f"\n{PAGE.relative_to(ROOT)} is written from {stored.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
