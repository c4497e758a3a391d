"""`make book`: from nothing if anything changed, alone, and honest about what went wrong."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from course_book import tables

ROOT = Path(__file__).resolve().parents[2]
# In the place of Jupyter Book: a page for each notebook, with all names as its navigation. It leaves old pages alone,
# as Sphinx does, takes a while, and cannot work where another one is at work.
STAND_IN = """#!{python}
import os, pathlib, sys, time
html = pathlib.Path("book/_build/html")
if os.environ["COURSE_EDITION"] == "vi":
    (pathlib.Path(sys.argv[-5]) / "_build" / "html").mkdir(parents=True)
    sys.exit()
html.mkdir(parents=True, exist_ok=True)
with open("builds", "a") as file:
    file.write("once ")
if "FAILS" in os.environ:
    sys.exit(print(os.environ["FAILS"]) or 1)
(html / "at-work").touch(exist_ok=False)
time.sleep(float(os.environ.get("TAKES", 0)))
names = sorted(path.stem for path in pathlib.Path("notebooks").glob("*"))
for name in names:
    (html / (name + ".html")).write_text(" ".join(names))
(html / "index.html").write_text("ữ")
(html / "at-work").unlink()
"""


@pytest.fixture
def toy(tmp_path):
    """A small book in a folder with Vietnamese letters, and its build command."""
    if os.name == "nt":
        pytest.skip("the stand-in for Jupyter Book is a POSIX script")
    root = tmp_path / "hồi quy"
    for folder in ("tools", "notebooks", "book", "bin"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "build_book.py", root / "tools")
    (root / "bin" / "python").symlink_to(sys.executable)
    (root / "bin" / "jupyter-book").write_text(STAND_IN.format(python=sys.executable))
    (root / "bin" / "jupyter-book").chmod(0o755)
    for name in "ab":
        (root / "notebooks" / f"{name}.ipynb").write_text(name)
    return root


def start(root, **environment):
    return subprocess.Popen([root / "bin" / "python", root / "tools" / "build_book.py"], text=True, encoding="utf-8",
                            errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, **environment})


def build(root, **environment):
    running = start(root, **environment)
    told = running.communicate()[0]
    return running.returncode, told


def builds(root):
    return (root / "builds").read_text().count("once")


def test_nothing_is_built_if_nothing_changed_also_after_a_checkout(toy):
    assert build(toy)[0] == 0
    for path in (toy / "notebooks").iterdir():
        path.touch()  # git writes files anew, with the same content
    begun = time.perf_counter()
    code, told = build(toy)
    assert code == 0 and "Nothing changed" in told and builds(toy) == 1
    assert time.perf_counter() - begun < 1


def rename(root):
    (root / "notebooks" / "b.ipynb").rename(root / "notebooks" / "c.ipynb")  # its time stays


def remove(root):
    (root / "notebooks" / "b.ipynb").unlink()


def change_without_a_newer_time(root):
    path = root / "notebooks" / "b.ipynb"
    before = path.stat()
    path.write_text("B")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def record(root):
    (root / "lab" / "records").mkdir(parents=True)
    (root / "lab" / "records" / "kills.json").write_text("{}")


def version(root):
    (root / "pyproject.toml").write_text('version = "3.0"')


def published_tag(root):
    (root / "CHANGELOG.md").write_text("## 3.0")


def stored_model(root):
    (root / "helpers").mkdir()
    (root / "helpers" / "slides_model.json").write_text("{}")


def packages(root):
    (root / "requirements-book.txt").write_text("sphinx==9")


@pytest.mark.parametrize("change", [rename, remove, change_without_a_newer_time, record, version, published_tag,
                                    stored_model, packages])
def test_a_change_is_seen_and_no_page_or_zip_keeps_what_was(toy, change):
    build(toy)
    change(toy)
    assert build(toy)[0] == 0 and builds(toy) == 2
    html = toy / "book" / "_build" / "html"
    names = sorted(path.stem for path in (toy / "notebooks").iterdir())
    assert sorted(path.stem for path in html.glob("?.html")) == names
    assert all((html / f"{name}.html").read_text() == " ".join(names) for name in names)
    with zipfile.ZipFile(html / "softmax-regression-book.zip") as packed:
        assert sorted(name for name in packed.namelist() if len(name) == 6) == [f"{name}.html" for name in names]


def test_two_builds_at_once_are_one_build(toy):
    both = [start(toy, TAKES="1") for _ in range(2)]
    told = [running.communicate()[0] for running in both]
    assert [running.returncode for running in both] == [0, 0], told
    assert builds(toy) == 1
    assert sum("Another build is running" in text and "Nothing changed" in text for text in told) == 1


def test_a_build_that_was_killed_counts_as_none(toy):
    running = start(toy, TAKES="1")
    while not (toy / "book" / "_build" / "html" / "at-work").exists():
        time.sleep(0.01)
    running.kill()
    running.wait()
    time.sleep(1.2)  # what it had started ends by itself
    code, told = build(toy)
    assert code == 0 and "Built in" in told and builds(toy) == 2


@pytest.mark.parametrize(("said", "told"), [
    ("notebooks/a.ipynb:3: WARNING: no such page", "The book has warnings (above), and warnings are errors."),
    ("Traceback\nThemeError: no layout.html", "The book could not be built: the reason stands above.")])
def test_only_warnings_are_called_warnings_and_a_failure_is_tried_again(toy, said, told):
    code, text = build(toy, FAILS=said)
    assert code == 1 and said in text and text.strip().endswith(told)
    code, text = build(toy)
    assert code == 0 and "Built in" in text


def test_a_path_that_the_console_cannot_write_does_no_harm(toy):
    for _ in range(2):  # built, then unchanged
        code, told = build(toy, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
        assert code == 0 and "Traceback" not in told and "warnings" not in told
    rename(toy)
    code, told = build(toy, PYTHONIOENCODING="cp1252", PYTHONUTF8="0", FAILS="quy ữ: WARNING: x")
    assert code == 1 and "Traceback" not in told and "has warnings" in told


@pytest.mark.parametrize("source", [".", pytest.param("book", marks=pytest.mark.wide)])
def test_jupyter_book_without_its_arguments_says_how_to_call_it(source):
    done = subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", source], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    assert done.returncode and "--config book/_config.yml --toc book/_toc.yml" in done.stdout + done.stderr
    assert "make book" in done.stdout + done.stderr


# What a build derives.


def test_every_table_that_a_page_includes_is_written_and_none_besides():
    included = {name for path in (ROOT / "book").glob("*.md") for name in
                re.findall(r"_generated/([\w.-]+)", path.read_text(encoding="utf-8"))}
    tables.write(ROOT)
    assert {path.name for path in (ROOT / "book" / "_generated").iterdir() if path.is_file()} == included


STAMP = {"date": "2026-11-26", "commit": "abc1234", "machine": {"processor": "a machine", "cores": 2, "python": "3.11"}}
CELLS = {**STAMP, "results": {
    "01_motivation": {"tried": 20, "noticed": 19, "timed_out": 0, "kinds": {"sign": 20}, "survivors": [
        {"cell": "a1", "kind": "axis", "before": "x | 0", "after": "x | 1", "reason": "It is symmetric."}]},
    "07_weight_visualisation": {"date": "2026-11-20", "commit": "def5678", "machine": {}, "tried": 10, "noticed": 10,
                                "timed_out": 0, "kinds": {}, "survivors": []}}}
MODULES = {**STAMP, "results": {"softmax": {"tried": 8, "noticed": 6, "timed_out": 1, "survived": 1, "functions": {}}}}


def test_a_missing_record_is_said_to_be_missing():
    assert tables.record_table(None, {"name": "file"}) == tables.MISSING
    assert tables.mutants_tables(None, None).count(tables.MISSING.strip()) == 2
    assert "8 were noticed" in tables.mutants_tables(None, MODULES)


def test_a_record_is_shown_with_its_date_commit_and_machine_and_an_older_result_with_its_own():
    shown = tables.mutants_tables(CELLS, MODULES)
    assert "2026-11-26 at commit `abc1234`; processor a machine, cores 2, python 3.11." in shown
    assert "29 of 30 were noticed" in shown and "6 of 8 were noticed" in shown
    assert "| 01_motivation | 20 | 19 | 0 | 1 |" in shown and "| softmax | 8 | 6 | 1 | 1 |" in shown
    assert "| 07_weight_visualisation (2026-11-20, `def5678`) | 10 | 10 | 0 | 0 |" in shown
    assert "- `01_motivation`, `a1`, axis: ``x | 0`` → ``x | 1``. It is symmetric." in shown


def test_a_long_line_of_code_in_a_record_may_break_between_its_words():
    assert tables.breakable("a.sum(b[0]) / 0.5").split("\u200b") == ["a", ".sum(", "b[", "0]) / 0.5"]


def test_an_error_that_a_record_quotes_breaks_no_table():
    found = {**STAMP, "results": {"offline": {"what": "No network.", "error": "a | b\nc", "ended": "failed"}}}
    assert "| No network. | a \\| b c | failed |  |" in tables.record_table(
        found, {"what": "what", "error": "error", "ended": "ended", "ran": "ran"})
