"""How the notebooks are run as tests: strictly, and by the rules of DESIGN for a machine without MNIST."""

import importlib.util
import os
import warnings

import pytest

MNIST_CHAPTERS = ("06_", "07_")
# Triton comes with PyTorch for CUDA only; without it that module cannot be imported, nor its examples be looked for.
collect_ignore = [] if importlib.util.find_spec("triton") else ["helpers/fused.py"]
WITHOUT = "COURSE_TESTS_WITHOUT_MNIST"


def need_assertions():
    """Stop where Python leaves out assertions: the cells of the chapters would pass, whatever they compute."""
    if not __debug__:
        raise pytest.UsageError("The chapters check themselves by assertions, and -O or PYTHONOPTIMIZE leaves them out: "
                                "run the tests again without it.")
    os.environ.pop("PYTHONOPTIMIZE", None)  # -E hides it from this Python, and not from the kernels of the notebooks


def pytest_configure(config):
    """Find out once, before the workers start, whether MNIST is to be had; they inherit the answer."""
    need_assertions()
    if hasattr(config, "workerinput") or not config.getoption("--nbval"):
        return
    from helpers.data import is_mnist, load_mnist

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ[WITHOUT] = "" if is_mnist(load_mnist()[0]) else "1"


def pytest_collection_modifyitems(items):
    """Start the slowest notebooks first, and do not compare MNIST's outputs where MNIST is not there."""
    items.sort(key=lambda item: not item.path.name.startswith(MNIST_CHAPTERS))
    if os.environ.get(WITHOUT):
        for item in items:
            if item.path.suffix == ".ipynb" and item.path.name.startswith(MNIST_CHAPTERS):
                item.options["check"] = False  # they still run, on the stand-in, and their assertions hold


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """Say in words what was not compared."""
    if os.environ.get(WITHOUT):
        terminalreporter.section("MNIST was not to be had")
        terminalreporter.line("Chapters 6 and 7 ran on the stand-in digits; their outputs were NOT compared.")
        terminalreporter.line("Set MNIST_ROOT to the absolute path of a folder that holds MNIST/raw/ to compare them.")
