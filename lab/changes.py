"""The changes that lab/mutants.py makes to the code of a cell: a sign, an axis, a transpose, `sum` for `mean` ...

A change is its kind and the edits that make it, each (first byte, end, new text): what is beside it stays as it is.
"""

import ast
import contextlib
import re
from itertools import accumulate, pairwise

# What is not changed: how a picture is laid out, how exactly something is compared, what cannot alter a number.
UNSEEN = {"figsize", "fontsize", "alpha", "linewidth", "linewidths", "linestyle", "linestyles", "lw", "markersize", "s",
          "zorder", "shrink", "bbox", "bbox_to_anchor", "ha", "va", "loc", "rotation", "xytext", "textcoords", "marker",
          "arrowprops", "path_effects", "edgecolor", "color", "colors", "xlim", "ylim", "columns", "sharex", "sharey",
          "fill", "ticks", "xticks", "yticks", "width_ratios", "height_ratios", "style", "atol", "rtol", "tol",
          "max_iter", "strict", "check", "capture_output", "text"}
LAYING_OUT = {"round", "text", "annotate", "legend", "subplots", "figure", "tick_params", "set_num_threads",
              "set_xticks", "set_yticks", "set_title"}
PLOTS = {"plot", "scatter", "semilogy", "semilogx", "loglog", "step", "bar", "imshow", "contour", "contourf",
         "show_images", "show_matrix", "plot_points"}
REDUCTIONS = {"sum": "mean", "mean": "sum"}
EXTREMES = {one: other for pair in (("max", "min"), ("argmax", "argmin"), ("maximum", "minimum"))
            for one, other in (pair, pair[::-1])}
ALONG_AN_AXIS = {*REDUCTIONS, *EXTREMES, "softmax", "log_softmax", "cumsum", "diff", "any", "all", "norm", "ravel"}
OPERATORS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
ORDERS = {ast.Lt: ("<", ">", "<="), ast.Gt: (">", "<", ">="), ast.LtE: ("<=", ">=", "<"), ast.GtE: (">=", "<=", ">"),
          ast.Eq: ("==", "!=", None), ast.NotEq: ("!=", "==", None)}


class Source:
    """A text whose parts are found by the positions of the syntax tree, which count bytes."""

    def __init__(self, text):
        self.bytes = text.encode()
        self.starts = [0, *accumulate(len(line) + 1 for line in self.bytes.split(b"\n"))]

    def span(self, node):
        return (self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset)

    def part(self, node):
        return self.bytes[slice(*self.span(node))].decode()

    def replace(self, node, new):
        return [(*self.span(node), new)]

    def swap(self, one, other):
        return self.replace(one, self.part(other)) + self.replace(other, self.part(one))

    def between(self, left, right, old, new):
        """Replace an operator between two nodes."""
        place = self.bytes.index(old.encode(), self.span(left)[1], self.span(right)[0])
        return [(place, place + len(old), new)]

    def edited(self, edits):
        result = self.bytes
        for start, end, new in sorted(edits, reverse=True):
            result = result[:start] + new.encode() + result[end:]
        return result.decode()


def changes(node, source):
    """Yield what can be changed at one node."""
    match node:
        case ast.BinOp(op=ast.Pow()):
            yield "power", source.replace(node, source.part(node).rsplit("**", 1)[0].rstrip())
        case ast.BinOp(op=op) if type(op) in OPERATORS and not is_text(node):
            old, new = OPERATORS[type(op)]
            yield "sign" if old in "+-" else "factor", source.between(node.left, node.right, old, new)
            if old == "-" and re.search(r"\.(max|mean)\(", source.part(node.right)):
                yield "shift removed", [(source.span(node.left)[1], source.span(node)[1], "")]
        case ast.AugAssign(op=ast.Add() | ast.Sub() as op) if not is_text(node.value):
            yield "sign", source.between(node.target, node.value, *(f"{sign}=" for sign in OPERATORS[type(op)]))
        case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
            yield "sign", source.replace(node, source.part(node)[1:])
        case ast.Compare(ops=[op, *_]) if type(op) in ORDERS:
            old, turned, boundary = ORDERS[type(op)]
            yield "comparison turned round", source.between(node.left, node.comparators[0], old, turned)
            if boundary:
                yield "boundary", source.between(node.left, node.comparators[0], old, boundary)
        case ast.Attribute(attr="T"):
            yield "transpose", source.replace(node, source.part(node)[:-2])
        case ast.Subscript(slice=ast.Tuple(elts=[first, second])):
            yield "transpose", source.swap(first, second)
        case ast.Constant(value=str(name)) if passed_as(node) == "cmap":
            yield "colour map", source.replace(node, f'"{name[:-2] if name.endswith("_r") else name + "_r"}"')
        case ast.Constant(value=bool() | int() | float()):
            yield from change_of_number(node, source)
        case ast.Tuple(elts=[one, other, *_]) | ast.List(elts=[one, other, *_]) if is_label(one) and is_label(other):
            yield "swapped label", source.swap(one, other)
        case ast.Module():
            labels = [part.value for part in ast.walk(node) if isinstance(part, ast.keyword) and part.arg == "label"]
            for one, other in pairwise(filter(is_label, labels)):
                yield "swapped label", source.swap(one, other)
        case ast.Call():
            yield from changes_of_call(node, source)


def changes_of_call(node, source):
    name, end = called(node), source.span(node.func)[1]
    for kind, others in (("sum for mean", REDUCTIONS), ("max for min", EXTREMES)):
        if name in others and (name != "sum" or isinstance(node.func, ast.Attribute)):
            yield kind, [(end - len(name), end, others[name])]
    texts = {k.arg: k.value for k in node.keywords if k.arg in ("xlabel", "ylabel")}
    if len(texts) == 2:
        yield "swapped label", source.swap(*texts.values())
    data = [a for a in node.args if not isinstance(a, ast.Starred | ast.Constant)
            and source.part(a) != "style"] if name in PLOTS else []
    if data:
        yield "plotted data", source.replace(data[-1], f"-({source.part(data[-1])})")
        yield "plotted data", source.replace(data[-1], f"({source.part(data[-1])})[::-1]")
    if len(data) == 2:
        yield "plotted data", source.swap(*data)


def change_of_number(node, source):
    whole = node.parent if isinstance(node.parent, ast.UnaryOp) else node
    parent, name, value = whole.parent, passed_as(whole), node.value
    function = called(parent) if isinstance(parent, ast.Call) else None
    if isinstance(value, bool):
        if isinstance(parent, ast.keyword):
            yield "switch", source.replace(node, str(not value))
    elif name in ("axis", "dim") or function in ALONG_AN_AXIS:
        yield "axis", source.replace(whole, "0" if value else "1")
    elif name in UNSEEN or function in LAYING_OUT:
        return
    elif name in ("lr", "learning_rate", "rate"):
        yield "learning rate", source.replace(node, repr(2 * value))
    elif isinstance(value, int):
        counts = in_subscript(node) or function in ("range", "arange")
        yield "off by one" if counts else "constant", source.replace(node, str(value + 1))
    else:
        yield "constant", source.replace(node, f"{1.1 * value or 0.1:.6g}")


def called(node):
    return getattr(node.func, "attr", None) or getattr(node.func, "id", None)


def passed_as(node):
    """Return the name under which a value is passed, assigned, kept in a dict or taken as a default."""
    match node.parent:
        case ast.keyword(arg=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.Dict(keys=keys, values=values) if node in values:
            return getattr(keys[values.index(node)], "value", None)
        case ast.arguments(args=names, defaults=defaults):
            return dict(zip(defaults[::-1], [name.arg for name in names[::-1]], strict=False)).get(node)


def in_subscript(node):
    while isinstance(node.parent, ast.Tuple | ast.List | ast.Slice | ast.UnaryOp):
        node = node.parent
    return isinstance(node.parent, ast.Subscript) and node is node.parent.slice


def is_text(node):
    """Tell whether a sum is one of texts or lists, which have no sign."""
    return any(isinstance(part, ast.JoinedStr | ast.List | ast.ListComp)
               or isinstance(getattr(part, "value", None), str | bytes) for part in ast.walk(node))


def is_label(node):
    """Tell whether a constant is a text, and not a line's style."""
    return isinstance(getattr(node, "value", 0), str) and not re.fullmatch(r"[-.:ovs^D*xk+]*", node.value)


def is_skipped(node):
    """Tell whether nothing in a node is changed: checks, guards, imports, layout, texts."""
    match node:
        case ast.Assert() | ast.Import() | ast.ImportFrom() | ast.Raise() | ast.JoinedStr() | ast.ExceptHandler() | (
                ast.If(body=[ast.Raise()]) | ast.Assign(targets=[ast.Name(id="color" | "style")])):
            return True
        case ast.keyword(arg=name):
            return name in UNSEEN
    return isinstance(node, ast.Call) and (called(node) or "").startswith("assert_")


def nodes(node):
    """Yield a node and, with their parents, those in it that may be changed."""
    yield node
    for child in ast.iter_child_nodes(node):
        child.parent = node
        if not is_skipped(child):
            yield from nodes(child)


def as_tree(text):
    with contextlib.suppress(SyntaxError):
        return ast.dump(ast.parse(text))


def changed_texts(text):
    """Yield each change of a text that gives another program: its kind, what its lines were and are, the new text."""
    tree, source = ast.parse(text), Source(text)
    for node in nodes(tree):
        for kind, edits in changes(node, source):
            new = source.edited(edits)
            if as_tree(new) in (None, as_tree(text)):
                continue
            first, last = min(start for start, _, _ in edits), max(end for _, end, _ in edits)
            yield (kind, lines_around(text, first, last),
                   lines_around(new, first, last + len(new.encode()) - len(source.bytes)), new)


def lines_around(text, first, last):
    """Return the lines from one byte to another in one line."""
    raw = text.encode()
    start, end = raw.rfind(b"\n", 0, first) + 1, raw.find(b"\n", last)
    return " ".join(raw[start:end if end >= 0 else None].decode().split())
