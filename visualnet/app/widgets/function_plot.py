"""A network with one input as a curve among its training points, painted as one picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import SMALL, Theme, font
from visualnet.app.widgets.axis_names import NAME_ROOM, paint_names
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture, is_current
from visualnet.app.widgets.scale import SteppedLimit, fitting_ticks, ticks
from visualnet.core.probes.surface import Surface

AXIS, FOOT = 44, 22
"""Pixels for the numbers left of the picture, at least, and for those below it."""

MARGIN, NUMBER_GAP = 8, 8
TICKS = 6
"""Round numbers on each axis, at most."""

ASTRAY = 1.3
"""How many times as far as the axis a curve must go until the axis follows it, where there are points."""


class FunctionPlot(QWidget):
    """A plot of the one row of a Surface as a line, and of the examples that it should follow as points.

    Attributes:
        bounds: left, right, bottom and top of what the axes show.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._surface: Surface | None = None
        self._inputs: NDArray[Any] = np.empty(0)
        self._targets: NDArray[Any] = np.empty(0)
        self._test: tuple[NDArray[Any], NDArray[Any]] | None = None
        self._reach = SteppedLimit()
        self.bounds = (0.0, 1.0, 0.0, 1.0)
        self._dots = QPixmap()
        self._axis = AXIS
        self._names = ("x", "y")
        self.setMinimumSize(200, 200)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(560, 520)

    @property
    def picture(self) -> QRect:
        """The part inside the axes."""
        return self.rect().adjusted(self._axis + NAME_ROOM, MARGIN, -MARGIN, -FOOT - NAME_ROOM)

    def set_points(
        self, inputs: NDArray[Any], targets: NDArray[Any], names: tuple[str, str] = ("x", "y")
    ) -> None:
        """The (count,) training inputs and values, and what they are called; the curve comes with the first frame."""
        self._inputs, self._targets, self._surface, self._names = inputs, targets, None, names
        self._dots = QPixmap()
        self._reach.reset()
        self.update()

    def show_test_points(self, inputs: NDArray[Any] | None, targets: NDArray[Any] | None) -> None:
        """Show these points too, or none."""
        self._test = None if inputs is None or targets is None else (inputs, targets)
        self._dots = QPixmap()
        self.update()

    def show_curve(self, surface: Surface, is_last: bool = True) -> None:
        """Show this curve, which others follow soon or not."""
        bounds = self._bounds_of(surface, is_last)
        if self._surface is None or bounds != self.bounds:
            self._dots = QPixmap()
            widths = map(QFontMetrics(font(SMALL)).horizontalAdvance, ticks(*bounds[2:], TICKS).values())
            self._axis = max(AXIS, max(widths, default=0) + NUMBER_GAP)
        self._surface, self.bounds = surface, bounds
        self.update()

    def _bounds_of(self, surface: Surface, is_last: bool) -> tuple[float, float, float, float]:
        """Those of the points; where the curve goes far astray it is not to be lost from view."""
        left, right, bottom, top = surface.bounds
        middle, values = (bottom + top) / 2, surface.scores[0]
        places = self._places_of(values, surface)
        is_among_points = (places >= self._inputs.min()) & (places <= self._inputs.max())
        seen = values[np.isfinite(values) & is_among_points]
        farthest = float(np.abs(seen - middle).max(initial=0))
        if farthest <= ASTRAY * (top - middle):
            self._reach.reset()
            return surface.bounds
        reach = self._reach.follow(farthest, is_last)
        # From a round number, so that there is one at both ends.
        middle = round(middle / reach * 5) * reach / 5
        return left, right, middle - reach, middle + reach

    @staticmethod
    def _places_of(values: NDArray[Any], surface: Surface) -> NDArray[Any]:
        """Where on the line these values of the curve are."""
        left, right = surface.bounds[:2]
        return left + (np.arange(len(values)) + 0.5) / len(values) * (right - left)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._dots = QPixmap()
        self.update()

    def positions_of(self, inputs: NDArray[Any], values: NDArray[Any]) -> list[QPointF]:
        """Where places of the line and values at them are painted."""
        assert self._surface is not None
        left, right, bottom, top = self.bounds
        picture = self.picture
        across = picture.x() + (inputs - left) / (right - left) * picture.width()
        down = picture.y() + (top - values) / (top - bottom) * picture.height()
        return [QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        if self._surface is None:
            return
        if not is_current(self._dots, self):
            self._dots = self._paint_dots()
        painter.drawPixmap(0, 0, self._dots)
        self._paint_curve(painter, self._surface)

    def _paint_curve(self, painter: QPainter, surface: Surface) -> None:
        bottom, top = self.bounds[2:]
        values = surface.scores[0]
        places = self._places_of(values, surface)
        # Far outside the picture Qt's numbers would overflow.
        height = top - bottom
        cut = np.clip(np.nan_to_num(values), bottom - height, top + height)
        painter.setClipRect(self.picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.training), 2))
        painter.drawPolyline(QPolygonF(self.positions_of(places, cut)))

    def _paint_dots(self) -> QPixmap:
        """What changes with the size alone: points and axis numbers."""
        layer = blank_picture(self, Qt.GlobalColor.transparent)
        with QPainter(layer) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_axes(painter)
            painter.setPen(QPen(QColor(self._theme.panel), 1))
            examples = [(self._theme.secondary, (self._inputs, self._targets))]
            if self._test is not None:
                examples.append((self._theme.test, self._test))
            for colour, points in examples:
                painter.setBrush(QColor(colour))
                for place in self.positions_of(*points):
                    painter.drawEllipse(place, 4, 4)
        return layer

    def _paint_axes(self, painter: QPainter) -> None:
        left, right, bottom, top = self.bounds
        picture, side = self.picture, Qt.AlignmentFlag
        painter.setFont(font(SMALL))
        width_of = painter.fontMetrics().horizontalAdvance
        for number, words in fitting_ticks(left, right, TICKS, picture.width(), width_of).items():
            x = picture.x() + (number - left) / (right - left) * picture.width()
            painter.setPen(QColor(self._theme.secondary))
            width = width_of(words)
            x = min(x, self.width() - width / 2)
            painter.drawText(QRectF(x - width, picture.bottom() + 6, 2 * width, 16), side.AlignCenter, words)
        for number, words in ticks(bottom, top, TICKS).items():
            y = picture.y() + (top - number) / (top - bottom) * picture.height()
            painter.setPen(QColor(self._theme.line))
            painter.drawLine(QPointF(picture.left(), y), QPointF(picture.right(), y))
            painter.setPen(QColor(self._theme.secondary))
            right_middle = side.AlignRight | side.AlignVCenter
            area = QRectF(0, y - 8, picture.x() - NUMBER_GAP, 16)
            painter.drawText(area, right_middle, words)
        paint_names(painter, picture, self._names, self._axis, FOOT)

    def resizeEvent(self, event: Any) -> None:
        self._dots = QPixmap()
