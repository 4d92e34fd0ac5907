"""Numbers as people read them: the same three digits everywhere, and never longer than a dozen letters.

What lies far from 1 has a power of ten: 2.01·10¹⁹. A number below zero has a minus, not a hyphen.
"""

from __future__ import annotations

from math import floor, isfinite, isinf, log10

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

LEAST_PLAIN, FIRST_LONG = -3, 5
"""Powers of ten: numbers from the first up to below the second need no power of their own."""

WIDEST = "−9.99·10⁻³⁰⁸"
"""As wide as any number of three digits."""

ROUNDED = 1e-7
"""What rounding may have taken from a number of tenths."""


def with_minus(text: str) -> str:
    """Numbers as they are set in print: with a minus, not a hyphen, before those below zero."""
    return text.replace("-", "−")


def number_words(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """A number with so many significant digits, without zeros that say nothing: 0.05, 12,300, 2.01·10¹⁹.

    Args:
        value: any number, one that is not finite too.
        digits: at least 1.
        signed: whether numbers above zero have a plus.
    """
    value = float(value)
    if not isfinite(value):
        return ("∞" if value > 0 else "−∞") if isinf(value) else "not a number"
    if value == 0:
        return "0"
    factor, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    power = int(exponent)
    if LEAST_PLAIN <= power < max(FIRST_LONG, digits):
        words = f"{float(f'{factor}e{exponent}'):,.{max(digits - 1 - power, 0)}f}"
        words = words.rstrip("0").rstrip(".") if "." in words else words
    else:
        raised = f"10{str(power).translate(RAISED)}"
        words = raised if float(factor) == 1 else f"{float(factor):g}·{raised}"
    return f"{'−' if value < 0 else '+' if signed else ''}{words}"


def share_words(share: float) -> str:
    """A share of one in percent: 98.3 %; a dash for what is not a number."""
    return f"{100 * share:.1f} %" if isfinite(share) else "–"


def epoch_words(epochs: float) -> str:
    """A count of epochs with the tenths of the last one that are full: 3.0 is not said before the third is done."""
    return f"{floor(10 * epochs + ROUNDED) / 10:,.1f}"


def on_scale(value: float, limit: float) -> str:
    """A number that stands among others on a scale up to ``limit``, with three digits of that scale.

    On a scale up to 5 it has two decimals, up to 0.05 four; on one that needs a power of ten two digits of its own.
    """
    power = _power(limit)
    if not LEAST_PLAIN < power < FIRST_LONG or not isfinite(value) or abs(value) >= 10 ** (power + 2):
        return number_words(value, 2)
    words = f"{value:,.{max(2 - power, 0)}f}"
    return with_minus(words) if float(words.replace(",", "")) else words.lstrip("-")


def decimal_words(value: float, *, signed: bool = False) -> str:
    """A number around 1 with three decimals, so that a column of them does not dance; any other as it is told best."""
    if not isfinite(value) or abs(value) >= 1000:
        return number_words(value, signed=signed)
    words = f"{value:+.3f}" if signed else f"{value:.3f}"
    return with_minus(words) if float(words) else "0.000"


def tick_words(value: float, spacing: float) -> str:
    """A multiple of ``spacing`` with all the digits that tell it from its neighbours."""
    digits = _power(value) - _power(spacing) + 1 if value else 1
    return number_words(value, max(digits, 1)) if digits <= 15 else "0"


def _power(value: float) -> int:
    """The power of ten of a number's first digit; 0 for what has none."""
    return floor(log10(abs(value))) if value and isfinite(value) else 0
