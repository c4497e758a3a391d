"""What was handed in: the notebooks in a folder, their code, and the set that they belong to."""

import json
import os
import re
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from assignments.grading import SETS


@dataclass(frozen=True)
class Submission:
    """One student's notebook. Only its code counts, whatever an editor has made of the rest."""

    student: str
    cells: dict = field(default_factory=dict)  # the code, by the number that Jupyter gives it in a run from the top
    mark: str = ""  # the set that `make release` wrote into the notebook, if it is still there
    python: tuple | None = None  # the Python that saved it
    problem: str | None = None  # why it cannot be read


# Find them.


def find(folder):
    """Return the notebooks in a folder and the folders in it, each with its student; say what is left out."""
    found = [path.relative_to(folder) for path in sorted(leaves_of(folder))]
    files = [path for path in found if path.suffix.lower() == ".ipynb" and os.path.isfile(folder / path)]
    if others := [str(path) for path in found if path not in files]:
        print("Not graded, because it is not a file whose name ends in .ipynb:", ascii(others))
    # A name that is not UTF-8, as old zip files have, must not stop the table.
    return [((folder / path).resolve(), os.fsencode(path.with_suffix("")).decode("utf-8", "replace")) for path in files]


def leaves_of(folder, above=()):
    """Yield all that is not hidden below a folder, through links, too, and the folders that lead no further.

    Those are the empty ones, those that cannot be read, and the links to a folder that they are in.
    """
    above = (*above, folder.resolve())
    try:
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    except OSError:
        inside = []
    if not inside:
        yield folder
    for path in inside:
        if os.path.isdir(path) and path.resolve() not in above:  # unlike path.is_dir(), it never raises
            yield from leaves_of(path, above)
        else:
            yield path


# Read them.


def read(path, student=""):
    """Read a notebook; one that cannot be read is a submission without code."""
    try:
        notebook = json.loads(Path(path).read_bytes())  # bytes: it knows the UTFs, with and without a mark in front
        cells, metadata = code_cells(notebook), notebook.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        saved = re.search(r"'version': '(\d+)\.(\d+)", str(metadata.get("language_info")))
        python = (int(saved[1]), int(saved[2])) if saved else None
        return Submission(student, cells, str(metadata.get("problem_set", "")), python)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        return Submission(student, problem=f"the file is not a notebook that can be read ({type(error).__name__})")


def code_cells(notebook):
    """Return the code of a notebook by its number; nbformat 3 had sheets of cells, with other names."""
    cells = [cell for sheet in notebook.get("worksheets", [notebook]) for cell in sheet["cells"]]
    sources = ["".join(cell["input" if "input" in cell else "source"]) for cell in cells if cell["cell_type"] == "code"]
    return dict(enumerate((source for source in sources if source.strip()), 1))


# Recognise their set.


def functions_in(cells):
    """Return the names of the functions that code defines; a cell that does not compile counts, too."""
    found = re.findall(r"^(?:async +)?(?:def +(\w+)|(\w+) *= *lambda)", "\n".join(cells.values()), re.M)
    return {function or named for function, named in found}


def own_functions(autograder):
    """Return, for each set that has been released, the functions that it asks for and no other set does."""
    solved = {name: autograder / name / f"{name}.ipynb" for name in SETS}
    asked = {name: functions_in(read(path).cells) for name, path in solved.items() if path.exists()}
    return {name: functions.difference(*(asked[other] for other in asked if other != name))
            for name, functions in asked.items()}


def likely_sets(submission, functions_of):
    """Say to which sets a submission may belong: those whose functions (`functions_of` each set) it defines most of.

    Between equals decides the mark that `make release` leaves in the metadata, if it is still there.
    """
    found = functions_in(submission.cells)
    shares = {name: len(functions & found) / len(functions) for name, functions in functions_of.items()}
    best = [name for name, share in shares.items() if share == max(shares.values()) > 0]
    return [submission.mark] if submission.mark in (best or functions_of) else best


def chosen_set(fits):
    """Return the set that most submissions fit; stop and ask if there is no such set, or if there are two."""
    votes = Counter(fit[0] for fit in fits if len(fit) == 1)
    most = statistics.multimode(votes.elements())
    if len(most) != 1:
        counted = ", ".join(f"{count} like {name}" for name, count in sorted(votes.items())) or "none like any set"
        sys.exit(f"Which set is it? Name it with --set. Of {len(fits)} notebooks, by their functions: {counted}.")
    return most[0]
