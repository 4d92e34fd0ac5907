"""Numbers as colours: one matrix as cells, or many images as tiles. Blue negative, orange positive.

Cheap to change: NumPy looks each number's colour up in a table of 256, and Qt only has to copy them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import (
    NORMAL,
    SMALL,
    Theme,
    diverging_indices,
    diverging_table,
    font,
    magnitude_table,
    text_colours,
)
from visualnet.app.widgets.painted import painted
from visualnet.core.number_words import on_scale

HALF_TABLE = 127
"""Places from zero to either end of the table of 256 colours; zero itself stands at 128."""

SMALL_TILE = 10
LEAST_FOR_NUMBERS, NUMBER_GAP = 24, 6
"""Pixels: no number fits a narrower cell, and what stays free beside one."""

LARGEST_CELL = 96
LONGEST, ALWAYS_LONG = 4.0, 48
"""How many times as wide as high a cell of a matrix may be, or the other way round, and the pixels that it may be long
however thin it is: a single column of many rows would else be a stroke."""

MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the picture.

    Attributes:
        row: in the matrix: the neuron.
        column: in the matrix: the input.
    """

    row: int
    column: int


class Heatmap(QWidget):
    """A heatmap of a (rows, columns) matrix; where a tile shape is set, each row is a tile.

    Attributes:
        cell_changed: emitted with the Cell under the mouse or the key cursor, or None.
        turns: frames over which a picture of many tiles is rewritten, a part at each; 1 where numbers do not stream.
    """

    cell_changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.turns = 1
        self._theme = theme
        self._table = diverging_table
        self._values: NDArray[Any] | None = None
        self._limit = 1.0
        self._tile_shape: tuple[int, int] | None = None
        self._columns_of_tiles = 1
        self._wanted_across: int | None = None
        self._cells_down = 1
        self._is_complete = False
        self._turn = 0
        self._scaled: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._places: NDArray[np.intp] = np.empty((0, 0), np.intp)
        self._pixels: NDArray[np.uint32] = np.empty((0, 0), np.uint32)
        self._image = QImage()
        self._cell: Cell | None = None
        self._hint = ""
        self._set_colours()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 80)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(560, 420)

    @property
    def cell(self) -> Cell | None:
        """The number pointed at."""
        return self._cell

    @property
    def picture(self) -> QRect:
        """Where the numbers stand in the widget."""
        if self._image.isNull():
            return QRect()
        across, down = self.width() / self._image.width(), self.height() / self._image.height()
        if self._tile_shape is None:
            # The cells of a small matrix may be oblong: they have to hold a number, not a picture.
            across, down = (
                min(across, LARGEST_CELL, max(LONGEST * down, ALWAYS_LONG)),
                min(down, LARGEST_CELL, max(LONGEST * across, ALWAYS_LONG)),
            )
        else:
            across = down = min(across, down)
        # Whole pixels where there is room for them, so that all cells are equally large.
        across, down = (int(scale) if scale >= 3 else scale for scale in (across, down))
        size = QSize(max(1, int(self._image.width() * across)), max(1, int(self._image.height() * down)))
        return QRect(QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2), size)

    def use_magnitudes(self, is_on: bool) -> None:
        """Colours for numbers of which none is below zero, from paper to ink; else blue and orange."""
        table = magnitude_table if is_on else diverging_table
        if table is not self._table:
            self._table = table
            self._set_colours()

    def set_hint(self, text: str) -> None:
        """Show this sentence instead of numbers."""
        self._hint = text
        self._values = None
        self._image = QImage()
        self.forget_cell()
        self.update()

    def show_values(
        self,
        values: NDArray[Any],
        limit: float,
        tile_shape: tuple[int, int] | None = None,
        tiles_across: int | None = None,
    ) -> None:
        """Show (rows, columns) numbers, the colours reaching from -limit to limit.

        Args:
            values: kept, not copied; must not change.
            limit: above 0.
            tile_shape: (height, width) with height · width columns: each row is shown as such a tile.
            tiles_across: tiles in a row; None: as many as make them largest.
        """
        is_new = self._values is None or values.shape != self._values.shape or tile_shape != self._tile_shape
        is_new = is_new or tiles_across != self._wanted_across
        # All that is shown at one time has one scale.
        self._is_complete = self._is_complete and limit == self._limit
        self._values, self._limit, self._tile_shape = values, limit, tile_shape
        self._wanted_across = tiles_across
        if is_new:
            self._make_image()
            self.forget_cell()
        self._fill_image()

    def forget_cell(self) -> None:
        """Mark no number any more: what is shown from now on is another matrix."""
        self._point_at(None)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._set_colours()
        if self._values is not None:
            self._fill_image()
        self.update()

    def _make_image(self) -> None:
        """The picture that the numbers are written to, and the work arrays of its size."""
        assert self._values is not None
        rows, columns = self._values.shape
        height, width = rows, columns
        self._cells_down = 1
        if self._tile_shape is not None:
            tile_height, tile_width = self._tile_shape
            self._columns_of_tiles = self._wanted_across or self._tiles_across(rows)
            self._cells_down = tile_height + 1
            height = ceil(rows / self._columns_of_tiles) * (tile_height + 1)
            width = self._columns_of_tiles * (tile_width + 1)
        self._scaled = np.zeros((height, width), np.float32)
        self._places = np.empty((height, width), np.intp)
        self._pixels = np.empty((height, width), np.uint32)
        gap = 0 if self._tile_shape is None else 1
        self._image = QImage(
            self._pixels.data, width - gap, height - gap, self._pixels.strides[0], QImage.Format.Format_RGB32
        )
        self._is_complete = False

    def _tiles_across(self, count: int) -> int:
        """How many tiles in a row make each as large as the widget allows."""
        assert self._tile_shape is not None
        height, width = self._tile_shape
        sizes = (
            (
                min(
                    self.width() / (across * (width + 1)),
                    self.height() / (ceil(count / across) * (height + 1)),
                ),
                across,
            )
            for across in range(1, count + 1)
        )
        return max(sizes)[1]

    def _set_colours(self) -> None:
        self._colours = np.array(self._table(self._theme), np.uint32)
        self._is_complete = False

    def _fill_image(self) -> None:
        """Write the numbers as colours. NumPy does it in bulk and lets the worker train meanwhile.

        While numbers stream, a part of the tiles is written and painted at each turn: that shares out the cost.
        """
        height = len(self._pixels)
        rows_of_tiles = height // self._cells_down
        if not (self._is_complete and 1 < self.turns <= rows_of_tiles):
            self._fill_rows(0, height)
            self._is_complete = True
            self.update()
            return
        self._turn = (self._turn + 1) % self.turns
        start, stop = (
            rows_of_tiles * part // self.turns * self._cells_down for part in (self._turn, self._turn + 1)
        )
        self._fill_rows(start, stop)
        picture = self.picture
        scale = picture.height() / self._image.height()
        top, bottom = floor(start * scale) - 1, ceil(stop * scale) + 1
        self.update(QRect(picture.x(), picture.y() + top, picture.width(), bottom - top))

    @np.errstate(over="ignore", invalid="ignore")
    def _fill_rows(self, start: int, stop: int) -> None:
        """Write a part of the picture, from one row of pixels up to another; a diverging run may hold anything."""
        assert self._values is not None
        scaled, places, pixels = self._scaled[start:stop], self._places[start:stop], self._pixels[start:stop]
        if self._tile_shape is None:
            np.multiply(self._values[start:stop], HALF_TABLE / self._limit, out=scaled)
        else:
            self._scale_tiles(start // self._cells_down, stop // self._cells_down)
        np.add(scaled, HALF_TABLE + 1.5, out=places, casting="unsafe")
        # mode="clip" cuts what lies outside the scale to its ends.
        np.take(self._colours, places, out=pixels, mode="clip")
        if self._tile_shape is not None:
            gap = QColor(self._theme.panel if self._has_small_tiles else self._theme.window).rgba()
            pixels[self._cells_down - 1 :: self._cells_down] = gap
            pixels[:, self._tile_shape[1] :: self._tile_shape[1] + 1] = gap

    def _scale_tiles(self, first: int, last: int) -> None:
        """Scale the numbers of some rows of tiles, and put each where its tile stands."""
        assert self._values is not None and self._tile_shape is not None
        (height, width), across = self._tile_shape, self._columns_of_tiles
        grid = self._scaled.reshape(-1, height + 1, across, width + 1)[:, :height, :, :width]
        grid = grid.swapaxes(1, 2)[first:last]
        units = self._values[first * across : last * across]
        full, rest = divmod(len(units), across)
        tiles = units.reshape(-1, height, width)
        factor = HALF_TABLE / self._limit
        np.multiply(tiles[: full * across].reshape(full, across, height, width), factor, out=grid[:full])
        if rest:
            np.multiply(tiles[full * across :], factor, out=grid[full, :rest])

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        if self._image.isNull():
            painter.setPen(QColor(self._theme.secondary))
            painter.setFont(font(NORMAL))
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), wrap, self._hint)
            return
        picture = self.picture
        # Smoothing costs three times as much; while numbers stream, nobody sees the difference.
        is_smooth = self.turns == 1 and picture.width() < 2 * self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
        painter.drawImage(picture, self._image)
        if self._tile_shape is None:
            self._paint_numbers(painter)
        elif self._has_small_tiles:
            self._paint_lines_between(painter, picture, self._tile_shape)
        if self._cell is not None:
            painter.setPen(QPen(QColor(self._theme.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._marked_rectangle(self._cell))

    @property
    def _has_small_tiles(self) -> bool:
        """Whether a gap as wide as one of their numbers would be the loudest thing in the picture."""
        return self._tile_shape is not None and max(self._tile_shape) < SMALL_TILE

    def _paint_lines_between(self, painter: QPainter, picture: QRect, tile_shape: tuple[int, int]) -> None:
        """A thin line in the middle of each gap."""
        height, width = tile_shape
        scale = picture.width() / self._image.width()
        painter.setPen(QColor(self._theme.line))
        for across in range(1, self._columns_of_tiles):
            x = picture.x() + int((across * (width + 1) - 0.5) * scale)
            painter.drawLine(x, picture.top(), x, picture.bottom())
        for down in range(1, len(self._pixels) // self._cells_down):
            y = picture.y() + int((down * (height + 1) - 0.5) * scale)
            painter.drawLine(picture.left(), y, picture.right(), y)

    def _paint_numbers(self, painter: QPainter) -> None:
        """The values themselves with the digits of their scale, where each has room in its cell."""
        assert self._values is not None
        rows, columns = self._values.shape
        picture = self.picture
        painter.setFont(font(SMALL))
        width, height = picture.width() / columns, picture.height() / rows
        if width < LEAST_FOR_NUMBERS or height < painter.fontMetrics().height():
            return
        texts = [on_scale(value, self._limit) for value in self._values.ravel().tolist()]
        if width < max(map(painter.fontMetrics().horizontalAdvance, set(texts)), default=0) + NUMBER_GAP:
            return
        colours, places = text_colours(self._table(self._theme)), diverging_indices(self._values, self._limit)
        for row in range(rows):
            for column in range(columns):
                painter.setPen(colours[places[row, column]])
                cell = self._rectangle(Cell(row, column))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, texts[row * columns + column])

    def _rectangle(self, cell: Cell) -> QRect:
        """Where a cell of a plain matrix, or a tile of tiles, is painted."""
        picture = self.picture
        if self._tile_shape is None:
            assert self._values is not None
            rows, columns = self._values.shape
            left, right = (picture.width() * (cell.column + i) // columns for i in (0, 1))
            top, bottom = (picture.height() * (cell.row + i) // rows for i in (0, 1))
            return QRect(picture.x() + left, picture.y() + top, right - left, bottom - top)
        height, width = self._tile_shape
        down, across = divmod(cell.row, self._columns_of_tiles)
        scale = picture.width() / self._image.width()
        x, y = across * (width + 1) * scale, down * (height + 1) * scale
        return QRect(
            picture.x() + round(x), picture.y() + round(y), round(width * scale), round(height * scale)
        )

    def _marked_rectangle(self, cell: Cell) -> QRect:
        return self._rectangle(cell).adjusted(0, 0, -1, -1)

    def cell_at(self, position: QPoint) -> Cell | None:
        """The number under a point of the widget."""
        picture = self.picture
        if self._values is None or not picture.contains(position):
            return None
        rows, columns = self._values.shape
        x = (position.x() - picture.x()) * self._image.width() // picture.width()
        y = (position.y() - picture.y()) * self._image.height() // picture.height()
        if self._tile_shape is None:
            return Cell(min(y, rows - 1), min(x, columns - 1))
        height, width = self._tile_shape
        (down, inner_y), (across, inner_x) = divmod(y, height + 1), divmod(x, width + 1)
        row = down * self._columns_of_tiles + across
        if row >= rows or inner_x >= width or inner_y >= height:
            return None
        return Cell(row, inner_y * width + inner_x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.cell_at(event.position().toPoint()))

    def leaveEvent(self, event: Any) -> None:
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = MOVES.get(Qt.Key(event.key()))
        if self._values is None or move is None:
            super().keyPressEvent(event)
            return
        cell = self._cell or Cell(0, 0)
        down, across = move
        if self._tile_shape is not None:
            inner_y, inner_x = divmod(cell.column, self._tile_shape[1])
            height, width = self._tile_shape
            inner_y, inner_x = (inner_y + down) % height, (inner_x + across) % width
            self._point_at(Cell(cell.row, inner_y * width + inner_x))
        else:
            rows, columns = self._values.shape
            self._point_at(Cell((cell.row + down) % rows, (cell.column + across) % columns))

    def _point_at(self, cell: Cell | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self.cell_changed.emit(cell)
            self.update()

    def resizeEvent(self, event: Any) -> None:
        if self._values is not None and self._tile_shape is not None:
            self._make_image()
            self._fill_image()
