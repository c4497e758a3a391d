"""Write book/speed.md and its plots from what tools/bench.py stored: python tools/speed_page.py.

Every number on the page is filled in from the stored result, and the sentences turn with the numbers.
"""

# ruff: noqa: E501 (the text of the page has long lines where numbers are filled in)

import json
import os
import sys
from pathlib import Path

import matplotlib
import numpy as np

from helpers.mnist import stored_result

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "book" / "_static" / "bench"
PAGE = ROOT / "book" / "speed.md"
NAMES = {"slides": "the slides' loop: `DataLoader`, `ToTensor`",
         "ready": "`DataLoader` over ready tensors",
         "resident": "images as one uint8 tensor, indexed",
         "compiled": "the same, step under `torch.compile`",
         "numpy": "chapter 4's gradient in NumPy, in place",
         "products": "floor: its two matrix products alone",
         "bytes": "floor: reading the float32 images once"}
GPU_NAMES = {"slides": "the slides' loop", "resident": "images on the card, autograd",
             "compiled": "the same, step under `torch.compile`", "torch": "the gradient of chapter 4, step by step",
             "graph": "the same, an epoch as one CUDA graph", "fused": "one kernel for an epoch, in Triton"}
# Numbered operations of one step: index, convert, scale, product, softmax, index, difference, share, product, sum, update.
KERNELS = 11
TRAINED = 50_000  # the images of an epoch on the way to 92 %; an epoch in the table has all of them


def write(path, text):
    """Write a file whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


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


def power_text(value):
    """Write a small number as one digit before the point times a power of ten."""
    digits, power = f"{value:.1e}".split("e")
    return rf"${digits}\cdot10^{{{int(power)}}}$"


def factor(value):
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def table(head, rows, words=1):
    """Return a table in Markdown whose first `words` columns hold words, the others numbers."""
    lines = [head, ["---"] * words + ["---:"] * (len(head) - words), *rows]
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
    outcome = (f"A compiled epoch is {factor(gain)} times as fast as the same without it" if gain > 1.05
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
{factor(gains["slides"])} times, the indexed images {factor(gains["resident"])} times and the NumPy epoch
{factor(gains["numpy"])} times as fast (below 1 is slower). The products of one step are too small to share out.
The gradient of all images at once is large enough: there the
second thread makes it {factor(full["gradient", 1] / full["gradient", 2])} times as fast.

A second thread can also cost a hundredfold. The threads meet after every operation, and the one that comes first spins
until the other is there. If another process holds the other core, it spins until the operating system gives that core
back, at every operation of every step. Measured earlier, on a shared machine: {earlier["seconds"]} s an epoch on
{earlier["threads"]} threads, against {earlier["one_thread_seconds"]:.2f} s on one, about {earlier["slowdown"]} times slower. The run on
this page did not meet that. `torch.set_num_threads(1)` prevents it, and so does `OMP_NUM_THREADS=1`."""


def batches_text(result):
    steps = -(-result["epoch_images"] // result["batch"])
    parts = [f"{NAMES[entry['key']].split(':')[0]} on {plural(entry['threads'])} ({entry['batches']})"
             for entry in result["epochs"] if entry.get("batches", steps) < steps]
    return ("Every run was a whole epoch." if not parts else
            f"An epoch has {steps} batches. Timed on fewer, and scaled up: {', '.join(parts)}.")


def optimum_table(result):
    names = {"ours": "`loss_and_gradient` under SciPy's L-BFGS", "blocks": "the gradient in blocks under SciPy's L-BFGS",
             "sklearn": "scikit-learn's `LogisticRegression`"}
    rows = [[names[e["key"]], plural(e["threads"]), time_text(e["seconds"]), str(e["iterations"]), f"{e['loss']:.7f}",
             power_text(e["gradient"])] for e in result["optimum"]]
    return table(["to the minimum", "threads", "time", "iterations", "loss reached", "largest derivative left"], rows, 2)


def spread(result):
    """Return how far apart the losses lie that were reached."""
    losses = [entry["loss"] for entry in result["optimum"]]
    return max(losses) - min(losses)


def optimum_text(result):
    times, counts = lookup(result, "optimum"), thread_counts(result)
    ratios = {key: [times[key, count] / times["sklearn", count] for count in counts] for key in ("blocks", "ours")}
    parts = [f"on {plural(count)} the blocks take {factor(blocks)} times scikit-learn's time, the plain function {factor(ours)} times"
             for count, blocks, ours in zip(counts, ratios["blocks"], ratios["ours"], strict=True)]
    blocks, ours = (verdict(max(ratios[key]), 1, at_least=False) for key in ("blocks", "ours"))
    why = " The plain function also checks its input at every call and passes over the scores several times." if ours == "missed" else ""
    return (f"The mark: no longer than scikit-learn, whatever the number of threads. Measured: {'; '.join(parts)}. The gradient in blocks "
            f"{blocks} the mark, and the plain function {ours} it.{why}")


def exponent(entry):
    """Fit seconds = c * size**p on the upper half of the sizes; return p and where the fit starts."""
    first = len(entry["sizes"]) // 2
    sizes, taken = np.log(entry["sizes"][first:]), np.log(entry["seconds"][first:])
    return float(np.polyfit(sizes, taken, 1)[0]), entry["sizes"][first]


def fixed_and_growing(entry):
    """Fit seconds = fixed + growing * size; return both and the largest relative error over all sizes."""
    sizes, taken = np.array(entry["sizes"]), np.array(entry["seconds"])
    terms = np.column_stack([1 / taken, sizes / taken])
    found = np.linalg.lstsq(terms, np.ones(len(taken)), rcond=None)[0]
    return *found, abs(terms @ found - 1).max()


def off_text(entry):
    by, power = entry["by"], exponent(entry)[0]
    if power > 1:
        return f"${by}$ is off by more than a tenth, {power:.2f}: the larger problem uses the machine worse."
    fixed, growing, error = fixed_and_growing(entry)
    return (f"${by}$ is off by more than a tenth, because part of the cost does not grow with it: {time_text(fixed)} and "
            f"{time_text(growing)} more for each step of ${by}$ give all {len(entry['sizes'])} times to within {100 * error:.0f} %.")


def growth_text(result):
    listed = "; ".join(f"{power:.2f} for ${by}$, from {first:,} on" for by, (power, first)
                       in ((entry["by"], exponent(entry)) for entry in result["growth"]))
    off = [off_text(entry) for entry in result["growth"] if abs(exponent(entry)[0] - 1) > 0.1]
    return (f"Fitted exponents, which arithmetic says should be 1: {listed}. "
            f"{' '.join(off) or 'All three are 1 to within a tenth.'}")


def ladder_table():
    rungs = stored_result("ladder")["rungs"]
    return table(["rung", "what it is", "passes", "seconds", "test %", "± over seeds"],
                 [[f"`{r['key']}`", r["name"], str(r["epochs"]), f"{r['seconds']:.1f}", f"{r['test']:.2f}",
                   f"{r['spread']:.2f}" if r["seeds"] > 1 else "one run"] for r in rungs], 2)


def mark_text(result, one):
    mark = result["mark"]
    slides_epoch = one["slides"] * TRAINED / result["epoch_images"]
    slides_seconds, tuned = (mark[key] * slides_epoch for key in ("slides_epochs", "epochs"))
    def minutes(value):
        return f"{value / 60:.0f} minutes" if value >= 120 else time_text(value)
    return f"""**{time_text(mark["training"])}** from zero weights to 92 %, on one thread; {time_text(mark["process"])} for a new process that
imports everything, reads MNIST, trains and tests. The slides' loop at the slides' learning rate would take about
**{minutes(slides_seconds)}**.

How that is counted. The test set may not decide when to stop. So {TRAINED:,} images train, and the last 10,000 training
images judge after every epoch. They are easier than the test images, so the mark for them is
{100 * mark["mark"]:.1f} %, a little more than 92. Then the test set is looked at once: {100 * mark["test"]:.2f} %. Ours: the NumPy engine, learning rate 0.1,
{mark["epochs"]:.0f} epochs, the median of {mark["runs"]} processes. The slides' learning rate, 0.001, needs {mark["slides_epochs"]} epochs to the same mark
(test {100 * mark["slides_test"]:.2f} %). The engine counted them, since it takes the same steps. The minutes are a product, not a run: that
count, times the measured {time_text(one["slides"])} of one epoch of the slides' loop, times {TRAINED:,}/{result["epoch_images"]:,}, since the measured epoch
has all the images. With the better learning rate alone, the slides' loop would need {minutes(tuned)}. So the rate saves a factor
of {factor(mark["slides_epochs"] / mark["epochs"])}, and the engine another {factor(tuned / mark["training"])}, with the judging after every epoch in its time."""


def gpu_text(result):
    gpu = result.get("gpu")
    if not gpu:
        return """Not measured. What would be measured on a card, each row against the slides' loop on that same card: batches that live
on the card; the gradient of chapter 4 step by step; the same as one CUDA graph, a whole epoch to a replay; `torch.compile`; and one
kernel that keeps the weights on the chip for a whole epoch (the [appendix](../notebooks/appendix_one_kernel.ipynb)).
`make bench` does it where it finds a card. The floors there are the bytes over the card's bandwidth, and the launches
of an epoch times what a launch costs. A step asks for about a dozen operations, so expect launches to count for more than
arithmetic. Only that measurement can say whether PyTorch on a card, unchanged, beats NumPy on one core."""
    times = {entry["key"]: entry["seconds"] for entry in gpu["epochs"]}
    rows = [[name, time_text(times[key]), factor(times["slides"] / times[key])] for key, name in GPU_NAMES.items() if key in times]
    launches = KERNELS * -(-result["epoch_images"] // result["batch"])
    skipped = "".join(f" Left out, {GPU_NAMES[key]}: {reason}." for key, reason in gpu["skipped"].items())
    numpy_epoch = lookup(result)["numpy", 1]
    eager = times.get("resident")
    lesson = "" if eager is None else (
        f" PyTorch's own loop on the card takes {factor(eager / numpy_epoch)} times as long as NumPy on one core." if eager > numpy_epoch
        else f" PyTorch's own loop on the card is {factor(numpy_epoch / eager)} times as fast as NumPy on one core.")
    return f"""Measured on {gpu["name"]}, by the card's own events, medians of {gpu["epochs"][0]["runs"]} runs; the weights were compared first.

{table(["one epoch on the card", "time", "times faster"], rows)}

The floors: the images once over the measured bandwidth, {time_text(gpu["image_bytes"] / gpu["bytes_per_second"])}; {launches:,} launches at the
measured {time_text(gpu["launch_seconds"])} each, {time_text(launches * gpu["launch_seconds"])}.{lesson}{skipped}"""


def draw_growth(result):
    """Draw the time of a gradient against N, d and C, with the fitted exponents."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from helpers.plotting import use_style
    use_style()
    with plt.rc_context({"svg.hashsalt": "growth", "svg.fonttype": "path"}):
        figure, panels = plt.subplots(1, 3, figsize=(7, 2.7), sharey=True, layout="constrained")
        for axes, entry in zip(panels, result["growth"], strict=True):
            power, _ = exponent(entry)
            sizes, taken = np.array(entry["sizes"]), 1000 * np.array(entry["seconds"])
            axes.loglog(sizes, taken, "o-", markersize=4)
            axes.loglog(sizes, taken[-1] * sizes / sizes[-1], "--", color="black", linewidth=0.8)
            axes.set(title=f"${entry['by']}^{{{power:.2f}}}$", xlabel=f"${entry['by']}$")
        panels[0].set_ylabel("milliseconds")
        figure.savefig(STORE / "growth.svg", metadata={"Date": None})
        plt.close(figure)


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

<!-- Written by tools/speed_page.py from _static/bench/{name}. Change the tool, not this page. -->

The slides' loop spends most of its time on everything but the model. This page removes that, one change at a time, and
measures what each change buys. The model, the batches and the result stay the same.

## Seconds to 92 %

{mark_text(result, one)}

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
call fetches {result["batch"]} rows, one turns them into float32, one scales them. The bytes take a quarter of the space of
floats.

**Compile the step.** {compile_text(result, times)}

**Write the gradient yourself: {factor(against["numpy"])} times.** Chapter 4 derived it: two matrix products and a softmax.
PyTorch builds a graph for every batch, walks it backwards and allocates each result anew. Here nothing is recorded, and
every array was allocated before the first step. Two details are meant to help; they were not timed one by one. The pixels
stay whole numbers from 0 to 255, and the division by 255 moves into the learning rate. One point is a column of the
scores, so that the maximum and the sum over the classes run along whole rows. It is the engine `helpers.training.sgd`.

## How far from the floor

No way of training by batches can skip its two matrix products. Alone, on a batch that stays in cache, they take
{time_text(one["products"])} an epoch. The NumPy epoch takes {factor(above)} times as long. The rest goes to fetching images from random places
in memory, turning bytes into floats, and about ten small calls a step, each of which costs more to start than to run.

A lower floor is memory. The images as float32 are {megabytes:.0f} MB. A large copy moves {speed:.1f} GB/s on one thread, bytes
read and bytes written together, so reading the images once takes {time_text(one["bytes"])}. This floor is rough: it comes from the faster of two ways of copying. The NumPy epoch reads bytes, a quarter of that, so memory bandwidth is not what holds it.

Three marks were set beforehand.

| mark | measured | outcome |
| --- | ---: | --- |
| indexed images at least 8 times as fast as the slides' loop | {factor(against["resident"])} | {verdict(against["resident"], 8)} |
| NumPy at least 20 times as fast as the slides' loop | {factor(against["numpy"])} | {verdict(against["numpy"], 20)} |
| the NumPy epoch within 1.5 times its two products | {factor(above)} | {verdict(above, 1.5, at_least=False)} |

## All images at once

One step of gradient descent on the whole set needs one gradient over all {result["epoch_images"]:,} points.

{full_batch_table(result)}

The gradient takes {factor(whole["gradient"] / whole["products"])} times as long as its products: the softmax between them is nearly free. The
products take {factor(whole["products"] / whole["bytes"])} times as long as reading the images once. With ten classes the other factor of each
product is thin, and the matrix routines are made for thick ones. The first product reads all of $X$, and by its end the
first rows have left the near caches, so the second reads them again from afar. In blocks of {result["block"]:,} rows, both products
use a block before the next one comes: {factor(block_gain)} times as fast as the two products over the whole, on one thread.

## To the minimum

The mean loss with the penalty $\\tfrac{{\\lambda}}{{2}}\\lVert W\\rVert^2$, $\\lambda=10^{{-4}}$, has one smallest value. Three programs look
for it with the same routine, L-BFGS, and stop at the same tolerance. scikit-learn's `C` is $1/(\\lambda N)$; like ours, it leaves
the biases free. Each loss was computed anew in float64, and they lie within {power_text(spread(result))} of each other.

{optimum_table(result)}

{optimum_text(result)}

## How the cost grows

```{{figure}} _static/bench/growth.svg
:alt: Three panels with logarithmic axes: the time of one gradient against the number of points, of features and of classes. Dots follow the dashed line of slope one at the right of each panel and lie above it at the left.
:width: 100%

Time of one gradient, in blocks, on one thread. The dashed lines have slope 1; the titles hold the fitted exponents.
```

{growth_text(result)}

## Point by point

The slides sum the gradient in a loop over the points. The matrix form gives the same sums.

{points_table(result)}

Both costs grow with the number of points. The loop pays Python's price for a handful of calls at every point,
{time_text(points[-1]["loop"] / points[-1]["points"])} a point. The matrix form pays it once for all of them.

## What the second thread buys

{threads_text(result, times)}

## On a GPU

{gpu_text(result)}

## The ladder of chapter 6, in seconds

What training costs against what it buys. Seconds are of one run on one thread ({stored_result("ladder")["machine"]["processor"]}, {stored_result("ladder")["date"]}), without loading.
Settings were chosen on a validation set, and the test set was seen once per rung; chapter 6 has the rules. A pass goes
over all the data: an epoch, or one evaluation of the loss by L-BFGS, which needs a few more of them than iterations.

{ladder_table()}
"""


def main():
    stored = newest()
    result = json.loads(stored.read_text(encoding="utf-8"))
    print("\n\n".join([epoch_table(result), full_batch_table(result), optimum_table(result), points_table(result)]))
    draw(result)
    draw_growth(result)
    write(PAGE, page(result, stored.name))
    print(f"\n{PAGE.relative_to(ROOT)} is written from {stored.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
