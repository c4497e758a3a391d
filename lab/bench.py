"""Measure how fast the model trains: notebooks/further/how_fast.ipynb, with more images and repeats than a reader has.

    python -m lab.bench [--publish]

A cell with larger values is put after the notebook's cell tagged `parameters`; what its last cell leaves in MEASURED is
the result.
"""

import json
import os

import nbformat
from nbclient import NotebookClient

from lab.common import ROOT, command_line, record, stamp

NOTEBOOK = ROOT / "notebooks" / "further" / "how_fast.ipynb"
LARGER = {"BATCHES": 937, "REPEATS": 7}  # a whole epoch; the median of seven


def measure(path, larger):
    """Run a notebook with larger parameters; return its MEASURED."""
    notebook = nbformat.read(path, as_version=4)
    place = next(k for k, cell in enumerate(notebook.cells, 1) if "parameters" in cell.metadata.get("tags", []))
    notebook.cells.insert(place, nbformat.v4.new_code_cell(
        f"assert globals().keys() >= {set(larger)}\nglobals().update({larger})"))
    notebook.cells.append(nbformat.v4.new_code_cell("import json\nprint(json.dumps(MEASURED))"))
    NotebookClient(notebook, timeout=3600, kernel_name="python3", extra_arguments=["--log-level=40"],
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    return json.loads(notebook.cells[-1].outputs[0].text)


def main():
    publish = command_line(__doc__, ()).publish
    os.environ["OMP_NUM_THREADS"] = "1"  # which the kernel inherits
    print(record("bench", {"parameters": LARGER, **measure(NOTEBOOK, LARGER)}, stamp(("numpy", "torch")), publish))


if __name__ == "__main__":
    main()
