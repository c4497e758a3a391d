"""Measure the accuracy ladder of chapter 6 on MNIST.

    python -m lab.ladder [--publish] [rung ...]

About 20 minutes on one idle core. For each rung every candidate setting trains on the first 50,000 training images, and
the one that does best on the last 10,000 is chosen ("validation": its mean accuracy there, in percent, over the seeds).
It trains on all 60,000, once for each seed, and each run looks at the test images once ("test": the mean).
L-BFGS is SciPy's, from zero, so one run tells all. The digits are straightened as in notebooks/further/straightening.
"""

import nbformat
import numpy as np
import torch
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits
from torch.nn import functional
from torch.optim import lr_scheduler

from helpers.softmax import loss_and_gradient, one_hot
from helpers.training import SoftmaxRegression, accuracy, train
from lab.common import ROOT, attack_each, command_line, mnist_itself, stamp


def sgd(*rates, **more):
    return [{"optimizer": "SGD", "lr": lr, "batch": 64, "epochs": 5, **more} for lr in rates]


def adam(*rates, **more):
    return [{**setting, "optimizer": "Adam"} for setting in sgd(*rates, **more)]


def lbfgs(iterations, *penalties):
    return [{"optimizer": "L-BFGS", "iterations": iterations, "l2": l2} for l2 in penalties]


DECAYING = adam(0.002, 0.005, 0.01, 0.02, decay="linear")
RUNGS = {  # the inputs, the settings among which the validation images choose, the number of seeds
    "slides": ("raw", sgd(0.001), 10),
    "50 epochs": ("raw", sgd(0.001, epochs=50), 3),
    "normalised": ("normalised", sgd(0.001), 5),
    "0.01": ("raw", sgd(0.01), 5),
    "0.1": ("raw", sgd(0.1), 5),
    "0.5": ("raw", sgd(0.5), 5),
    "momentum": ("raw", sgd(0.01, 0.03, 0.1, momentum=0.9), 5),
    "cosine": ("raw", sgd(0.5, 1.0, 2.0, 4.0, decay="cosine"), 5),
    "Adam": ("raw", adam(0.001, 0.002, 0.005), 5),
    "Adam, linear": ("raw", DECAYING, 5),
    "L-BFGS": ("raw", lbfgs(100, 0.0), 1),
    "L-BFGS, long": ("raw", lbfgs(1500, 0.0), 1),
    "L-BFGS, L2": ("raw", lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), 1),
    "scaled, L2": ("standardised", lbfgs(200, 3e-4, 1e-3, 3e-3, 1e-2), 1),
    "straight, L2": ("straightened", lbfgs(200, 3e-5, 1e-4, 3e-4, 1e-3), 1),
    "straight": ("straightened", DECAYING, 5),
    "square root": ("straightened, square root", DECAYING, 5),
}


def straightener():
    """Return the function that notebooks/further/straightening.ipynb teaches, made from its own cells."""
    names = {"torch": torch, "F": functional, "line": torch.linspace(-1, 1, 28)}
    for cell in nbformat.read(ROOT / "notebooks" / "further" / "straightening.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and cell.source.startswith("def "):
            exec(cell.source, names)
    return names["straighten"]


def prepare(inputs, fitted, judged):
    """Turn two sets of uint8 images into rows; whatever is estimated comes from `fitted` alone."""
    pair = [images.reshape(-1, 784).float() / 255 for images in (fitted, judged)]
    if inputs.startswith("straightened"):
        straighten = straightener()  # in blocks, which bounds the memory
        pair = [torch.cat([straighten(block.reshape(-1, 28, 28)).flatten(1) for block in X.split(5000)]) for X in pair]
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
    """Return a model trained by stochastic gradient descent or Adam."""
    torch.manual_seed(seed)
    model = SoftmaxRegression()
    momentum = {"momentum": setting["momentum"]} if "momentum" in setting else {}
    optimizer = getattr(torch.optim, setting["optimizer"])(model.parameters(), lr=setting["lr"], **momentum)
    steps = setting["epochs"] * -(-len(X) // setting["batch"])
    scheduler = {"linear": lambda: lr_scheduler.LinearLR(optimizer, 1, 0, total_iters=steps),
                 "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps),
                 None: lambda: None}[setting.get("decay")]()
    train(model, X, labels, optimizer, setting["epochs"], setting["batch"], seed, scheduler)
    return model


def fit_whole(setting, X, labels):
    """Return a model trained by L-BFGS on all images at once, without chance."""
    X, Y = X.numpy(), one_hot(labels.numpy(), 10).astype(np.float32)

    def objective(flat):
        flat = flat.astype(np.float32)
        loss, dW, db = loss_and_gradient(flat[:7840].reshape(10, 784), flat[7840:], X, Y, setting["l2"])
        return float(loss), np.concatenate([dW.ravel(), db]).astype(np.float64)

    limits = {"maxiter": setting["iterations"], "maxfun": 10 * setting["iterations"], "ftol": 0, "gtol": 1e-6}
    result = minimize(objective, np.zeros(7850), jac=True, method="L-BFGS-B", options=limits)
    model = SoftmaxRegression()
    torch.nn.utils.vector_to_parameters(torch.from_numpy(result.x).float(), model.parameters())
    return model


def percent_right(setting, fitted, judged, seeds):
    """Train once for each seed on one pair of rows and labels; return the mean accuracy on the other, in percent."""
    whole = setting["optimizer"] == "L-BFGS"
    models = (fit_whole(setting, *fitted) if whole else fit_in_batches(setting, *fitted, seed) for seed in range(seeds))
    return 100 * float(np.mean([accuracy(model, *judged) for model in models]))


def measure(rung, train_set, test_set):
    """Choose the setting, train it on everything, look at the test images once a run."""
    (inputs, settings, seeds), cut = rung, -10_000
    images, labels = train_set.data, train_set.targets
    X, X_held = prepare(inputs, images[:cut], images[cut:])
    scores = [percent_right(setting, (X, labels[:cut]), (X_held, labels[cut:]), seeds) for setting in settings]
    setting = settings[int(np.argmax(scores))]
    X, X_test = prepare(inputs, images, test_set.data)
    test = percent_right(setting, (X, labels), (X_test, test_set.targets), seeds)
    return {"settings": {"inputs": inputs, **setting}, "validation": round(max(scores), 2), "test": round(test, 2),
            "seeds": seeds}


def main():
    options, data = command_line(__doc__, RUNGS), mnist_itself()
    torch.set_num_threads(1)
    with threadpool_limits(1):  # NumPy's and SciPy's thread pools fight over the cores
        attack_each("ladder", options, RUNGS, lambda rung: measure(rung, *data), stamp(("numpy", "scipy", "torch")))


if __name__ == "__main__":
    main()
