"""Measure the accuracy ladder of chapter 6 on MNIST and store it in helpers/results/ladder.json.

    python tools/ladder.py [key ...]

Without arguments, every rung (about 20 minutes on one idle core); with keys, only those. A rung replaces
what is stored of it when it is done, so a run cut short loses nothing. For each rung:

1. every candidate setting trains on the first 50,000 training images, and the one that does best on
   the last 10,000 is chosen ("validation": its mean accuracy there, in percent, over the seeds);
2. the chosen setting trains on all 60,000, once for each seed, and each run looks at the test images
   once ("test": the mean; "spread": the standard deviation over the seeds; "train": the mean on the
   60,000). "seconds" is the median processor time of these runs, on one thread.

The stochastic rungs go through `helpers.training.train`. The L-BFGS rungs are SciPy's optimiser on
`helpers.softmax.loss_and_gradient` in float32, from zero, so one run tells all; for them "epochs"
counts how often the loss was evaluated, each time over all images.
"""

import datetime
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits
from torch.optim import lr_scheduler

from helpers.mnist import deskew, is_mnist, load_mnist
from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, train

TARGET = Path(__file__).resolve().parent.parent / "helpers" / "results" / "ladder.json"
HELD_OUT = 10_000


class Rung(NamedTuple):
    """One line of the table; where `settings` has several entries, the validation images choose."""

    key: str
    name: str  # filled in with the chosen setting
    inputs: str
    settings: list
    seeds: int = 5


def sgd(*rates, **more):
    return [{"optimizer": "SGD", "lr": lr, "batch": 64, "epochs": 5, **more} for lr in rates]


def adam(*rates, **more):
    return [{**setting, "optimizer": "Adam"} for setting in sgd(*rates, **more)]


def lbfgs(iterations, *penalties):
    return [{"optimizer": "L-BFGS", "iterations": iterations, "l2": l2} for l2 in penalties]


RUNGS = [
    Rung("slides", "the slides: SGD, rate {lr}, 5 epochs", "raw", sgd(0.001), seeds=10),
    Rung("slides_50", "the same for 50 epochs", "raw", sgd(0.001, epochs=50), seeds=3),
    Rung("lr_0.01", "rate {lr}", "raw", sgd(0.01)),
    Rung("lr_0.03", "rate {lr}", "raw", sgd(0.03)),
    Rung("lr_0.1", "rate {lr}", "raw", sgd(0.1)),
    Rung("lr_0.5", "rate {lr}", "raw", sgd(0.5)),
    Rung("normalised", "the slides' rate, inputs normalised", "normalised", sgd(0.001)),
    Rung("momentum", "momentum 0.9, rate {lr}", "raw", sgd(0.01, 0.03, 0.1, momentum=0.9)),
    Rung("cosine", "rate {lr} with cosine decay", "raw", sgd(0.5, 1.0, 2.0, 4.0, decay="cosine")),
    Rung("adam", "Adam, rate {lr}", "raw", adam(0.001, 0.002, 0.005)),
    Rung("adam_decay", "Adam, rate {lr} with linear decay", "raw",
         adam(0.002, 0.005, 0.01, 0.02, decay="linear")),
    Rung("lbfgs_100", "L-BFGS, 100 iterations", "raw", lbfgs(100, 0.0), seeds=1),
    Rung("lbfgs_converged", "L-BFGS, 1500 iterations", "raw", lbfgs(1500, 0.0), seeds=1),
    Rung("lbfgs_l2", "L-BFGS, L2 penalty {l2:g}", "raw", lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), seeds=1),
    Rung("standardised_l2", "every pixel standardised, L2 penalty {l2:g}", "standardised",
         lbfgs(200, 3e-4, 1e-3, 3e-3, 1e-2), seeds=1),
    Rung("deskewed_l2", "deskewed, L2 penalty {l2:g}", "deskewed",
         lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), seeds=1),
    Rung("deskewed_adam", "deskewed, Adam, rate {lr} with linear decay", "deskewed",
         adam(0.002, 0.005, 0.01, 0.02, decay="linear")),
    Rung("deskewed_sqrt", "deskewed, square root of each pixel, Adam, rate {lr} with linear decay",
         "deskewed, square root", adam(0.002, 0.005, 0.01, 0.02, decay="linear")),
]


def prepare(inputs, fitted, judged):
    """Turn two sets of uint8 images into rows; whatever is estimated comes from `fitted` alone."""
    if inputs.startswith("deskewed"):
        pair = [deskew(images).reshape(-1, 784) for images in (fitted, judged)]
    else:
        pair = [images.reshape(-1, 784).float() / 255 for images in (fitted, judged)]
    if inputs == "normalised":
        mean, deviation = pair[0].mean(), pair[0].std()
    elif inputs == "standardised":
        mean, deviation = pair[0].mean(0), pair[0].std(0)
        deviation[deviation == 0] = 1  # a pixel that never changes
    else:
        mean, deviation = 0, 1
    pair = [(X - mean) / deviation for X in pair]
    return [X.sqrt() for X in pair] if inputs.endswith("square root") else pair


def fit_in_batches(setting, X, labels, seed):
    """Train by stochastic gradient descent or Adam; return the model and the number of epochs."""
    torch.manual_seed(seed)
    model = SoftmaxRegression()
    if setting["optimizer"] == "Adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=setting["lr"])
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=setting["lr"], momentum=setting.get("momentum", 0))
    steps = setting["epochs"] * -(-len(X) // setting["batch"])
    scheduler = {"linear": lambda: lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps),
                 "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps),
                 None: lambda: None}[setting.get("decay")]()
    train(model, X, labels, optimizer, setting["epochs"], setting["batch"], seed, scheduler)
    return model, setting["epochs"]


def fit_whole(setting, X, labels):
    """Train by L-BFGS on all images at once; return the model and the number of evaluations."""
    X, Y = X.numpy(), one_hot(labels.numpy(), 10).astype(np.float32)

    def objective(flat):
        flat = flat.astype(np.float32)
        loss, dW, db = loss_and_gradient(flat[:7840].reshape(10, 784), flat[7840:], X, Y, setting["l2"])
        return float(loss), np.concatenate([dW.ravel(), db]).astype(np.float64)

    limits = {"maxiter": setting["iterations"], "maxfun": 10 * setting["iterations"], "ftol": 0, "gtol": 1e-6}
    result = minimize(objective, np.zeros(7850), jac=True, method="L-BFGS-B", options=limits)
    if result.nit < setting["iterations"]:
        print(f"(converged at iteration {result.nit}) ", end="", flush=True)
    model = SoftmaxRegression()
    flat = torch.from_numpy(result.x).float()
    torch.nn.utils.vector_to_parameters(flat, model.parameters())
    return model, result.nfev


def run(setting, X, labels, seed):
    """Train once; return the model, its epochs and the processor seconds it took."""
    start = time.process_time()  # on one thread: what a clock shows when nothing else runs
    if setting["optimizer"] == "L-BFGS":
        model, epochs = fit_whole(setting, X, labels)
    else:
        model, epochs = fit_in_batches(setting, X, labels, seed)
    return model, epochs, time.process_time() - start


def choose(rung, images, labels):
    """Try every setting on the held-out images; return the mean accuracy of each, in percent."""
    X, X_held = prepare(rung.inputs, images[:-HELD_OUT], images[-HELD_OUT:])
    return [100 * np.mean([accuracy(run(setting, X, labels[:-HELD_OUT], seed)[0], X_held, labels[-HELD_OUT:])
                           for seed in range(rung.seeds)]) for setting in rung.settings]


def measure(rung, train_set, test_set):
    """Choose the setting, train it on everything, look at the test images once a run."""
    labels = train_set.targets
    scores = choose(rung, train_set.data, labels)
    best = int(np.argmax(scores))
    setting = rung.settings[best]
    X, X_test = prepare(rung.inputs, train_set.data, test_set.data)
    test, fitted, seconds = [], [], []
    for seed in range(rung.seeds):
        model, epochs, spent = run(setting, X, labels, seed)
        test.append(100 * accuracy(model, X_test, test_set.targets))
        fitted.append(100 * accuracy(model, X, labels))
        seconds.append(spent)
    settings = {"inputs": rung.inputs, **setting}
    if len(scores) > 1:
        varied = "l2" if "l2" in setting else "lr"
        settings["grid"] = {f"{varied}={s[varied]:g}": round(score, 2)
                            for s, score in zip(rung.settings, scores, strict=True)}
    spread = np.std(test, ddof=1) if rung.seeds > 1 else 0.0
    measured = {"validation": scores[best], "test": np.mean(test), "spread": spread, "seeds": rung.seeds,
                "epochs": epochs, "seconds": np.median(seconds), "train": np.mean(fitted)}
    return {"key": rung.key, "name": rung.name.format(**setting),
            **{name: round(value, 2) for name, value in measured.items()}, "settings": settings}


def machine():
    cpuinfo = Path("/proc/cpuinfo")  # Linux; there platform.processor() knows nothing
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"processor": names[0] if names else platform.processor(), "cores": os.cpu_count(),
            "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def store(results):
    """Write all rungs measured so far, in the ladder's order, whole or not at all."""
    ladder = {"date": datetime.date.today().isoformat(), "machine": machine(),
              "rungs": [results[rung.key] for rung in RUNGS if rung.key in results]}
    TARGET.parent.mkdir(exist_ok=True)
    scratch = TARGET.with_suffix(".json.new")
    scratch.write_text(json.dumps(ladder, indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, TARGET)


def main(keys):
    unknown = set(keys) - {rung.key for rung in RUNGS}
    if unknown:
        sys.exit(f"No such rung: {', '.join(sorted(unknown))}. There are: {', '.join(r.key for r in RUNGS)}.")
    train_set, test_set = load_mnist()
    if not is_mnist(train_set):
        sys.exit("The ladder is measured on MNIST itself: set MNIST_ROOT and run again.")
    torch.set_num_threads(1)
    stored = json.loads(TARGET.read_text(encoding="utf-8"))["rungs"] if TARGET.exists() else []
    results = {rung["key"]: rung for rung in stored}
    wanted = [rung for rung in RUNGS if not keys or rung.key in keys]
    with threadpool_limits(1):  # NumPy's and SciPy's thread pools fight over the cores
        for number, rung in enumerate(wanted, 1):
            print(f"[{number}/{len(wanted)}] {rung.key} ... ", end="", flush=True)
            start = time.perf_counter()
            result = results[rung.key] = measure(rung, train_set, test_set)
            store(results)
            print("validation {validation:.2f}, test {test:.2f} ± {spread:.2f} %".format(**result),
                  f"({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
