"""How long a notebook is on the road, and how much of it is code: what the build prints and a test holds.

PYTHONPATH=book/_ext python -m course_book.measures [notebooks/01_motivation.ipynb ...] prints them too.
"""

import ast
import re
import sys
from pathlib import Path

from course_book import notebook, tables

# The most of each that a chapter may have; the derivation and the climb in PyTorch may be longer.
LIMITS = {"words": 2800, "lessons": 25, "minutes": 60, "core": 45, "longest lesson": 15, "assertions": 1, "guards": 0,
          "first figure": 0.34}
LONGER = {4: {"words": 3500, "lessons": 35, "minutes": 75}, 6: {"words": 3500, "lessons": 35, "minutes": 75}}


def limits(number):
    """Return the limits of a chapter."""
    return LIMITS | LONGER.get(number, {})


def kind(cell):
    """Return what a code cell is: lesson, plot, check, listing, or folded for setup and answers that wait."""
    tags = set(cell.metadata.get("tags", []))
    for tag, name in (("check", "check"), ("listing", "listing"), ("hide-input", "plot")):
        if tag in tags:
            return name
    return "folded" if notebook.FOLDED & tags else "lesson"


def lines(cell):
    """Return how many lines of a cell hold something."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def asserts(cell):
    """Return how many assertions a cell makes."""
    try:
        return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
    except SyntaxError:  # a magic of Jupyter's
        return len(re.findall(r"^\s*assert\b", cell.source, re.M))


def moves(cell):
    """Tell whether a cell shows a figure that moves; a question is none."""
    return "Question(" not in cell.source and any(
        "course-figure" in output.get("data", {}).get("text/html", "") for output in cell.outputs)


def words(nb):
    """Return how many words of prose there are, without exercises, code and formulas."""
    text = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    text = "".join(part for part in re.split(r"^(?=## )", text, flags=re.M)
                   if not part.startswith(tuple(f"## {title}" for title in notebook.EXERCISES)))
    text = re.sub(r"\$\$.+?\$\$|\$[^$]+\$|`[^`]*`|<[^>]+>|\]\([^)]*\)", " ", text, flags=re.S)
    return len(re.findall(notebook.WORD, text))


def measure(nb):
    """Return the measures of a notebook by name."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    by_kind = {name: [cell for cell in code if kind(cell) == name] for name in ("lesson", "plot", "check", "listing")}
    text = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    moving = [k for k, cell in enumerate(nb.cells) if cell.cell_type == "code" and moves(cell)]
    lessons = by_kind["lesson"]
    return {
        "words": words(nb), "lessons": len(lessons), "lines": sum(map(lines, lessons)),
        "longest lesson": max(map(lines, lessons), default=0), "plots": len(by_kind["plot"]),
        "checks": len(by_kind["check"]), "listings": len(by_kind["listing"]),
        "assertions": max(map(asserts, lessons), default=0),
        "guards": sum("is_mnist(" in cell.source for cell in code if kind(cell) != "check"),
        "first figure": round(moving[0] / len(nb.cells), 2) if moving else 1.0,
        "predict": text.count("**Predict first"), "exercises": len(re.findall(r"^\*\*Exercise ", text, re.M)),
        "formulas": text.count("$$") // 2, "minutes": notebook.minutes(nb), "core": notebook.core_minutes(nb)}


def table(paths):
    """Return the measures of some notebooks as the lines of a table, a limit that is missed marked by a star."""
    rows = []
    for path in paths:
        number = re.match(r"\d+", path.name)
        allowed = limits(int(number[0])) if number else {}
        measured = measure(notebook.read(path))
        rows.append({"notebook": path.stem, **{name: f"{value}{'*' if value > allowed.get(name, value) else ''}"
                                               for name, value in measured.items()}})
    wide = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    return [" ".join(f"{text:>{wide[name]}}" for name, text in row.items())
            for row in [{name: name for name in wide}, *rows]]


def of_the_road(root):
    """Return the table of all chapters."""
    return table([Path(root) / f"{chapter.page}.ipynb" for chapter in tables.chapters(root)])


if __name__ == "__main__":
    named = [Path(name) for name in sys.argv[1:]]
    print("\n".join(table(named) if named else of_the_road(Path(__file__).resolve().parents[3])))
