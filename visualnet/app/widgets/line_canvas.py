"""The canvas of a plot: polylines, bars, dots, a read-out line and words, on a widget of their own.

It covers the view of a pyqtgraph plot, whose scene then holds no more than the axes: a new point costs one
small repaint of this widget, where an item in the scene would have the whole scene look for what changed.
The mouse passes through to the plot below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture, is_current


@dataclass(frozen=True, slots=True)
class Bars:
    """Upright bars side by side.

    Attributes:
        edges: (bars + 1,) where each begins, and the last one ends.
        low: (bars,) lower ends; nan for a bar that is not there.
        high: (bars,) upper ends.
    """

    edges: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def rectangles(self, to_pixels: QTransform, width: int, height: int) -> list[QRect]:
        """Whole pixels that they cover, at least one each, cut a little outside of an area of this size."""
        is_there = np.isfinite(self.low) & np.isfinite(self.high)
        left = np.clip(np.rint(self.edges * to_pixels.m11() + to_pixels.dx()), -1, width).astype(int)
        top, bottom = (
            np.clip(np.rint(ends[is_there] * to_pixels.m22() + to_pixels.dy()), -1, height).astype(int)
            for ends in (self.high, self.low)
        )
        sizes = np.maximum(np.diff(left), 1)[is_there], bottom - top + 1
        return [QRect(*bar) for bar in np.stack([left[:-1][is_there], top, *sizes], axis=1).tolist()]


class LineCanvas(QWidget):
    """Named polylines in the coordinates of the plot, painted in the order of the names, and dots above.

    Args:
        parent: the plot's viewport.
        behind: names of the lines that change seldom; they are kept as a picture.
        names: one for each line above them, the lowest first.
        dots: name of the dots.
        cursor: name of the read-out line.
        playhead: name of the line at the step that is shown.
        paint_words: paints what stands above the lines, in the viewport's pixels.

    Attributes:
        cursor_step: where the read-out line stands, or None.
        playhead_step: where the line of the playhead stands, or None.
    """

    def __init__(
        self,
        parent: QWidget,
        behind: tuple[str, ...],
        names: tuple[str, ...],
        dots: str,
        cursor: str,
        playhead: str,
        paint_words: Callable[[QPainter], None],
    ) -> None:
        super().__init__(parent)
        self.cursor_step: float | None = None
        self.playhead_step: float | None = None
        self._behind, self._names = behind, names
        self._paths = {name: QPainterPath() for name in (*behind, *names)}
        self._bars: dict[str, Bars] = {}
        self._pens = {name: QPen() for name in (*behind, *names, dots, cursor, playhead)}
        self._backdrop = QPixmap()
        self._dots_name, self._dots = dots, QPolygonF()
        self._cursor_name, self._playhead_name = cursor, playhead
        self._paint_words = paint_words
        self._ground = QColor()
        self._area = QRectF(0, 0, 1, 1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def path(self, name: str) -> QPainterPath:
        """What is painted under this name."""
        return self._paths[name]

    def bars(self, name: str) -> Bars | None:
        """What is painted under this name as bars."""
        return self._bars.get(name)

    @property
    def dots(self) -> list[tuple[float, float]]:
        """Where a dot is painted."""
        return [(point.x(), point.y()) for point in self._dots.toList()]

    def clear(self) -> None:
        """Show nothing."""
        self._bars.clear()
        self._paths = {name: QPainterPath() for name in self._paths}
        self._dots = QPolygonF()
        self._repaint_all()

    def _repaint_all(self) -> None:
        self._backdrop = QPixmap()
        self.update()

    def set_points(self, name: str, x: NDArray[Any], y: NDArray[Any], connect: str = "all") -> None:
        """Show a line through these points; ``connect`` is ``all`` or ``pairs``. A lone point is a short dash.

        Where a value is nan the line is interrupted.
        """
        self._bars.pop(name, None)
        is_known = np.isfinite(y)
        if connect == "all" and not is_known.all():
            # Where the line stops one point that is none is enough.
            connect, kept = "finite", is_known | np.append(False, is_known[:-1])
            x, y = x[kept], y[kept]
        if len(x) == 1:
            x, y = np.array([x[0] - 0.5, x[0] + 0.5]), np.repeat(y, 2)
        self._paths[name] = pg.arrayToQPath(x, y, connect=connect)
        self._repaint(name)

    def set_bars(self, name: str, bars: Bars) -> None:
        """Show bars in the place of a line: of many, in a quarter of the time that a line up and down takes."""
        self._bars[name], self._paths[name] = bars, QPainterPath()
        self._repaint(name)

    def _repaint(self, name: str) -> None:
        if name in self._behind:
            self._repaint_all()
        else:
            self.update()

    def set_dots(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Show a round dot at each of these few points."""
        self._dots = QPolygonF([QPointF(*point) for point in zip(x, y, strict=True) if isfinite(point[1])])
        self.update()

    def set_cursor(self, step: float | None) -> None:
        """Show the read-out line at this step, or hide it."""
        if step != self.cursor_step:
            self.cursor_step = step
            self.update()

    def set_playhead(self, step: float | None) -> None:
        """Show the line of the playhead at this step, or hide it."""
        if step != self.playhead_step:
            self.playhead_step = step
            self.update()

    def set_colours(self, ground: str, pens: dict[str, QPen]) -> None:
        """Paint with these pens, whose widths are in pixels, on this ground."""
        self._ground = QColor(ground)
        self._pens.update(pens)
        self._repaint_all()

    def show_area(self, area: QRectF, place: QRectF) -> None:
        """Show this part of the plot at this place of the viewport, in pixels."""
        self._area = area
        self.setGeometry(place.toAlignedRect())
        self._repaint_all()

    @property
    def _to_pixels(self) -> QTransform:
        """From steps and values to this widget's pixels; values grow upwards, the least on the lowest pixels."""
        area, bottom = self._area, self.height() - 1
        across, up = self.width() / (area.width() or 1), bottom / (area.height() or 1)
        return QTransform(across, 0, 0, -up, -area.left() * across, bottom + area.top() * up)

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        if not is_current(self._backdrop, self):
            self._backdrop = self._paint_backdrop()
        painter.drawPixmap(0, 0, self._backdrop)
        painter.setTransform(self._to_pixels)
        self._paint_lines(painter, self._names)
        if not self._dots.isEmpty():
            painter.setPen(self._pens[self._dots_name])
            painter.drawPoints(self._dots)
        self._paint_upright(painter, self._playhead_name, self.playhead_step)
        self._paint_upright(painter, self._cursor_name, self.cursor_step)
        painter.resetTransform()
        painter.translate(-self.pos())
        self._paint_words(painter)

    def _paint_upright(self, painter: QPainter, name: str, step: float | None) -> None:
        if step is not None:
            painter.setPen(self._pens[name])
            painter.drawLine(QPointF(step, self._area.top()), QPointF(step, self._area.bottom()))

    def _paint_backdrop(self) -> QPixmap:
        backdrop = blank_picture(self, self._ground)
        with QPainter(backdrop) as painter:
            painter.setTransform(self._to_pixels)
            self._paint_lines(painter, self._behind)
        return backdrop

    def _paint_lines(self, painter: QPainter, names: tuple[str, ...]) -> None:
        for name in names:
            path = self._paths[name]
            if name in self._bars:
                self._paint_bars(painter, name)
            elif not path.isEmpty():
                painter.setPen(self._pens[name])
                painter.drawPath(path)

    def _paint_bars(self, painter: QPainter, name: str) -> None:
        painter.save()
        painter.resetTransform()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._pens[name].color())
        painter.drawRects(self._bars[name].rectangles(self._to_pixels, self.width(), self.height()))
        painter.restore()
