"""Marks on a curve where something was changed: a thin line with a word above it, thinned out where they crowd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, inf

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import SMALL, Theme, blend, font
from visualnet.app.widgets.painted import painted

LINE_GAP = 4
LABEL_GAP = 8
PADDING = 4
"""Pixels between two lines, between two words, and between a line and its word."""


def without_overlap(spans: Sequence[tuple[float, float]], gap: float) -> list[int]:
    """Which of these spans to keep so that they stand clear of each other; the later one wins.

    Args:
        spans: (left, right) of each, in growing order.
        gap: least distance between two that are kept.
    """
    kept: list[int] = []
    limit = inf
    for place in reversed(range(len(spans))):
        left, right = spans[place]
        if right + gap <= limit:
            kept.append(place)
            limit = left
    return kept[::-1]


class CurveMarks(QWidget):
    """The strip above a plot with the words of its marks, where they cover no curve; a line with a word reaches up to it.

    Args:
        parent: the plot's viewport.
        theme: the colours.

    Attributes:
        marks: (step, word) of each, in growing order.
        steps: the steps whose lines are shown in the plot.
        words: the words that are shown, each with its place in pixels of the parent.
    """

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.marks: list[tuple[int, str]] = []
        self.steps: list[int] = []
        self.words: list[tuple[QRectF, str]] = []
        self._tops: list[QLineF] = []
        self._font = font(SMALL)
        self._metrics = QFontMetricsF(self._font)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._ink, self._line = QColor(theme.secondary), QColor(blend(theme.secondary, theme.panel, 0.5))
        self.update()

    @property
    def room(self) -> int:
        """Pixels of height that it needs above the plot."""
        return ceil(self._metrics.height())

    def place(self, to_pixel: Callable[[int], float], view: QRectF) -> None:
        """Choose what is shown.

        Args:
            to_pixel: from a step to its horizontal place.
            view: where the curve is drawn, in pixels of the parent.
        """
        self.setGeometry(0, 0, ceil(view.right()), floor(view.top()))
        placed = [(to_pixel(step), step, word) for step, word in self.marks]
        placed = [mark for mark in placed if view.left() <= mark[0] <= view.right()]
        self.steps = [placed[i][1] for i in without_overlap([(x, x) for x, _, _ in placed], LINE_GAP)]
        boxes = [self._box(x, word, view) for x, _, word in placed]
        kept = without_overlap([(box.left(), box.right()) for box in boxes], LABEL_GAP)
        self.words = [(boxes[i], placed[i][2]) for i in kept]
        self._tops = [QLineF(placed[i][0], boxes[i].top(), placed[i][0], view.top()) for i in kept]
        self.update()

    def _box(self, x: float, word: str, view: QRectF) -> QRectF:
        """Right of the line, or left of it where the view ends."""
        width = self._metrics.horizontalAdvance(word)
        left = x + PADDING if x + PADDING + width <= view.right() else x - PADDING - width
        return QRectF(left, view.top() - self.room, width, self.room)

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setPen(self._line)
        painter.drawLines(self._tops)
        painter.setFont(self._font)
        painter.setPen(self._ink)
        for box, word in self.words:
            painter.drawText(QPointF(box.left(), box.top() + self._metrics.ascent()), word)


def paint_message(painter: QPainter, view: QRectF, text: str, theme: Theme) -> None:
    """A sentence in the middle of an empty plot."""
    painter.setFont(font())
    painter.setPen(QColor(theme.secondary))
    painter.drawText(view, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
