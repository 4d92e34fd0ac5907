"""A bar for each class's score; the best is told apart by weight as well as by colour."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import NORMAL, SMALL, Theme, font
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.static_texts import StaticTexts
from visualnet.core.number_words import decimal_words

NAME_WIDTH, VALUE_WIDTH = 20, 60
GAP = 8
"""Pixels for a name at least, for a value, and between these and the bar."""

NAMES_SHARE = 0.4
"""Names take no more of the width; longer ones lose their middle."""

BAR_HEIGHT = 6
ROOMY_STEP = 16
"""Pixels from a bar to the next in which the best one's words may be larger than the others'."""

LARGEST_STEP = 36
"""Pixels from a bar to the next where there is room to spare."""
FIGURE_SPACE = "\u2007"
"""A space as wide as a figure, so that percentages stand in a column."""


class ScoreBars(QWidget):
    """Bars for scores in 0..1, one for each class."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._classes: tuple[str, ...] = ()
        self._gives_probabilities = True
        self._scores: NDArray[Any] | None = None
        self._plain = StaticTexts(font(SMALL))
        self._bold = StaticTexts(font(SMALL, QFont.Weight.DemiBold))
        self._large = StaticTexts(font(NORMAL, QFont.Weight.DemiBold))
        self.setMinimumSize(110, 104)

    def sizeHint(self) -> QSize:
        return QSize(150, 200)

    @property
    def scores(self) -> NDArray[Any] | None:
        """What is shown; None where the bars are empty."""
        return self._scores

    def set_classes(self, classes: tuple[str, ...], gives_probabilities: bool = True) -> None:
        """Names of the classes, one a bar, and whether the scores are probabilities: others are no percentages."""
        self._classes, self._gives_probabilities = classes, gives_probabilities
        self.update()

    @property
    def _step(self) -> float:
        return min(self.height() / len(self._classes), LARGEST_STEP)

    def _words(self, score: float) -> str:
        return f"{100 * score:.0f}\u202f%" if self._gives_probabilities else decimal_words(score)

    @property
    def _name_width(self) -> int:
        """What the widest name needs, as far as there is room."""
        widest = max(map(self._large.width_of, self._classes), default=0.0)
        return max(NAME_WIDTH, min(ceil(widest) + GAP, int(NAMES_SHARE * self.width())))

    def show_scores(self, scores: NDArray[Any] | None) -> None:
        """Show (classes,) scores, or empty bars."""
        self._scores = scores
        if scores is not None:
            best = int(np.argmax(scores))
            told = f"{scores[best]:.0%}" if self._gives_probabilities else decimal_words(float(scores[best]))
            self.setAccessibleDescription(f"most likely {self._classes[best]}, {told}")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        if not self._classes:
            return
        step = self._step
        start = self._name_width
        track = self.width() - start - VALUE_WIDTH
        middles = [step * (place + 0.5) for place in range(len(self._classes))]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRects([QRectF(start, y - BAR_HEIGHT / 2, track, BAR_HEIGHT) for y in middles])
        best = -1 if self._scores is None else int(np.argmax(self._scores))
        scores = [] if self._scores is None else self._scores.tolist()
        filled = [
            QRectF(start, y - BAR_HEIGHT / 2, track * score, BAR_HEIGHT)
            for y, score in zip(middles, scores, strict=False)
        ]
        painter.setBrush(QColor(self._theme.secondary))
        painter.drawRects(filled[:best] + filled[best + 1 :])
        if filled:
            painter.setBrush(QColor(self._theme.accent))
            painter.drawRect(filled[best])
        self._paint_texts(painter, middles, scores, best)

    def _paint_texts(self, painter: QPainter, middles: list[float], scores: list[float], best: int) -> None:
        """Name and value of each class; the best in bold."""
        right = self.width() - VALUE_WIDTH + GAP
        room = self._name_width - GAP
        strong = self._large if self._step >= ROOMY_STEP else self._bold
        for texts, colour in ((self._plain, self._theme.secondary), (strong, self._theme.text)):
            texts.begin(painter)
            painter.setPen(QColor(colour))
            for place, y in enumerate(middles):
                if (place == best) is (texts is strong):
                    texts.paint(painter, 0, y + 4, texts.elided(self._classes[place], room))
                    if scores:
                        words = self._words(scores[place])
                        texts.paint(painter, right, y + 4, words.rjust(5, FIGURE_SPACE))
