"""Ask every address on the web that the pages, the chapters and the README name whether it is still there.

Sphinx's own link checker does it; the exit code is 1 if an address does not answer. Every answer is kept in
book/_build/links/_build/html/output.txt. It needs a network, so `make test` does not run it.
"""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "book" / "_build" / "links"
BESIDE_THE_BOOK = ("README", "CONTRIBUTING", "SECURITY")


def main():
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    contents["parts"].append({"caption": "The repository", "chapters": [{"file": name} for name in BESIDE_THE_BOOK]})
    OUT.mkdir(parents=True, exist_ok=True)
    toc = OUT / "_toc.yml"
    toc.write_text(yaml.safe_dump(contents, allow_unicode=True), encoding="utf-8")
    return subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", ".", "--all", "--config",
                           "book/_config.yml", "--toc", str(toc), "--path-output", str(OUT), "--builder", "linkcheck"],
                          cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
