"""A small curve: how far two runs are apart over their steps."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.tip_below import tip_below
from visualnet.core.number_words import number_words


class DistancePlot(QWidget):
    """A plot of (step, distance) from step 0 to the last, with the last distance as a number."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._points: tuple[tuple[int, float], ...] = ()
        self.setFixedHeight(56)
        self.setAccessibleName("Distance between the runs")
        tip_below(self)
        self.setToolTip(
            "The Euclidean distance between the parameters of the two runs, step by step.\n"
            "Zero as long as they are one and the same."
        )

    @property
    def points(self) -> tuple[tuple[int, float], ...]:
        """What is drawn."""
        return self._points

    def show_points(self, points: tuple[tuple[int, float], ...]) -> None:
        """Draw these."""
        self._points = points
        self.setAccessibleDescription(self._words)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @property
    def _words(self) -> str:
        if not self._points:
            return "Distance: computing…"
        step, distance = self._points[-1]
        return f"Distance {number_words(distance)} at step {step:,}"

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self._theme.secondary))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, self._words)
        area = QRectF(self.rect()).adjusted(0, 2.0 * GRID + 2, 0, -2)
        painter.setPen(QPen(QColor(self._theme.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if len(self._points) < 2:
            return
        last, most = self._points[-1][0] or 1, max(distance for _, distance in self._points) or 1
        places = [
            QPointF(area.left() + area.width() * step / last, area.bottom() - area.height() * distance / most)
            for step, distance in self._points
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.text), 1.5))
        painter.drawPolyline(QPolygonF(places))
