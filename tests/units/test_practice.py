"""What the reader's own function is told: not yet, wrong, right, and never an error."""

import numpy as np
import pytest

from helpers.interactive import try_out

CASES = [(([2, 1, 0],), [0.6652, 0.2447, 0.09], 1), (([1000, 1000],), [0.5, 0.5], 2)]


def said(capsys, function, *cases):
    try_out(function, *cases, tolerance=1e-3)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("stub", "marks", "hint"), [
    (lambda z: None, "……", "(hint 1)"), (lambda z: ..., "……", "(hint 1)"),
    (lambda z: np.exp(z) / np.exp(z).sum(), "✓✗", "(hint 2)"),
    (lambda z: np.exp(np.subtract(z, max(z))), "✗✗", "(hint 1)"),
    (lambda z: z.softmax(), "✗✗", "(hint 1)"), (lambda z: "0.5", "✗✗", "(hint 1)"),
    (lambda z: np.ones((1, len(z))), "✗✗", "(hint 1)")])
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_each_case_is_marked_and_the_first_that_is_not_right_names_its_hint(capsys, stub, marks, hint):
    lines = said(capsys, stub, *CASES)
    assert "".join(line[0] for line in lines) == marks
    first = next(number for number, mark in enumerate(marks) if mark != "✓")
    assert [number for number, line in enumerate(lines) if "(hint" in line] == [first] and hint in lines[first]


def test_a_right_answer_gets_a_tick_and_no_hint(capsys):
    def softmax(z):
        e = np.exp(np.asarray(z) - max(z))
        return e / e.sum()

    assert said(capsys, softmax, *CASES) == ["✓  softmax([2, 1, 0]) = [0.6652, 0.2447, 0.09]",
                                             "✓  softmax([1000, 1000]) = [0.5, 0.5]"]


def test_a_pair_is_compared_part_by_part_and_an_error_is_told(capsys):
    lines = said(capsys, lambda x: (x, np.zeros(3)), ((1,), (1, [0, 0, 0]), 1), ((1,), (1, [0, 0, 1]), 2))
    assert [line[0] for line in lines] == ["✓", "✗"] and "(1, [0, 0, 0]) ≠ (1, [0, 0, 1])" in lines[1]
    assert "ZeroDivisionError: " in said(capsys, lambda x: 1 / 0, ((1,), 1, 1))[0]


def test_the_arguments_stay_as_they_are(capsys):
    z = np.arange(20.0)
    assert said(capsys, lambda z: z.sort(), ((z[::-1],), z, 1)) == ["…  <lambda>(array(20,)) = ?    (hint 1)"]
    assert z[0] == 0
