"""Change one thing at a time in the helpers: do their unit tests notice? mutmut does it, in a clone of the last commit.

    make -C lab modules [ONLY="softmax training"] [PUBLISH=1]

How it runs the tests stands in pyproject.toml, under [tool.mutmut]. A mutant of a function that no unit test calls
counts as one that survived. Here the outcome is put together, function by function.
"""

import json
import os
import re
import sys
import tempfile
from collections import defaultdict

from lab.common import ROOT, attack_each, clone, command_line, run, stamp

# mutmut's exit codes: a failing test or a crash of pytest, and the ways in which a test did not end.
NOTICED = {1, 3, 36, 24, -24, 152, 255}


def by_function(codes):
    """Count the mutants of each function, tried and noticed; `codes` are mutmut's, by mutant."""
    counts = defaultdict(lambda: {"tried": 0, "noticed": 0})
    for key, code in codes.items():
        if code is None:
            raise RuntimeError(f"{key} was not tried")
        # mutmut's names: module.x_function__mutmut_7, module.xǁClassǁmethod__mutmut_7
        function = re.fullmatch(r"(?:\w+\.)*?x[_ǁ](.+)__mutmut_\d+", key)[1].replace("ǁ", ".")
        counts[function]["tried"] += 1
        counts[function]["noticed"] += code in NOTICED
    return dict(sorted(counts.items()))


def attack(tree, module):
    """Try every mutant of one module; return the counts, in all and by function."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.cpu_count(), f"helpers.{module}.*"]
    code, output, _ = run(command, tree, OMP_NUM_THREADS="1", PYTHONPATH=None)
    meta = tree / "mutants" / "helpers" / f"{module}.py.meta"
    if code or not meta.exists():
        raise RuntimeError(f"mutmut ended with {code} on {module}:\n{output[-3000:]}")
    functions = by_function(json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"])
    return {part: sum(counts[part] for counts in functions.values()) for part in ("tried", "noticed")} | {
        "functions": functions}


def main():
    modules = {path.stem: path.stem for path in sorted((ROOT / "helpers").glob("*.py")) if path.stem != "__init__"}
    options = command_line(__doc__, modules)
    with tempfile.TemporaryDirectory(prefix="modules-") as folder:
        tree = clone(folder)
        attack_each("modules", options, modules, lambda module: attack(tree, module), stamp(tree=tree))


if __name__ == "__main__":
    main()
