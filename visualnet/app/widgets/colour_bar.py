"""The colour bar of a diverging colour map, from the negative limit through zero to the positive one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualnet.app.theme import SMALL, Theme, font
from visualnet.app.widgets.painted import painted
from visualnet.core.number_words import number_words

WIDTH, HEIGHT, BAR_HEIGHT = 168, 28, 8
GAP = 6
"""Pixels, at least, between two of the numbers."""


class ColourBar(QWidget):
    """A colour bar with numbers, repainted only when the limit moves."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._limit: float | None = None
        self.setFixedHeight(HEIGHT)
        metrics = QFontMetrics(font(SMALL))
        least = 2 * metrics.horizontalAdvance("−5·10⁻³⁰⁰") + metrics.horizontalAdvance("0") + 2 * GAP
        self.setMinimumWidth(least)
        self.setMaximumWidth(max(WIDTH, least))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour scale")
        self.setToolTip(
            "Blue is negative, orange is positive, and zero has the tone of the panel.\nThe scale moves in steps."
        )

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    @property
    def limit(self) -> float | None:
        """The greatest magnitude that has a colour of its own; None: not known yet."""
        return self._limit

    def set_limit(self, limit: float | None) -> None:
        """Show this limit; None: nothing, as long as there are no values."""
        if limit != self._limit:
            self._limit = limit
            words = "" if limit is None else f"from {number_words(-limit)} to {number_words(limit)}"
            self.setAccessibleDescription(words)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        if self._limit is None:
            return
        gradient = QLinearGradient(0, 0, self.width(), 0)
        for place, colour in ((0, self._theme.negative), (0.5, self._theme.panel), (1, self._theme.positive)):
            gradient.setColorAt(place, QColor(colour))
        painter.setPen(QColor(self._theme.line))
        painter.setBrush(gradient)
        painter.drawRect(0, 0, self.width() - 1, BAR_HEIGHT)
        painter.setPen(QColor(self._theme.secondary))
        painter.setFont(font(SMALL))
        row = QRect(0, BAR_HEIGHT + 2, self.width(), HEIGHT - BAR_HEIGHT - 2)
        side = Qt.AlignmentFlag
        painter.drawText(row, side.AlignLeft, number_words(-self._limit))
        painter.drawText(row, side.AlignHCenter, "0")
        painter.drawText(row, side.AlignRight, number_words(self._limit, signed=True))
