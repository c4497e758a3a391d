"""Right answers that are written in other ways than the model solution get full marks too."""

import pytest

from assignments.grading.made_up_class import with_answer
from tests.grading.conftest import full

pytestmark = [pytest.mark.timeout(240), pytest.mark.wide]

LOOPS_AND_LISTS = {"set1": '''
import math


def softmax(z):
    rows = []
    for row in z:
        exps = [math.exp(v - max(row)) for v in row]
        rows.append([e / sum(exps) for e in exps])
    return rows


def log_softmax(z):
    rows = []
    for row in z:
        top = max(row)
        lse = top + math.log(sum(math.exp(v - top) for v in row))
        rows.append([float(v - lse) for v in row])
    return rows


def likelihood(a, Y):
    product = 1.0
    for p, y in zip(a, Y):
        for j in range(len(p)):
            product *= float(p[j]) ** int(y[j])
    return product


def log_likelihood(a, Y):
    total = 0.0
    for p, y in zip(a, Y):
        k = list(y).index(1)
        total += math.log(p[k]) if p[k] > 0 else -math.inf
    return total


def evaluate(z, labels):
    logs = log_softmax(z)
    losses = [-logs[i][t] for i, t in enumerate(labels)]
    right = [list(row).index(max(row)) == t for row, t in zip(z, labels)]
    return sum(losses) / len(losses), sum(right) / len(right)


def best_temperature(z, Y, temperatures):
    best, lowest = None, math.inf
    for tau in temperatures:
        s = np.array(z) / tau
        loss = np.mean(np.logaddexp.reduce(s, axis=1) - np.sum(Y * s, axis=1))
        if loss < lowest:
            best, lowest = tau, loss
    return best
''', "set2": '''
def backward(W, b, x, y):
    C, d = len(b), len(x)
    a = [float(p) for p in softmax(np.array(W) @ x + b)]
    dL_da = [-y[i] / a[i] for i in range(C)]
    da_dz = [[a[m] * (1 - a[m]) if i == m else -a[m] * a[i] for i in range(C)] for m in range(C)]
    dL_dz = [sum(da_dz[m][i] * dL_da[i] for i in range(C)) for m in range(C)]
    return dL_da, da_dz, dL_dz, [[dL_dz[m] * x[n] for n in range(d)] for m in range(C)], list(dL_dz)


def gradient(W, b, X, Y):
    dW, db = np.zeros(np.shape(W)), np.zeros(np.shape(b))
    for x, y in zip(X, Y):
        difference = softmax(W @ x + b) - y
        dW += np.outer(difference, x)
        db += difference
    return dW / len(X), db / len(X)


def gradient_error(f, grad, theta, h=1e-5):
    flat, slopes = theta.ravel().astype(float), []
    for k in range(len(flat)):
        up, down = flat.copy(), flat.copy()
        up[k] += h
        down[k] -= h
        slopes.append((f(up.reshape(theta.shape)) - f(down.reshape(theta.shape))) / (2 * h))
    largest = max(abs(s) for s in slopes)
    errors = [abs(g - s) for g, s in zip(np.ravel(grad), slopes)]
    return max(errors) / (largest if largest > 0 else 1)


def descend(W, b, X, Y, learning_rate, num_epochs):
    W, b = W.copy(), b.copy()
    while num_epochs > 0:
        dW, db = gradient(W, b, X, Y)
        W -= learning_rate * dW
        b -= learning_rate * db
        num_epochs -= 1
    return [W, b]


def curvature(grad, theta, v, h=1e-4):
    Hv = (np.array(grad(theta + h * v)) - np.array(grad(theta - h * v))) / (2 * h)
    return float(np.dot(v, Hv) / np.dot(v, v))


def largest_rate(grad, theta, h=1e-4):
    columns = []
    for k in range(len(theta)):
        e = np.zeros(len(theta))
        e[k] = h
        columns.append((grad(theta + e) - grad(theta)) / h)
    return 2 / np.linalg.eigvals(np.array(columns).T).real.max()
''', "set3": '''
def train_epoch(model, images, labels, optimizer, order, batch_size=64):
    losses, sizes = [], []
    for first in range(0, len(order), batch_size):
        batch = [int(k) for k in order[first:first + batch_size]]
        model.zero_grad()
        logs = torch.log_softmax(model(images[batch]), dim=1)
        loss = -sum(logs[i, labels[k]] for i, k in enumerate(batch)) / len(batch)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
        sizes.append(len(batch))
    return float(np.average(losses, weights=sizes))


def accuracy_with_error(model, images, labels):
    scores = model(images).detach().numpy()
    right = sum(int(row.argmax() == t) for row, t in zip(scores, labels.tolist()))
    p = right / len(labels)
    return p, 1.96 * np.sqrt(p * (1 - p) / len(labels))


def search(rates, penalties, images, labels):
    import itertools

    fifth = len(images) // 5
    best, lowest = None, float("inf")
    for pair in itertools.product(penalties, rates):
        model = nn.Linear(images.shape[1], len(set(labels.tolist())))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(0)
        optimizer = torch.optim.SGD([model.weight, model.bias], pair[1], weight_decay=pair[0])
        for epoch in range(20):
            for first in range(0, len(images) - fifth, 64):
                rows = slice(first, min(first + 64, len(images) - fifth))
                optimizer.zero_grad()
                nn.CrossEntropyLoss()(model(images[rows]), labels[rows]).backward()
                optimizer.step()
        loss = nn.CrossEntropyLoss()(model(images[-fifth:]), labels[-fifth:]).item()
        if loss < lowest:
            best, lowest = [pair[1], pair[0]], loss
    return best


def learning_curve(model, images, labels, optimizer, num_epochs):
    fifth, train, held = len(images) // 5, [], []
    for epoch in range(num_epochs):
        train_epoch(model, images[:-fifth], labels[:-fifth], optimizer, torch.arange(len(images) - fifth))
        z = model(images).log_softmax(1)[range(len(labels)), labels]
        train.append(-float(z[:-fifth].mean()))
        held.append(-float(z[-fifth:].mean()))
    return np.stack([train, held], axis=1).tolist(), held.index(min(held)) + 1


def weight_pictures(W):
    W = np.array(W.tolist())
    pictures = np.empty((len(W), 28, 28))
    for m in range(len(W)):
        pictures[m] = (W[m] - W.sum(axis=0) / len(W)).reshape(28, 28)
    return pictures, np.max(np.abs(pictures))
'''}
IN_FLOAT32 = {"set1": '''
def log_softmax(z):
    z = np.asarray(z, dtype=np.float32)
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def likelihood(a, Y):
    return np.prod(np.float32(a) ** np.float32(Y))


def log_likelihood(a, Y):
    with np.errstate(divide="ignore"):
        return np.where(np.asarray(Y) > 0, np.log(np.float32(a)), np.float32(0)).sum()


def evaluate(z, labels):
    Y = np.eye(np.shape(z)[1], dtype=np.float32)[labels]
    return -(Y * log_softmax(z)).sum() / np.float32(len(z)), np.mean(np.argmax(z, axis=1) == labels)


def best_temperature(z, Y, temperatures):
    z, Y = np.float32(z), np.float32(Y)
    losses = [-np.mean(np.sum(Y * log_softmax(z / np.float32(t)), axis=1)) for t in temperatures]
    return np.float32(temperatures)[np.argmin(losses)]
''', "set2": '''
def backward(W, b, x, y):
    W, b, x, y = (np.asarray(v, dtype=np.float32) for v in (W, b, x, y))
    a = softmax(W @ x + b)
    return -y / a, a[:, None] * (np.eye(len(a), dtype=np.float32) - a), a - y, (a - y)[:, None] * x, a - y


def gradient(W, b, X, Y):
    W, b, X, Y = (np.asarray(v, dtype=np.float32) for v in (W, b, X, Y))
    dz = softmax(X @ W.T + b) - Y
    return np.einsum("ij,ik->jk", dz, X) / np.float32(len(X)), dz.mean(axis=0)


def descend(W, b, X, Y, learning_rate, num_epochs):
    W, b = np.float32(W), np.float32(b)
    for _ in range(num_epochs):
        steps = [np.float32(learning_rate) * np.float32(g) for g in gradient(W, b, X, Y)]
        W, b = W - steps[0], b - steps[1]
    return W, b
''', "set3": '''
def accuracy_with_error(model, images, labels):
    p = torch.mean((torch.max(model(images), 1).indices == labels).float())
    return p, 1.96 * torch.sqrt(p * (1 - p) / len(labels))


def weight_pictures(W):
    W = torch.as_tensor(W, dtype=torch.float32).detach().clone()
    W = W - torch.mean(W, dim=0, keepdim=True)
    return W.view(len(W), 28, 28).numpy(), W.abs().max().item()
'''}


@pytest.mark.parametrize("name", LOOPS_AND_LISTS)
def test_other_right_answers_get_full_marks(solved, graded, name):
    nb = solved(name)
    handed = {"loops": with_answer(nb, LOOPS_AND_LISTS[name]), "float32": with_answer(nb, IN_FLOAT32[name])}
    assert graded(name, handed) == dict.fromkeys(handed, (full(name), ""))
