"""Numbers as people read them: short, true to three digits, and without a letter that was cut."""

from math import inf, nan

import numpy as np
import pytest

from visualnet.core.number_words import (
    WIDEST,
    decimal_words,
    epoch_words,
    number_words,
    on_scale,
    share_words,
    tick_words,
)

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read_back(words):
    """The number that somebody reads."""
    sign = -1 if words[0] == "−" else 1
    words = words.lstrip("−+").replace(",", "")
    factor, _, power = words.partition("10") if words.translate(RAISED) != words else (words, "", "")
    return sign * float(factor.rstrip("·") or 1) * 10.0 ** float(power.translate(RAISED) or 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1e-30, "10⁻³⁰"),
        (-1e-30, "−10⁻³⁰"),
        (2.008e19, "2.01·10¹⁹"),
        (5e100, "5·10¹⁰⁰"),
        (-5e100, "−5·10¹⁰⁰"),
        (1e308, "10³⁰⁸"),
        (nan, "not a number"),
        (inf, "∞"),
        (-inf, "−∞"),
        (0.05, "0.05"),
        (0.0015, "0.0015"),
        (0.000512, "5.12·10⁻⁴"),
        (999.6, "1,000"),
        (12_345, "12,300"),
        (99_960, "10⁵"),
        (-1.5, "−1.5"),
        (0.9996, "1"),
    ],
)
def test_a_number_has_three_digits(value, words):
    assert number_words(value) == words


def test_any_number_is_read_back_to_three_digits_and_is_no_wider_than_the_widest():
    rng = np.random.default_rng(0)
    for value in rng.normal(size=3000) * 10.0 ** rng.uniform(-300, 300, 3000):
        words = number_words(value)
        assert read_back(words) == pytest.approx(value, rel=6e-3)
        assert len(words) <= len(WIDEST)


def test_more_digits_and_a_plus_can_be_had():
    assert number_words(0.4375, 4, signed=True) == "+0.4375"
    assert number_words(123_456, 6) == "123,456"
    assert number_words(-2, signed=True) == "−2"


@pytest.mark.parametrize(
    ("value", "limit", "words"),
    [
        (0.123, 5, "0.12"),
        (-0.004, 5, "0.00"),
        (0.00412, 0.05, "0.0041"),
        (-12.34, 50, "−12.3"),
        (1234, 5000, "1,234"),
        (0.00041, 0.005, "4.1·10⁻⁴"),
        (3e19, 5e19, "3·10¹⁹"),
        (2e19, 5, "2·10¹⁹"),
        (nan, 5, "not a number"),
    ],
)
def test_numbers_in_cells_have_the_digits_of_their_scale(value, limit, words):
    assert on_scale(value, limit) == words


def test_ticks_that_stand_side_by_side_differ():
    for low in (0.0, 12_345.0, 2e19, 1.2e-7):
        for spacing in (max(abs(low), 1e-9) / 50, max(abs(low), 1e-9) / 2000):
            words = [tick_words((low // spacing + place) * spacing, spacing) for place in range(6)]
            assert len(set(words)) == len(words)
    assert tick_words(0, 1) == "0"
    assert tick_words(0.25, 0.05) == "0.25"


def test_numbers_around_one_have_three_decimals():
    told = {
        0.4: "0.400",
        -0.25: "−0.250",
        -1e-30: "0.000",
        999.9: "999.900",
        2.008e19: "2.01·10¹⁹",
        nan: "not a number",
    }
    assert {value: decimal_words(value) for value in told} == told
    assert decimal_words(0.5, signed=True) == "+0.500"


def test_shares_are_percent():
    assert share_words(0.983) == "98.3 %"
    assert share_words(nan) == "–"


def test_an_epoch_is_not_said_to_be_done_before_it_is():
    told = [epoch_words(epochs) for epochs in (0.0, 0.3, 2 + 59_999 / 60_000, 3.0, 3 + 0.1 + 0.2, 1000.05)]
    assert told == ["0.0", "0.3", "2.9", "3.0", "3.3", "1,000.0"]
