"""What the model answers in words claim, computed."""

import json
import re

import numpy as np
import pytest

from assignments.grading import ASSIGNMENTS
from tests.grading.conftest import code_of

pytestmark = pytest.mark.timeout(240)


def answer_in_words(name):
    """Return the last question of a set and its model answer, each in one line."""
    cells = json.loads((ASSIGNMENTS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"][-3:-1]
    return texts[0], " ".join(texts[1].split())


def test_the_loss_of_two_classes():
    question, answer = answer_in_words("set1")
    line = re.search(r"`(-np\.log\(1 - .*?)` gives `inf`", question)[1]
    with np.errstate(divide="ignore"):
        assert eval(line, {"np": np, "s": 1000.0}) == np.inf
    assert np.logaddexp(0, 1000) == 1000 and 1 / (1 + np.exp(-1000.0)) == 1
    a = 1 / (1 + np.exp(-1.0))
    assert "1.313" in answer and abs(np.log(1 + np.e) - 1.313) < 5e-4 and abs(-np.log(1 - a) - 1.313) < 5e-4


def test_what_a_zero_hides():
    """From zeros two faults are missed and one is caught; from the start of part 1's check all three show."""
    def links(W, b, x, y, fault):
        z = W @ x + (0 if fault == "a" else b)
        difference = np.exp(z) / np.exp(z).sum() - y
        dW, db = np.outer(difference, x), difference
        if fault == "b":
            dW = dW * [1, -1]
        return np.column_stack([dW, db]) * (-1 if fault == "c" else 1)

    y = np.array([0.0, 1.0, 0.0])
    zero = np.zeros((3, 2)), np.zeros(3), np.array([1.0, 0.0]), y
    start = np.array([[0.3, -0.2], [0.5, 0.1], [-0.4, 0.6]]), np.array([0.1, -0.3, 0.2]), np.array([1.5, -0.8]), y
    level = start[0], np.ones(3), start[2], y
    flat = 0 * start[0], start[1], start[2], y
    shows = {name: [abs(links(*place, fault) - links(*place, "")).max() > 0.01 for fault in "abc"]
             for name, place in {"zero": zero, "start": start, "level": level, "flat": flat}.items()}
    assert shows == {"zero": [False, False, True], "start": 3 * [True], "level": [False, True, True],
                     "flat": 3 * [True]}
    assert np.allclose(links(*zero, "")[:, 2], [1 / 3, -2 / 3, 1 / 3])


@pytest.mark.wide
def test_the_model_that_the_student_trains(solved):
    """The program of the question, after the model solutions."""
    from helpers.mnist import is_mnist, load_mnist

    if not is_mnist(load_mnist()[0]):
        pytest.skip("the numbers are those of MNIST")
    question, answer = answer_in_words("set3")
    names = {}
    for source in code_of(solved("set3")):
        exec(source, names)
    exec(re.search(r"```python\n(.*?)```", question, re.S)[1], names)
    first, second = (np.array(curve) for curve, _ in names["curves"])
    assert (names["rate"], names["penalty"]) == (0.5, 0.001) and [best for _, best in names["curves"]] == [20, 10]
    claimed = {"0.189": first[-1, 0], "0.341": first[-1, 1], "0.117": second[-1, 0], "0.381": second[-1, 1],
               "0.366": second[9, 1], "89.3": 100 * names["p"], "0.6": 100 * names["half"]}
    for said, found in claimed.items():
        assert said in answer and abs(float(said) - found) < (0.06 if float(said) > 0.5 else 1.1e-3), (said, found)
    factor = (names["models"][0].weight[:, 0] / names["starts"][0][:, 0]).detach().numpy()
    assert "1,260" in answer and "0.9995^{1260}=0.5325" in answer
    assert abs(0.9995**1260 - 0.5325) < 5e-5 and abs(factor - 0.5325).max() < 1e-4
    fits = {}
    for rate in (0.02, 0.1, 0.5, 1.0):  # the pair that the training loss would choose
        for penalty in (0.0, 0.001, 0.003):
            model = names["nn"].Linear(784, 10)
            sgd = names["torch"].optim.SGD(model.parameters(), lr=rate, weight_decay=penalty)
            fits[rate, penalty] = names["learning_curve"](model, names["images"], names["labels"], sgd, 20)[0][-1, 0]
    assert min(fits, key=fits.get) == (1.0, 0.0)
