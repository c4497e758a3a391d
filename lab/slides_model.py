"""Train the slides' model once and store it, with ten test digits, in helpers/slides_model.json.

    python -m lab.slides_model [--publish]

`DrawADigit` reads it, so that it draws the same on every machine and needs no MNIST. Seed 0 of chapter 6's five runs;
the weights are rounded to float16. For each digit one test image: the three of the slides, else the first of its kind.
"""

import base64
import json

import torch

from helpers.digits import pack
from helpers.training import SoftmaxRegression, accuracy, as_tensors, train
from lab.common import OUT, ROOT, command_line, mnist_itself
from tools.execute import write

ON_THE_SLIDES = (1802, 217, 1100)  # a 2, a 6 and a 7
SETTINGS = {"seed": 0, "optimizer": "SGD", "lr": 0.001, "batch": 64, "epochs": 5}


def main():
    folder = ROOT / "helpers" if command_line(__doc__, ()).publish else OUT
    torch.set_num_threads(1)
    train_set, test_set = mnist_itself()
    torch.manual_seed(SETTINGS["seed"])
    model = SoftmaxRegression()
    optimizer = torch.optim.SGD(model.parameters(), lr=SETTINGS["lr"])
    train(model, *as_tensors(train_set), optimizer, SETTINGS["epochs"], SETTINGS["batch"], SETTINGS["seed"])
    labels = test_set.targets.tolist()
    chosen = {digit: labels.index(digit) for digit in range(10)} | {labels[index]: index for index in ON_THE_SLIDES}
    digits = {f"{index}: {digit}": base64.b64encode(test_set.data[index].numpy().tobytes()).decode()
              for digit, index in chosen.items()}
    stored = {"settings": SETTINGS, "torch": torch.__version__,
              "test": round(100 * accuracy(model, *as_tensors(test_set)), 2), "digits": digits,
              "weights": pack(model.layer.weight.detach().numpy(), model.layer.bias.detach().numpy())}
    folder.mkdir(exist_ok=True)
    write(folder / "slides_model.json", json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
