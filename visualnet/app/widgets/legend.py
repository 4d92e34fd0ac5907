"""The key to the curves, with the newest values: painted by itself, cheap to change."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.painted import painted

HEIGHT = 24
NAMES = ("training", "test")
SAMPLE_WIDTH, VALUE_WIDTH = 22, 68
"""Pixels for a piece of a curve, and for a number."""


class _Style:
    """A font, and where its letters stand in a line of HEIGHT."""

    def __init__(self, text_font: QFont) -> None:
        self.font = text_font
        self._metrics = QFontMetrics(text_font)
        self.baseline = (HEIGHT + self._metrics.capHeight()) // 2

    def width_of(self, text: str) -> int:
        return self._metrics.horizontalAdvance(text)


class Legend(QWidget):
    """A line of colour, a name and a value for training and for test; the names go where room is scarce."""

    def __init__(self, theme: Theme, figure: str) -> None:
        super().__init__()
        self._theme = theme
        self._figure = figure
        self._texts = ("–", "–", "")
        self._small, self._bold = _Style(font(SMALL)), _Style(font(NORMAL, QFont.Weight.DemiBold))
        self._title_width = self._bold.width_of(figure) + 2 * GRID
        self._name_widths = [self._small.width_of(name) + GRID for name in NAMES]
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(self._title_width + 2 * (SAMPLE_WIDTH + VALUE_WIDTH))
        self.setAccessibleName(f"{figure}: training and test")

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth() + sum(self._name_widths), HEIGHT)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Training value, test value and note as shown."""
        return self._texts

    def show_texts(self, training: str, test: str, note: str) -> None:
        """Show these values, and after them where they were read."""
        if (training, test, note) != self._texts:
            self._texts = (training, test, note)
            self.setAccessibleDescription(f"training {training}, test {test} {note}")
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        self._paint_text(painter, 0, self._figure, self._theme.text, self._bold)
        colours = (self._theme.training, self._theme.test)
        note_width = self._small.width_of(self._texts[2])
        shows_names = self.width() >= self.sizeHint().width() + note_width
        x = self._title_width
        for place, colour in enumerate(colours):
            self._paint_sample(painter, x, colour, has_dot=place == 1)
            x += SAMPLE_WIDTH
            if shows_names:
                width = self._name_widths[place]
                self._paint_text(painter, x, NAMES[place], self._theme.secondary, self._small)
                x += width
            self._paint_text(painter, x, self._texts[place], colour, self._bold)
            x += max(VALUE_WIDTH, self._bold.width_of(self._texts[place]) + 2 * GRID)
        self._paint_text(painter, x, self._texts[2], self._theme.secondary, self._small)

    def _paint_sample(self, painter: QPainter, x: int, colour: str, has_dot: bool) -> None:
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawLine(x, HEIGHT // 2, x + 14, HEIGHT // 2)
        if has_dot:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QPoint(x + 7, HEIGHT // 2), 3, 3)

    def _paint_text(self, painter: QPainter, x: int, text: str, colour: str, style: _Style) -> None:
        if text:
            painter.setFont(style.font)
            painter.setPen(QColor(colour))
            # Text at a point takes a third of the time of text in a rectangle.
            painter.drawText(QPoint(x, style.baseline), text)
