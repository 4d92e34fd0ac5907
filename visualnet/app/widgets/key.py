"""The key of a picture: names with their signs, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualnet.app.theme import GRID, SMALL, Theme, class_colour, font
from visualnet.app.widgets.painted import painted

ROW, SIGN = 20, 20
"""Pixels of a line, and of a sign with the gap behind it."""

LONGEST = 160
"""Pixels of a name, which is cut where it is longer."""

SignPainter = Callable[[QPainter, Theme, QPointF], None]


@dataclass(frozen=True, slots=True)
class KeyItem:
    """One line of a key.

    Attributes:
        text: what the sign means.
        sign: paints it around a place, as the picture does.
    """

    text: str
    sign: SignPainter


def paint_shape(painter: QPainter, place: QPointF, radius: float, label: int) -> None:
    """The mark of a class: a circle, a square, a triangle, a diamond, and again from the first."""
    x, y = place.x(), place.y()
    if label % 4 == 0:
        painter.drawEllipse(place, radius * 1.1, radius * 1.1)
    elif label % 4 == 1:
        painter.drawRect(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
    else:
        reach = radius * 1.3
        corners = [QPointF(x - reach, y + radius), QPointF(x + reach, y + radius), QPointF(x, y - reach)]
        if label % 4 == 3:
            corners = [
                QPointF(x + dx * reach, y + dy * reach) for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1))
            ]
        painter.drawPolygon(corners)


def class_sign(label: int) -> SignPainter:
    """A point of this class."""

    def paint(painter: QPainter, theme: Theme, place: QPointF) -> None:
        painter.setPen(QPen(QColor(theme.text), 1.5))
        painter.setBrush(QColor(class_colour(theme, label)))
        paint_shape(painter, place, 4.5, label)

    return paint


def patch(colour: str) -> SignPainter:
    """A square in the theme's colour of this name."""

    def paint(painter: QPainter, theme: Theme, place: QPointF) -> None:
        painter.setPen(QColor(theme.line))
        painter.setBrush(QColor(getattr(theme, colour)))
        painter.drawRect(QRectF(place.x() - 5.5, place.y() - 5.5, 11, 11))

    return paint


def point(fill: str, edge: str) -> SignPainter:
    """A point in the theme's colours of these names."""

    def paint(painter: QPainter, theme: Theme, place: QPointF) -> None:
        painter.setPen(QPen(QColor(getattr(theme, edge)), 1.5))
        painter.setBrush(QColor(getattr(theme, fill)))
        painter.drawEllipse(place, 4.5, 4.5)

    return paint


def ring(painter: QPainter, theme: Theme, place: QPointF) -> None:
    """What stands around a point that is taken for another class."""
    painter.setPen(QPen(QColor(theme.wrong), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(place, 6, 6)


def line(painter: QPainter, theme: Theme, place: QPointF) -> None:
    """A piece of the network's curve."""
    painter.setPen(QPen(QColor(theme.training), 2))
    painter.drawLine(place - QPointF(7, 0), place + QPointF(7, 0))


class Key(QWidget):
    """A key: signs and their names."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._items: tuple[KeyItem, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Key")

    @property
    def texts(self) -> tuple[str, ...]:
        """What the signs mean, in full."""
        return tuple(item.text for item in self._items)

    def show_items(self, items: Sequence[KeyItem]) -> None:
        """Show these."""
        self._items = tuple(items)
        words = ", ".join(self.texts)
        self.setAccessibleDescription(words)
        self.setToolTip("\n".join(self.texts))
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(LONGEST, self.heightForWidth(max(self.width(), 1)))

    def heightForWidth(self, width: int) -> int:
        return ROW * (1 + max((row for row, _ in self._places(width)), default=0))

    def place_of(self, index: int) -> QPoint:
        """Where the middle of a sign is."""
        row, x = self._places(self.width())[index]
        return QPoint(x + SIGN // 2 - 2, row * ROW + ROW // 2)

    def _places(self, width: int) -> list[tuple[int, int]]:
        """Row and left edge of each item, one after the other as words in a text."""
        metrics = QFontMetrics(font(SMALL))
        places, row, x = [], 0, 0
        for item in self._items:
            own = SIGN + min(metrics.horizontalAdvance(item.text), LONGEST)
            if x and x + own > width:
                row, x = row + 1, 0
            places.append((row, x))
            x += own + 2 * GRID
        return places

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SMALL))
        metrics = painter.fontMetrics()
        for index, (item, (row, x)) in enumerate(zip(self._items, self._places(self.width()), strict=True)):
            item.sign(painter, self._theme, QPointF(self.place_of(index)))
            room = min(LONGEST, self.width() - x - SIGN)
            words = metrics.elidedText(item.text, Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(QColor(self._theme.secondary))
            painter.drawText(QRectF(x + SIGN, row * ROW, room + 2, ROW), Qt.AlignmentFlag.AlignVCenter, words)
