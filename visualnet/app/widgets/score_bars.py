"""One bar a class, the strongest told apart by weight as well as colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import NORMAL, SMALL, Theme, font

NAME_WIDTH, VALUE_WIDTH = 20, 44
BAR_HEIGHT = 6


class ScoreBars(QWidget):
    """Shows a score in 0..1 for each class."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._classes: tuple[str, ...] = ()
        self._scores: NDArray[Any] | None = None
        self._plain, self._bold = font(SMALL), font(NORMAL, QFont.Weight.DemiBold)
        self.setMinimumSize(110, 104)

    def sizeHint(self) -> QSize:
        return QSize(150, 200)

    @property
    def scores(self) -> NDArray[Any] | None:
        """What is shown; None where the bars are empty."""
        return self._scores

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Names of the classes, one a bar."""
        self._classes = classes
        self.update()

    def show_scores(self, scores: NDArray[Any] | None) -> None:
        """Show (classes,) scores, or empty bars."""
        self._scores = scores
        if scores is not None:
            best = int(np.argmax(scores))
            self.setAccessibleDescription(f"most likely {self._classes[best]}, {scores[best]:.0%}")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._classes:
            return
        scores = np.zeros(len(self._classes)) if self._scores is None else self._scores
        best = -1 if self._scores is None else int(np.argmax(scores))
        step = min(self.height() / len(self._classes), 32)
        track = self.width() - NAME_WIDTH - VALUE_WIDTH
        painter.setPen(Qt.PenStyle.NoPen)
        middles = [step * (place + 0.5) for place in range(len(scores))]
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRects([QRectF(NAME_WIDTH, y - BAR_HEIGHT / 2, track, BAR_HEIGHT) for y in middles])
        for place, (score, y) in enumerate(zip(scores, middles, strict=True)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.accent if place == best else self._theme.secondary))
            painter.drawRect(QRectF(NAME_WIDTH, y - BAR_HEIGHT / 2, track * float(score), BAR_HEIGHT))
            self._paint_texts(painter, place, float(score), y, step, place == best)

    def _paint_texts(
        self, painter: QPainter, place: int, score: float, y: float, step: float, is_best: bool
    ) -> None:
        painter.setFont(self._bold if is_best else self._plain)
        painter.setPen(QColor(self._theme.text if is_best else self._theme.secondary))
        side = Qt.AlignmentFlag
        row = QRect(0, round(y - step / 2), self.width(), round(step))
        painter.drawText(row, side.AlignVCenter | side.AlignLeft, self._classes[place])
        if self._scores is not None:
            painter.drawText(row, side.AlignVCenter | side.AlignRight, f"{score:.0%}".replace("%", " %"))
