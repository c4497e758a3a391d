"""What would it take for a wrong number to reach a reader? Change one thing in a chapter's code: does nbval notice?

    python -m lab.mutants [--publish] [chapter ...]

Which of the many possible changes are tried is decided by their hashes, spread over cells and kinds, so that an edit
elsewhere changes no choice. Each is written into a notebook of a clone of the last commit, and that notebook is run as
`make test` runs it. What survives needs a reason in lab/mutants_allowed.toml, or this ends with 1. Modules are
attacked by mutmut: `make -C lab modules`.
"""

import hashlib
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from typing import NamedTuple

import nbformat

from lab.changes import changed_texts
from lab.common import KILLED, ROOT, attack_each, clone, command_line, run, stamp

NUMBER = 20  # of changes to try in a notebook
ALLOWED = ROOT / "lab" / "mutants_allowed.toml"
LIMIT_SECONDS = 600
RARE_KINDS = ("colour map", "swapped label", "shift removed")  # taken wherever there is one
NOT_READ = ("remove-cell", "check")  # what no reader sees, and what is itself a test
FAILED = 1  # pytest's code for a test that fails: any other but 0 is a trouble of its own


class Mutant(NamedTuple):
    """One change: where it is made, its kind, what the lines were and are, and the whole new text of the cell."""

    notebook: str
    cell: str
    kind: str
    before: str
    after: str
    text: str

    @property
    def name(self):
        return f"{self.notebook} {self.cell}: {self.kind}: {self.before} -> {self.after}"


def rank(mutant):
    return hashlib.sha256(mutant.name.encode()).hexdigest()


def mutants_of(root, notebook):
    """Return all mutants of a notebook."""
    return [Mutant(notebook, cell.id, *change) for cell in nbformat.read(root / notebook, as_version=4).cells
            if cell.cell_type == "code" and not set(NOT_READ) & set(cell.metadata.get("tags", []))
            for change in changed_texts(cell.source)]


def choose(mutants, number):
    """Take mutants of all kinds in turns, each kind's in the order of their hashes, no two of the same line."""
    kinds = defaultdict(list)
    for mutant in sorted({m.name: m for m in mutants}.values(), key=rank):
        kinds[mutant.kind].append(mutant)
    queues = [iter(kinds[kind]) for kind in sorted(kinds, key=lambda k: (k not in RARE_KINDS, rank(kinds[k][0])))]
    chosen, lines = [], set()
    while queues and len(chosen) < number:
        for queue in list(queues):
            mutant = next((m for m in queue if (m.cell, m.before) not in lines), None)
            if mutant is None:
                queues.remove(queue)
            elif len(chosen) < number:
                chosen.append(mutant)
                lines.add((mutant.cell, mutant.before))
    return sorted(chosen, key=lambda m: m.name)


def outcome(tree, notebook):
    """Run a notebook under nbval to the first cell that fails; return how it ended, and what nbval said."""
    code, output, _ = run([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=",
                           "--timeout=0", "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={LIMIT_SECONDS}",
                           notebook], tree, LIMIT_SECONDS, PYTHONPATH=str(tree), OMP_NUM_THREADS="1")
    if code not in (0, FAILED, KILLED):
        raise RuntimeError(f"pytest ended with {code} on {notebook}:\n{output[-2000:]}")
    return {0: "survived", FAILED: "noticed", KILLED: "timed out"}[code], output


def attempt(tree, mutant):
    """Write one mutant into the clone, run it, and take it out again."""
    path = tree / mutant.notebook
    original = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(original, as_version=4)
    next(cell for cell in notebook.cells if cell.id == mutant.cell).source = mutant.text
    try:
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        return outcome(tree, mutant.notebook)[0]
    finally:
        path.write_text(original, encoding="utf-8")


def attack(tree, notebook, reasons):
    """Try the mutants of one notebook; return the counts, and what survived."""
    ended, output = outcome(tree, notebook)
    if ended != "survived":
        raise RuntimeError(f"without a mutant, {notebook} is not sound ({ended}):\n{output[-2000:]}")
    chosen, outcomes, survivors = choose(mutants_of(tree, notebook), NUMBER), Counter(), []
    for mutant in chosen:
        ended = attempt(tree, mutant)
        outcomes[ended] += 1
        print(f"{ended:9}  {mutant.name}", flush=True)
        if ended == "survived":
            survivors.append({"cell": mutant.cell, "kind": mutant.kind, "before": mutant.before, "after": mutant.after,
                              "reason": reasons.get(mutant.name)})
    return {"tried": len(chosen), "noticed": outcomes["noticed"], "timed_out": outcomes["timed out"],
            "kinds": dict(sorted(Counter(m.kind for m in chosen).items())), "survivors": survivors}


def main():
    paths = sorted(ROOT.glob("notebooks/0*.ipynb")) + sorted(ROOT.glob("notebooks/further/*.ipynb"))
    notebooks = {path.stem: path.relative_to(ROOT).as_posix() for path in paths}
    options = command_line(__doc__, notebooks)
    allowed = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))["allowed"]
    reasons = {entry["mutant"]: entry["reason"] for entry in allowed}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = clone(folder)
        results = attack_each("cells", options, notebooks, lambda notebook: attack(tree, notebook, reasons),
                              stamp(tree=tree))
    unexplained = sum(survivor["reason"] is None for result in results.values() for survivor in result["survivors"])
    print(f"{unexplained} survivors without a reason in {ALLOWED.name}")
    return bool(unexplained)


if __name__ == "__main__":
    sys.exit(main())
