"""Measure the accuracy ladder of chapter 6 on MNIST.

    python -m lab.ladder [--publish] [rung ...]

Without arguments, every rung: about 20 minutes on one idle core. For each:

1. every candidate setting trains on the first 50,000 training images, and the one that does best on the last 10,000 is
   chosen ("validation": its mean accuracy there, in percent, over the seeds);
2. the chosen setting trains on all 60,000, once for each seed, and each run looks at the test images once ("test": the
   mean; "spread": the standard deviation over the seeds; "train": the mean on the 60,000). "seconds" is the median
   processor time of these runs, on one thread.

The stochastic rungs go through `helpers.training.train`. The L-BFGS rungs are SciPy's optimiser on
`helpers.softmax.loss_and_gradient` in float32, from zero, so one run tells all; for them "epochs" counts how often the
loss was evaluated, each time over all images.
"""

import sys
import time
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits
from torch.nn import functional
from torch.optim import lr_scheduler

from helpers.mnist import is_mnist, load_mnist
from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, train
from lab.common import command_line, record, stamp

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
    r"""Straighten handwritten digits: shear each so that it leans neither left nor right, and centre it.

    The slant of a digit is the slope of the line that predicts the column of its ink from the row,
    :math:`s = \mathrm{cov}(x, y) / \mathrm{var}(y)`, pixels counting by their brightness. Each row is slid sideways by
    s times its distance from the centre of the ink, and that centre is brought to row 14, column 14: MNIST puts it
    there to the nearest pixel, this exactly. Values between pixels are interpolated linearly. Chapter 6 derives it; the
    "deslanting" of LeCun, Bottou, Bengio and Haffner (1998) took a linear classifier from 12.0 to 8.4 % errors.

    Parameters
    ----------
    images : torch.Tensor of float, shape (N, 28, 28)
        Pixels from 0 to 1.

    Returns
    -------
    torch.Tensor of float, shape (N, 28, 28)
        A picture without ink comes back as it was; one with ink in a single row is centred and not sheared.
    """
    return torch.cat([_straighten(block) for block in images.split(5000)])  # bounds the memory


def _straighten(images):
    """Shear float images (N, 28, 28) upright; coordinates run from -1 to 1 along each side."""
    line = torch.linspace(-1, 1, 28, device=images.device)
    middle = line[14]
    ink = images.sum((1, 2)).clamp_min(1e-6)  # a blank picture must not divide by 0
    rows, columns = images.sum(2), images.sum(1)
    centre_x, centre_y = columns @ line / ink, rows @ line / ink
    dx, dy = line - centre_x[:, None], line - centre_y[:, None]
    cov = torch.einsum("nyx,nx,ny->n", images, dx, dy) / ink
    var = (rows * dy**2).sum(1) / ink
    slant = torch.where(var > 1e-5, cov / var.clamp_min(1e-5), 0.0)  # 0 where the ink has no height
    zero, one = torch.zeros_like(slant), torch.ones_like(slant)
    # The pixel (x, y) of the straight picture, measured from `middle`, comes from centre + (x + slant y, y).
    shift_x, shift_y = centre_x - middle * (1 + slant), centre_y - middle
    shear = torch.stack([one, slant, shift_x, zero, one, shift_y], dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(shear, (len(images), 1, 28, 28), align_corners=True)
    return functional.grid_sample(images[:, None], grid, align_corners=True)[:, 0].clamp(0, 1)


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
    if setting["optimizer"] == "Adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=setting["lr"])
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=setting["lr"], momentum=setting.get("momentum", 0))
    steps = setting["epochs"] * -(-len(X) // setting["batch"])
    match setting.get("decay"):
        case "linear":
            scheduler = lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps)
        case "cosine":
            scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
        case None:
            scheduler = None
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
    return {"name": rung.name.format(**setting), **{name: round(value, 2) for name, value in measured.items()},
            "settings": settings}


def main():
    options, results = command_line(__doc__, RUNGS), {}
    train_set, test_set = load_mnist()
    if not is_mnist(train_set):
        sys.exit("The ladder is measured on MNIST itself: set MNIST_ROOT and run again.")
    torch.set_num_threads(1)
    when_and_where = stamp(("numpy", "scipy", "torch"))
    with threadpool_limits(1):  # NumPy's and SciPy's thread pools fight over the cores
        for key in options.names or RUNGS:
            result = results[key] = measure(RUNGS[key], train_set, test_set)
            print(key, "validation {validation:.2f}, test {test:.2f} ± {spread:.2f} %".format(**result), flush=True)
            record("ladder", results, when_and_where, options.publish, keep_others=bool(options.names))


if __name__ == "__main__":
    main()
