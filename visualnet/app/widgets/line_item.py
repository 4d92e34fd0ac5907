"""Polylines in a plot that are cheap to change: they know no data range, and ask for no layout.

pyqtgraph's PlotCurveItem works out at each change and each paint how far its data reach, and each curve
is an item of its own; our axes move by other rules, so that work, over half a plot's cost, is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class LineItem(pg.GraphicsObject):
    """Named polylines in the coordinates of the plot, painted in the order of the names, and dots above.

    Args:
        names: one for each line, the lowest first.
        dots: name of the dots.
    """

    def __init__(self, names: tuple[str, ...], dots: str) -> None:
        super().__init__()
        self._paths = {name: QPainterPath() for name in names}
        self._pens = {name: QPen() for name in (*names, dots)}
        self._dots_name, self._dots = dots, QPolygonF()
        self._area = QRectF()

    def path(self, name: str) -> QPainterPath:
        """What is painted under this name."""
        return self._paths[name]

    @property
    def dots(self) -> list[tuple[float, float]]:
        """Where a dot is painted."""
        return [(point.x(), point.y()) for point in self._dots.toList()]

    def clear(self) -> None:
        """Show nothing."""
        self._paths = {name: QPainterPath() for name in self._paths}
        self._dots = QPolygonF()
        self.update()

    def set_points(self, name: str, x: NDArray[Any], y: NDArray[Any], connect: str = "all") -> None:
        """Show a line through these points; ``connect`` is ``all`` or ``pairs``. A lone point is a short dash."""
        if len(x) == 1:
            x, y = np.array([x[0] - 0.5, x[0] + 0.5]), np.repeat(y, 2)
        self._paths[name] = pg.arrayToQPath(x, y, connect=connect)
        self.update()

    def set_dots(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Show a round dot at each of these few points."""
        self._dots = QPolygonF([QPointF(*point) for point in zip(x, y, strict=True)])
        self.update()

    def set_pen(self, name: str, pen: QPen) -> None:
        """Paint with this pen, whose width is in pixels."""
        self._pens[name] = pen
        self.update()

    def set_area(self, area: QRectF) -> None:
        """The part of the plot that is in view; nothing is painted beyond it."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        for name, path in self._paths.items():
            if not path.isEmpty():
                painter.setPen(self._pens[name])
                painter.drawPath(path)
        # A scatter plot of pyqtgraph's costs ten times as much.
        if not self._dots.isEmpty():
            painter.setPen(self._pens[self._dots_name])
            painter.drawPoints(self._dots)
