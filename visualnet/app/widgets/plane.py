"""A part of the plane as a picture: scores as colours, points upon them, and axes."""

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
from visualnet.app.widgets.axis_names import NAME_ROOM, paint_names
from visualnet.app.widgets.key import paint_shape
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture, is_current
from visualnet.app.widgets.scale import fitting_ticks, ticks
from visualnet.app.widgets.surface_picture import SIDE, SurfacePicture
from visualnet.core.probes.surface import Surface

AXIS, FOOT, NUMBER_GAP, TICKS = 28, 22, 6, 5
"""Pixels for the numbers left of the picture, at least, below it, and between them; round numbers on an axis, at most."""

MARGIN = 4


class Plane(QWidget):
    """A picture of a Surface with its training points.

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
        self._names = ("x₁", "x₂")
        self._drawn: SurfacePicture | None = None
        self._image = QImage()
        self._test: tuple[NDArray[Any], NDArray[Any]] | None = None
        self._wrong_test: NDArray[Any] = np.empty(0, int)
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
        left, foot = self._axis + NAME_ROOM, FOOT + NAME_ROOM
        side = max(10, min(self.width() - left - 2 * MARGIN, self.height() - foot - 2 * MARGIN))
        return QRect((self.width() - side + left) // 2, (self.height() - side - foot) // 2, side, side)

    def set_hint(self, text: str) -> None:
        """Show this sentence instead of a surface."""
        self._hint = text
        self._surface = None
        self.update()

    def set_points(
        self,
        points: NDArray[Any],
        targets: NDArray[Any],
        classes: int = 2,
        names: tuple[str, str] = ("x₁", "x₂"),
    ) -> None:
        """Other data.

        Args:
            points: (count, 2) training inputs.
            targets: (count,) their class labels, or (count, outputs) values.
            classes: how many there are; 0 for values.
            names: of the two inputs.
        """
        self._points, self._targets, self._classes, self._names = points, targets, classes, names
        self._dots = QPixmap()

    def show_test_points(self, points: NDArray[Any] | None, targets: NDArray[Any] | None) -> None:
        """Show these points too, or none; nothing is known as yet of what is said of them."""
        self._test = None if points is None or targets is None else (points, targets)
        self._wrong_test = np.empty(0, int)
        self._dots = QPixmap()
        self.update()

    def mark_test_points(self, wrong: NDArray[Any]) -> None:
        """Mark the test points at these places."""
        self._wrong_test = wrong
        self.update()

    def show_surface(self, surface: Surface, wrong: NDArray[Any]) -> None:
        """Show this surface; mark the training points at the places ``wrong``."""
        is_new = self._surface is None or self._surface.bounds != surface.bounds
        self._surface, self._wrong = surface, wrong
        self._drawn = SurfacePicture(surface, self._classes)
        self._colour()
        if is_new:
            self._dots = QPixmap()
            words = ticks(*surface.bounds[2:], TICKS).values()
            widest = max(map(QFontMetrics(font(SMALL)).horizontalAdvance, words), default=0)
            self._axis = max(AXIS, widest + NUMBER_GAP)
        self.update()

    def _colour(self) -> None:
        """Colours for what is drawn; Qt smooths between true colours alone, not between places in a table."""
        if self._drawn is None:
            return
        image = QImage(self._drawn.indices.data, SIDE, SIDE, SIDE, QImage.Format.Format_Indexed8)
        many = self._classes > 2
        image.setColorTable(class_table(self._theme) if many else diverging_table(self._theme))
        self._image = image.convertToFormat(QImage.Format.Format_RGB32)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._dots = QPixmap()
        self._colour()
        self.update()

    def score_at(self, x: float, y: float) -> float | None:
        """The score that is drawn at a place of the plane."""
        return None if self._drawn is None else self._drawn.score_at(x, y)

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
        painter.drawImage(self.picture, self._image)
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
            self._paint_points(painter, self._points, self._targets, self._theme.text)
            if self._test is not None:
                self._paint_points(painter, *self._test, self._theme.panel)
        return layer

    def _paint_points(
        self, painter: QPainter, points: NDArray[Any], targets: NDArray[Any], edge: str
    ) -> None:
        """Points in the colours of what they are, with an edge that says of which part of the data."""
        painter.setPen(QPen(QColor(edge), 1.5))
        for (x, y), target in zip(points, targets, strict=True):
            label = int(target) if self._classes else 0
            is_class = bool(self._classes)
            painter.setBrush(
                QColor(class_colour(self._theme, label)) if is_class else self._colour_of(float(target[0]))
            )
            paint_shape(painter, self.position_of(x, y), self._radius, label)

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
        width_of = painter.fontMetrics().horizontalAdvance
        for number, words in fitting_ticks(left, right, TICKS, picture.width(), width_of).items():
            x, width = self.position_of(number, bottom).x(), width_of(words)
            painter.drawText(QRectF(x - width, picture.bottom() + 5, 2 * width, 16), side.AlignCenter, words)
        for number, words in ticks(bottom, top, TICKS).items():
            y = self.position_of(left, number).y()
            area = QRectF(0, y - 8, picture.x() - NUMBER_GAP, 16)
            painter.drawText(area, side.AlignRight | side.AlignVCenter, words)
        paint_names(painter, picture, self._names, self._axis, FOOT)

    def _paint_wrong(self, painter: QPainter) -> None:
        """A ring around each point that the network gives the other class."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.wrong), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = self._radius * 1.9
        marked = [*self._points[self._wrong]]
        if self._test is not None:
            marked += [*self._test[0][self._wrong_test]]
        for place in marked:
            painter.drawEllipse(self.position_of(*place), radius, radius)

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
