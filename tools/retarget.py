"""Write the repository's address wherever the course needs it: python -m tools.retarget owner/name.

The badges, the launch buttons, the citation and the cell that installs the helpers in Colab then lead to that
repository. Until it is set they carry a placeholder, and the cell refuses to install from it.
"""

import re
import sys
from pathlib import Path

from tools.execute import write

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "OWNER/NAME"
NAME = r"[\w.-]+/[\w.-]+"
PLACES = {  # in these files, the address is what follows
    "book/_config.yml": r"(?<=url: https://github\.com/)",
    "book/about.md": r"(?<=https://github\.com/)",
    "book/index.md": r"(?<=mybinder\.org/v2/gh/)|(?<=https://github\.com/)",
    "book/vi/index.md": r"(?<=mybinder\.org/v2/gh/)|(?<=https://github\.com/)",
    "CITATION.cff": r"(?<=https://github\.com/)",
    "README.md": r"(?<=github\.com/)|(?<=google\.com/github/)|(?<=mybinder\.org/v2/gh/)",
    "book/instructors.md": r"(?<=repo=https://github\.com/)|(?<=mybinder\.org/v2/gh/)",
    "notebooks/**/*.ipynb": r'(?<=REPOSITORY, VERSION = \\")',
    "assignments/*.ipynb": r'(?<=REPOSITORY, VERSION = \\")',
}
# The guide's link for a JupyterHub: the address, encoded, and once more the name, as the folder it is cloned into.
ENCODED = re.compile(r"(github\.com%2F)([\w.-]+)%2F([\w.-]+)(&branch=[\w.]+&urlpath=lab%2Ftree%2F)[\w.-]+")


def files(root):
    """Yield each file that carries the address, with the pattern that finds it there."""
    for place, before in PLACES.items():
        for path in sorted(root.glob(place)):
            yield path, re.compile(f"(?:{before}){NAME}")


def addresses(root):
    """Return each address found, by file and position."""
    found = {}
    for path, pattern in files(root):
        text, place = path.read_text(encoding="utf-8"), path.relative_to(root)
        found |= {f"{place}:{match.start()}": match[0] for match in pattern.finditer(text)}
        found |= {f"{place}:{match.start()}": f"{match[2]}/{match[3]}" for match in ENCODED.finditer(text)}
    return found


def retarget(root, repository):
    """Write `repository` in every place; raise ValueError if it is not owner/name."""
    if not re.fullmatch(NAME, repository):
        raise ValueError(f"REPO must be owner/name; got {repository!r}")
    owner, name = repository.split("/")
    for path, pattern in files(root):
        old = path.read_text(encoding="utf-8")
        new = ENCODED.sub(lambda match: f"{match[1]}{owner}%2F{name}{match[4]}{name}", pattern.sub(repository, old))
        if new != old:
            write(path, new)


if __name__ == "__main__":
    try:
        retarget(ROOT, sys.argv[1] if len(sys.argv) > 1 else "")
    except ValueError as error:
        sys.exit(str(error))
    print("\n".join(f"{address}  {place}" for place, address in addresses(ROOT).items()))
