"""Write what the instructors' guide says about time: python tools/minutes_page.py

book/_minutes.md has the minutes of each section and the slides that it treats; book/_slides_minutes.md has the minutes
of the slides; book/_plans.md has the plans for one, two and four weeks. The minutes are estimates, from the length of
the text and the number of formulas and cells, scaled to the time that the chapter states. The slides come from the
slide map. Every sum is computed here.
"""

import itertools
import re
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
MINUTES = {
    1: [1, 2, 2, 3, 2, 2, 6, 1, 1],
    2: [2, 4, 8, 4, 12, 11, 6, 8, 2, 3],
    3: [2, 5, 1, 9, 3, 2, 4, 8, 3, 6, 2, 2, 1, 2],
    4: [2, 2, 4, 3, 4, 13, 10, 8, 17, 20, 1, 6],
    5: [2, 10, 4, 14, 4, 11, 17, 2, 4, 2, 5],
    6: [3, 2, 13, 5, 10, 2, 5, 5, 18, 9, 8, 2, 3],
    7: [2, 5, 2, 11, 3, 16, 9, 11, 7, 2, 2],
}
# title: the sessions: when, the sections in class, the sections at home, what happens to the problem sets
PLANS = {
    "One week: five sessions, nearly all of it in class": [
        ("Monday", "1 §1–9, 2 §1–10", "", ""),
        ("Tuesday", "3 §1–14, 4 §1–6", "", "set 1 out"),
        ("Wednesday", "4 §7–12, 5 §1–3", "", ""),
        ("Thursday", "5 §4–11, 6 §1–4", "", "set 1 in"),
        ("Friday", "6 §5–9, 7 §1–6", "6 §10–13, 7 §7–11", "set 1 back; sets 2 and 3 as homework"),
    ],
    "Two weeks: four sessions, the slides in class, the rest at home": [
        ("week 1, first", "1 §1–8, 2 §1–3, 2 §5, 2 §8", "1 §9, 2 §4, 2 §6–7, 2 §9–10", ""),
        ("week 1, second", "3 §1–5, 3 §7, 3 §10, 4 §1–6", "3 §6, 3 §8–9, 3 §11–14", "set 1 out"),
        ("week 2, first", "4 §7–8, 5 §1–4, 5 §7", "4 §9–12, 5 §5–6, 5 §8–11", "set 1 in, set 2 out"),
        ("week 2, second", "6 §1–5, 7 §1–4, 7 §6", "6 §6–13, 7 §5, 7 §7–11", "set 1 back, set 2 in, set 3 out"),
    ],
    "Four weeks: eight sessions, nearly all of it in class": [
        ("week 1, first", "1 §1–9, 2 §1–4", "", ""),
        ("week 1, second", "2 §5–9", "2 §10", ""),
        ("week 2, first", "3 §1–13", "3 §14", "set 1 out"),
        ("week 2, second", "4 §1–8", "", "set 1 in"),
        ("week 3, first", "4 §9–11", "4 §12", "set 1 back"),
        ("week 3, second", "5 §1–7", "5 §8–11", "set 2 out"),
        ("week 4, first", "6 §1–9", "6 §10–13", "set 2 in, set 3 out"),
        ("week 4, second", "7 §1–8", "7 §9–11", "set 2 back, set 3 in"),
    ],
}


def anchor(title):
    """Return the anchor that the book gives to a heading, which is GitHub's."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def sections(path):
    """Return the sections of a chapter, "Opening" first and "Next" left out, each with the anchors inside it."""
    found = [("Opening", [])]
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "markdown":
            continue
        tokens = MarkdownIt().parse(cell.source)
        for mark, inline in itertools.pairwise(tokens):
            if mark.type == "heading_open":
                if mark.tag == "h2":
                    found.append((inline.content, []))
                found[-1][1].append(anchor(inline.content))
    return [section for section in found if section[0] != "Next"]


def slides_by_anchor():
    """Return the numbers of the slides, by chapter file and anchor, from the slide map."""
    slides = {}
    for number, rest in re.findall(r"^\| (\d+) \|(.*)$", (BOOK / "slides.md").read_text("utf-8"), re.M):
        for target in re.findall(r"\]\(\.\./notebooks/([^)]*)\)", rest):
            slides.setdefault(target, []).append(int(number))
    return slides


def course():
    """Return every section in order: chapter, number, a link with its title, minutes, slides."""
    slides, rows = slides_by_anchor(), []
    for path in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        chapter = int(path.name[:2])
        for number, ((title, anchors), minutes) in enumerate(zip(sections(path), MINUTES[chapter], strict=True), 1):
            shown = sorted({slide for name in anchors for slide in slides.get(f"{path.name}#{name}", [])})
            rows.append((chapter, number, f"[{title}](../notebooks/{path.name}#{anchors[0]})", minutes, shown))
    return rows


def ranges(numbers):
    """Write 1, 2, 3, 5 as "1–3, 5"."""
    runs = itertools.groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def minutes_page(rows):
    """Return a table for each chapter as Markdown."""
    parts = []
    for chapter, inside in itertools.groupby(rows, lambda row: row[0]):
        lines = [f"| {number} | {link} | {minutes} | {ranges(slides)} |" for _, number, link, minutes, slides in inside]
        parts.append("\n".join([f"**Chapter {chapter}**, {sum(MINUTES[chapter])} minutes", "",
                                "| § | section | minutes | slides |", "|---:|---|---:|---|", *lines]))
    return "\n\n".join(parts) + "\n"


def slides_page(rows):
    """Return the minutes of the slides as Markdown. Slides that share a section share a line."""
    groups = []
    for row in (row for row in rows if row[4]):
        touched = [group for group in groups if group[0] & set(row[4])]
        groups = [group for group in groups if group not in touched]
        groups.append((set(row[4]).union(*(slides for slides, _ in touched)),
                       [*itertools.chain.from_iterable(inside for _, inside in touched), row]))
    lines = []
    for slides, inside in sorted(groups, key=lambda group: min(group[0])):
        where = "; ".join(f"{chapter} §{ranges(row[1] for row in part)}"
                          for chapter, part in itertools.groupby(inside, lambda row: row[0]))
        lines.append(f"| {ranges(slides)} | {where} | {sum(row[3] for row in inside)} |")
    told = sum(row[3] for row in rows if row[4])
    rest = sum(row[3] for row in rows) - told
    return "\n".join(["| slides | sections | minutes |", "|---|---|---:|", *lines,
                      f"| all {len(set().union(*(row[4] for row in rows)))} | | {told} |",
                      f"| beyond the slides | all other sections | {rest} |", ""])


def chosen(text):
    """Return the sections, as pairs of chapter and number, that a line such as "1 §9, 2 §1–3" names."""
    return [(int(chapter), number) for chapter, first, last in re.findall(r"(\d) §(\d+)(?:–(\d+))?", text)
            for number in range(int(first), int(last or first) + 1)]


def plans_page():
    """Return the plans as Markdown, with their sums."""
    def minutes(text):
        return sum(MINUTES[chapter][number - 1] for chapter, number in chosen(text))

    def whole(text):  # no line break inside "3 §1–14": a no-break space, and word joiners around the dash
        return text.replace(" §", "\u00a0§").replace("–", "\u2060–\u2060")

    parts = []
    for title, sessions in PLANS.items():
        lines = [f"| {when} | {whole(there)} | {minutes(there)} | {whole(home)} | {minutes(home) or ''} | {sets} |"
                 for when, there, home, sets in sessions]
        sums = [minutes(", ".join(session[column] for session in sessions)) for column in (1, 2)]
        parts.append("\n".join([f"**{title}.**", "",
                                "| session | in class | minutes | at home | minutes | problem sets |",
                                "|---|---|---:|---|---:|---|", *lines,
                                f"| together | | {sums[0]} | | {sums[1]} | |"]))
    return "\n\n".join(parts) + "\n"


def pages():
    """Return all three pages by the names of their files."""
    rows = course()
    return {"_minutes.md": minutes_page(rows), "_slides_minutes.md": slides_page(rows), "_plans.md": plans_page()}


if __name__ == "__main__":
    for name, text in pages().items():
        (BOOK / name).write_text(text, encoding="utf-8")
