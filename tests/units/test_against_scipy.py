"""Tests of others: SciPy's own of softmax on ours, gradcheck, scikit-learn's optimum, printed numbers of others."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy
import torch
from sklearn.linear_model import LogisticRegression

from helpers.points import toy_points
from helpers.softmax import cross_entropy, fit, log_softmax, loss_and_gradient, one_hot, softmax, softmax_jacobian

ROOT = Path(__file__).resolve().parents[2]
# Older SciPy keeps the tests of log_softmax in a file of their own; 1.17 has all of them in the first.
SCIPYS_TESTS = [name for name in ("scipy.special.tests.test_logsumexp", "scipy.special.tests.test_log_softmax")
                if importlib.util.find_spec("scipy.special.tests") and importlib.util.find_spec(name)]

# In a process of its own, where SciPy's conftest may do as it likes: it makes the fixture `xp`, here NumPy.
# SciPy's axis is None where ours is -1. The factor 1 leaves ours as it is; any other breaks it.
STRANGER = """
import importlib, json, sys
import pytest
import helpers.softmax

names, options = sys.argv[1].split(), sys.argv[2:]

def stand_in(name):
    def function(x, axis=None):
        run.calls.add(name)
        return run.factor * getattr(helpers.softmax, name)(x, axis=axis) + (run.factor - 1)
    return function

class Run:
    def __init__(self, factor):
        self.factor, self.calls, self.results = factor, set(), {}

    def pytest_runtest_setup(self):
        self.calls.clear()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.results[report.nodeid] = [report.outcome, *self.calls]

for module in map(importlib.import_module, names):
    for name in {"softmax", "log_softmax"} & set(vars(module)):
        setattr(module, name, stand_in(name))
for factor in (1, 1.001):
    run = Run(factor)
    pytest.main([*options, "--pyargs", *names], plugins=[run])
    with open(f"{factor}.json", "w") as stream:
        json.dump(run.results, stream)
"""


def test_scipys_own_tests_pass_on_ours_and_each_goes_red_when_ours_is_broken(tmp_path):
    """None of them gives infinite, NaN or empty scores, which ours would refuse."""
    if not SCIPYS_TESTS:
        pinned = f"scipy=={scipy.__version__}\n" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
        assert not pinned, "the SciPy that is pinned must bring its tests"
        pytest.skip(f"SciPy {scipy.__version__} was installed without its tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # neither our settings nor our conftest
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SCIPY_", "PYTEST_"))}
    place = [f"--{option}={Path(scipy.__file__).parent}" for option in ("rootdir", "confcutdir")]
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, " ".join(SCIPYS_TESTS), "-c", "pytest.ini", *place, "-k", "softmax", "-q"],
        cwd=tmp_path, env=kept | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, broken = (json.loads((tmp_path / f"{factor}.json").read_text()) for factor in (1, 1.001))
    assert {outcome for outcome, *_ in whole.values()} == {"passed"}, done.stdout
    called = [name for _, *names in whole.values() for name in names]
    assert called.count("softmax") >= 5 and called.count("log_softmax") >= 9, whole
    assert whole.keys() == broken.keys() and {outcome for outcome, *_ in broken.values()} == {"failed"}, broken


class Loss(torch.autograd.Function):
    """Our loss with our gradient, as PyTorch wants a function to be."""

    @staticmethod
    def forward(ctx, W, b, X, Y, l2):
        loss, *gradient = loss_and_gradient(W.numpy(), b.numpy(), X, Y, l2)
        ctx.gradient = [torch.from_numpy(part) for part in gradient]
        return torch.tensor(loss)

    @staticmethod
    def backward(ctx, upstream):
        return *(upstream * part for part in ctx.gradient), None, None, None


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_gradcheck_accepts_our_gradient(l2):
    rng = np.random.default_rng(0)
    W, b = (torch.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((4, 3), 4))
    X, Y = rng.normal(size=(7, 3)), one_hot(rng.integers(4, size=7), 4)
    assert torch.autograd.gradcheck(Loss.apply, (W, b, X, Y, l2), atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("C", [0.1, 1.0])
def test_the_optimum_is_scikit_learns(C):
    X, labels = toy_points()
    Y, l2 = one_hot(labels, 3), 1 / (C * len(X))  # scikit-learn: C times the sum of the losses, plus |W|^2 / 2
    theirs = LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(X, labels)
    ours = fit(X, Y, learning_rate=3.0, num_epochs=600, l2=l2)
    np.testing.assert_allclose(ours.W, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.b, theirs.intercept_ - theirs.intercept_.mean(), atol=1e-6)
    np.testing.assert_allclose(softmax(X @ ours.W.T + ours.b), theirs.predict_proba(X), atol=1e-7)
    objective, *_ = loss_and_gradient(theirs.coef_, theirs.intercept_, X, Y, l2)
    assert ours.losses[-1] == pytest.approx(objective, rel=1e-12)


def test_jacobians_of_a_batch_are_torch_funcs():
    z = np.random.default_rng(1).normal(scale=3, size=(5, 4))
    theirs = torch.func.vmap(torch.func.jacrev(lambda t: t.softmax(-1)))(torch.from_numpy(z))
    # autograd has a in rows, ours z, as the slides; the matrix is symmetric, so only rounding can tell them apart.
    np.testing.assert_allclose(softmax_jacobian(z), theirs.mT, rtol=0, atol=1e-15)


W, b, (X, labels) = np.array([[0.31, 3.95], [7.07, -0.23], [-6.27, -2.35]]), np.array([1.2, 2.93, -4.14]), toy_points()
THREE = np.log([[0.9, 0.1, 1e-300], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]])  # scores whose softmax is the slides' table
TRAINED = fit(X, one_hot(labels, 3), W=W, b=b)
IMAGE_1802 = [-0.6124, -1.3164, 2.3769, -1.1956, -0.4008, -1.1456, 0.4172, 0.2381, 1.4189, -0.6130]
IMAGE_1100 = [-1.9898, 1.4574, 0.1530, -0.2754, -0.8373, 0.2092, 1.7860, -0.9584, 0.6460, -0.1126]
IMAGE_217 = [0.0747, 0.5930, -0.2984, -0.2330, -0.0943, 1.5958, 0.3566, -1.4400, 0.8870, -0.9277]


@pytest.mark.parametrize(("ours", "printed", "digits"), [
    pytest.param(*row, id=name) for name, *row in [
        ("scores of the first point", W @ X[0] + b, [6.699, 1.901, -6.803], 3),
        ("its probabilities", softmax(W @ X[0] + b), [0.992, 0.008, 0.000], 3),
        ("likelihood of the three predictions", np.exp(-3 * cross_entropy(THREE, np.eye(3))), 0.504, 12),
        ("log C of a model that knows nothing", cross_entropy(np.zeros(10), np.eye(10)[4]), 2.3026, 4),
        ("column sums, kept by training", TRAINED.W.sum(axis=0), [1.11, 1.37], 12),
        ("sum of the biases, kept by training", TRAINED.b.sum(), -0.01, 12),
        ("test image 1802", softmax(IMAGE_1802),
         [0.0267, 0.0132, 0.5298, 0.0149, 0.0329, 0.0156, 0.0746, 0.0624, 0.2032, 0.0266], 4),
        ("what is printed for test image 1100", softmax(IMAGE_1100),
         [0.0080, 0.2501, 0.0679, 0.0442, 0.0252, 0.0718, 0.3474, 0.0223, 0.1111, 0.0520], 4),
        ("test image 217", np.exp(log_softmax(IMAGE_217)),
         [0.0730, 0.1227, 0.0503, 0.0537, 0.0617, 0.3343, 0.0968, 0.0161, 0.1646, 0.0268], 4),
        ("an often quoted example", softmax([1, 2, 3, 4, 1, 2, 3]),
         [0.024, 0.064, 0.175, 0.475, 0.024, 0.064, 0.175], 3),
    ]])
def test_printed_values(ours, printed, digits):
    # A little more than half a digit: the scores that are put in were rounded themselves.
    np.testing.assert_allclose(ours, printed, rtol=0, atol=0.6 * 10.0 ** -digits)
