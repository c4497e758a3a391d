"""Whether there is a computation behind every number in the sentences.

nbval compares outputs, not sentences: a number that was typed there would stay when the code moves on. So each number
of two digits or more, in the text of a chapter or in the description of a figure, has to stand in the code or in an
output near it, rounded as it is written; a constant of the code counts in the whole chapter, and the summary and the
questions may look back at all of it. tests/notebooks/test_prose_numbers.py holds every notebook to that. What it can
notice is measured by raising the last digit of each number in turn; `page` makes a table of it.
"""

import re
from dataclasses import dataclass

from .notebook import read

BEFORE, AFTER = 3, 2  # code cells that count as near
LONGEST = 20_000  # letters of an output; what is longer is the script of a figure that moves
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
# Code, citations, addresses, numbers of formulas, chapters, figures and exercises, the minutes that the build writes,
# and fractions, whose digits are no number of their own.
NO_VALUES = (r"`[^`]*`|\[[^\]]*\b\d{4}\]\([^)]*\)|\]\([^)]*\)|\b(?:[Ff]igures?|[Ee]xercises?) \d+\.\d+|"
             r"after about \d+ minutes|\\tag\{[^}]*\}|\(\d\.\d+\)|[Cc]hapters? \d(?:(?: to |, | and )\d)*|"
             r"^\*\*\d+\.\*\*|\\[td]?frac\s*\d\d")
ROUGHLY = (r"(?:about|nearly|roughly|almost|around|over|under|above|below|at least|at most|up to|more than|less than)"
           r"\s*\$?[-−]?$")


@dataclass(frozen=True)
class Number:
    """A number as a sentence writes it: its digits, its power of ten, whether it claims to be rough, and its place."""

    digits: str
    power: str
    rough: bool
    context: str

    @property
    def value(self):
        """The number itself."""
        return float(self.digits + self.power)

    @property
    def step(self):
        """What the last digit counts: in "about 180", tens."""
        decimals = len(self.digits.partition(".")[2])
        zeros = len(self.digits) - len(self.digits.rstrip("0")) if self.rough and not decimals else 0
        return float(f"1{self.power or 'e0'}") * 10.0 ** (zeros - decimals)

    def raised(self):
        """Return the number with its last digit raised by one, and 9 made 0: a misprint."""
        return Number(self.digits[:-1] + str((int(self.digits[-1]) + 1) % 10), self.power, self.rough, self.context)

    def stands_in(self, near, constants):
        """Tell whether one of `near` rounds to this, as a share or in percent, or a constant is this."""
        rounded, exactly = self.step / 2 * (1 + 1e-9), 1e-9 * abs(self.value)
        return any(abs(factor * other - self.value) <= away for others, away in ((near, rounded), (constants, exactly))
                   for other in others for factor in (1, 100))


def numbers_in(text):
    """Yield the numbers of a sentence that have two digits or more; one digit says nothing about where it is from."""
    text = re.sub(NO_VALUES, "", text.replace("{,}", ","), flags=re.M)
    text = re.sub(rf"({NUMBER})\s*\\cdot\s*10\^\{{?(-?\d+)\}}?", r"\1e\2", text)
    text = re.sub(r"10\^\{?-?\d+\}?|[_^](\{[^}]*\}|\d)", "", text.replace(r"\approx", " about "))
    text = re.sub(r"\\[a-zA-Z]+", " ", text)
    for found in re.finditer(rf"(?<![\w.])({NUMBER})(e-?\d+)?(?!\w)", text):
        digits, power = found[1].replace(",", ""), found[2] or ""
        if len(digits) > 1 or power:
            yield Number(digits, power, bool(re.search(ROUGHLY, text[:found.start()])),
                         " ".join(text[max(0, found.start() - 50):found.end() + 20].split()))


def values_in(text):
    """Return the numbers of a program or of its output."""
    plain = re.findall(r"(?<![\w.])\d+\.?\d*(?:e[-+]?\d+)?|(?<!\w)\.\d+", re.sub(r"(?<=\d)_(?=\d)", "", text))
    grouped = re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text)
    return {float(number.replace(",", "")) for number in (*plain, *grouped)}


def code_of(cell):
    return re.sub(r"#.*", "", cell.source)


def shown_by(cell, picture=False):
    """Return what a code cell prints; the text that stands for its picture only if that is asked for."""
    texts = []
    for output in cell.outputs:
        data = output.get("data", {})
        if picture or "image/png" not in data:
            texts += [output.get("text", ""), *(str(text) for kind, text in data.items() if kind.startswith("text/"))]
    return "\n".join(text for text in texts if len(text) < LONGEST)


def claims(nb):
    """Yield each number of a notebook's sentences with the numbers near it and the constants of the code."""
    code = [k for k, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    values = [values_in(code_of(nb.cells[k]) + "\n" + shown_by(nb.cells[k])) for k in code]
    constants = set().union(*(values_in(code_of(nb.cells[k])) for k in code))
    summary = max((k for k, cell in enumerate(nb.cells) if re.search("^## Summary$", cell.source, re.M)),
                  default=len(nb.cells))
    for k, cell in enumerate(nb.cells[1:], 1):  # the opening's minutes and slides are tested elsewhere
        here = sum(place < k for place in code)
        near = set().union(*values if k >= summary else values[max(0, here - BEFORE):here + AFTER])
        text = cell.source
        if cell.cell_type == "code":
            text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            near |= values_in(shown_by(cell, picture=True))
        for number in numbers_in(text):
            yield number, near, constants


def page(paths):
    """Return the numbers and the misprints that would be noticed, chapter by chapter, as Markdown."""
    rows, total = [], [0, 0, 0, 0]
    for path in paths:
        found = [(number, number.raised().stands_in(near, constants))
                 for number, near, constants in claims(read(path))]
        long = [passes for number, passes in found if len(number.digits.replace(".", "")) > 2]
        row = [len(found), sum(not passes for _, passes in found), len(long), sum(not passes for passes in long)]
        name = str(int(path.name[:2])) if path.name[0].isdigit() else path.stem
        rows.append(f"| {name} | {' | '.join(map(str, row))} |")
        total = [a + b for a, b in zip(total, row, strict=True)]
    return "\n".join(["| chapter | numbers | misprints noticed | numbers of three digits or more | misprints noticed |",
                      "|---|---:|---:|---:|---:|", *rows, f"| all | {' | '.join(map(str, total))} |", ""])

