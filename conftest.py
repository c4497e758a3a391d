"""How the notebooks are run as tests: strictly, and by the rules of DESIGN for a machine without MNIST."""

import os
import warnings
from contextlib import ExitStack

import pytest
from course_book import notebook

from tools.execute import plain_kernels

OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # how the make that runs the tests was called
WITHOUT = "COURSE_TESTS_WITHOUT_MNIST"
collect_ignore_glob = ["notebooks/vi/*"]  # the code of their English twins; tests/notebooks/test_twins.py


def need_assertions():
    """Stop where Python leaves out assertions: the cells of the chapters would pass, whatever they compute."""
    if not __debug__:
        raise pytest.UsageError("The chapters check themselves by assertions, and -O or PYTHONOPTIMIZE leaves them "
                                "out: run the tests again without it.")
    os.environ.pop("PYTHONOPTIMIZE", None)  # -E hides it from this Python, and not from the kernels of the notebooks


def pytest_configure(config):
    """Prepare once, before the workers start, what kernels inherit: a clean environment, and whether MNIST is there."""
    need_assertions()
    for name in OF_MAKE:  # a make that a test starts is called in its own way
        os.environ.pop(name, None)
    if hasattr(config, "workerinput"):
        return
    for_all_kernels = ExitStack()
    for_all_kernels.enter_context(plain_kernels())
    config.add_cleanup(for_all_kernels.close)
    if not config.getoption("nbval", False):
        return
    from helpers.mnist import is_mnist, load_mnist

    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        os.environ[WITHOUT] = "" if is_mnist(load_mnist()[0]) else "\n".join(str(one.message) for one in complaints)


def pytest_collection_modifyitems(items):
    """Start the slowest notebooks first, and do not compare MNIST's outputs where MNIST is not there."""
    notebooks = {item.path for item in items if item.path.suffix == ".ipynb"}
    with_mnist = {path for path in notebooks if notebook.needs_mnist(path)}
    items.sort(key=lambda item: item.path not in with_mnist)
    if os.environ.get(WITHOUT):
        for item in items:
            if item.path in with_mnist:
                item.options["check"] = False  # they still run, on the stand-in, and their assertions hold


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """Say in words what was not compared, and why."""
    if os.environ.get(WITHOUT):
        terminalreporter.section("MNIST was not to be had")
        terminalreporter.line("The MNIST notebooks ran on the stand-in digits; their outputs were NOT compared.")
        terminalreporter.line(os.environ[WITHOUT])
