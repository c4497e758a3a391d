"""Compile requirements.txt from the ranges in pyproject.toml: one version of each package, for every
platform and for Python 3.11 and newer."""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def fingerprint():
    """Return a digest of the ranges; tests compare it with the one in requirements.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [project["requires-python"], project["dependencies"], project["optional-dependencies"]]
    return hashlib.sha256(json.dumps(ranges).encode()).hexdigest()[:16]


def main():
    target = ROOT / "requirements.txt"
    compiled = subprocess.run(
        [Path(sys.executable).with_name("uv"), "pip", "compile", "--universal", "--fork-strategy", "fewest",
         "--python-version", "3.11", "--extra", "dev", "--no-header", "--no-annotate", "--no-emit-index-url",
         "pyproject.toml"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    target.write_text(f"# Compiled by `make lock` from the ranges in pyproject.toml ({fingerprint()}).\n{compiled}",
                      encoding="utf-8")
    print(f"{target.name}: {len(compiled.splitlines())} packages")


if __name__ == "__main__":
    main()
