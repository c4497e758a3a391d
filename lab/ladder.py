"""Measure the accuracy ladder of chapter 6 on MNIST.

    python -m lab.ladder [--publish] [rung ...]

About 20 minutes on one idle core. For each rung every candidate setting trains on the first 50,000 training images, and
the one that does best on the last 10,000 is chosen ("validation": its mean accuracy there, in percent, over the seeds).
It trains on all 60,000, once for each seed, and each run looks at the test images once ("test": the mean; "spread": the
standard deviation over the seeds; "train": the mean on the 60,000; "seconds": the median processor time, one thread).
L-BFGS is SciPy's, from zero, so one run tells all; its "epochs" count how often the loss of all images was evaluated.
"""

import time
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits
from torch.nn import functional
from torch.optim import lr_scheduler

from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, train
from lab.common import attack_each, command_line, mnist_itself, stamp

HELD_OUT = 10_000


class Rung(NamedTuple):
    """One line of the table; where `settings` has several entries, the validation images choose."""

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


DECAYING = adam(0.002, 0.005, 0.01, 0.02, decay="linear")
RUNGS = {
    "slides": Rung("the slides: SGD, rate {lr}, 5 epochs", "raw", sgd(0.001), seeds=10),
    "slides_50": Rung("the same for 50 epochs", "raw", sgd(0.001, epochs=50), seeds=3),
    "lr_0.01": Rung("rate {lr}", "raw", sgd(0.01)),
    "lr_0.03": Rung("rate {lr}", "raw", sgd(0.03)),
    "lr_0.1": Rung("rate {lr}", "raw", sgd(0.1)),
    "lr_0.5": Rung("rate {lr}", "raw", sgd(0.5)),
    "normalised": Rung("the slides' rate, inputs normalised", "normalised", sgd(0.001)),
    "momentum": Rung("momentum 0.9, rate {lr}", "raw", sgd(0.01, 0.03, 0.1, momentum=0.9)),
    "cosine": Rung("rate {lr} with cosine decay", "raw", sgd(0.5, 1.0, 2.0, 4.0, decay="cosine")),
    "adam": Rung("Adam, rate {lr}", "raw", adam(0.001, 0.002, 0.005)),
    "adam_decay": Rung("Adam, rate {lr} with linear decay", "raw", DECAYING),
    "lbfgs_100": Rung("L-BFGS, 100 iterations", "raw", lbfgs(100, 0.0), seeds=1),
    "lbfgs_converged": Rung("L-BFGS, 1500 iterations", "raw", lbfgs(1500, 0.0), seeds=1),
    "lbfgs_l2": Rung("L-BFGS, L2 penalty {l2:g}", "raw", lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), seeds=1),
    "standardised_l2": Rung("every pixel standardised, L2 penalty {l2:g}", "standardised",
                            lbfgs(200, 3e-4, 1e-3, 3e-3, 1e-2), seeds=1),
    "deskewed_l2": Rung("deskewed, L2 penalty {l2:g}", "deskewed", lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), seeds=1),
    "deskewed_adam": Rung("deskewed, Adam, rate {lr} with linear decay", "deskewed", DECAYING),
    "deskewed_sqrt": Rung("deskewed, square root of each pixel, Adam, rate {lr} with linear decay",
                          "deskewed, square root", DECAYING),
}


def deskew(images):
    """Straighten digits, float (N, 28, 28): sheared until they do not lean, and centred. Chapter 6 derives it."""
    return torch.cat([_straighten(block) for block in images.split(5000)])  # bounds the memory


def _straighten(images):
    line = torch.linspace(-1, 1, 28)  # the coordinates that grid_sample knows
    rows, columns = images.sum(2), images.sum(1)
    ink = rows.sum(1)
    centre_x, centre_y = (columns @ line / ink)[:, None], (rows @ line / ink)[:, None]
    dx, dy = line - centre_x, line - centre_y
    slant = torch.einsum("nyx,nx,ny->n", images, dx, dy) / (rows * dy**2).sum(1)
    y = line - line[14] + centre_y  # the centre of the ink goes to row 14, column 14
    x = line - line[14] + centre_x[:, :, None] + (slant[:, None] * (y - centre_y))[:, :, None]
    grid = torch.stack([x, y[:, :, None].expand_as(x)], dim=-1)
    return functional.grid_sample(images[:, None], grid, align_corners=True)[:, 0]


def prepare(inputs, fitted, judged):
    """Turn two sets of uint8 images into rows; whatever is estimated comes from `fitted` alone."""
    pair = [images.reshape(-1, 784).float() / 255 for images in (fitted, judged)]
    if inputs.startswith("deskewed"):
        pair = [deskew(X.reshape(-1, 28, 28)).reshape(-1, 784) for X in pair]
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
    momentum = {"momentum": setting["momentum"]} if "momentum" in setting else {}
    optimizer = getattr(torch.optim, setting["optimizer"])(model.parameters(), lr=setting["lr"], **momentum)
    steps = setting["epochs"] * -(-len(X) // setting["batch"])
    scheduler = {"linear": lambda: lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps),
                 "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps),
                 None: lambda: None}[setting.get("decay")]()
    train(model, X, labels, optimizer, setting["epochs"], setting["batch"], seed, scheduler)
    return model, setting["epochs"]


def fit_whole(setting, X, labels, seed):
    """Train by L-BFGS on all images at once, without chance; return the model and the number of evaluations."""
    X, Y = X.numpy(), one_hot(labels.numpy(), 10).astype(np.float32)

    def objective(flat):
        flat = flat.astype(np.float32)
        loss, dW, db = loss_and_gradient(flat[:7840].reshape(10, 784), flat[7840:], X, Y, setting["l2"])
        return float(loss), np.concatenate([dW.ravel(), db]).astype(np.float64)

    limits = {"maxiter": setting["iterations"], "maxfun": 10 * setting["iterations"], "ftol": 0, "gtol": 1e-6}
    result = minimize(objective, np.zeros(7850), jac=True, method="L-BFGS-B", options=limits)
    model = SoftmaxRegression()
    flat = torch.from_numpy(result.x).float()
    torch.nn.utils.vector_to_parameters(flat, model.parameters())
    return model, result.nfev


def run(setting, X, labels, seed):
    """Train once; return the model, its epochs and the processor seconds it took."""
    start = time.process_time()  # on one thread: what a clock shows when nothing else runs
    fit = fit_whole if setting["optimizer"] == "L-BFGS" else fit_in_batches
    return *fit(setting, X, labels, seed), time.process_time() - start


def measure(rung, train_set, test_set):
    """Choose the setting, train it on everything, look at the test images once a run."""
    images, labels, cut = train_set.data, train_set.targets, -HELD_OUT
    X, X_held = prepare(rung.inputs, images[:cut], images[cut:])
    scores = [100 * np.mean([accuracy(run(setting, X, labels[:cut], seed)[0], X_held, labels[cut:])
                             for seed in range(rung.seeds)]) for setting in rung.settings]
    best = int(np.argmax(scores))
    setting = rung.settings[best]
    X, X_test = prepare(rung.inputs, images, test_set.data)
    models, epochs, seconds = zip(*(run(setting, X, labels, seed) for seed in range(rung.seeds)), strict=True)
    test = [100 * accuracy(model, X_test, test_set.targets) for model in models]
    settings = {"inputs": rung.inputs, **setting}
    if len(scores) > 1:
        varied = "l2" if "l2" in setting else "lr"
        settings["grid"] = {f"{varied}={s[varied]:g}": round(score, 2)
                            for s, score in zip(rung.settings, scores, strict=True)}
    measured = {"validation": scores[best], "test": np.mean(test), "spread": np.std(test, ddof=1) if test[1:] else 0.0,
                "seeds": rung.seeds, "epochs": epochs[0], "seconds": np.median(seconds),
                "train": 100 * np.mean([accuracy(model, X, labels) for model in models])}
    return {"name": rung.name.format(**setting), **{name: round(value, 2) for name, value in measured.items()},
            "settings": settings}


def main():
    options, data = command_line(__doc__, RUNGS), mnist_itself()
    torch.set_num_threads(1)
    with threadpool_limits(1):  # NumPy's and SciPy's thread pools fight over the cores
        attack_each("ladder", options, RUNGS, lambda rung: measure(rung, *data), stamp(("numpy", "scipy", "torch")))


if __name__ == "__main__":
    main()
