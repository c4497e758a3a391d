"""No number in a sentence without a computation behind it."""

import re
from pathlib import Path

import nbformat
import pytest
from course_book import prose_numbers
from course_book.prose_numbers import numbers_in, values_in

ROOT = Path(__file__).resolve().parents[2]
PATHS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted((ROOT / "notebooks" / "further").glob("*.ipynb"))]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_number_in_a_sentence_stands_in_the_code_or_an_output_near_it(path):
    claims = prose_numbers.claims(nbformat.read(path, as_version=4))
    assert [number.context for number, near, constants in claims if not number.stands_in(near, constants)] == []


def test_the_table_counts_the_numbers_and_sums_them():
    lines = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", prose_numbers.page(PATHS), re.M)
    counts = [[int(count) for count in counts] for _, *counts in lines]
    assert [count[0] for count in counts[:-1]] == [
        len(list(prose_numbers.claims(nbformat.read(path, as_version=4)))) for path in PATHS]
    assert counts[-1] == [sum(column) for column in zip(*counts[:-1], strict=True)]


@pytest.mark.parametrize(("sentence", "digits"), [
    ("By (4.12) in chapter 3 it is 84.77 %, `x = 11`, [there](07_x.ipynb#a-12).", ["84.77"]),
    (r"$\tfrac12$ of $60{,}000$ is $3\cdot10^{4}$, not $10^{12}$; $w_{12}$, $x^{(10)}$, float64, 7.", ["60000", "3"]),
    ("**12.** Is -744 below 1,500?", ["744", "1500"]),
])
def test_what_counts_as_a_number(sentence, digits):
    assert [number.digits for number in numbers_in(sentence)] == digits


def test_code_and_outputs_are_read():
    assert {60000, 1e-8, 0.5, 1437.5, 3} <= values_in("f(60_000, tol=1e-8, b=.5) # 1,437.5 x3 == 3.")


@pytest.mark.parametrize(("sentence", "computed", "stands"), [
    ("It is 0.95.", {0.9449}, False), ("It is 0.95.", {0.9512}, True), ("It is 95 %.", {0.9512}, True),
    ("It takes about 180 steps.", {183}, True), ("It takes 180 steps.", {183}, False),
    (r"$4.9\cdot10^{-324}$", {5e-324}, True), (r"$2.2\cdot10^{-16}$", {2.22e-16}, True),
    (r"$2.2\cdot10^{-16}$", {2.3e-16}, False),
])
def test_a_number_is_compared_as_it_is_written(sentence, computed, stands):
    (number,) = numbers_in(sentence)
    assert number.stands_in(computed, set()) == stands


def test_a_constant_counts_as_it_is():
    (number,) = numbers_in("It is 0.95.")
    assert number.stands_in(set(), {0.95}) and not number.stands_in(set(), {0.9512})


def test_a_misprint_is_one_digit():
    assert [number.raised().digits for number in numbers_in("0.19 and 12 and 1,439")] == ["0.10", "13", "1430"]
