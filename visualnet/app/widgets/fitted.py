"""Texts cut to the width of a column, so that none runs into the next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from visualnet.core.number_words import decimal_words, number_words


def elided(painter: QPainter, words: str, width: int) -> str:
    """As much of both ends of the words as a width in pixels has room for, in the painter's font."""
    return painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, width)


def fitted(painter: QPainter, value: float, width: int) -> str:
    """A number with as many digits as a width in pixels has room for; three dots where not one has."""
    whole = abs(value) < 1e-3 or (abs(value) < 1000 and value == round(value))
    several = (
        number_words(value) if whole else decimal_words(value),
        *(number_words(value, n) for n in (3, 2, 1)),
    )
    fits = painter.fontMetrics().horizontalAdvance
    return next((words for words in several if fits(words) <= width), "…")
