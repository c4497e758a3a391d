"""Keep the Vietnamese twins in step with the English notebooks and pages.

    python tools/translate.py status   what has drifted or waits, with the words that changed
    python tools/translate.py sync     bring code, ids and order over; new text comes in English and waits
    python tools/translate.py mark     accept what has drifted: the page shows the English piece with a note

A piece (a Markdown cell, what a cell says of its picture, a section of a page) remembers the English that it translates
as a fingerprint; "waits" stands where there is no translation yet.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

from course_book import tables, twins  # noqa: E402

from tools.execute import write  # noqa: E402

PAGES = ("book/index", "book/notation", "book/glossary")
WAITS = "waits"


def notebooks():
    """Return the notebooks of the road."""
    return [page for page in tables.pages(ROOT) if re.match(r"notebooks/0\d_", page)]


def file_of(page, twin=False):
    """Return the file of a page, or of its twin."""
    return ROOT / f"{twins.twin_of(page) if twin else page}{'.ipynb' if page.startswith('notebooks/') else '.md'}"


def text_of(cell):
    """Return what of a cell is translated: Markdown, or the words for its picture, or nothing."""
    return cell.source if cell.cell_type == "markdown" else twins.alt_of(cell)


def pieces(page):
    """Yield the name, the English text, the Vietnamese text or None, and what that remembers, piece by piece."""
    english, twin = file_of(page), file_of(page, twin=True)
    if page.startswith("notebooks/"):
        twin_cells = {cell.id: cell for cell in nbformat.read(twin, 4).cells} if twin.exists() else {}
        for cell in nbformat.read(english, 4).cells:
            there = twin_cells.get(cell.id)
            if text := text_of(cell):
                yield (cell.id, text, there and text_of(there),
                       there and there.metadata.get("course", {}).get("translates"))
        return
    front, texts = twins.sections(twin.read_text(encoding="utf-8")) if twin.exists() else ("", [])
    remembered = re.search(r"^translates: (.*)$", front, re.M)[1].split() if twin.exists() else []
    for number, text in enumerate(twins.sections(english.read_text(encoding="utf-8"))[1]):
        there = number < len(texts)
        yield str(number), text, texts[number] if there else None, remembered[number] if there else None


def drifted(page):
    """Return the names of the pieces whose English has changed since they were translated, and of those that wait."""
    changed, waiting = [], []
    for name, english, vietnamese, remembered in pieces(page):
        if vietnamese is None or remembered == WAITS:
            waiting.append(name)
        elif remembered != twins.fingerprint(english):
            changed.append(name)
    return changed, waiting


LANGUAGE_LINE = 'os.environ["COURSE_LANGUAGE"] = "vi"  # the figures and questions speak Vietnamese\n'


def vietnamese_of(source):
    """Return the first code cell of a twin: it sets the language, too."""
    return f"import os\n\n{LANGUAGE_LINE}{source}" if "google.colab" in source else source


def english_of(source):
    """Return the cell that a cell of a twin stands for."""
    return source.removeprefix(f"import os\n\n{LANGUAGE_LINE}")


def sync():
    """Write the twins anew: cells and code of the notebooks, their own texts where they have some."""
    for page in notebooks():
        english, path = nbformat.read(file_of(page), 4), file_of(page, twin=True)
        twin = nbformat.read(path, 4) if path.exists() else nbformat.v4.new_notebook()
        texts = {cell.id: cell for cell in twin.cells}
        for cell in english.cells:
            bring_over(cell, texts.get(cell.id))
        english.metadata["course"] = twin.metadata.get("course", {})
        path.parent.mkdir(exist_ok=True)
        write(path, nbformat.writes(english) + "\n")


def bring_over(cell, there):
    """Make of an English cell that of the twin, where `there` is what the twin has in its place."""
    if text_of(cell):
        remembered = there.metadata.get("course", {}).get("translates", WAITS) if there else WAITS
        cell.metadata["course"] = {"translates": remembered}
    if cell.cell_type == "markdown":
        cell.source = there.source if there else cell.source
        return
    cell.source, cell.outputs, cell.execution_count = vietnamese_of(cell.source), [], None
    if there and text_of(cell) and text_of(there):
        cell.metadata["mystnb"]["image"]["alt"] = text_of(there)


def words(before, after):
    """Return two texts as one, with what went in [-…-] and what came in {+…+}."""
    a, b = before.split(), after.split()
    parts = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, come = " ".join(a[i:j]), " ".join(b[k:m])
        parts.append(gone if kind == "equal" else f"{f'[-{gone}-]' if gone else ''}{f'{{+{come}+}}' if come else ''}")
    return " ".join(parts)


def before(page, name, remembered):
    """Return the English text that a piece translated, from the history, or None."""
    path = file_of(page).relative_to(ROOT).as_posix()
    log = subprocess.run(["git", "log", "-100", "--format=%H", "--", path], cwd=ROOT, capture_output=True, text=True)
    for commit in log.stdout.split():
        text = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, text=True).stdout
        old = ({cell.id: text_of(cell) for cell in nbformat.reads(text, 4).cells} if path.endswith(".ipynb") else
               {str(number): section for number, section in enumerate(twins.sections(text)[1])})
        if old.get(name) and twins.fingerprint(old[name]) == remembered:
            return old[name]
    return None


def status():
    """Print what has drifted, word by word, and count what waits."""
    for page in (*notebooks(), *PAGES):
        changed, waiting = drifted(page)
        print(f"{page}: {len(changed)} drifted, {len(waiting)} waiting")
        for name, english, _, remembered in pieces(page):
            if name in changed:
                old = before(page, name, remembered)
                print(f"\n  {name}: {words(old, english) if old else english}\n")


def mark():
    """Let what has drifted wait for its translation."""
    for page in (*notebooks(), *PAGES):
        path, changed = file_of(page, twin=True), drifted(page)[0]
        text = path.read_text(encoding="utf-8")
        for name, _, _, remembered in pieces(page):
            if name in changed:
                text = text.replace(remembered, WAITS)
        write(path, text)


def main(arguments):
    commands = {"status": status, "sync": sync, "mark": mark}
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.exit(__doc__)
    commands[arguments[0]]()


if __name__ == "__main__":
    main(sys.argv[1:])
