"""The multiple-choice questions: every number in them is computed here, and a browser clicks every answer."""

import re

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from helpers.interactive import Question
from helpers.interactive.question import all_questions
from helpers.softmax import softmax, softmax_jacobian

QUESTIONS = all_questions()


def option(key, place):
    return QUESTIONS[key]["options"][place]


def right(key):
    return next(option["text"] for option in QUESTIONS[key]["options"] if option["right"])


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_question_is_whole(key):
    question = QUESTIONS[key]
    assert set(question) == {"chapter", "text", "options"} and 3 <= len(question["options"]) <= 4
    assert [set(option) for option in question["options"]] == [{"text", "right", "why"}] * len(question["options"])
    assert sum(option["right"] for option in question["options"]) == 1
    for text in [question["text"], *(option[part] for option in question["options"] for part in ("text", "why"))]:
        assert set(re.findall(r"</?([a-z]+)>", text)) <= {"sub", "sup", "i", "code"} and "!" not in text
        assert all(text.count(f"<{tag}>") == text.count(f"</{tag}>") for tag in ("sub", "sup", "i", "code"))
    assert all(len(option["why"].split()) >= 8 for option in question["options"])


def test_every_chapter_has_a_question():
    assert {question["chapter"] for question in QUESTIONS.values()} == set(range(8))


def rounded(values, digits=3):
    return "(" + ", ".join(f"{value:.{digits}f}" for value in values) + ")"


def test_the_numbers_about_sigmoids_and_softmax():
    a = np.array([0.9, 0.6, 0.1])
    np.testing.assert_allclose(expit(logit(a)), a)
    told = option("sum-of-sigmoids", 1)["why"]
    assert rounded(a / a.sum(), 4) in told and rounded(softmax(logit(a))) in told
    assert f"sum to {a.sum():.1f}" in right("sum-of-sigmoids")
    assert rounded(softmax([2, 1, 0])) == right("softmax-is-not-argmax")
    assert rounded(np.array([2, 1, 0]) / 3) == "(0.667, 0.333, 0.000)"
    np.testing.assert_allclose(softmax([2.0, 1, 0]), softmax([102.0, 101, 100]), rtol=1e-12)
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(709.0)) and np.isinf(np.exp(710.0)) and np.isfinite(np.exp(100.0))


def test_the_numbers_about_the_loss():
    with np.errstate(all="ignore"):
        assert str(-(np.array([1, 0, 0]) * np.log([0.9, 0.1, 0.0])).sum()) == right("zero-times-log-zero") == "nan"
        assert -np.log(0.0) == np.inf
    assert f"{-np.log(0.9):.3f}" in option("zero-times-log-zero", 0)["text"]


def test_the_numbers_about_derivatives():
    a, y, delta = np.array([0.2, 0.7, 0.1]), np.array([0, 1, 0]), 1e-6
    z = np.log(a)
    moved = (softmax(z + delta * y) - a) / delta
    np.testing.assert_allclose(moved[0], -a[0] * a[1], atol=1e-6)
    np.testing.assert_allclose(-moved[[0, 2]] / moved[1], a[[0, 2]] / a[[0, 2]].sum(), atol=1e-6)  # in proportion
    scores = torch.tensor(z, requires_grad=True)
    torch.nn.functional.cross_entropy(scores, torch.tensor(1)).backward()
    np.testing.assert_allclose(scores.grad, a - y, atol=1e-12)
    assert right("gradient-of-one-point") == "(0.2, −0.3, 0.1)"
    np.testing.assert_allclose(softmax_jacobian(z) @ [0, -1 / 0.7, 0], a - y, atol=1e-12)


def test_the_numbers_about_softmax_twice():
    perfect = np.eye(10)[0]
    assert f"{-np.log(np.e / (np.e + 9)):.3f}" in option("logits-to-the-loss", 1)["why"]
    assert f"{-np.log(softmax(perfect)[0]):.2f}" in right("logits-to-the-loss")
    assert [f"{value:.3f}" for value in softmax(perfect)[:2]] == ["0.232", "0.085"]
    assert all(number in option("logits-to-the-loss", 2)["why"] for number in ("0.232", "0.085"))
    assert 1e-8 < np.finfo(np.float32).eps < 2e-7  # "about ten million times smaller"


def test_a_name_that_is_not_there_is_refused_and_so_is_an_option():
    with pytest.raises(ValueError, match=r"key must be one of \['adding-a-constant', .*; got 'no-such'"):
        Question("no-such")
    with pytest.raises(ValueError, match=r"chosen must lie in -1\.\.2; got 3"):
        Question("adding-a-constant", chosen=3)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.wide)])
def test_every_answer_is_answered(open_figure, scheme):
    tab = open_figure(*(Question(key) for key in QUESTIONS), scheme=scheme)
    for number, question in enumerate(QUESTIONS.values()):
        box = tab.locator("fieldset").nth(number)
        assert box.locator(".verdict").inner_text() == ""
        for place, answer in enumerate(question["options"]):
            box.locator("label").nth(place).click()
            told = box.locator(".verdict").inner_text()
            assert told.startswith("✓ Right." if answer["right"] else "✗ Not so.")
            assert box.locator("input:checked").count() == 1
    assert tab.complaints == []


def test_with_the_keyboard_and_to_a_screen_reader(open_figure):
    tab = open_figure(Question("adding-a-constant"), width=360)
    group = tab.get_by_role("group", name="You add 100 to all three scores")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert group.get_by_role("radio").nth(0).is_checked()
    tab.keyboard.press("ArrowDown")
    assert group.get_by_role("radio").nth(1).is_checked()
    assert "✓ Right." in tab.locator("[aria-live=polite]").inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    answers = tab.locator("label").evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().height)")
    assert len(answers) == 3 and min(answers) >= 44  # as tall as a fingertip
    assert tab.complaints == []


def test_python_and_the_figure_hear_of_each_other(open_figure, go_live):
    figure = Question("which-weights")
    tab = open_figure(figure)
    go_live(tab, figure)
    tab.evaluate("model.set('chosen', 2)")
    assert tab.locator(".verdict").inner_text().startswith("✓")
    tab.get_by_role("radio").nth(0).check()
    assert tab.evaluate("[model.get('chosen'), model.saved]") == [0, 1]
    tab.evaluate("undo()")
    assert tab.evaluate("listeners()") == 0


def test_without_scripts_the_answer_is_folded_away(open_figure):
    tab = open_figure(Question("bright-weight"), scripts=False)
    assert tab.locator("ol").first.locator("li").count() == 3
    assert not tab.locator("details li").first.is_visible()
    tab.locator("summary").click()
    assert tab.locator("details li").nth(2).inner_text().startswith("✓")
