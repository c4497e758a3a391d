"""Measure how fast the model trains: notebooks/further/how_fast.ipynb, with more images and repeats than a reader has.

    python -m lab.bench [--publish]

A cell with larger values is put after the notebook's cell tagged `parameters`; what its last cell leaves in MEASURED is
the result.
"""

import ast
import json
import os
import sys

import nbformat
from nbclient import NotebookClient

from lab.common import ROOT, command_line, record, stamp

NOTEBOOK = ROOT / "notebooks" / "further" / "how_fast.ipynb"
LARGER = {"BATCHES": 937, "REPEATS": 7}  # a whole epoch; the median of seven
LIMIT_SECONDS = 3600


def measure(path, larger):
    """Run a notebook with larger parameters; return its MEASURED."""
    notebook = nbformat.read(path, as_version=4)
    tagged = [k for k, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ValueError(f"{path.name} must have one cell tagged `parameters`; it has {len(tagged)}")
    assigned = {target.id for node in ast.parse(notebook.cells[tagged[0]].source).body if isinstance(node, ast.Assign)
                for target in node.targets if isinstance(target, ast.Name)}
    if unknown := set(larger) - assigned:
        raise ValueError(f"larger must name what the cell `parameters` sets, {sorted(assigned)}; got {sorted(unknown)}")
    notebook.cells.insert(tagged[0] + 1, nbformat.v4.new_code_cell(
        "\n".join(f"{name} = {value!r}" for name, value in larger.items())))
    notebook.cells.append(nbformat.v4.new_code_cell("import json\nprint(json.dumps(MEASURED))"))
    NotebookClient(notebook, timeout=LIMIT_SECONDS, kernel_name="python3", extra_arguments=["--log-level=40"],
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    return json.loads(notebook.cells[-1].outputs[0].text)


def main():
    options = command_line(__doc__, ())
    os.environ["OMP_NUM_THREADS"] = "1"  # which the kernel inherits
    results = {"parameters": LARGER, **measure(NOTEBOOK, LARGER)}
    print(record("bench", results, stamp(("numpy", "torch")), options.publish))


if __name__ == "__main__":
    sys.exit(main())
