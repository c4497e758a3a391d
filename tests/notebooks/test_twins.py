"""The Vietnamese twins: the code of their notebooks, no outputs, and no text that has drifted from the English."""

import re
import unicodedata
from types import SimpleNamespace

import nbformat
import pytest
from course_book import twins

from tools import translate

NOTEBOOKS = [page for page in translate.notebooks() if translate.file_of(page, twin=True).exists()]
# Other words for terms of the glossary, which has one for each.
FORBIDDEN = ("tốc độ học tập", "hàm tổn thất", "hàm mục tiêu", "bộ phân loại", "quy tắc chuỗi", "hợp lý tối đa",
             "suy giảm độ dốc", "quá khớp", "mạng nơ ron", "siêu tham số", "véc-tơ", "vector", "pixel",
             "(?<!tức )quy tắc đạo hàm của hàm hợp", "dời", "tin chắc", "tự tin", "đọc (?:đúng|sai)", "mô hình đọc",
             "đám điểm (?:tròn )?(?:giống nhau|(?:có )?cùng kích thước)", "kích thước (?:của )?lô", "hàm bậc nhất",
             "ngược với gradient", "trọng số (?:xuất phát|ban đầu)", "cùng một điểm xuất phát", "hiệu số", "vòng đỏ")


def prose(text):
    """Return a text without code, formulas and links' targets."""
    return re.sub(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)", " ", text, flags=re.S)


def texts(page):
    return [(name, vietnamese) for name, _, vietnamese, remembered in translate.pieces(page)
            if vietnamese is not None and remembered != translate.WAITS]


def test_the_road_is_there_in_vietnamese():
    assert len(NOTEBOOKS) >= 8  # a chapter that is new waits for its twin


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_twin_has_the_code_of_its_notebook_and_no_outputs(page):
    english, twin = (nbformat.read(translate.file_of(page, twin), 4) for twin in (False, True))
    assert [(c.id, c.cell_type, c.cell_type == "code" and c.source) for c in english.cells] == [
        (c.id, c.cell_type, c.cell_type == "code" and translate.english_of(c.source)) for c in twin.cells], (
            "python tools/translate.py sync brings the code over")
    code = [cell for cell in twin.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert 'os.environ["COURSE_LANGUAGE"] = "vi"' in code[0].source


@pytest.mark.parametrize("page", [*NOTEBOOKS, *translate.PAGES])
def test_no_text_has_drifted_from_its_english(page):
    changed, _ = translate.drifted(page)
    assert changed == [], ("the English has changed: `tools/translate.py status` shows how. Translate it anew, or "
                           "`tools/translate.py mark` shows the English there, with a note.")


@pytest.mark.parametrize("page", [*NOTEBOOKS, *translate.PAGES])
def test_a_text_has_the_headings_formulas_and_links_of_its_english(page):
    def formulas(text):
        found = re.findall(r"\$\$.+?\$\$|\$[^$]+\$", text, re.S)
        return sorted(re.sub(r"\s|\\text\{[^}]*\}", "", formula) for formula in found)

    def links(text):
        return sorted(re.findall(r"\]\(([^)]*)\)", text))

    for name, english, vietnamese, remembered in translate.pieces(page):
        if vietnamese is None or remembered == translate.WAITS or page == "book/glossary":  # it has other columns
            continue
        assert len(twins.headings(english)) == len(twins.headings(vietnamese)), name
        assert formulas(english) == formulas(vietnamese), name
        assert links(english) == links(vietnamese), name


@pytest.mark.parametrize("page", [*NOTEBOOKS, *translate.PAGES])
def test_terms_numbers_and_letters_are_those_of_the_style_sheet(page):
    for name, text in texts(page):
        assert text == unicodedata.normalize("NFC", text), name
        bare = prose(text)
        own = re.sub(r"\s+", " ", re.sub(r"\([^)]*\)", "", bare.lower()))  # the English term stands in brackets
        if page != "book/glossary":  # which names the English terms in a column of their own
            assert [word for word in FORBIDDEN if re.search(rf"\b{word}\b", own)] == [], name
        assert not re.search(r"(?<!q)(?:o[áàạảã]|u[ýỳỷỹỵ])(?!\w)", own), f"{name}: the tone mark is on the first vowel"
        assert not re.search(r"\d,\d{3}(?!\d)", bare), f"{name}: thousands are parted by U+202F"
        assert not re.search(r"(?<![\d.])\d+,\d+(?![\d,])", re.sub(r"\([^)]*\)", "", bare)), f"{name}: a decimal comma"


def test_figures_and_what_surrounds_a_page_have_the_same_words():
    places = ("helpers/interactive/*.js", "helpers/interactive/*.vi.json", "book/_static/*.js", "book/_ext/*/*.py")
    for path in [path for place in places for path in translate.ROOT.glob(place)]:
        text = path.read_text(encoding="utf-8").lower()
        found = [word for word in FORBIDDEN if word not in ("vector", "pixel") and re.search(rf"\b{word}\b", text)]
        assert found == [], path.name  # the two are names of programs, too


def test_every_question_has_its_vietnamese_words():
    import json

    folder = translate.ROOT / "helpers" / "interactive"
    english, own = (json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                    for name in ("questions", "questions.vi"))
    assert list(english) == list(own)
    for key, question in english.items():
        assert len(question["options"]) == len(own[key]["options"]), key
        for old, new in zip([question, *question["options"]], [own[key], *own[key]["options"]], strict=True):
            for part in ("text", "why"):
                tags = [sorted(re.findall(r"</?\w+>", said.get(part, ""))) for said in (old, new)]
                assert tags[0] == tags[1], key


def test_what_is_marked_waits_and_the_rest_stays(tmp_path, monkeypatch):
    pages = "notebooks/01_motivation", "book/notation"
    for path in [translate.file_of(page, twin) for page in pages for twin in (False, True)]:
        copy = tmp_path / path.relative_to(translate.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8").replace("formula", "rule"), encoding="utf-8")
    monkeypatch.setattr(translate, "ROOT", tmp_path)
    monkeypatch.setattr(translate, "notebooks", lambda: pages[:1])
    monkeypatch.setattr(translate, "PAGES", pages[1:])
    before = [translate.drifted(page) for page in pages]
    assert all(changed and not waiting for changed, waiting in before)
    translate.main(["mark"])
    assert [translate.drifted(page) for page in pages] == [([], changed) for changed, _ in before]


def test_what_changed_is_shown_word_by_word():
    assert translate.words("the loss falls fast", "the mean loss falls") == "the {+mean+} loss falls [-fast-]"


def test_the_words_for_a_picture_are_vietnamese_until_the_english_ones_change():
    def notebook_of(alt, **more):
        cell = {"id": "a", "cell_type": "code", "source": "", "outputs": [],
                "metadata": {"mystnb": {"image": {"alt": alt, "width": "9px"}}, **more}}
        return {"cells": [cell], "metadata": {}}

    twin = notebook_of("Một đường.", course={"translates": twins.fingerprint("A line.")})
    for english, expected in (("A line.", "Một đường."), ("A curve.", "A curve.")):
        cell = twins.merged(notebook_of(english), twin, {})["cells"][0]
        assert cell["metadata"]["mystnb"]["image"] == {"alt": expected, "width": "9px"}


@pytest.mark.parametrize(("edition", "language", "address"), [
    ("", "en", None), ("en", "en", "../vi/book/index.html"), ("vi", "vi", "../../book/index.html")])
def test_a_book_built_alone_leads_to_no_other_edition(monkeypatch, edition, language, address):
    monkeypatch.setenv("COURSE_EDITION", edition)
    app, context = SimpleNamespace(config=SimpleNamespace(language=language, html_baseurl="https://x/")), {}
    twins.other_edition(app, "book/index", "page.html", context, None)
    assert context.get("other_address") == address and ("hreflang" in context.get("metatags", "")) == bool(edition)


def test_a_piece_that_drifted_or_waits_is_shown_in_english_with_a_note():
    english, own = "## A step\n\nIt is small.", "## Một bước\n\nNó nhỏ."
    assert twins.shown(english, own, twins.fingerprint(english)) == own
    for text, remembered in ((own, "0" * 12), (own, translate.WAITS), (None, None)):
        assert twins.shown(english, text, remembered) == f"## A step\n\n{twins.WAITING}\n\n\nIt is small."
    assert twins.shown("It is small.", None, None) == f"{twins.WAITING}\n\nIt is small."


def test_the_address_that_a_copy_is_published_under_is_no_drift():
    text = "[Binder](https://mybinder.org/v2/gh/{}/main) and https://github.com/{}/blob"
    ours, theirs = (text.format(name, name) for name in ("OWNER/NAME", "a/b.c"))
    assert twins.fingerprint(ours) == twins.fingerprint(theirs) != twins.fingerprint(ours.replace("and", "or"))


def test_the_buttons_of_a_page_open_its_twin():
    page = "notebooks/01_motivation"
    launch = {"url": f"https://colab.example/blob/v2/{page}.ipynb"}
    buttons = [{"label": "launch", "buttons": [launch]}, {"url": "#"}, {}]
    twins.lead_to_twins(buttons, page)
    assert launch["url"] == "https://colab.example/blob/v2/notebooks/vi/01_motivation.ipynb"
    assert buttons[1:] == [{"url": "#"}, {}]
