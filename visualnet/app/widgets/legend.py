"""The legend of the curves, with the newest values; it paints itself, so that a change is cheap."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.painted import painted

HEIGHT = 24
SAMPLE_WIDTH, VALUE_WIDTH = 22, 56
"""Pixels for a piece of a curve, and for a number at least."""

WIDEST_VALUE = "9.99·10⁻³⁰⁸"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a figure.

    Attributes:
        full: where there is room.
        short: where there is less.
    """

    full: str
    short: str


NAMES = (Names("training", "training"), Names("test", "test"))


class _Style:
    """A font, and where its letters stand in a line of HEIGHT."""

    def __init__(self, text_font: QFont) -> None:
        self.font = text_font
        self._metrics = QFontMetrics(text_font)
        self.baseline = (HEIGHT + self._metrics.capHeight()) // 2

    def width_of(self, text: str) -> int:
        return self._metrics.horizontalAdvance(text)

    def elided(self, text: str, width: int) -> str:
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


class Legend(QWidget):
    """A legend: colour, name and value for training and for test; names become shorter where room is scarce."""

    def __init__(self, theme: Theme, figure: str) -> None:
        super().__init__()
        self._theme = theme
        self._figure = figure
        self._values = ("–", "–")
        self._notes: tuple[str, ...] = ("",)
        self._names = NAMES
        self._small, self._bold = _Style(font(SMALL)), _Style(font(NORMAL, QFont.Weight.DemiBold))
        self._title_width = self._bold.width_of(figure) + 2 * GRID
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(self._title_width + 2 * (SAMPLE_WIDTH + self._value_width(WIDEST_VALUE)))
        self.setAccessibleName(f"{figure}: training and test")

    def sizeHint(self) -> QSize:
        names = sum(self._small.width_of(name.full) + GRID for name in NAMES)
        return QSize(self.minimumWidth() + names, HEIGHT)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Training value, test value and the note in full."""
        return *self._values, self._notes[0]

    @property
    def names(self) -> tuple[str, str]:
        """What the two values are, in full."""
        training, test = self._names
        return training.full, test.full

    def show_texts(self, training: str, test: str, *notes: str, names: tuple[Names, Names] = NAMES) -> None:
        """Show these values, what they are, and after them a note: the first of these that has room."""
        shown = (training, test), notes or ("",), names
        if shown == (self._values, self._notes, self._names):
            return
        self._values, self._notes, self._names = shown
        words = f"{names[0].full} {training}, {names[1].full} {test} {self._notes[0]}".rstrip()
        self.setAccessibleDescription(words)
        self.setToolTip(f"{self._figure}: {words}.")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        self._paint_text(painter, 0, self._figure, self._theme.text, self._bold)
        names, note = self._fitting()
        colours = (self._theme.training, self._theme.test)
        x = self._title_width
        for place, (colour, name, value) in enumerate(zip(colours, names, self._values, strict=True)):
            self._paint_sample(painter, x, colour, has_dot=place == 1)
            x += SAMPLE_WIDTH
            if name:
                self._paint_text(painter, x, name, self._theme.secondary, self._small)
                x += self._small.width_of(name) + GRID
            self._paint_text(painter, x, value, colour, self._bold)
            x += self._value_width(value)
        self._paint_text(
            painter, x, self._small.elided(note, self.width() - x), self._theme.secondary, self._small
        )

    def _value_width(self, value: str) -> int:
        return max(VALUE_WIDTH, self._bold.width_of(value) + GRID + 2)

    def _fitting(self) -> tuple[tuple[str, str], str]:
        """The longest names and note that there is room for; of the note at least as much as there is."""
        training, test = self._names
        room = self.width() - self._title_width - 2 * SAMPLE_WIDTH - sum(map(self._value_width, self._values))
        for names in ((training.full, test.full), (training.short, test.short)):
            for note in self._notes:
                words = [self._small.width_of(name) + GRID for name in names]
                if sum(words) + self._small.width_of(note) <= room:
                    return names, note
        return ("", ""), self._notes[-1]

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
