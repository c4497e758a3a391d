"""Plausible wrong answers to each part of the problem sets, and the points that each is worth.

tests/grading/test_assignments.py puts each one after the model solution, so that it replaces it, and grades the
notebook: it must get these points for its part and full points for all others. The instructors' guide prints this
table.

    python assignments/wrong_answers.py                 # write book/_wrong_answers.md
    python assignments/wrong_answers.py set1 60 folder  # make up a class: 60 submissions of one set

Both need `make release` to have been run.
"""

import itertools
import sys
from pathlib import Path

import nbformat
from otter.test_files.exception_test import ExceptionTestFile

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "book" / "_wrong_answers.md"
AUTOGRADER = ROOT / "dist" / "autograder"

# set: part: what is wrong, the points it gets, the code
WRONG = {
    "set1": {
        "q1_softmax": [
            ("naive, without the shift", 6, """
def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"""),
            ("sum over the wrong axis", 0, """
def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum(axis=0, keepdims=True)"""),
            ("changes its argument", 6, """
def softmax(z):
    z -= z.max(axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)"""),
        ],
        "q2_log_softmax": [
            ("log of a softmax", 4, """
def log_softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.log(e / e.sum(axis=1, keepdims=True))"""),
            ("log-sum-exp without the shift", 4, """
def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))"""),
            ("logarithm to base 10", 0, """
def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return (z - np.log(np.exp(z).sum(axis=1, keepdims=True))) / np.log(10)"""),
        ],
        "q3_likelihood": [
            ("0 log 0 is nan", 8, """
def log_likelihood(a, Y):
    return (Y * np.log(a)).sum()"""),
            ("log of the product, which underflows", 6, """
def log_likelihood(a, Y):
    return np.log(likelihood(a, Y))"""),
            ("mean for sum", 4, """
def log_likelihood(a, Y):
    return np.log(a[Y == 1]).mean()"""),
            ("product over all classes", 6, """
def likelihood(a, Y):
    return np.prod(a)"""),
        ],
        "q4_cross_entropy": [
            ("sum for mean", 0, """
def cross_entropy(z, Y):
    m = z.max(axis=1)
    return (m + np.log(np.exp(z - m[:, None]).sum(axis=1)) - (Y * z).sum(axis=1)).sum()"""),
            ("log of a softmax", 7, """
def cross_entropy(z, Y):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return -(Y * np.log(e / e.sum(axis=1, keepdims=True))).sum(axis=1).mean()"""),
            ("takes the targets for one-hot", 8, """
def cross_entropy(z, Y):
    m = z.max(axis=1)
    return (m + np.log(np.exp(z - m[:, None]).sum(axis=1)) - z[np.arange(len(z)), Y.argmax(axis=1)]).mean()"""),
        ],
        "q5_binary": [
            ("naive, through the sigmoid", 6, """
def binary_cross_entropy(s, y):
    a = 1 / (1 + np.exp(-s))
    return -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean()"""),
            ("labels the wrong way round", 0, """
def binary_cross_entropy(s, y):
    return (np.logaddexp(0, s) - (1 - y) * s).mean()"""),
            ("sum for mean", 0, """
def binary_cross_entropy(s, y):
    return (np.logaddexp(0, s) - y * s).sum()"""),
        ],
        "q6_temperature": [
            ("multiplies by the temperature", 0, """
def best_temperature(z, Y, temperatures):
    return temperatures[int(np.argmin([cross_entropy(z * tau, Y) for tau in temperatures]))]"""),
            ("the last of equally good ones", 7, """
def best_temperature(z, Y, temperatures):
    return min(reversed(list(temperatures)), key=lambda tau: cross_entropy(z / tau, Y))"""),
            ("judges by accuracy, which no temperature changes", 0, """
def best_temperature(z, Y, temperatures):
    right = [((z / tau).argmax(axis=1) == Y.argmax(axis=1)).mean() for tau in temperatures]
    return temperatures[int(np.argmax(right))]"""),
        ],
    },
    "set2": {
        "q1_entries": [
            ("wrong sign off the diagonal", 5, """
def jacobian_entries(a):
    return np.array([[a[m] * (1 - a[m]) if i == m else a[m] * a[i] for i in range(len(a))] for m in range(len(a))])"""),
            ("only the diagonal, as for sigmoids", 5, """
def jacobian_entries(a):
    return np.diag(a * (1 - a))"""),
            ("forgets the factor 1 - a on the diagonal", 5, """
def jacobian_entries(a):
    return np.array([[a[m] if i == m else -a[m] * a[i] for i in range(len(a))] for m in range(len(a))])"""),
        ],
        "q2_matrix": [
            ("one point only", 6, """
def jacobian(z):
    a = softmax(z)
    return np.diag(a) - np.outer(a, a)"""),
            ("the sign of everything", 0, """
def jacobian(z):
    a = softmax(z)
    return a[..., :, None] * (a[..., None, :] - np.eye(a.shape[-1]))"""),
            ("takes the scores for probabilities", 0, """
def jacobian(z):
    return z[..., :, None] * (np.eye(z.shape[-1]) - z[..., None, :])"""),
        ],
        "q3_gradient": [
            ("sum for mean", 0, """
def gradient(W, b, X, Y):
    dz = softmax(X @ W.T + b) - Y
    return dz.T @ X, dz.sum(axis=0)"""),
            ("without the transpose", 4, """
def gradient(W, b, X, Y):
    dz = (softmax(X @ W.T + b) - Y) / len(X)
    return X.T @ dz, dz.sum(axis=0)"""),
            ("y - a", 0, """
def gradient(W, b, X, Y):
    dz = (Y - softmax(X @ W.T + b)) / len(X)
    return dz.T @ X, dz.sum(axis=0)"""),
            ("db over the wrong axis", 4, """
def gradient(W, b, X, Y):
    dz = (softmax(X @ W.T + b) - Y) / len(X)
    return dz.T @ X, dz.sum(axis=1)"""),
        ],
        "q4_checker": [
            ("forward differences", 6, """
def gradient_error(f, grad, theta, h=1e-5):
    numeric = np.empty(theta.shape)
    for k in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[k] = h
        numeric[k] = (f(theta + step) - f(theta)) / h
    return abs(grad - numeric).max() / (abs(numeric).max() or 1.0)"""),
            ("absolute error", 4, """
def gradient_error(f, grad, theta, h=1e-5):
    numeric = np.empty(theta.shape)
    for k in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[k] = h
        numeric[k] = (f(theta + step) - f(theta - step)) / (2 * h)
    return abs(grad - numeric).max()"""),
            ("looks at the first entry only", 4, """
def gradient_error(f, grad, theta, h=1e-5):
    step = np.zeros(theta.shape)
    step.flat[0] = h
    numeric = (f(theta + step) - f(theta - step)) / (2 * h)
    return abs(grad.flat[0] - numeric) / (abs(numeric) or 1.0)"""),
            ("mean for maximum, which hides one bad entry", 4, """
def gradient_error(f, grad, theta, h=1e-5):
    numeric = np.empty(theta.shape)
    for k in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[k] = h
        numeric[k] = (f(theta + step) - f(theta - step)) / (2 * h)
    return abs(grad - numeric).mean() / (abs(numeric).max() or 1.0)"""),
        ],
        "q5_descent": [
            ("uphill", 3, """
def descend(W, b, X, Y, learning_rate, num_epochs):
    for _ in range(num_epochs):
        dW, db = gradient(W, b, X, Y)
        W, b = W + learning_rate * dW, b + learning_rate * db
    return W, b"""),
            ("changes the caller's arrays", 5, """
def descend(W, b, X, Y, learning_rate, num_epochs):
    for _ in range(num_epochs):
        dW, db = gradient(W, b, X, Y)
        W -= learning_rate * dW
        b -= learning_rate * db
    return W, b"""),
            ("forgets b", 3, """
def descend(W, b, X, Y, learning_rate, num_epochs):
    for _ in range(num_epochs):
        W = W - learning_rate * gradient(W, b, X, Y)[0]
    return W, b"""),
            ("one step too few", 3, """
def descend(W, b, X, Y, learning_rate, num_epochs):
    for _ in range(num_epochs - 1):
        dW, db = gradient(W, b, X, Y)
        W, b = W - learning_rate * dW, b - learning_rate * db
    return W, b"""),
        ],
        "q6_missing_row": [
            ("sums the nan too", 0, """
def restore(W_end, W_start):
    W, lost = W_end.copy(), np.isnan(W_end).any(axis=1)
    W[lost] = W_start.sum(axis=0) - W_end.sum(axis=0)
    return W"""),
            ("takes the row of the start", 0, """
def restore(W_end, W_start):
    return np.where(np.isnan(W_end), W_start, W_end)"""),
            ("changes its argument", 0, """
def restore(W_end, W_start):
    lost = np.isnan(W_end).any(axis=1)
    W_end[lost] = W_start.sum(axis=0) - W_end[~lost].sum(axis=0)
    return W_end"""),
        ],
    },
    "set3": {
        "q1_train_epoch": [
            ("forgets zero_grad", 8, """
def train_epoch(model, images, labels, optimizer, order, batch_size=64):
    total = 0.0
    for batch in order.split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(order)"""),
            ("softmax before the loss", 4, """
def train_epoch(model, images, labels, optimizer, order, batch_size=64):
    total = 0.0
    for batch in order.split(batch_size):
        loss = F.cross_entropy(model(images[batch]).softmax(1), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(order)"""),
            ("labels off by one", 4, """
def train_epoch(model, images, labels, optimizer, order, batch_size=64):
    total = 0.0
    for batch in order.split(batch_size):
        scores = model(images[batch])
        loss = F.cross_entropy(scores, (labels[batch] + 1) % scores.shape[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(order)"""),
            ("mean of the batch means", 11, """
def train_epoch(model, images, labels, optimizer, order, batch_size=64):
    losses = []
    for batch in order.split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)"""),
        ],
        "q2_accuracy": [
            ("argmax over the points", 0, """
def accuracy_with_error(model, images, labels):
    with torch.no_grad():
        p = (model(images).argmax(dim=0) == labels).float().mean().item()
    return p, 1.96 * (p * (1 - p) / len(labels)) ** 0.5"""),
            ("error without the square root", 5, """
def accuracy_with_error(model, images, labels):
    with torch.no_grad():
        p = (model(images).argmax(dim=1) == labels).float().mean().item()
    return p, 1.96 * p * (1 - p) / len(labels)"""),
            ("N outside the root", 5, """
def accuracy_with_error(model, images, labels):
    with torch.no_grad():
        p = (model(images).argmax(dim=1) == labels).float().mean().item()
    return p, 1.96 * (p * (1 - p)) ** 0.5 / len(labels)"""),
            ("a count, not a fraction", 5, """
def accuracy_with_error(model, images, labels):
    with torch.no_grad():
        right = (model(images).argmax(dim=1) == labels).sum().item()
    p = right / len(labels)
    return float(right), 1.96 * (p * (1 - p) / len(labels)) ** 0.5"""),
        ],
        "q3_search": [
            ("judges by the training loss", 10, """
def choose_learning_rate(rates, images, labels):
    cut, losses = len(images) * 4 // 5, []
    for rate in rates:
        model = nn.Linear(images.shape[1], int(labels.max()) + 1)
        nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)
        sgd = torch.optim.SGD(model.parameters(), lr=rate)
        for _ in range(3):
            train_epoch(model, images[:cut], labels[:cut], sgd, torch.arange(cut))
        losses.append(F.cross_entropy(model(images[:cut]), labels[:cut]).item())
    return rates[int(np.argmin(losses))]"""),
            ("judges by the test set", 0, """
def choose_learning_rate(rates, images, labels):
    cut, losses = len(images) * 4 // 5, []
    for rate in rates:
        model = nn.Linear(images.shape[1], int(labels.max()) + 1)
        nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)
        sgd = torch.optim.SGD(model.parameters(), lr=rate)
        for _ in range(3):
            train_epoch(model, images[:cut], labels[:cut], sgd, torch.arange(cut))
        losses.append(F.cross_entropy(model(test_images), test_labels).item())
    return rates[int(np.argmin(losses))]"""),
            ("the largest rate", 4, """
def choose_learning_rate(rates, images, labels):
    return max(rates)"""),
        ],
        "q4_pictures": [
            ("each picture on its own scale", 6, """
def weight_pictures(W):
    W = W.detach().numpy() if torch.is_tensor(W) else W
    centred = W - W.mean(axis=0)
    return centred.reshape(-1, 28, 28), abs(centred).max(axis=1)"""),
            ("mean over the pixels, not the classes", 0, """
def weight_pictures(W):
    W = W.detach().numpy() if torch.is_tensor(W) else W
    centred = W - W.mean(axis=1, keepdims=True)
    return centred.reshape(-1, 28, 28), float(abs(centred).max())"""),
            ("transposed pictures", 4, """
def weight_pictures(W):
    W = W.detach().numpy() if torch.is_tensor(W) else W
    centred = W - W.mean(axis=0)
    return centred.reshape(-1, 28, 28).transpose(0, 2, 1), float(abs(centred).max())"""),
        ],
    },
}


def with_answer(nb, code):
    """Return a notebook in which one more cell defines a function anew."""
    return nbformat.v4.new_notebook(cells=[*nb.cells, nbformat.v4.new_code_cell(code)])


def write_class(name, size, folder):
    """Write `size` submissions of one set into a folder: the solution, and each wrong answer, in turns."""
    nb = nbformat.read(AUTOGRADER / name / f"{name}.ipynb", as_version=4)
    wrong = [with_answer(nb, code) for answers in WRONG[name].values() for _, _, code in answers]
    folder.mkdir(parents=True, exist_ok=True)
    for number, submission in zip(range(1, size + 1), itertools.cycle([nb, *wrong])):
        nbformat.write(submission, folder / f"student-{number:02}.ipynb")


def page(autograder=AUTOGRADER):
    """Return the table of wrong answers and marks, as Markdown."""
    rows = ["| set | part | the answer | points | of |", "|---|---|---|---:|---:|"]
    for name, parts in WRONG.items():
        for part, answers in parts.items():
            tests = ExceptionTestFile.from_file(str(autograder / name / "tests" / f"{part}.py"))
            possible = sum(case.points for case in tests.test_cases)
            rows += [f"| {name[3:]} | {part[3:].replace('_', ' ')} | {what} | {points} | {possible:g} |"
                     for what, points, _ in answers]
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    if len(sys.argv) == 4:
        write_class(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        PAGE.write_text(page(), encoding="utf-8")
