"""What pages show and nobody types: written into ``book/_generated`` before each build.

From the notebooks: the chapters, their sections and minutes, plans, slides, numbers in sentences. From `assignments`:
the problem sets. From ``lab/records``: whatever was measured; a record that is missing is said to be missing.
"""

import itertools
import json
import re
import tomllib
from xml.etree import ElementTree as ET

import yaml

from . import first, prose_numbers, twins
from .notebook import chapter, ranges, read

MISSING = "There is no record yet.\n"
HURRY = "notebooks/00_in_a_hurry"  # its sections may stand in a plan too


def markdown(columns, rows):
    """Return a Markdown table; a column whose name ends with ``:`` holds numbers."""
    def plain(cell):  # an error that a record quotes may hold anything
        return str(cell).replace("|", "\\|").replace("\n", " ")

    lines = [[column.rstrip(":") for column in columns],
             ["---:" if column.endswith(":") else "---" for column in columns], *rows]
    return "\n".join("| " + " | ".join(map(plain, line)) + " |" for line in lines) + "\n"


# The chapters.


def pages(root):
    """Return the names of the book's pages in order, the first page of the book first."""
    toc = yaml.safe_load((root / "book" / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]


def chapters(root):
    """Return the chapters of the road in the order of the table of contents: those numbered from 1."""
    return [chapter(root, page) for page in pages(root) if re.match(r"notebooks/0[1-9]", page)]


def published(root):
    """Return the newest version with a tag, which buttons and badges open, or the branch where there is none."""
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d[\w.]*)$", changes, re.M)
    return f"v{newest[1]}" if newest else "main"


def readme_table(root, repository):
    """Return the README's table: every notebook of the book with the button that opens it in Colab."""
    colab = "https://colab.research.google.com"
    rows = []
    for page in (page for page in pages(root) if page.startswith("notebooks/")):
        title = chapter(root, page).title
        address = f"{colab}/github/{repository}/blob/{published(root)}/{page}.ipynb"
        rows.append([title, f"[![Open {title} in Colab]({colab}/assets/colab-badge.svg)]({address})"])
    return markdown(["notebook", "in Colab"], rows)


def slides_by_anchor(root):
    """Return the numbers of the slides, by page and anchor, from the slide map."""
    slides = {}
    for number, rest in re.findall(r"^\| (\d+) \|(.*)$", (root / "book" / "slides.md").read_text("utf-8"), re.M):
        for page, name in re.findall(r"\]\(\.\./(notebooks/[^)]*)\.ipynb#([^)]*)\)", rest):
            slides.setdefault((page, name), set()).add(int(number))
    return slides


def sections(root, road):
    """Return every section in order: chapter, number, section, its slides."""
    slides = slides_by_anchor(root)
    return [(c, number, section, set().union(*(slides.get((c.page, name), ()) for name in section.anchors)))
            for c in road for number, section in enumerate(c.sections, 1)]


def sections_tables(rows):
    """Return a table of sections for each chapter."""
    parts = []
    for c, inside in itertools.groupby(rows, lambda row: row[0]):
        head = f"**{c.title}**, {c.minutes} minutes"
        if c.course.get("slides"):
            head += f", slides {ranges(c.course['slides'])}"
        parts.append(f"{head}\n\n" + markdown(["§:", "section", "minutes:", "slides"], [
            [number, f"[{section.title}](../{c.page}.ipynb#{section.anchors[0]})", section.minutes, ranges(slides)]
            for _, number, section, slides in inside]))
    return "\n".join(parts)


def slides_table(rows):
    """Return the minutes of the slides. Slides that share a section share a line."""
    groups = []
    for row in (row for row in rows if row[3]):
        touched = [group for group in groups if group[0] & row[3]]
        groups = [group for group in groups if group not in touched]
        groups.append((row[3].union(*(slides for slides, _ in touched)),
                       [*itertools.chain.from_iterable(inside for _, inside in touched), row]))
    lines = []
    for slides, inside in sorted(groups, key=lambda group: min(group[0])):
        where = "; ".join(f"{c.number} §{ranges(row[1] for row in part)}"
                          for c, part in itertools.groupby(inside, lambda row: row[0]))
        lines.append([ranges(slides), where, sum(row[2].minutes for row in inside)])
    shown = sum(row[2].minutes for row in rows if row[3])
    return markdown(["slides", "sections", "minutes:"], [
        *lines, [f"all {len(set().union(*(row[3] for row in rows)))}", "", shown],
        ["beyond the slides", "all other sections", sum(row[2].minutes for row in rows) - shown]])


def chosen(text):
    """Return the sections, as pairs of chapter and number, that a text such as "1 §9, 2 §1–3" names."""
    return [(int(chapter), number) for chapter, first, last in re.findall(r"(\d+) §(\d+)(?:–(\d+))?", text)
            for number in range(int(first), int(last or first) + 1)]


def plans(root):
    """Return the plans of ``book/plans.toml`` by title. Which session treats which sections is a teacher's choice."""
    return tomllib.loads((root / "book" / "plans.toml").read_text(encoding="utf-8"))


def plans_tables(root, rows):
    """Return the plans with their sums, by title."""
    length = {(c.number, number): section.minutes for c, number, section, _ in rows}

    def minutes(text):
        unknown = [f"{chapter} §{number}" for chapter, number in chosen(text) if (chapter, number) not in length]
        if unknown:
            raise ValueError(f"a session of book/plans.toml must name sections that exist; got {', '.join(unknown)}")
        return sum(length[section] for section in chosen(text))

    def whole(text):  # no line break inside "3 §1–14": a no-break space, and word joiners around the dash
        return text.replace(" §", "\u00a0§").replace("–", "\u2060–\u2060")

    def table(plan):
        there, home = (sum(minutes(session.get(column, "")) for session in plan["sessions"])
                       for column in ("class", "home"))
        lines = [[s["when"], whole(s["class"]), minutes(s["class"]), whole(s.get("home", "")),
                  minutes(s.get("home", "")) or "", s.get("sets", "")] for s in plan["sessions"]]
        columns = ["session", "in class", "minutes:", "at home", "minutes:", "problem sets"]
        lines.append(["together", "", there, "", home, ""])
        shown = len(columns) if any(line[-1] for line in lines) else -1  # a lecture has no problem sets
        return markdown(columns[:shown], [line[:shown] for line in lines])

    return {title: table(plan) for title, plan in plans(root).items()}


def count_cells(root):
    """Return of each notebook its name, how many code cells it has, and how many outputs no two machines share."""
    rows = []
    for page in (page for page in pages(root) if page.startswith("notebooks/")):
        tags = [cell.metadata.get("tags", []) for cell in read(root / f"{page}.ipynb").cells
                if cell.cell_type == "code"]
        rows.append([f"`{page.removeprefix('notebooks/')}.ipynb`", len(tags),
                     sum("nbval-ignore-output" in tag for tag in tags)])
    return rows


# The problem sets and the questions.


def problem_sets(root):
    """Return the facts of each problem set."""
    return tomllib.loads((root / "assignments" / "sets.toml").read_text(encoding="utf-8"))


def sets_table(root):
    """Return the problem sets: the parts' names as the students see them, the rest from ``sets.toml``."""
    rows = []
    for name, fact in problem_sets(root).items():
        cells = read(root / "assignments" / f"{name}.ipynb").cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        points = [*fact["parts"].values(), *fact["by_hand"].values()]
        parts = zip(re.findall(r"^## \d+ · (.*?) \(", text, re.M), points, strict=True)
        rows.append([f"{name[3:]} · {fact['title']}", ", ".join(map(str, fact["chapters"])), fact["minutes"],
                     ", ".join(f"{part} {worth}" for part, worth in parts), sum(points)])
    return markdown(["set", "follows chapters", "minutes:", "parts and points", "sum:"], rows)


def wrong_answers_table(root):
    """Return what plausible wrong answers get."""
    wrong = tomllib.loads((root / "assignments/grading/wrong_answers.toml").read_text(encoding="utf-8"))
    return markdown(["set:", "part", "the answer", "points:", "of:"], [
        [name[3:], part[3:].replace("_", " "), answer["answer"], answer["points"], fact["parts"][part]]
        for name, fact in problem_sets(root).items() for part in fact["parts"] for answer in wrong[name][part]])


def question_bank(questions):
    """Return the clickable questions in Moodle's XML format, which keeps a feedback for each answer."""
    def text(parent, tag, html, **attributes):
        node = ET.SubElement(parent, tag, attributes)
        ET.SubElement(node, "text").text = html
        return node

    quiz = ET.Element("quiz")
    settings = {"defaultgrade": "1.0", "penalty": "0.3333333", "hidden": "0", "single": "true",
                "shuffleanswers": "true", "answernumbering": "abc"}
    for number in sorted({question["chapter"] for question in questions.values()}):
        text(ET.SubElement(quiz, "question", type="category"), "category",
             f"$course$/top/Softmax regression/Chapter {number}")
        for key, question in questions.items():
            if question["chapter"] != number:
                continue
            node = ET.SubElement(quiz, "question", type="multichoice")
            text(node, "name", key)
            text(node, "questiontext", f"<p>{question['text']}</p>", format="html")
            for tag, value in settings.items():
                ET.SubElement(node, tag).text = value
            for option in question["options"]:
                answer = text(node, "answer", option["text"], fraction="100" if option["right"] else "0", format="html")
                text(answer, "feedback", option["why"], format="html")
    ET.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="unicode") + "\n"


# Records.


def record(root, name):
    """Return a record of ``lab/records``, or None where there is none yet."""
    path = root / "lab" / "records" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def made(found):
    """Say when, of which commit and on what machine a record was made."""
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    return f"Measured on {found['date']} at commit `{found['commit']}`; {machine}.\n\n"


def record_table(found, columns):
    """Return a record's results as a table: for each key of a result, what its column is called.

    The key "name" is the result's own, and a list is counted. A result that is older than the record says so.
    """
    if found is None:
        return MISSING
    lines = []
    for name, result in found["results"].items():
        values = {"name": name, **result}
        older = f" ({result['date']}, `{result['commit']}`)" if "date" in result else ""
        line = [values.get(key, "") for key in columns]
        lines.append([f"{line[0]}{older}", *(len(cell) if isinstance(cell, list) else cell for cell in line[1:])])
    return made(found) + markdown(columns.values(), lines)


def breakable(code):
    """Let a line of code break before a dot and after a bracket, by zero-width spaces: some are wider than a phone."""
    return re.sub(r"(?=\.[A-Za-z_])|(?<=[(\[])", "\u200b", code)


def mutants_tables(cells, modules):
    """Return how many changes were noticed, in the notebooks and in the helpers, and what survived in the notebooks."""
    parts = []
    for where, found, survived in (("notebooks", cells, "survivors"), ("helpers", modules, "survived")):
        results = found["results"] if found else {}
        tried, noticed = (sum(result.get(key, 0) for result in results.values()) for key in ("tried", "noticed"))
        columns = {"name": "file", "tried": "tried:", "noticed": "noticed:", "timed_out": "timed out:",
                   survived: "survived:"}
        parts += [f"**In the {where}**" + (f", {noticed} of {tried} were noticed." if found else "."),
                  record_table(found, columns)]
        for name, result in results.items():
            for s in result.get("survivors", ()):
                before, after = breakable(s["before"]), breakable(s["after"])
                parts.append(f"- `{name}`, `{s['cell']}`, {s['kind']}: ``{before}`` → ``{after}``. {s['reason'] or ''}")
    return "\n\n".join(parts)


def figures_table(root, counted, numbers):
    """Return the figures that matter most, each with a link to its record where it was measured.

    `counted` has a row of code cells and outputs not compared for each notebook, `numbers` is `prose_numbers.page`.
    """
    config = yaml.safe_load((root / "book" / "_config.yml").read_text(encoding="utf-8"))
    repository = config["repository"]["url"]
    cells, ignored = (sum(column) for column in list(zip(*counted, strict=True))[1:])
    rows = [["cells of assertions", first.checks(root, pages(root)), "", ""],
            ["code cells that are run; their output is compared", cells, cells - ignored, ""],
            ["numbers of two digits or more in sentences; a misprint would be noticed",
             *re.search(r"^\| all \| (\d+) \| (\d+) ", numbers, re.M).groups(), ""]]
    for name, what, counts in (
            ("cells", "errors planted in the chapters; noticed", lambda r: (r["tried"], r["noticed"])),
            ("modules", "errors planted in {} modules of the helpers; noticed", lambda r: (r["tried"], r["noticed"])),
            ("environments", "situations in which it was run; it passed", lambda r: (1, r["ended"] == "passed")),
            ("kills", "commands killed at a random moment; run again with success",
             lambda r: (r["times"], r["next_succeeded"]))):
        found = record(root, name)
        if found:
            sums = map(sum, zip(*map(counts, found["results"].values()), strict=True))
            link = f"[{name}.json]({repository}/blob/main/lab/records/{name}.json), {found['date']}"
            rows.append([what.format(len(found["results"])), *sums, link])
    return markdown(["what", "how many:", "of these:", "record"], rows)


def write(root, language="en"):
    """Write every page into ``book/_generated``, those that changed only, and return the road. Others go."""
    road = chapters(root)
    shown_road = [twins.in_vietnamese(root, c) for c in road] if language == twins.LANGUAGE else road
    rows = sections(root, road)
    questions = json.loads((root / "helpers/interactive/questions.json").read_text(encoding="utf-8"))
    planned = plans_tables(root, [*sections(root, [chapter(root, HURRY)]), *rows])
    counted = count_cells(root)
    numbers = prose_numbers.page([root / f"{page}.ipynb" for page in pages(root) if "notebooks/" in page])
    texts = {
        "first_screen.md": first.screen(root, shown_road, language),
        "cards.md": first.cards(shown_road, first.pictures(root, road), language),
        "proof.md": first.proof(root, pages(root), [record(root, "cells"), record(root, "modules")], language),
        "sections.md": sections_tables(rows), "slides.md": slides_table(rows),
        "lecture.md": planned.pop("One lecture of 90 minutes"),
        "plans.md": "\n".join(f"**{title}.**\n\n{plan}" for title, plan in planned.items()),
        "sets.md": sets_table(root),
        "notebooks.md": markdown(["notebook", "code cells:", "outputs not compared:"], counted),
        "wrong_answers.md": wrong_answers_table(root), "numbers.md": numbers,
        "figures.md": figures_table(root, counted, numbers),
        "question-bank.xml": question_bank(questions),
        "mutants.md": mutants_tables(record(root, "cells"), record(root, "modules")),
        "environments.md": record_table(record(root, "environments"), {
            "what": "situation", "ran": "what was run", "ended": "ended", "seconds": "seconds:"}),
    }
    folder = root / "book" / "_generated" / twins.folder(language)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():  # what an older version of the book wrote
        if path.is_file() and path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    return road
