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
from collections import Counter, defaultdict

from lab.common import ROOT, clone, command_line, record, run, stamp

# mutmut's exit codes: a failing test or a crash of pytest, and the ways of taking too long.
NOTICED, TIMED_OUT = {1, 3}, {36, 24, -24, 152, 255}


def function_of(key):
    """Return the function that a mutant changes: mutmut calls them module.x_function__mutmut_7, or xǁClassǁmethod__…"""
    name = re.fullmatch(r"(?:\w+\.)*?x(?:_|ǁ)(.+)__mutmut_\d+", key)[1]
    return name.replace("ǁ", ".")


def by_function(codes):
    """Count the mutants of each function by how they ended; `codes` are mutmut's, by mutant."""
    counts = defaultdict(Counter)
    for key, code in codes.items():
        if code is None:
            raise RuntimeError(f"{key} was not tried")
        ended = "noticed" if code in NOTICED else "timed_out" if code in TIMED_OUT else "survived"
        counts[function_of(key)].update({"tried": 1, ended: 1})
    return {name: {part: counts[name][part] for part in ("tried", "noticed", "timed_out", "survived")}
            for name in sorted(counts)}


def attack(tree, module):
    """Try every mutant of one module; return the counts, in all and by function."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.cpu_count(), f"helpers.{module}.*"]
    code, output, _ = run(command, tree, OMP_NUM_THREADS="1", PYTHONPATH=None)
    meta = tree / "mutants" / "helpers" / f"{module}.py.meta"
    if code or not meta.exists():
        raise RuntimeError(f"mutmut ended with {code} on {module}:\n{output[-3000:]}")
    functions = by_function(json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"])
    total = Counter()
    for counts in functions.values():
        total.update(counts)
    return {**total, "functions": functions}


def main():
    modules = [path.stem for path in sorted((ROOT / "helpers").glob("*.py")) if path.stem != "__init__"]
    options = command_line(__doc__, modules)
    results = {}
    with tempfile.TemporaryDirectory(prefix="modules-") as folder:
        tree = clone(folder)
        when_and_where = stamp(tree=tree)
        for module in options.names or modules:
            results[module] = attack(tree, module)
            print(module, {key: count for key, count in results[module].items() if key != "functions"}, flush=True)
            record("modules", results, when_and_where, options.publish, keep_others=bool(options.names))


if __name__ == "__main__":
    main()
