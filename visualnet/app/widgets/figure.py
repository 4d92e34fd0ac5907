"""A running number with its name: painted by itself, of a width that only grows, cheap to change."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import DARK, GRID, LARGE, SMALL, Theme, font
from visualnet.app.widgets.painted import painted

HEIGHT = 38
"""In pixels, of the number and its name together."""


class Figure(QWidget):
    """A number in large tabular figures, its name in small letters beneath.

    Args:
        name: what the number is.
        widest_name: one as wide as most names that will come; None: the name stays.
        widest: a text as wide as most that will come; where a wider one comes, the width grows and stays.
        idea: for the tooltip.
    """

    def __init__(self, name: str, widest: str, idea: str, widest_name: str | None = None) -> None:
        super().__init__()
        self._name = name
        self._text = "–"
        self._theme = DARK
        self._colour = DARK.text
        self._large = font(LARGE, QFont.Weight.DemiBold)
        self._small = font(SMALL)
        self._size = QSize(0, HEIGHT)
        self._make_room(widest, widest_name or name)
        self.setToolTip(idea)
        self.setAccessibleName(name)

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text

    @property
    def name(self) -> str:
        """What it says that the number is."""
        return self._name

    def _make_room(self, text: str, name: str) -> None:
        """Be wide enough for these."""
        width = max(
            QFontMetrics(self._large).horizontalAdvance(text),
            QFontMetrics(self._small).horizontalAdvance(name),
        )
        if width + 2 * GRID > self._size.width():
            self._size = QSize(width + 2 * GRID, HEIGHT)
            self.setFixedSize(self._size)

    def show_text(self, text: str) -> None:
        """Show this; nothing is painted where it is the same."""
        if text != self._text:
            self._text = text
            self._make_room(text, self._name)
            self.setAccessibleDescription(text)
            self.update()

    def show_name(self, name: str) -> None:
        """Say so what the number is; nothing is painted where it is the same."""
        if name != self._name:
            self._name = name
            self._make_room(self._text, name)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.set_colour(theme.text)

    def set_colour(self, colour: str) -> None:
        """The number's colour."""
        self._colour = colour
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        width = self._size.width() - GRID
        painter.setFont(self._large)
        painter.setPen(QColor(self._colour))
        painter.drawText(
            QRect(0, 1, width, 22), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._text
        )
        painter.setFont(self._small)
        painter.setPen(QColor(self._theme.secondary))
        painter.drawText(
            QRect(0, 22, width, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._name
        )
