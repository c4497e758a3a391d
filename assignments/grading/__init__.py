"""The problem sets: what students get, and what they get for what they hand in. README.md says how it works."""

import os
import sys
import tomllib
from pathlib import Path

ASSIGNMENTS = Path(__file__).resolve().parent.parent
DIST = ASSIGNMENTS.parent / "dist"
SETS = tomllib.loads((ASSIGNMENTS / "sets.toml").read_text(encoding="utf-8"))


def need_assertions():
    """Stop where Python leaves out assertions: every test would pass unseen, whatever the answer."""
    if not __debug__:
        sys.exit("The tests are made of assertions, and -O or PYTHONOPTIMIZE leaves them out: run again without it.")
    os.environ.pop("PYTHONOPTIMIZE", None)  # -E hides it from this Python, and not from those that this one starts
