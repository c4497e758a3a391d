"""What stands in for Jupyter and Colab: a notebook's cells run as there, and no command does."""

import ast
import asyncio
import getopt
import inspect
import os
import re
import sys
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock

import IPython
from IPython.core import getipython, magics
from IPython.core.alias import default_aliases
from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.magics.execution import TimeitResult
from IPython.core.pylabtools import import_pylab
from IPython.display import display
from IPython.utils.text import SList

CELL = "<cell>"  # the file that a student's code says it is in
PYTHON = ("capture", "debug", "prun", "time")  # the magics in whose cell is Python that changes the notebook's names


def magic_words():
    """Return the magics that may stand alone in a cell without their %, as in `pip install x` or `ls`."""
    classes = [getattr(magics, name) for name in dir(magics)]
    return {alias for alias, _ in default_aliases()}.union(
        *(kind.magics["line"] for kind in classes if isinstance(kind, type) and getattr(kind, "magics", None)))


WORDS = magic_words()


class Jupyter:
    """What `get_ipython()` returns in a submission: it runs the Python in magics, and no command.

    IPython itself turns what only Jupyter understands (`x?`, `!ls`, `%time f(z)`, `%%capture`) into calls of this.
    """

    def __init__(self):
        self.names = self.user_ns = {"__name__": "__main__", "get_ipython": lambda: self, "display": display}
        self.history = History(self.names)
        self.loop, self.transform = asyncio.Runner(), TransformerManager().transform_cell
        IPython.get_ipython = getipython.get_ipython = self.names["get_ipython"]

    def run_cell(self, source, number):
        """Run a cell, and keep its code and what it is worth where Jupyter does."""
        self.history.note_input(number, source)
        source = self.in_python(source)
        value = self.run(source)
        nothing = value is None or isinstance(value, MagicMock)  # from what is not run here
        if not nothing and not DisplayHook.semicolon_at_end_of_expression(source):
            self.history.note_output(number, value)

    def run(self, source, local=None):
        """Run Python, and return what its last line is worth if that is an expression."""
        value = None
        for code in compiled(source):
            value = eval(code, self.names, local)
            if code.co_flags & inspect.CO_COROUTINE:
                value = self.loop.run(value)
        return value

    def in_python(self, source):
        """Return a cell or a line as the Python that Jupyter makes of it."""
        source = self.transform(source)
        return self.with_percent(source) if len(source.splitlines()) == 1 else source

    def with_percent(self, line):
        """Give a magic that is alone in its cell the % that Jupyter lets it lack."""
        found = re.fullmatch(r"(\w+)(?:[ \t]+(?![=,]).*)?\s*", line)
        return self.transform("%" + line) if found and found[1] in WORDS and found[1] not in self.names else line

    def run_line_magic(self, magic_name, line, *_):
        if magic_name == "pylab":
            return import_pylab(self.names, "--no-import-all" not in line)
        if magic_name == "prun":
            line = " ".join(getopt.getopt(line.split(" "), "D:l:rs:T:q")[1])
        if magic_name in ("time", "prun"):
            return self.run(self.in_python(line), sys._getframe(1).f_locals)  # in a function, its names
        return measured(line) if magic_name == "timeit" else MagicMock()

    def run_cell_magic(self, magic_name, line, cell):
        if magic_name == "capture":
            self.names |= {word: MagicMock() for word in line.split() if not word.startswith("-")}
        if magic_name in PYTHON:
            return self.run(self.in_python(cell))
        return measured(line) if magic_name == "timeit" else MagicMock()

    def getoutput(self, *_, **__):
        return SList()

    def __getattr__(self, _):  # whatever else a shell has: it takes any call
        return MagicMock()


def measured(line):
    """Return what %timeit does: with -o a time, here of nothing."""
    return TimeitResult(1, 1, 1.0, 1.0, [1.0], 0.0, 3) if re.search(r"(^| )-\w*o", line) else None


def compiled(source):
    """Compile code in two parts, the last of which has its value: an expression at the end, or nothing."""
    tree = ast.parse(source, CELL)
    if imports_colab(tree):
        Colab.open()
    last = tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else ast.Constant(None)
    parts = (tree, "exec"), (ast.fix_missing_locations(ast.Expression(last)), "eval")
    return [compile(part, CELL, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT) for part, mode in parts]


class History:
    """What Jupyter keeps of the cells that have run: `In`, `Out`, `_`, `_3`, `_i` and the like."""

    def __init__(self, names):
        self.names, self.inputs, self.outputs = names, [""], {}
        self.recent, self.shown = ["", "", ""], {"_": "", "__": "", "___": ""}
        names |= {"In": self.inputs, "_ih": self.inputs, "Out": self.outputs, "_oh": self.outputs, "_dh": [os.getcwd()],
                  "_i": "", "_ii": "", "_iii": "", **self.shown}

    def note_input(self, number, source):
        self.inputs += [""] * (number - len(self.inputs))
        self.names |= zip(("_i", "_ii", "_iii"), reversed(["", "", *self.inputs][-3:]), strict=True)
        self.names[f"_i{number}"] = source
        self.inputs.append(source)

    def note_output(self, number, value):
        self.outputs[number] = self.names[f"_{number}"] = value
        self.recent = [value, *self.recent[:2]]
        if all(self.names.get(name, shown) is shown for name, shown in self.shown.items()):  # a student's own `_` stays
            self.shown = dict(zip(self.shown, self.recent, strict=True))
            self.names |= self.shown


def imports_colab(tree):
    """Say whether code imports google.colab come what may: after `if` or in `try` it can do without."""
    named = {f"{getattr(node, 'module', '')}.{alias.name}." for node in tree.body
             if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    return any(name.lstrip(".").startswith("google.colab.") for name in named)


class Colab:
    """Finds google.colab and whatever is in it: modules that take any call, and do nothing."""

    @classmethod
    def open(cls):
        if not any(isinstance(finder, cls) for finder in sys.meta_path):
            sys.meta_path.append(cls())  # at the end: another `google` may be installed

    def find_spec(self, name, *_):
        return ModuleSpec(name, self, is_package=True) if re.fullmatch(r"google(\.colab(\..*)?)?", name) else None

    def create_module(self, _):
        return None

    def exec_module(self, module):
        def anything(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return MagicMock()

        module.__getattr__ = anything
