"""The marks for right and wrong: a tick and a cross, which differ in shape as well as in colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from visualnet.app.theme import Theme


def paint_mark(painter: QPainter, theme: Theme, area: QRect, is_right: bool) -> None:
    """A tick or a cross in the middle of an area: right and wrong differ in shape, not only in colour."""
    centre = QRectF(area).center()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(
        QPen(
            QColor(theme.accent if is_right else theme.wrong),
            2,
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.RoundCap,
        )
    )
    x, y = centre.x(), centre.y()
    if is_right:
        painter.drawPolyline([QPointF(x - 4, y), QPointF(x - 1, y + 3), QPointF(x + 5, y - 4)])
    else:
        painter.drawLine(QPointF(x - 4, y - 4), QPointF(x + 4, y + 4))
        painter.drawLine(QPointF(x - 4, y + 4), QPointF(x + 4, y - 4))
