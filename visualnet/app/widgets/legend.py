"""The key to the curves, with the newest values: painted by itself, cheap to change."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import NORMAL, SMALL, Theme, font

HEIGHT = 24
NAME_WIDTH, VALUE_WIDTH = 96, 68


class Legend(QWidget):
    """A line of colour, a name and a value for training and for test."""

    def __init__(self, theme: Theme, figure: str) -> None:
        super().__init__()
        self._theme = theme
        self._figure = figure
        self._texts = ("–", "–", "")
        self._small, self._bold = font(SMALL), font(NORMAL, QFont.Weight.DemiBold)
        self._title_width = QFontMetrics(self._bold).horizontalAdvance(figure) + 16
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(self._title_width + 2 * (NAME_WIDTH + VALUE_WIDTH))
        self.setAccessibleName(f"{figure}: training and test")

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), HEIGHT)

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

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._bold)
        painter.setPen(QColor(self._theme.text))
        centred = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, 0, self._title_width, HEIGHT), centred, self._figure)
        colours = (self._theme.training, self._theme.test)
        for place, (name, colour, text) in enumerate(
            zip(("training", "test"), colours, self._texts, strict=False)
        ):
            x = self._title_width + place * (NAME_WIDTH + VALUE_WIDTH)
            painter.setPen(QPen(QColor(colour), 2))
            painter.drawLine(x, HEIGHT // 2, x + 14, HEIGHT // 2)
            if place:
                painter.setBrush(QColor(colour))
                painter.drawEllipse(x + 4, HEIGHT // 2 - 3, 6, 6)
            painter.setFont(self._small)
            painter.setPen(QColor(self._theme.secondary))
            painter.drawText(QRect(x + 22, 0, NAME_WIDTH - 22, HEIGHT), centred, name)
            painter.setFont(self._bold)
            painter.setPen(QColor(colour))
            start = x + 22 + (52 if place == 0 else 30)
            painter.drawText(QRect(start, 0, VALUE_WIDTH + 20, HEIGHT), centred, text)
        painter.setFont(self._small)
        painter.setPen(QColor(self._theme.secondary))
        start = self._title_width + 2 * (NAME_WIDTH + VALUE_WIDTH)
        painter.drawText(QRect(start, 0, self.width() - start, HEIGHT), centred, self._texts[2])
