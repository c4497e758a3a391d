"""What would it take for a wrong number to reach a reader? Change one thing at a time and see whether a check notices.

    python tools/mutants.py [-j workers] [--again] [file ...]
    python tools/mutants.py --sample 10

A mutant is one change to the syntax tree of a module in helpers/ or of a code cell: a sign, an axis, `sum` for `mean`.
Which of the many possible ones are tried is decided by their hashes, spread over files and kinds, so that an edit
elsewhere changes no choice. What came out is kept in book/_static/checks/mutants.json, and a mutant that was tried is
tried again only when its file changed (or with --again); book/_mutants.md is written from it. A survivor needs a
reason in tests/mutants_allowed.toml, or this ends with 1. --sample tries some of the killed ones again.

mutmut and cosmic-ray know modules only and start one command for each mutant; half of the numbers a reader sees are
made in cells. A script over the syntax tree serves both, and forking a warm process makes a mutant cost seconds.
"""

import argparse
import ast
import contextlib
import functools
import hashlib
import importlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
STORE = Path("book/_static/checks/mutants.json")
PAGE = Path("book/_mutants.md")
ALLOWED = Path("tests/mutants_allowed.toml")
LIMIT_SECONDS = 300
# How many mutants of a file; the first pattern that matches counts.
QUOTAS = {r"helpers/.*__init__": 0, r"helpers/interactive/": 2, r"helpers/fused": 3,
          r"helpers/plotting": 14, r"helpers/(softmax|training)": 18, r"helpers/": 9,
          r"notebooks/appendix": 3, r"notebooks/": 20}
FIRST = ("colour map", "swapped label", "shift removed")  # rare kinds, taken wherever there is one
# The units of a module stand in tests/test_<module>.py, but for these.
UNITS = {"fused": ["training"], "data": ["ladder", "data"], "draw_a_digit": ["figure_draw"],
         "jacobian_explorer": ["figure_jacobian"], "scores_to_probabilities": ["figure_scores"],
         "weight_pictures": ["figure_weights"], "figure": ["figures"], "question": ["figure_question", "question_bank"],
         **{name: [f"figure_{name}"] for name in ("descent", "likelihood", "plane")}}

# What is not changed: how a picture is laid out, how exactly something is compared, what cannot alter a number.
LAYOUT = {"figsize", "fontsize", "alpha", "linewidth", "linewidths", "linestyle", "linestyles", "lw", "markersize", "s",
          "zorder", "shrink", "pad", "bbox", "bbox_to_anchor", "bbox_inches", "ha", "va", "loc", "rotation", "xytext",
          "textcoords", "arrowprops", "path_effects", "edgecolor", "color", "colors", "marker", "hatches", "xlim",
          "ylim", "ncols", "columns", "sharex", "sharey", "squeeze", "fill", "ticks", "xticks", "yticks",
          "width_ratios", "height_ratios", "resolution", "style"}
OTHER = {"atol", "rtol", "tol", "max_iter", "strict", "check", "copy", "capture_output", "text", "stderr", "sync",
         "read_only", "ensure_ascii", "exist_ok", "parents", "stacklevel", "minlen", "maxlen"}
QUIET_CALLS = {"round", "text", "annotate", "legend", "subplots", "figure", "tick_params", "set_num_threads",
               "set_position", "subplots_adjust", "set_xticks", "set_yticks", "named", "set_title"}
RATES = {"lr", "learning_rate", "rate"}
REDUCTIONS = {"sum": "mean", "mean": "sum"}
EXTREMES = {"max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax", "maximum": "minimum",
            "minimum": "maximum"}
ALONG = {*REDUCTIONS, *EXTREMES, "softmax", "log_softmax", "cumsum", "diff", "any", "all", "norm", "ravel"}
SIGNS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+")}
FACTORS = {ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
ORDERS = {ast.Lt: ("<", ">", "<="), ast.Gt: (">", "<", ">="), ast.LtE: ("<=", ">=", "<"), ast.GtE: (">=", "<=", ">"),
          ast.Eq: ("==", "!=", None), ast.NotEq: ("!=", "==", None)}
PLOTS = {"plot", "scatter", "semilogy", "semilogx", "loglog", "step", "bar", "barh", "imshow", "contour", "contourf",
         "fill_between", "show_images", "show_signed", "show_matrix", "plot_points"}


class Source:
    """A text whose parts are found by the positions of the syntax tree, which count bytes."""

    def __init__(self, text):
        self.bytes = text.encode()
        lengths = [len(line) + 1 for line in self.bytes.split(b"\n")]
        self.starts = [0, *itertools.accumulate(lengths)]

    def start(self, node):
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node):
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def part(self, node):
        return self.bytes[self.start(node):self.end(node)].decode()

    def replace(self, node, new):
        return [(self.start(node), self.end(node), new)]

    def swap(self, one, other):
        return [*self.replace(one, self.part(other)), *self.replace(other, self.part(one))]

    def token(self, left, right, old, new):
        """Replace an operator between two nodes."""
        place = self.bytes.index(old.encode(), self.end(left), self.start(right))
        return [(place, place + len(old), new)]

    def name_at_the_end(self, node, new):
        """Replace the name that ends an attribute or is the whole node."""
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        return [(self.end(node) - len(name), self.end(node), new)]

    def edited(self, edits):
        result = self.bytes
        for start, end, new in sorted(edits, reverse=True):
            result = result[:start] + new.encode() + result[end:]
        return result.decode()


# The operators: each yields kinds of change and the edits that make it.


def signs_and_factors(node, source):
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()) if not any(map(is_text, (node.left, node.right))):
            old, new = SIGNS[type(node.op)]
            yield "sign", source.token(node.left, node.right, old, new)
            if isinstance(node.op, ast.Sub) and re.search(r"\.(max|mean)\(", source.part(node.right)):
                place = source.token(node.left, node.right, old, new)[0][0]
                kept = source.bytes[source.start(node):place].decode().rstrip()
                yield "shift removed", source.replace(node, kept)
        case ast.BinOp(op=ast.Mult() | ast.Div()) if not any(map(is_text, (node.left, node.right))) and not re.search(
                r"\bname\b|Path\(", source.part(node)):  # a path is no quotient
            old, new = FACTORS[type(node.op)]
            yield "factor", source.token(node.left, node.right, old, new)
        case ast.BinOp(op=ast.Pow()):
            place = source.token(node.left, node.right, "**", "")[0][0]
            yield "power", source.replace(node, source.bytes[source.start(node):place].decode().rstrip())
        case ast.AugAssign(op=ast.Add() | ast.Sub()) if not is_text(node.value):
            old, new = SIGNS[type(node.op)]
            yield "sign", source.token(node.target, node.value, f"{old}=", f"{new}=")
        case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
            yield "sign", [(source.start(node), source.start(node) + 1, "")]


def comparisons(node, source):
    match node:
        case ast.Compare() if type(node.ops[0]) in ORDERS:
            old, turned, boundary = ORDERS[type(node.ops[0])]
            yield "comparison turned round", source.token(node.left, node.comparators[0], old, turned)
            if boundary:
                yield "boundary", source.token(node.left, node.comparators[0], old, boundary)


def names(node, source):
    match node:
        case ast.Attribute(attr="T"):
            yield "transpose", [(source.end(node) - 2, source.end(node), "")]
        case ast.Subscript(slice=ast.Tuple(elts=[first, second])) if source.part(first) != source.part(second):
            yield "transpose", source.swap(first, second)
        case ast.Call(func=ast.Attribute() | ast.Name()):
            name = called(node)
            for kind, table in (("sum for mean", REDUCTIONS), ("max for min", EXTREMES)):
                if name in table and not (name == "sum" and isinstance(node.func, ast.Name)):
                    yield kind, source.name_at_the_end(node.func, table[name])


def numbers(node, source):
    if not isinstance(node, ast.Constant):
        return
    parent, value, whole = node.parent, node.value, node
    if isinstance(parent, ast.UnaryOp):
        parent, whole = parent.parent, parent
    keyword = parent.arg if isinstance(parent, ast.keyword) else None
    if isinstance(value, bool):
        if keyword:
            yield "switch", source.replace(node, str(not value))
    elif not isinstance(value, int | float) or (isinstance(parent, ast.Call) and called(parent) in QUIET_CALLS):
        return
    elif keyword in ("axis", "dim") or (isinstance(parent, ast.Call) and called(parent) in ALONG):
        yield "axis", source.replace(whole, "0" if value else "1")
    elif assigned(parent, whole) in LAYOUT:
        return
    elif assigned(parent, whole) in RATES:
        yield "learning rate", source.replace(node, repr(2 * value))
    elif isinstance(value, int):
        counts = in_subscript(node) or (isinstance(parent, ast.Call) and called(parent) in ("range", "arange"))
        yield "off by one" if counts else "constant", source.replace(node, str(value + 1))
    else:
        yield "constant", source.replace(node, f"{1.1 * value or 0.1:.6g}")


def labels(node, source):
    match node:
        case ast.Tuple(elts=[first, second, *_]) | ast.List(elts=[first, second, *_]) if (
                is_label(first) and is_label(second) and first.value != second.value):
            yield "swapped label", source.swap(first, second)
        case ast.Call(func=ast.Attribute(attr="set")):
            texts = {k.arg: k.value for k in node.keywords if k.arg in ("xlabel", "ylabel")}
            if len(texts) == 2:
                yield "swapped label", source.swap(texts["xlabel"], texts["ylabel"])
        case ast.Module():
            own = [k.value for k in ast.walk(node) if isinstance(k, ast.keyword) and k.arg == "label"]
            for one, other in itertools.pairwise(own):
                if is_label(one) and is_label(other) and one.value != other.value:
                    yield "swapped label", source.swap(one, other)


def pictures(node, source):
    match node:
        case ast.Constant(value=str(name)) if assigned(node.parent, node) == "cmap":
            turned = name.removesuffix("_r") if name.endswith("_r") else f"{name}_r"
            yield "colour map", source.replace(node, repr(turned).replace("'", '"'))
        case ast.Call(args=[_, *_]) if called(node) in PLOTS:
            data = [a for a in node.args if not isinstance(a, ast.Starred | ast.Constant) and source.part(a) != "style"]
            if data:
                text = source.part(data[-1])
                yield "plotted data", source.replace(data[-1], f"-({text})")
                yield "plotted data", source.replace(data[-1], f"({text})[::-1]")
            if len(data) == 2:
                yield "plotted data", source.swap(*data)


OPERATORS = (signs_and_factors, comparisons, names, numbers, labels, pictures)


def called(node):
    return getattr(node.func, "attr", None) or getattr(node.func, "id", None)


def assigned(parent, node):
    """Return the name under which a value is passed, assigned, kept in a dict or taken as a default."""
    match parent:
        case ast.keyword(arg=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.Dict():
            keys = [key for key, value in zip(parent.keys, parent.values, strict=True) if value is node]
            return keys[0].value if keys and isinstance(keys[0], ast.Constant) else None
        case ast.arguments():
            return dict(zip(parent.defaults[::-1], [a.arg for a in parent.args[::-1]], strict=False)).get(node)
    return None


def in_subscript(node):
    while isinstance(node.parent, ast.Tuple | ast.List | ast.Slice | ast.UnaryOp):
        node = node.parent
    return isinstance(node.parent, ast.Subscript) and node is node.parent.slice


def is_text(node):
    """Tell whether a sum is one of texts or lists, which have no sign."""
    return any(isinstance(part, ast.JoinedStr | ast.List | ast.ListComp)
               or isinstance(getattr(part, "value", None), str | bytes) for part in ast.walk(node))


def is_label(node):
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)
            and not re.fullmatch(r"[-.:ovs^D*xk+]*", node.value))


def skipped(node):
    """Tell whether nothing in a node is changed: checks, guards, imports, layout, texts."""
    match node:
        case ast.Assert() | ast.Import() | ast.ImportFrom() | ast.Raise() | ast.JoinedStr() | ast.ExceptHandler():
            return True
        case ast.If(body=[ast.Raise()]):
            return True
        case ast.keyword(arg=name):
            return name in LAYOUT or name in OTHER
        case ast.Assign(targets=[ast.Name(id="__all__" | "color" | "style")]):
            return True
        case ast.Call():
            return (called(node) or "").startswith("assert_")
    return False


def nodes(node):
    """Yield a node and, with their parents, those in it that may be changed."""
    yield node
    for child in ast.iter_child_nodes(node):
        child.parent = node
        if not skipped(child):
            yield from nodes(child)


@dataclass(frozen=True)
class Mutant:
    """One change: where it is made, what the changed lines were and are, and the whole text of the module or cell."""

    file: str
    place: str
    kind: str
    before: str
    after: str
    line: int
    text: str

    @property
    def name(self):
        return f"{self.file} {self.place}: {self.kind}: {self.before} -> {self.after}"

    @property
    def rank(self):
        return hashlib.sha256(self.name.encode()).hexdigest()


def shown(text, first, last):
    """Return the lines from one byte to another in one line."""
    raw = text.encode()
    start, end = raw.rfind(b"\n", 0, first) + 1, raw.find(b"\n", last)
    return " ".join(raw[start:end if end >= 0 else None].decode().split())


def mutants_of(text, file, place=None):
    """Return all mutants of a module, or of the cell `place`."""
    tree, source, found = ast.parse(text), Source(text), []
    for node in nodes(tree):
        for kind, edits in itertools.chain(*(operator(node, source) for operator in OPERATORS)):
            changed = source.edited(edits)
            first, last = min(start for start, _, _ in edits), max(end for _, end, _ in edits)
            try:
                if ast.dump(ast.parse(changed)) == ast.dump(tree):
                    continue
            except SyntaxError:
                continue
            before, after = shown(text, first, last), shown(changed, first, last + len(changed.encode()) - len(
                source.bytes))
            line = source.bytes[:first].count(b"\n") + 1
            found.append(Mutant(file, place or function_at(tree, line), kind, before, after, line, changed))
    return found


def function_at(tree, line):
    """Return the name of the function or class around a line."""
    own = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
           and node.lineno <= line <= node.end_lineno]
    return ".".join(node.name for node in sorted(own, key=lambda node: node.lineno)) or "module"


def choose(mutants, quota):
    """Take mutants of all kinds in turns, each kind's in the order of their hashes, no two on one line."""
    kinds = defaultdict(list)
    for mutant in sorted({m.name: m for m in mutants}.values(), key=lambda m: m.rank):
        kinds[mutant.kind].append(mutant)
    chosen, lines = [], set()
    order = sorted(kinds.values(), key=lambda own: (own[0].kind not in FIRST, own[0].rank))
    queues = [iter(own) for own in order]
    while queues and len(chosen) < quota:
        for queue in list(queues):
            mutant = next((m for m in queue if (m.place, m.line) not in lines), None)
            if mutant is None:
                queues.remove(queue)
            elif len(chosen) < quota:
                chosen.append(mutant)
                lines.add((mutant.place, mutant.line))
    return sorted(chosen, key=lambda m: m.name)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def selection(root):
    """Return the mutants to try, by file."""
    chosen = {}
    for path in sorted([*root.glob("helpers/**/*.py"), *root.glob("notebooks/*.ipynb")]):
        file = path.relative_to(root).as_posix()
        if path.suffix == ".py":
            found = mutants_of(path.read_text(encoding="utf-8"), file)
        else:
            found = [mutant for cell in code_cells(path) if "remove-cell" not in cell.metadata.get("tags", [])
                     for mutant in mutants_of(cell.source, file, cell.id)]
        quota = next((quota for pattern, quota in QUOTAS.items() if re.match(pattern, file)), 0)
        if quota:
            chosen[file] = choose(found, quota)
    return chosen


# The checks. Each runs in a fork of this process, which has loaded what takes long to load, but none of the helpers.


def warm_up():
    """Load what the helpers, their tests and the chapters load."""
    for name in ("hypothesis", "IPython", "ipywidgets", "matplotlib.pyplot", "pytest", "scipy.optimize",
                 "sklearn.linear_model", "torch", "torchvision"):
        importlib.import_module(name)
    assert "helpers" not in sys.modules


def in_a_fork(job, limit=None):
    """Run a job in a fork of this process; return what it returns, or raise TimeoutError."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            if limit:
                # Both end the process. A busy machine is no reason, so the limit is one of its own work.
                signal.setitimer(signal.ITIMER_PROF, limit)
                signal.alarm(6 * limit)
            result = job()
            with os.fdopen(writer, "w") as stream:
                json.dump(result, stream)
        except BaseException as error:
            with contextlib.suppress(OSError), os.fdopen(writer, "w") as stream:
                json.dump({"error": f"{type(error).__name__}: {error}"}, stream)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM):
        raise TimeoutError
    if not text:
        raise RuntimeError(f"a check ended without a word (status {status})")
    result = json.loads(text)
    if isinstance(result, dict) and "error" in result:
        raise RuntimeError(result["error"])
    return result


def enter(tree, folder):
    """Make this process one that works in a tree."""
    sys.path.insert(0, str(tree))
    os.environ.update(PYTHONPATH=str(tree), PYTHONDONTWRITEBYTECODE="1", OMP_NUM_THREADS="1")
    sys.dont_write_bytecode = True  # two mutants within a second would look the same to the cache
    os.chdir(folder)


def failing_unit(tree, paths):
    """Return the first unit test or doctest of these files that fails, and how; None if none does."""
    import pytest

    class Recorder:
        first = None

        def pytest_runtest_logreport(self, report):
            if report.failed and self.first is None:
                self.first = [report.nodeid, report.longreprtext[-2000:]]

        def pytest_collectreport(self, report):
            if report.failed and self.first is None:
                self.first = [f"{report.nodeid} (cannot be imported)", str(report.longrepr)[-2000:]]

    enter(tree, tree)
    silence()
    recorder = Recorder()
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=", "-m", "not slow", "--doctest-modules",
                        "--hypothesis-seed=0", "--timeout=200", *paths], plugins=[recorder])
    if code not in (0, 1, 2) or (code == 2 and not recorder.first):
        raise RuntimeError(f"pytest ended with {code} on {paths}")
    return recorder.first


def silence():
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)


class Kernel:
    """A notebook's kernel in this process, so that it can be forked before any cell."""

    def __init__(self):
        import matplotlib
        from IPython.core.displayhook import CapturingDisplayHook
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell.instance(config=config)
        matplotlib.use("module://matplotlib_inline.backend_inline")
        self.results = []
        self.shell.display_trap.hook = CapturingDisplayHook(self.shell, self.results)

    def run(self, cell):
        """Run a cell; return what nbval would complain of, None if it would not."""
        from IPython.utils.capture import capture_output

        self.results.clear()
        with capture_output() as captured:
            result = self.shell.run_cell(cell.source, store_history=True)
        if not result.success:
            return type(result.error_in_exec or result.error_before_exec).__name__
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            return None
        fresh = compared([("stdout", captured.stdout), ("stderr", captured.stderr)],
                         [output.data for output in captured.outputs] + [r["data"] for r in self.results])
        stored = compared([(o.name, o.text) for o in cell.outputs if o.output_type == "stream"],
                          [o.data for o in cell.outputs if "data" in o])
        return None if fresh == stored else "another output"


def compared(streams, data):
    """Return the texts of a cell's outputs that nbval compares: not those of pictures and of live widgets."""
    texts = defaultdict(list)
    for name, text in streams:
        if text:
            texts[name] = ["".join([*texts[name], text])]
    for kind, value in itertools.chain(*(d.items() for d in data)):
        if kind in ("text/plain", "text/html", "image/svg+xml"):
            texts[kind].append(value)
    return {kind: sorted(own) for kind, own in texts.items()}


def complaint(kernel, cells):
    """Run cells to the first of which nbval would complain; return the cell's id and the complaint, or None."""
    for cell in cells:
        trouble = kernel.run(cell)
        if trouble:
            return [cell.id, trouble]
    return None


def failing_cell(tree, file, mutants=(), limit=LIMIT_SECONDS, last=None):
    """Run a notebook; fork before each cell that has mutants and run the rest of the notebook with each of them.

    Returns what was complained of without a mutant, and for each mutant; [None, "timed out"] where it took too long.
    """
    enter(tree, tree / "notebooks")
    kernel, cells, ends = Kernel(), code_cells(tree / file), {}
    silence()
    for number, cell in enumerate(cells):
        for mutant in mutants:
            if mutant.place == cell.id:
                changed = nbformat.from_dict({**cell, "source": mutant.text})
                start = time.perf_counter()
                try:
                    end = in_a_fork(lambda c=changed, n=number: complaint(kernel, [c, *cells[n + 1:]]), limit)
                except TimeoutError:
                    end = [None, "timed out"]
                ends[mutant.name] = [end, time.perf_counter() - start]
        trouble = kernel.run(cell)
        if trouble:
            return [[cell.id, trouble], ends]
        if last and len(ends) == last:
            break
    return [None, ends]


def units(tree, file):
    """Return the files that test a module: its own examples, then its tests."""
    stem = Path(file).stem
    tests = [f"tests/test_{name}.py" for name in UNITS.get(stem, [stem])]
    own = [] if stem == "fused" else [file]  # whose examples would need a GPU, and has none
    return [*own, *(test for test in tests if (tree / test).is_file())]


@functools.cache
def imports(tree, path):
    """Return the modules of helpers that a module or notebook uses, also through others."""
    path = tree / path
    text = ("\n".join(cell.source for cell in code_cells(path)) if path.suffix == ".ipynb"
            else path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(ast.parse(text)):
        for name in imported(node, tree):
            found |= {name} | imports(tree, name)
    return frozenset(found)


def imported(node, tree):
    """Yield the files of helpers that an import names, looking a figure up in the package of the figures."""
    match node:
        case ast.ImportFrom(module="helpers.interactive", names=aliases):
            package = ast.parse((tree / "helpers/interactive/__init__.py").read_text(encoding="utf-8"))
            home = {alias.name: own.module for own in package.body if isinstance(own, ast.ImportFrom)
                    for alias in own.names}
            modules = [home[alias.name] for alias in aliases]
        case ast.ImportFrom(module=str(module)) if module.startswith("helpers."):
            modules = [module]
        case ast.Import(names=aliases):
            modules = [alias.name for alias in aliases if alias.name.startswith("helpers.")]
        case _:
            modules = []
    yield from (f"{module.replace('.', '/')}.py" for module in modules)


def readers(tree, file):
    """Return the notebooks that use a module, the quickest first, as book/_runs.md tells."""
    runs = tree / "book" / "_runs.md"
    told = re.findall(r"\| `(\S+)` \|.*\| (\d+) \|", runs.read_text(encoding="utf-8")) if runs.exists() else []
    seconds = {name: int(number) for name, number in told}
    own = [path for path in sorted(tree.glob("notebooks/*.ipynb"))
           if file in imports(tree, path.relative_to(tree).as_posix())]
    return [p.relative_to(tree).as_posix() for p in sorted(own, key=lambda p: seconds.get(p.name, 1e9))]


def try_module(tree, file, mutants, sample=False):
    """Try the mutants of a module: on its unit tests, a survivor on the notebooks that use it."""
    path, paths = tree / file, units(tree, file)
    original = path.read_text(encoding="utf-8")
    sound = functools.cache(lambda notebook: in_a_fork(
        lambda: failing_cell(tree, notebook)[0] if notebook else failing_unit(tree, paths)))
    ends = []
    if paths and not sample and sound(None):
        raise RuntimeError(f"without a mutant, {sound(None)} fails")
    for mutant in mutants:
        start, end = time.perf_counter(), None
        try:
            path.write_text(mutant.text, encoding="utf-8")
            if paths:
                end = in_a_fork(lambda: failing_unit(tree, paths), LIMIT_SECONDS)
            for notebook in () if end or sample else readers(tree, file):
                path.write_text(mutant.text, encoding="utf-8")
                end, _ = in_a_fork(lambda n=notebook: failing_cell(tree, n), LIMIT_SECONDS)
                path.write_text(original, encoding="utf-8")
                if end and sound(notebook):
                    raise RuntimeError(f"without a mutant, {notebook} fails: {sound(notebook)}")
                if end:
                    end = [f"{notebook}, cell {end[0]}: {end[1]}"]
                    break
            ended, by = ("killed", end[0]) if end else ("survived", None)
        except TimeoutError:
            ended, by = "timed out", None
        finally:
            path.write_text(original, encoding="utf-8")
        ends.append((mutant, ended, by, time.perf_counter() - start))
        tell(*ends[-1])
    return ends


def tell(mutant, ended, by, seconds):
    print(f"{ended:9} {seconds:6.1f} s  {mutant.name}  [{by}]", flush=True)


def try_notebook(tree, file, mutants, sample=False):
    """Try the mutants of a notebook's cells on that notebook."""
    trouble, found = in_a_fork(lambda: failing_cell(tree, file, mutants, last=len(mutants) if sample else None))
    if trouble:
        raise RuntimeError(f"without a mutant, {file} fails: {trouble}")
    ends = []
    for mutant in mutants:
        end, seconds = found[mutant.name]
        ended = "survived" if end is None else "timed out" if end[0] is None else "killed"
        ends.append((mutant, ended, f"{file}, cell {end[0]}: {end[1]}" if ended == "killed" else None, seconds))
        tell(*ends[-1])
    return ends


def copy_of(root, folder):
    """Copy what git knows and what is new, so that the checkout is never touched."""
    tree = Path(folder) / "course"
    listed = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=root, capture_output=True, text=True,
                            check=True).stdout.split("\0")
    for name in filter(None, listed):
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, tree / name)
    return tree


def attempt(root, file, mutants, sample=False):
    """Try the mutants of one file in a copy of the course; return what is to be stored of each."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copy_of(root, folder)
        tries = try_notebook if file.endswith(".ipynb") else try_module
        return [{"file": m.file, "place": m.place, "line": m.line, "kind": m.kind, "before": m.before,
                 "after": m.after, "ended": ended, "by": by, "seconds": round(seconds, 1),
                 "date": date.today().isoformat(), "content": content(root, file)}
                for m, ended, by, seconds in tries(tree, file, mutants, sample)]


@functools.cache
def content(root, file):
    """Return a hash of what runs: the text of a module, the code of a notebook."""
    path = root / file
    text = json.dumps([cell.source for cell in code_cells(path)]) if path.suffix == ".ipynb" else path.read_text(
        encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def name_of(entry):
    return f"{entry['file']} {entry['place']}: {entry['kind']}: {entry['before']} -> {entry['after']}"


def stored_results(root):
    path = root / STORE
    return {name_of(e): e for e in json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}


def reasons(root):
    path = root / ALLOWED
    allowed = tomllib.loads(path.read_text(encoding="utf-8"))["allowed"] if path.exists() else []
    return {entry["mutant"]: entry["reason"] for entry in allowed}


def page(results, allowed):
    """Return the mutants, file by file, and the survivors, as Markdown."""
    count = Counter((e["file"], e["ended"]) for e in results)
    ended = Counter(e["ended"] for e in results)
    in_cells = sum(", cell " in (e["by"] or "") for e in results)
    first, last = (pick((e["date"] for e in results), default="no day") for pick in (min, max))
    when = f"On {first}" if first == last else f"From {first} to {last}"
    kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(Counter(e["kind"] for e in results).items()))
    told = (f"{when}, `make mutants` made {len(results)} changes, one at a time ({kinds}). "
            f"{ended['killed']} were noticed, {ended['killed'] - in_cells} by a unit test and {in_cells} by a cell of "
            f"a notebook; {ended['timed out']} ran into the limit of {LIMIT_SECONDS} seconds of work; "
            f"{ended['survived']} survived.")
    rows = [f"| `{file}` | {sum(count[file, end] for end in ended)} | {count[file, 'killed']} | "
            f"{count[file, 'timed out']} | {count[file, 'survived']} |"
            for file in sorted({e["file"] for e in results})]
    survivors = [f"- `{e['file']}`, `{e['place']}`, {e['kind']}: ``{e['before']}`` → ``{e['after']}``. "
                 + allowed.get(name_of(e), "UNEXPLAINED") for e in results if e["ended"] == "survived"]
    listed = ["", "The survivors, and why each is harmless:", "", *survivors] if survivors else []
    return "\n".join([told, "", "| file | tried | killed | timed out | survived |", "|---|---:|---:|---:|---:|", *rows,
                      *listed, ""])


def write(path, text):
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def keep(root, results, chosen, allowed):
    """Store the results of the mutants that are chosen today, and write the page."""
    order = [m.name for own in chosen.values() for m in own]
    kept = [results[name] for name in order if name in results]
    write(root / STORE, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    write(root / PAGE, page(kept, allowed))


def pending(root, chosen, stored, allowed, again=False, files=()):
    """Return the mutants to try now, by file: a survivor without a reason is always tried again."""
    def known(mutant):
        entry = stored.get(mutant.name)
        return entry and entry["content"] == content(root, mutant.file) and (
            entry["ended"] != "survived" or mutant.name in allowed)

    todo = {file: [m for m in own if again or not known(m)] for file, own in chosen.items()
            if not files or any(file.startswith(prefix) for prefix in files)}
    return {file: own for file, own in todo.items() if own}


def run_all(root, todo, workers, sample=False):
    """Try mutants, one file to a worker at a time; yield a file's results when they are there."""
    warm_up()
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        jobs = {pool.submit(attempt, root, file, own, sample): file for file, own in todo.items()}
        for job in as_completed(jobs):
            try:
                yield job.result()
            except RuntimeError as error:
                print(f"COULD NOT TRY {jobs[job]}: {error}", flush=True)


def main(arguments, root=ROOT):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-j", type=int, default=2, metavar="workers")
    parser.add_argument("--again", action="store_true", help="try also those that were tried")
    parser.add_argument("--sample", type=int, metavar="N", help="try N of the killed ones again, and store nothing")
    parser.add_argument("files", nargs="*", help="only files that begin so")
    options = parser.parse_args(arguments)
    chosen, stored, allowed = selection(root), stored_results(root), reasons(root)
    if options.sample:
        return try_sample(root, chosen, stored, options.sample)
    todo = pending(root, chosen, stored, allowed, options.again, options.files)
    left = set(todo)
    for entries in run_all(root, todo, options.j) if todo else ():
        stored |= {name_of(entry): entry for entry in entries}
        keep(root, stored, chosen, allowed)
        left.remove(entries[0]["file"])
    keep(root, stored, chosen, allowed)
    return report(chosen, stored, allowed, options.files) or bool(left)


def report(chosen, stored, allowed, files=()):
    """Print what is not as it should be; return whether anything is."""
    names = [m.name for file, own in chosen.items() for m in own if not files or any(map(file.startswith, files))]
    survivors = [name for name in names if name in stored and stored[name]["ended"] == "survived"]
    unexplained = [name for name in survivors if name not in allowed]
    idle = [name for name in allowed if not files and name not in survivors]
    for title, own in (("UNEXPLAINED survivor", unexplained), ("a reason for what does not survive", idle)):
        for name in own:
            print(f"{title}: {name}")
    print(f"{len(names)} mutants, {len(survivors)} survived, {len(unexplained)} of them unexplained")
    return bool(unexplained or idle)


def sample_of(chosen, stored, number):
    """Choose mutants that a quick check has killed: half in cells of two quick chapters, half by units of modules."""
    killed = [(m, stored[m.name]) for own in chosen.values() for m in own
              if stored.get(m.name, {}).get("ended") == "killed"]
    cells = [m for m, _ in killed if m.file.startswith(("notebooks/01", "notebooks/04"))]
    quick = [m for m, e in killed if m.file.endswith(".py") and e["by"].startswith(("tests/", "helpers/"))
             and e["seconds"] < 10 and "figure" not in e["by"]]
    taken = sorted(cells, key=lambda m: m.rank)[:number // 2]
    return taken + sorted(quick, key=lambda m: m.rank)[:number - len(taken)]


def try_sample(root, chosen, stored, number):
    """Try mutants again that were killed; return whether fewer are noticed now."""
    sample, noticed = defaultdict(list), 0
    for mutant in sample_of(chosen, stored, number):
        sample[mutant.file].append(mutant)
    for entries in run_all(root, sample, 1, sample=True):
        noticed += sum(entry["ended"] != "survived" for entry in entries)
    return noticed < number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
