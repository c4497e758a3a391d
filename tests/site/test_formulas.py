"""Formulas: typeset when the book is built, in their own font, with links to those that have numbers."""

import re
import xml.etree.ElementTree as ET

import pytest
from course_book import formulas

from tests.browser import HTML, PAGES

CHAPTER_4 = "notebooks/04_softmax_jacobian"


@pytest.mark.parametrize(("tex", "text"), [
    (r"a_i=\frac{e^{z_i}}{\sum_j e^{z_j}}", "ai=ezi∑jezj"), (r"\operatorname{softmax}(\mathbf z)", "softmax(𝐳)"),
    (r"\begin{aligned}x&=1\\y&=2\end{aligned}", "x=1y=2"), (r"x<y \& z", "x<y&z")])
def test_a_formula_becomes_mathml(tex, text):
    root = ET.fromstring(formulas.typeset(tex, True).replace("&nbsp;", " "))
    assert root.tag == "math" and re.sub(r"[\s\u2061-\u2064\u200b]", "", "".join(root.itertext())) == text


@pytest.mark.parametrize("wrong", [r"\frac{1}", r"\unknown", "a}", r"\begin{aligned}"])
def test_what_is_no_formula_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        formulas.typeset(wrong, True)


def test_the_font_has_the_slanted_letters_that_browsers_take():
    assert formulas.glyphs(["<math><mi>a</mi><mi>h</mi><mi>α</mi><mi>W</mi></math><p>q</p>"]) >= set("aαhW𝑎𝛼𝑊ℎ")
    assert "q" not in formulas.glyphs(["<math><mi>a</mi></math><p>q</p>"])


@pytest.mark.parametrize("names", [["notebooks/06_pytorch_mnist_gpu"], pytest.param(PAGES, marks=pytest.mark.wide)])
def test_a_root_has_its_sign(visit, names):
    """No text has the sign: the browser draws it, if the font has it."""
    rooted = [name for name in names if "<msqrt" in (HTML / f"{name}.html").read_text(encoding="utf-8")]
    assert rooted
    for name in rooted:
        tab, _ = visit(name)
        room = tab.locator("msqrt").evaluate_all("""roots => roots.map(root => root.getBoundingClientRect().width
          - [...root.children].reduce((sum, child) => sum + child.getBoundingClientRect().width, 0))""")
        assert min(room) > 4, name


@pytest.mark.parametrize("name", PAGES)
def test_every_reference_to_a_formula_is_a_link_to_it(name):
    text = (HTML / f"{name}.html").read_text(encoding="utf-8")
    article = re.sub(r"<(math|pre|code|script)\b.*?</\1>|<span class=\"eqno\">.*?</span>", "",
                     text[text.index("<article"):], flags=re.S)
    unlinked = [number for number in re.findall(r"(?<!>)\((\d\.\d{1,2})\)(?!<)", article)]
    assert unlinked == []
    for page, target in re.findall(r'class="formula-link[^"]*" href="([^"#]*)#(equation-[\d-]+)"', text):
        other = (HTML / f"{name}.html").parent / page if page else HTML / f"{name}.html"
        assert f'id="{target}"' in other.read_text(encoding="utf-8")


def test_the_formula_behind_a_reference_is_shown(visit):
    tab, complaints = visit(CHAPTER_4)
    link = tab.locator("p > a.formula-link").first
    link.scroll_into_view_if_needed()
    link.focus()
    tip = tab.locator(".course-tip")
    shown, where = tip.locator("math").text_content(), tip.bounding_box()
    assert shown == tab.locator(f"{link.get_attribute('href')} math").text_content() and where["x"] >= 0
    link.blur()
    assert tip.count() == 0 and complaints == []


def test_formulas_stand_in_their_own_font_and_in_the_browsers_where_fonts_are_blocked(visit):
    tab, _ = visit(CHAPTER_4)
    assert tab.evaluate("document.fonts.check('16px STIX2') && [...document.fonts].some(f => f.family === 'STIX2')")
    wide = tab.locator("div.math > math").first.evaluate("node => node.getBoundingClientRect().height")
    tab.evaluate("[...document.styleSheets].filter(s => /formulas/.test(s.href)).forEach(s => s.deleteRule(0))")
    assert wide > 0 and tab.locator("div.math > math").first.is_visible()


def test_without_scripts_every_formula_is_there(visit):
    tab, _ = visit(CHAPTER_4, scripts=False)
    raw = (HTML / f"{CHAPTER_4}.html").read_text(encoding="utf-8")
    assert tab.locator("math").count() == raw.count("<math") > 100
    assert tab.locator("div.math > math").first.bounding_box()["height"] > 20


def test_the_longest_derivation_has_fewer_than_12_000_nodes(visit):
    tab, _ = visit(CHAPTER_4)
    assert tab.evaluate("document.querySelectorAll('*').length") < 12_000
