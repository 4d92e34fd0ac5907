"""Names of a picture's axes: one below its numbers, one to their left."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from visualnet.app.widgets.fitted import elided

NAME_ROOM = 16
"""Pixels beyond the numbers of an axis."""


def paint_names(painter: QPainter, picture: QRect, names: tuple[str, str], left: int, foot: int) -> None:
    """Both names in the painter's font, each in the middle of its axis and no longer than that.

    Args:
        painter: paints in the colour of its pen.
        picture: the part inside the axes.
        names: of what goes across, and of what goes up.
        left: pixels that the numbers left of the picture take.
        foot: pixels that those below it take.
    """
    across, up = names
    middle = Qt.AlignmentFlag.AlignCenter
    below = QRectF(picture.x(), picture.bottom() + foot, picture.width(), NAME_ROOM)
    painter.drawText(below, middle, elided(painter, across, picture.width()))
    painter.save()
    painter.translate(picture.x() - left, picture.bottom())
    painter.rotate(-90)
    beside = QRectF(0, -NAME_ROOM, picture.height(), NAME_ROOM)
    painter.drawText(beside, middle, elided(painter, up, picture.height()))
    painter.restore()
