"""A grid of small images, each with what the network says of it: its first guess, and three bars.

The images stand in a pixmap that is made anew only when other images come; at each frame only the
guesses are painted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import GRID, LARGE, NORMAL, SMALL, Theme, font, ink_table
from visualnet.core.probes.predictions import Predictions

CELL = QSize(92, 60)
LARGE_CELL = QSize(132, 84)
BARS = 3
LARGE_AREA = 420_000
"""Square pixels from which on the cells are large."""


class DigitGrid(QWidget):
    """Shows Predictions; the number of cells follows from the size.

    Attributes:
        capacity_changed: emitted when another number of cells fits.
        pointed: emitted with the place of the image under the mouse, or None.
    """

    capacity_changed = Signal()
    pointed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hint = ""
        self._shape = (28, 28)
        self._predictions: Predictions | None = None
        self._classes: tuple[str, ...] = ()
        self._images = QPixmap()
        self._small, self._bold = font(SMALL), font(LARGE, QFont.Weight.DemiBold)
        self.setMouseTracking(True)
        self.setMinimumSize(3 * CELL.width(), 2 * CELL.height())
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(4 * CELL.width() + GRID, 6 * CELL.height())

    @property
    def cell(self) -> QSize:
        """Pixels of one cell."""
        return LARGE_CELL if self.width() * self.height() > LARGE_AREA else CELL

    @property
    def columns(self) -> int:
        """Cells side by side."""
        return max(1, self.width() // self.cell.width())

    @property
    def capacity(self) -> int:
        """Cells that fit."""
        return self.columns * max(1, self.height() // self.cell.height())

    @property
    def predictions(self) -> Predictions | None:
        """What is shown."""
        return self._predictions

    def set_hint(self, text: str) -> None:
        """Show this sentence instead of images."""
        self._hint = text
        self._predictions = None
        self.update()

    def set_kind(self, shape: tuple[int, int], classes: tuple[str, ...]) -> None:
        """Height and width of the images, and the names of the classes."""
        self._shape, self._classes = shape, classes

    def show_predictions(self, predictions: Predictions) -> None:
        """Show these examples; the images are painted anew only if they are others."""
        old = self._predictions
        if old is None or not np.array_equal(old.indices, predictions.indices):
            self._images = QPixmap()
        self._predictions = predictions
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._images = QPixmap()
        self.update()

    def cell_rectangle(self, place: int) -> QRect:
        """Where the cell of one example is painted; spare width is shared out between the columns."""
        down, across = divmod(place, self.columns)
        size = self.cell
        pitch = self.width() / self.columns
        return QRect(QPoint(round(across * pitch), down * size.height()), size)

    def place_at(self, position: QPoint) -> int | None:
        """Which example is painted under a point."""
        if self._predictions is None:
            return None
        for place in range(min(self.capacity, len(self._predictions.indices))):
            if self.cell_rectangle(place).contains(position):
                return place
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        predictions = self._predictions
        if predictions is None:
            painter.setPen(QColor(self._theme.secondary))
            painter.setFont(font(NORMAL))
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), wrap, self._hint)
            return
        if self._images.isNull():
            self._images = self._paint_images(predictions)
        painter.drawPixmap(0, 0, self._images)
        self._paint_guesses(painter, predictions)

    def _image_rectangle(self, place: int) -> QRect:
        cell = self.cell_rectangle(place)
        side = cell.height() - 12
        return QRect(cell.x(), cell.y() + 2, side, side)

    def _paint_images(self, predictions: Predictions) -> QPixmap:
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        painter = QPainter(layer)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        height, width = self._shape
        for place in range(min(self.capacity, len(predictions.indices))):
            pixels = np.ascontiguousarray(predictions.inputs[place], np.uint8)
            image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(ink_table(self._theme))
            painter.drawImage(self._image_rectangle(place), image)
        painter.end()
        return layer

    def _paint_guesses(self, painter: QPainter, predictions: Predictions) -> None:
        count = min(self.capacity, len(predictions.indices))
        best = np.argsort(-predictions.scores[:count], axis=1)[:, :BARS]
        scores = np.take_along_axis(predictions.scores[:count], best, axis=1)
        is_right = best[:, 0] == predictions.labels[:count]
        self._paint_bars(painter, best, scores)
        self._paint_names(painter, best, is_right)
        self._paint_marks(painter, is_right)

    def _bar_area(self, place: int) -> QRect:
        """Right of the image, under the guess: where the three bars stand."""
        image, cell = self._image_rectangle(place), self.cell_rectangle(place)
        width = cell.right() - image.right() - 14
        return QRect(image.right() + 6, image.y() + 18, width, image.height() - 16)

    @staticmethod
    def _bar_middle(area: QRect, rank: int) -> float:
        """Height of the middle of one bar; the first stands close under the guess that it belongs to."""
        return area.y() + 4 + rank * (area.height() - 8) / (BARS - 1)

    def _paint_bars(self, painter: QPainter, best: NDArray[Any], scores: NDArray[Any]) -> None:
        tracks, filled = [], []
        for place in range(len(best)):
            area = self._bar_area(place)
            for rank in range(scores.shape[1]):
                y = self._bar_middle(area, rank) - 1.5
                indent = 10 if rank else 0
                tracks.append(QRectF(area.x() + indent, y, area.width() - indent, 3))
                share = float(scores[place, rank])
                filled.append(QRectF(area.x() + indent, y, (area.width() - indent) * share, 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRects(tracks)
        painter.setBrush(QColor(self._theme.text))
        painter.drawRects(filled)

    def _paint_names(self, painter: QPainter, best: NDArray[Any], is_right: NDArray[np.bool_]) -> None:
        """The guess in large letters over its bar; the two runners-up in small ones before theirs."""
        painter.setFont(self._bold)
        for place, guess in enumerate(best[:, 0]):
            painter.setPen(QColor(self._theme.text if is_right[place] else self._theme.wrong))
            area = self._bar_area(place)
            painter.drawText(QPoint(area.x(), area.y() - 3), self._classes[guess])
        painter.setFont(self._small)
        painter.setPen(QColor(self._theme.secondary))
        for place, guesses in enumerate(best):
            area = self._bar_area(place)
            for rank in range(1, best.shape[1]):
                middle = self._bar_middle(area, rank)
                painter.drawText(QPointF(area.x(), middle + 4), self._classes[guesses[rank]][:1])

    def _paint_marks(self, painter: QPainter, is_right: NDArray[np.bool_]) -> None:
        """A tick for right; a cross, and a frame around the image, for wrong."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ticks, crosses, frames = [], [], []
        for place, right in enumerate(is_right):
            area = self._bar_area(place)
            x, y = area.x() + 20.0, area.y() - 9.5
            if right:
                ticks += [
                    QPointF(x - 4, y),
                    QPointF(x - 1, y + 3),
                    QPointF(x - 1, y + 3),
                    QPointF(x + 5, y - 4),
                ]
            else:
                crosses += [
                    QPointF(x - 4, y - 4),
                    QPointF(x + 4, y + 4),
                    QPointF(x - 4, y + 4),
                    QPointF(x + 4, y - 4),
                ]
                frames.append(self._image_rectangle(place))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        painter.drawLines(ticks)
        painter.setPen(QPen(QColor(self._theme.wrong), 2))
        painter.drawLines(crosses)
        painter.drawRects(frames)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self.place_at(event.position().toPoint()))

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)

    def resizeEvent(self, event: Any) -> None:
        self._images = QPixmap()
        self.capacity_changed.emit()
