"""The rules that every notebook keeps (DESIGN, "What a notebook is here")."""

import ast
import itertools
import os
import re
from pathlib import Path

import nbformat
import pytest
from course_book import measures
from nbformat import NotebookNode

from helpers.interactive.question import all_questions
from tools.execute import strip, write

ROOT = Path(__file__).resolve().parents[2]
PATHS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted((ROOT / "notebooks" / "further").glob("*.ipynb"))]
CHAPTERS = [p for p in PATHS if p.name[0].isdigit()]
FIGURES = {"image/png", "image/jpeg", "image/svg+xml"}


def code_cells(nb):
    return [c for c in nb.cells if c.cell_type == "code"]


def markdown(nb):
    return [c for c in nb.cells if c.cell_type == "markdown"]


def text(nb):
    return "\n\n".join(c.source for c in markdown(nb))


def prose(nb):
    """Markdown without its formulas and code, line by line."""
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`", "", text(nb), flags=re.S)


def read(path):
    notebook = nbformat.read(path, as_version=4)
    notebook["path"] = path  # for messages and links
    return notebook


@pytest.fixture(params=PATHS, ids=lambda p: p.stem)
def nb(request):
    return read(request.param)


@pytest.fixture(params=CHAPTERS, ids=lambda p: p.stem)
def chapter(request):
    return read(request.param)


def test_the_book_has_every_notebook():
    toc = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    listed = re.findall(r"file: (notebooks/\S+)", toc)
    assert sorted(listed) == sorted(p.relative_to(ROOT).with_suffix("").as_posix() for p in PATHS)
    assert [name for name in listed if name[10].isdigit()] == listed[:len(CHAPTERS)], "the road comes first"
    assert [p.name[:2] for p in CHAPTERS] == [f"{number:02}" for number in range(len(CHAPTERS))]


def test_valid_with_unique_ids_and_a_plain_kernel(nb):
    content = NotebookNode({k: v for k, v in nb.items() if k != "path"})
    nbformat.validate(content)
    ids = [c.id for c in nb.cells]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", [*PATHS, *sorted((ROOT / "assignments").glob("*.ipynb"))], ids=lambda p: p.stem)
def test_no_trace_of_an_editor(path):
    """The metadata of notebook and cells are those of the list in tools/execute.py, and nothing else."""
    nb = nbformat.read(path, as_version=4)
    found = [dict(nb.metadata), *(dict(cell.metadata) for cell in nb.cells)]
    strip(nb)
    assert found == [dict(nb.metadata), *(dict(cell.metadata) for cell in nb.cells)], "run `make notebooks`"


@pytest.mark.parametrize("trace", [
    {"vscode": {"languageId": "python"}}, {"colab": {"base_uri": "x"}}, {"id": "q"}, {"collapsed": True},
    {"lines_to_next_cell": 2}, {"execution": {"iopub.status.busy": "2026"}}, {"scrolled": True},
    {"outputId": "a"}, {"pycharm": {"name": "#%%"}}])
def test_an_editors_trace_is_removed_and_what_the_page_needs_stays(trace):
    wanted = {"tags": ["check"], "mystnb": {"image": {"alt": "a"}}, "cellView": "form",
              "jupyter": {"source_hidden": True}}
    cell = nbformat.v4.new_code_cell("1", metadata={**trace, **wanted, "jupyter": {**wanted["jupyter"], "x": 1}})
    nb = nbformat.v4.new_notebook(cells=[cell], metadata={
        **trace, "kernelspec": {"name": "conda-env", "display_name": "mine"}, "accelerator": "GPU", "widgets": {},
        "language_info": {"name": "python"}, "toc": {}})
    nb = strip(nb)
    assert nb.cells[0].metadata == wanted
    assert set(nb.metadata) <= {"kernelspec", "accelerator", "colab"} and not nb.metadata.get("colab")
    assert nb.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}


def test_what_a_cell_prints_is_stored_as_one_piece():
    print_once = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in (
        ("stdout", "a\n"), ("stdout", "b\n"), ("stderr", "c\n"), ("stdout", "d\n"))]
    nb = strip(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=print_once)]))
    printed = [(output.name, output.text) for output in nb.cells[0].outputs]
    assert printed == [("stdout", "a\nb\n"), ("stderr", "c\n"), ("stdout", "d\n")]


def test_run_in_order_and_completely(nb):
    counts = [c.execution_count for c in code_cells(nb)]
    assert counts == list(range(1, len(counts) + 1))
    assert all(c.source.strip() for c in code_cells(nb))
    assert not any("skip-execution" in c.metadata.get("tags", []) or "nbval-skip" in c.metadata.get("tags", [])
                   for c in nb.cells)


def test_outputs_hold_no_error_no_warning_and_no_trace_of_the_machine(nb):
    for cell in code_cells(nb):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
            shown = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            assert "Warning" not in shown, shown
            assert not re.search(r" at 0x[0-9a-f]+|/home/|/root/|/tmp/|/work/|/Users/|[A-Z]:\\", shown), shown
            if not FIGURES & set(output.get("data", {})):  # the limits of an axis may be as small as they like
                assert not re.search(r"\de-1[3-9]", shown), f"a rounding residual: {shown}"


def test_no_absolute_paths_in_the_source(nb):
    for cell in nb.cells:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users|content)/", cell.source), cell.source


def test_the_first_code_cell_is_the_bootstrap(nb):
    first = code_cells(nb)[0]
    reference = code_cells(nbformat.read(PATHS[0], as_version=4))[0]
    assert first.source == reference.source
    assert first.metadata.tags == ["remove-cell"] and first.outputs == []
    assert "google.colab" in first.source


LONGEST = {"lesson": 15, "plot": 25, "check": 40, "listing": 25, "folded": 32}  # lines of code, by kind of cell


def test_cells_are_short(nb):
    for cell in code_cells(nb):
        kind = measures.kind(cell)
        longest = 60 if "@triton.jit" in cell.source else LONGEST[kind]  # a kernel cannot be cut
        assert measures.lines(cell) <= longest, f"{measures.lines(cell)} lines:\n{cell.source}"
        assert max(map(len, cell.source.splitlines())) <= 100, cell.source


def test_what_is_folded_on_the_page_is_folded_in_jupyterlab_and_colab(nb):
    for cell in code_cells(nb):
        tags, folded = set(cell.metadata.get("tags", [])), cell.metadata.get("jupyter", {})
        if "check" in tags:
            assert cell.source.startswith("# @title ✓\n") and cell.metadata.get("cellView") == "form", cell.source
            assert folded.get("source_hidden") and cell.outputs == [], cell.source
        if "hide-cell" in tags:
            assert folded.get("source_hidden") and folded.get("outputs_hidden"), cell.source


def test_markdown_reads_the_same_in_colab_and_on_github(nb):
    for cell in markdown(nb):
        assert not re.search(r"^:::|^```\{|\{[a-z:-]+\}`|^\(.*\)=$|^%\s", cell.source, re.M), cell.source
        tags = set(re.findall(r"</?([a-z]+)[^>]*>", re.sub(r"`[^`]*`|\$[^$]*\$", "", cell.source)))
        assert tags <= {"details", "summary"}, tags
        assert "![" not in cell.source or "attachment:" not in cell.source


def test_display_formulas_stand_alone(nb):
    for cell in markdown(nb):
        lines = cell.source.splitlines()
        fences = [k for k, line in enumerate(lines) if "$$" in line]
        assert len(fences) % 2 == 0, cell.source
        for k in fences:
            assert lines[k].strip() == "$$", f"$$ shares its line: {lines[k]}"
        for start, end in zip(fences[::2], fences[1::2], strict=True):
            assert start == 0 or not lines[start - 1].strip(), f"no blank line before {lines[start + 1]}"
            assert end == len(lines) - 1 or not lines[end + 1].strip(), f"no blank line after {lines[end - 1]}"
            formula = "\n".join(lines[start + 1:end])
            assert not ("\\tag" in formula and "\\\\" in formula), f"a tag on several lines: {formula}"


def test_formula_numbers_count_up_and_are_referred_to_rightly(nb):
    tags = re.findall(r"\\tag\{([^}]*)\}", text(nb))
    assert tags == [f"{nb.path.name[1]}.{k}" for k in range(1, len(tags) + 1)]
    all_tags = {t for p in PATHS for t in re.findall(r"\\tag\{([^}]*)\}", text(nbformat.read(p, as_version=4)))}
    for reference in re.findall(r"(?<![\w,\d])\((\d\.\d{1,2})\)", prose(nb)):
        assert reference in all_tags, f"({reference}) is no formula"


def test_tables_do_not_break_on_a_bar_in_a_formula(nb):
    for cell in markdown(nb):
        for line in cell.source.splitlines():
            if line.startswith("|"):
                assert not any("|" in formula for formula in re.findall(r"\$([^$]*)\$", line)), line


def test_figures_have_alt_text_that_says_what_is_seen(nb):
    for cell in code_cells(nb):
        images = [o for o in cell.outputs if FIGURES & set(o.get("data", {}))]
        image = cell.metadata.get("mystnb", {}).get("image", {})
        if not images:
            assert not image, f"figure metadata without a figure: {cell.source}"
            continue
        alt = image.get("alt", "")
        assert len(alt.split()) >= 6, f"alt text {alt!r} for: {cell.source}"
        assert not re.match(r"(image|figure|picture|plot|png)\b", alt, re.I), alt
        assert image.get("classes", "bare") == "bare"
        assert len(images) == 1, f"{len(images)} figures in one cell share one alt text"
        assert image["width"] == f"{images[0].metadata['image/png']['width']}px"
        # What nbval compares, since it skips the picture.
        assert re.search(r"^Figure with \d+ axes\n- ", images[0].data["text/plain"], re.M), cell.source


def test_an_output_that_is_not_compared_is_asserted(nb):
    for k, cell in enumerate(code_cells(nb)):
        tags = set(cell.metadata.get("tags", []))
        assert tags <= {"check", "hide-cell", "hide-input", "listing", "nbval-ignore-output", "parameters",
                        "remove-cell"}, tags
        later = code_cells(nb)[k:] if "nbval-ignore-output" in tags else []
        if later and "check" in {tag for other in later for tag in other.metadata.get("tags", [])}:
            continue  # the section's check asserts what it claims
        if later:
            assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source))), cell.source


def test_opening(nb):
    opening = nb.cells[0].source
    assert opening.startswith(f"# {int(nb.path.name[:2])} · " if nb.path in CHAPTERS else "# Further · ")
    for label in ("**You will be able to**", "**You need**", "**Time**", "**Slides**"):
        assert label in opening, label


def test_headings_nest_and_differ(nb):
    headings = re.findall(r"^(#+) (.*)$", text(nb), re.M)
    assert [title for _, title in headings][-3:] in (["Summary", "Questions", "Next"], ["Summary", "Exercises", "Next"])
    assert len({title for _, title in headings}) == len(headings), "two headings are the same"
    levels = [len(marks) for marks, _ in headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "a heading level is skipped"


def test_every_clickable_question_stands_in_its_chapter_once():
    found = {}
    for path in CHAPTERS:
        for key in re.findall(r'Question\("([a-z-]+)"\)', "\n".join(c.source for c in code_cells(read(path)))):
            assert key not in found, key
            found[key] = int(path.name[:2])
    assert found == {key: question["chapter"] for key, question in all_questions().items()}


def test_links_lead_to_files_that_exist(nb):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(nb)):
        assert not target.startswith(("http", "/")), f"an outside link: {target}"
        assert (nb.path.parent / target.partition("#")[0]).exists(), target


def test_prose_has_no_exclamation_marks_and_no_filler(nb):
    words = re.findall(r"\b(simply|obviously|trivially|of course|let's|basically)\b", prose(nb), re.I)
    assert not words, words
    plain = re.sub(r"!\[|\d!", "", prose(nb))
    assert "!" not in plain, re.findall(r".{30}!", plain)


def test_a_notebook_that_trains_in_pytorch_keeps_to_one_thread(nb):
    code = "\n".join(cell.source for cell in code_cells(nb))
    if re.search(r"\.step\(|\btrain\(|-= .*\.grad", code):  # beside a busy core one of two threads would wait
        assert "torch.set_num_threads(1)" in code


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write(path, "first ₁")
    assert path.read_text(encoding="utf-8") == "first ₁"
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(path, "second")
    assert path.read_text(encoding="utf-8") == "first ₁"
