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
NOTICED, TIMED_OUT = {1, 3}, {36, 24, -24, 152, 255}


def counted(codes):
    """Count mutants, of which these are mutmut's exit codes, by how they ended."""
    noticed, timed_out = (sum(code in known for code in codes) for known in (NOTICED, TIMED_OUT))
    return {"tried": len(codes), "noticed": noticed, "timed_out": timed_out,
            "survived": len(codes) - noticed - timed_out}


def function_of(mutant):
    """Return the function that is changed in module.x_function__mutmut_7 or in module.xǁClassǁmethod__mutmut_7."""
    return re.fullmatch(r"(?:\w+\.)*?x[_ǁ](.+)__mutmut_\d+", mutant)[1].replace("ǁ", ".")


def attack(tree, module):
    """Try every mutant of one module; return the counts, in all and by function."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.cpu_count(), f"helpers.{module}.*"]
    code, output, _ = run(command, tree, OMP_NUM_THREADS="1", PYTHONPATH=None)
    meta = tree / "mutants" / "helpers" / f"{module}.py.meta"
    if code or not meta.exists():
        raise RuntimeError(f"mutmut ended with {code} on {module}:\n{output[-3000:]}")
    codes, functions = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"], defaultdict(list)
    if None in codes.values():
        raise RuntimeError(f"mutmut left mutants of {module} untried:\n{output[-3000:]}")
    for mutant, code in codes.items():
        functions[function_of(mutant)].append(code)
    return counted(codes.values()) | {"functions": {name: counted(functions[name]) for name in sorted(functions)}}


def main():
    modules = {path.stem: path.stem for path in sorted((ROOT / "helpers").glob("*.py")) if path.stem != "__init__"}
    options = command_line(__doc__, modules)
    with tempfile.TemporaryDirectory(prefix="modules-") as folder:
        tree = clone(folder)
        attack_each("modules", options, modules, lambda module: attack(tree, module), stamp(tree=tree))


if __name__ == "__main__":
    main()
