"""A part of the plane as a picture: a score everywhere, points upon it, and their axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import (
    NORMAL,
    SMALL,
    Theme,
    class_colour,
    class_table,
    diverging_indices,
    diverging_table,
    font,
)
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture, is_current
from visualnet.app.widgets.scale import TICK_ROOM, ticks
from visualnet.core.probes.surface import Surface

AXIS, NUMBER_GAP, TICKS = 28, 6, 3
"""Pixels for the numbers below and left of the picture, at least, and between them; round numbers on each axis."""

MARGIN = 4
LETTER = 24
"""Pixels for the name of an axis, at its end."""


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


class Plane(QWidget):
    """Shows a Surface with its training points.

    Blue is class 0 and orange class 1, or blue a value below zero and orange one above. Of more classes
    each has its colour.

    Attributes:
        pointed: emitted with (x, y) in data coordinates under the mouse, or None.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hint = ""
        self._surface: Surface | None = None
        self._points: NDArray[Any] = np.empty((0, 2))
        self._targets: NDArray[Any] = np.empty(0, int)
        self._classes = 2
        self._wrong: NDArray[Any] = np.empty(0, int)
        self._pixels: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self._image = QImage()
        self._dots = QPixmap()
        self._axis = AXIS
        self.setMouseTracking(True)
        self.setMinimumSize(200, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(560, 520)

    @property
    def picture(self) -> QRect:
        """The square that the surface fills."""
        axis = self._axis
        side = max(10, min(self.width() - axis - 2 * MARGIN, self.height() - AXIS - 2 * MARGIN))
        return QRect((self.width() - side + axis) // 2, (self.height() - side - AXIS) // 2, side, side)

    def set_hint(self, text: str) -> None:
        """Show this sentence instead of a surface."""
        self._hint = text
        self._surface = None
        self.update()

    def set_points(self, points: NDArray[Any], targets: NDArray[Any], classes: int = 2) -> None:
        """The (count, 2) training points; their class labels, or (count, outputs) values for 0 classes."""
        self._points, self._targets, self._classes = points, targets, classes
        self._pixels = np.empty((0, 0), np.uint8)
        self._dots = QPixmap()

    def show_surface(self, surface: Surface, wrong: NDArray[Any]) -> None:
        """Show this surface; mark the points at the places ``wrong``."""
        is_new = self._surface is None or self._surface.bounds != surface.bounds
        self._surface, self._wrong = surface, wrong
        # The first row has the least second coordinate, a picture's first row is its upper edge.
        scores = surface.scores[::-1]
        if self._pixels.shape != scores.shape:
            self._pixels = np.empty(scores.shape, np.uint8)
            height, width = scores.shape
            self._image = QImage(self._pixels.data, width, height, width, QImage.Format.Format_Indexed8)
            self._image.setColorTable(self._colours)
        if self._classes > 2:
            np.copyto(self._pixels, scores, casting="unsafe")
        else:
            diverging_indices(scores - surface.centre, surface.reach, out=self._pixels)
        if is_new:
            self._dots = QPixmap()
            words = ticks(*surface.bounds[2:], TICKS).values()
            widest = max(map(QFontMetrics(font(SMALL)).horizontalAdvance, words), default=0)
            self._axis = max(AXIS, widest + NUMBER_GAP)
        self.update()

    @property
    def _colours(self) -> tuple[int, ...]:
        return class_table(self._theme) if self._classes > 2 else diverging_table(self._theme)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._dots = QPixmap()
        if not self._image.isNull():
            self._image.setColorTable(self._colours)
        self.update()

    def score_at(self, x: float, y: float) -> float | None:
        """The Surface's score at a place of the plane."""
        surface = self._surface
        if surface is None:
            return None
        left, right, bottom, top = surface.bounds
        rows, columns = surface.scores.shape
        column, row = int((x - left) / (right - left) * columns), int((y - bottom) / (top - bottom) * rows)
        return float(surface.scores[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)])

    def position_of(self, x: float, y: float) -> QPointF:
        """Where a place of the plane is painted."""
        assert self._surface is not None
        left, right, bottom, top = self._surface.bounds
        picture = self.picture
        return QPointF(
            picture.x() + (x - left) / (right - left) * picture.width(),
            picture.y() + (top - y) / (top - bottom) * picture.height(),
        )

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        if self._surface is None:
            painter.setPen(QColor(self._theme.secondary))
            painter.setFont(font(NORMAL))
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), wrap, self._hint)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.picture, self._image.convertToFormat(QImage.Format.Format_RGB32))
        if not is_current(self._dots, self):
            self._dots = self._paint_dots()
        painter.drawPixmap(0, 0, self._dots)
        self._paint_wrong(painter)

    def _paint_dots(self) -> QPixmap:
        """What changes with the size alone: points, frame and axis numbers."""
        layer = blank_picture(self, Qt.GlobalColor.transparent)
        with QPainter(layer) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_axes(painter)
            radius = self._radius
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
            for (x, y), target in zip(self._points, self._targets, strict=True):
                place = self.position_of(x, y)
                if self._classes:
                    painter.setBrush(QColor(class_colour(self._theme, int(target))))
                    paint_shape(painter, place, radius, int(target))
                else:
                    painter.setBrush(self._colour_of(float(target[0])))
                    paint_shape(painter, place, radius, 0)
        return layer

    def _colour_of(self, value: float) -> QColor:
        """That of the surface where it has this value."""
        assert self._surface is not None
        index = diverging_indices(np.array([value - self._surface.centre]), self._surface.reach)
        return QColor.fromRgba(diverging_table(self._theme)[int(index[0])])

    @property
    def _radius(self) -> float:
        return 8.0 if len(self._points) <= 16 else 4.5

    def _paint_axes(self, painter: QPainter) -> None:
        assert self._surface is not None
        left, right, bottom, top = self._surface.bounds
        picture = self.picture
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self._theme.secondary))
        side = Qt.AlignmentFlag
        for number, words in ticks(left, right, min(TICKS, max(1, picture.width() // TICK_ROOM))).items():
            x = self.position_of(number, bottom).x()
            width = painter.fontMetrics().horizontalAdvance(words)
            if x + width / 2 < picture.right() - LETTER:
                painter.drawText(
                    QRectF(x - width, picture.bottom() + 5, 2 * width, 16), side.AlignCenter, words
                )
        for number, words in ticks(bottom, top, TICKS).items():
            y = self.position_of(left, number).y()
            area = QRectF(0, y - 8, picture.x() - NUMBER_GAP, 16)
            if y > picture.y() + LETTER:
                painter.drawText(area, side.AlignRight | side.AlignVCenter, words)
        painter.drawText(QRectF(picture.right() - 40, picture.bottom() + 5, 40, 16), side.AlignRight, "x₁")
        painter.drawText(QRectF(picture.x() - 44, picture.y(), 38, 16), side.AlignRight, "x₂")

    def _paint_wrong(self, painter: QPainter) -> None:
        """A ring around each point that the network gives the other class."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.wrong), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = self._radius * 1.9
        for place in self._wrong:
            painter.drawEllipse(self.position_of(*self._points[place]), radius, radius)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self._place_at(event.position().toPoint()))

    def _place_at(self, position: QPoint) -> tuple[float, float] | None:
        picture = self.picture
        if self._surface is None or not picture.contains(position):
            return None
        left, right, bottom, top = self._surface.bounds
        across = (position.x() - picture.x()) / picture.width()
        down = (position.y() - picture.y()) / picture.height()
        return left + across * (right - left), top - down * (top - bottom)

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)

    def resizeEvent(self, event: Any) -> None:
        self._dots = QPixmap()
