"""What a notebook says of itself: its metadata, its sections, and the minutes that they take to read.

The minutes follow one rule: 180 words a minute, 30 seconds a lesson cell, 20 seconds a display formula, a minute a
figure. Exercises are counted apart, since solving takes as long as it takes.
"""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import v4

WORDS_A_MINUTE, CELL, FORMULA, FIGURE = 180, 30, 20, 60  # the last three in seconds
EXERCISES, POINTERS = ("Exercises", "Questions"), ("Next",)
FOLDED = {"check", "hide-cell", "hide-input", "remove-cell", "remove-input"}  # what is not there to be read as code
WORD = r"[^\W_]+(?:['’.,-][^\W_]+)*"
UNCOUNTED = " to read; writing and exercises not counted"
TIME = re.compile(rf"(\*\*Time\*\* about )\d+ minutes(?:{UNCOUNTED})?")
CORE = re.compile(r"(ends\*\*, after about )\d+ minutes")


@dataclass(frozen=True)
class Section:
    """A second-level section: its title, the anchors of all headings in it, and its minutes."""

    title: str
    anchors: tuple
    minutes: int

    @property
    def is_exercise(self):
        """Whether it is one to solve rather than to read."""
        return self.title in EXERCISES


@dataclass(frozen=True)
class Chapter:
    """A notebook: its page, its title, what its metadata say, and its sections, "Opening" first."""

    page: str
    title: str
    course: dict
    sections: tuple

    @property
    def number(self):
        """The number in its name, or None."""
        found = re.match(r"\d+", self.page.rpartition("/")[2])
        return int(found[0]) if found else None

    @property
    def minutes(self):
        """What the opening states: the minutes of all sections but the exercises."""
        return sum(section.minutes for section in self.sections if not section.is_exercise)


def read(path):
    """Read a notebook without the validation that takes nbformat most of its time; the tests validate."""
    return v4.reads(Path(path).read_text(encoding="utf-8"))


def needs_mnist(path):
    """Tell whether a notebook says that it uses MNIST."""
    return "mnist" in read(path).metadata.get("course", {}).get("needs", [])


def anchor(heading):
    """Return the anchor that the book gives to a heading, which is GitHub's."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def seconds_of_text(text):
    """Return how long a Markdown text takes: its words, a formula in a line counting as one, and what is displayed."""
    formulas, pictures = len(re.findall(r"\$\$.+?\$\$", text, re.S)), len(re.findall(r"!\[[^]]*\]\(", text))
    text = re.sub(r"\$\$.+?\$\$", "", text, flags=re.S)
    text = re.sub(r"\$[^$]+\$", " x ", text)
    words = len(re.findall(WORD, re.sub(r"<[^>]+>|\]\([^)]*\)", "", text)))
    return words * 60 / WORDS_A_MINUTE + formulas * FORMULA + pictures * FIGURE


def seconds_of_code(cell):
    """Return how long a code cell takes: to read, if it is a lesson, and to look at what it draws."""
    data = [output.get("data", {}) for output in cell.outputs]
    figures = sum("image/png" in d or "image/svg+xml" in d or "course-figure" in d.get("text/html", "") for d in data)
    return FIGURE * figures + CELL * (not FOLDED & set(cell.metadata.get("tags", [])))


def pieces(nb):
    """Yield title, anchors and seconds, piece by piece; a piece without a title goes on with its section."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            yield None, (), seconds_of_code(cell)
        elif cell.cell_type == "markdown":
            text = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
            for part in re.split(r"^(?=## )", text, flags=re.M):
                title = re.match(r"## (.*)", part)
                anchors = tuple(anchor(heading.strip()) for heading in re.findall(r"^#{1,6} (.*)", part, re.M))
                yield title and title[1].strip(), anchors, seconds_of_text(part)


def sections(nb):
    """Return the sections of a notebook. Their minutes are rounded so that they sum to the chapter's."""
    found = [["Opening", (), 0.0]]
    for title, anchors, seconds in pieces(nb):
        if title:
            found.append([title, (), 0.0])
        found[-1][1] += anchors
        found[-1][2] += seconds
    found = [section for section in found if section[0] not in POINTERS]
    sums = {False: 0.0, True: 0.0}
    rounded = []
    for title, anchors, seconds in found:
        apart = title in EXERCISES
        before, sums[apart] = sums[apart], sums[apart] + seconds / 60
        rounded.append(Section(title, anchors, round(sums[apart]) - round(before)))
    return tuple(rounded)


def chapter(root, page):
    """Return the notebook behind a page such as ``notebooks/01_motivation``."""
    nb = read(Path(root) / f"{page}.ipynb")
    title = re.search(r"^# (.*)", nb.cells[0].source, re.M)[1].strip()
    return Chapter(page, title, nb.metadata.get("course", {}), sections(nb))


def minutes(nb):
    """Return the minutes of a notebook by the rule, exercises apart."""
    return sum(section.minutes for section in sections(nb) if not section.is_exercise)


def core_minutes(nb):
    """Return the minutes up to the cell that says where the core ends, or of the whole notebook."""
    places = [k for k, cell in enumerate(nb.cells) if "core-ends" in cell.metadata.get("tags", [])]
    return minutes(v4.new_notebook(cells=nb.cells[:places[0]])) if places else minutes(nb)


def state_minutes(nb):
    """Write the minutes of the rule into a notebook's opening and where its core ends, and return the notebook."""
    def write(whole, core):
        nb.cells[0].source = TIME.sub(rf"\g<1>{whole} minutes{UNCOUNTED}", nb.cells[0].source)
        for cell in nb.cells:
            if "core-ends" in cell.metadata.get("tags", []):
                cell.source = CORE.sub(rf"\g<1>{core} minutes", cell.source)

    write(0, 0)  # so that the words which are written are counted
    write(minutes(nb), core_minutes(nb))
    return nb


def ranges(numbers):
    """Write 1, 2, 3, 5 as "1–3, 5"."""
    runs = itertools.groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
