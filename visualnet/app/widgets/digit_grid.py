"""A grid of small images, each with the network's prediction: its first guess, and three bars.

The images stand in a pixmap that is made anew only when other images come, and the whole grid in another,
in which at each frame only those guesses are painted that look different.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QMargins, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from visualnet.app.theme import GRID, LARGE, NORMAL, SMALL, Theme, font, ink_table
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture, is_current
from visualnet.app.widgets.static_texts import StaticTexts
from visualnet.core.probes.predictions import Predictions

CELL = QSize(92, 54)
LARGE_CELL = QSize(132, 84)
BARS = 3
NAME_GAP = 4
FAINTEST_SCORE = 0.005
FRAME_WIDTH = 2
LONGEST_NAME = 84
"""Pixels that a name may take where cells have no width to spare; what is longer loses its middle."""

LARGE_AREA = 260_000
"""Square pixels from which on the cells are large."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """The geometry of one example in the grid; computed once for each size, since that costs more than painting.

    Attributes:
        whole: the cell.
        image: the example itself.
        guess: where the letters of the first guess begin.
        names: where those of the runners-up begin.
        tracks: the full length of each bar, the first guess's on top.
        tick: two lines, as four points.
        cross: two lines, as four points.
    """

    whole: QRect
    image: QRect
    guess: QPointF
    names: tuple[QPointF, ...]
    tracks: tuple[QRectF, ...]
    tick: tuple[QPointF, ...]
    cross: tuple[QPointF, ...]


@dataclass(frozen=True, slots=True)
class _Room:
    """Pixels for names of classes; those of digits are one letter.

    Attributes:
        guess: for the first guess's.
        runner_up: for one of the others, with the gap to its bar.
    """

    guess: int = 14
    runner_up: int = 10


def _cell(whole: QRect, room: _Room) -> _Cell:
    side = whole.height() - 12
    image = QRect(whole.x(), whole.y() + 2, side, side)
    left, width = image.right() + 6.0, float(whole.right() - image.right() - 14)
    top = image.y() + 18.5
    step = (side - 20) / (BARS - 1)
    middles = [top + rank * step for rank in range(BARS)]
    indents = [room.runner_up if rank else 0 for rank in range(BARS)]
    x, y = left + room.guess + 6, top - 11.5
    return _Cell(
        whole,
        image,
        QPointF(left, top - 5),
        tuple(QPointF(left, middle + 4) for middle in middles[1:]),
        tuple(
            QRectF(left + indent, middle - 1.5, width - indent, 3)
            for indent, middle in zip(indents, middles, strict=True)
        ),
        (QPointF(x - 4, y), QPointF(x - 1, y + 3), QPointF(x - 1, y + 3), QPointF(x + 5, y - 4)),
        (QPointF(x - 4, y - 4), QPointF(x + 4, y + 4), QPointF(x - 4, y + 4), QPointF(x + 4, y - 4)),
    )


@dataclass(frozen=True, slots=True)
class _Guess:
    """The painted part of the prediction for one example.

    Attributes:
        classes: the likeliest ones, the first guess in front.
        lengths: of their bars, in pixels.
        is_right: whether the first guess is.
    """

    classes: tuple[int, ...]
    lengths: tuple[int, ...]
    is_right: bool


class DigitGrid(QWidget):
    """A grid that shows Predictions; the number of cells follows from its size.

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
        self._guess_names: list[str] = []
        self._other_names: list[str] = []
        self._images = QPixmap()
        self._whole = QPixmap()
        self._guesses: list[_Guess | None] = []
        self._cells: list[_Cell] = []
        self._small = StaticTexts(font(SMALL))
        self._bold = StaticTexts(font(LARGE, QFont.Weight.DemiBold))
        self.setMouseTracking(True)
        self.setMinimumSize(2 * CELL.width(), 2 * CELL.height())
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(4 * CELL.width() + GRID, 6 * CELL.height())

    @property
    def capacity(self) -> int:
        """Cells that fit."""
        return len(self._cells)

    def _make_cells(self) -> None:
        """Lay out as many cells as fit; spare width goes to names that need it, then between the columns."""
        usual = LARGE_CELL if self.width() * self.height() > LARGE_AREA else CELL
        room = self._room_for_names(LONGEST_NAME)
        size = usual.grownBy(QMargins(0, 0, room.guess - _Room().guess, 0))
        columns, rows = max(1, self.width() // size.width()), max(1, self.height() // size.height())
        pitch = self.width() / columns
        room = self._room_for_names(LONGEST_NAME + max(0, int(pitch) - size.width() - GRID))
        size = usual.grownBy(QMargins(0, 0, room.guess - _Room().guess, 0))
        self._guess_names = [self._bold.elided(name, room.guess) for name in self._classes]
        self._other_names = [self._small.elided(name, room.runner_up - NAME_GAP) for name in self._classes]
        self._cells = [
            _cell(QRect(QPoint(round(across * pitch), down * size.height()), size), room)
            for down in range(rows)
            for across in range(columns)
        ]

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
        """Height and width of the images, and the names of the classes, for which the cells make room."""
        self._shape, self._classes = shape, classes
        self._lay_out()

    def _room_for_names(self, longest: int) -> _Room:
        widest = max(map(self._bold.width_of, self._classes), default=0.0)
        others = max(map(self._small.width_of, self._classes), default=0.0)
        usual = _Room()
        guess = max(usual.guess, min(ceil(widest), longest))
        return _Room(guess, max(usual.runner_up, min(ceil(others), longest // 2) + NAME_GAP))

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
        """Where the cell of one example is painted."""
        return self._cells[place].whole

    def place_at(self, position: QPoint) -> int | None:
        """Which example is painted under a point."""
        if self._predictions is None:
            return None
        shown = self._cells[: len(self._predictions.indices)]
        return next((place for place, cell in enumerate(shown) if cell.whole.contains(position)), None)

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        predictions = self._predictions
        if predictions is None:
            painter.fillRect(self.rect(), QColor(self._theme.panel))
            painter.setPen(QColor(self._theme.secondary))
            painter.setFont(font(NORMAL))
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), wrap, self._hint)
            return
        if not is_current(self._images, self):
            self._images = self._paint_images(predictions)
            self._whole, self._guesses = self._images.copy(), [None] * len(self._cells)
        self._paint_changes(predictions)
        painter.drawPixmap(0, 0, self._whole)

    def _paint_images(self, predictions: Predictions) -> QPixmap:
        """What stays the same while the network learns: the examples, and the empty bars."""
        layer = blank_picture(self, QColor(self._theme.panel))
        with QPainter(layer) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.raised))
            height, width = self._shape
            for cell, inputs in zip(self._cells, predictions.inputs, strict=False):
                pixels = np.ascontiguousarray(inputs, np.uint8)
                image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8)
                image.setColorTable(ink_table(self._theme))
                painter.drawImage(cell.image, image)
                painter.drawRects(cell.tracks)
        return layer

    def _paint_changes(self, predictions: Predictions) -> None:
        """Bring the picture of the grid up to date: only cells whose guess looks different are painted."""
        guesses = self._guesses_of(predictions)
        changed = [place for place, guess in enumerate(guesses) if guess != self._guesses[place]]
        if not changed:
            return
        cells, shown = [self._cells[place] for place in changed], [guesses[place] for place in changed]
        with QPainter(self._whole) as painter:
            ratio = self._images.devicePixelRatio()
            for cell in cells:
                # The pen of the frame around an image reaches beyond the cell's left edge.
                target = QRectF(cell.whole).adjusted(-FRAME_WIDTH, 0, 0, 0)
                source = QRectF(target.topLeft() * ratio, target.size() * ratio)
                painter.drawPixmap(target, self._images, source)
            self._paint_bars(painter, cells, shown)
            self._paint_names(painter, cells, shown)
            self._paint_marks(painter, cells, [guess.is_right for guess in shown])
        self._guesses[: len(guesses)] = guesses

    def _guesses_of(self, predictions: Predictions) -> list[_Guess]:
        count = min(len(self._cells), len(predictions.indices))
        guesses = predictions.guesses[:count, np.newaxis]
        # The guess comes first where others have as high a score.
        is_other = np.arange(predictions.scores.shape[1]) != guesses
        best = np.lexsort((is_other, -predictions.scores[:count]))[:, :BARS]
        scores = np.take_along_axis(predictions.scores[:count], best, axis=1)
        is_right = (predictions.guesses[:count] == predictions.labels[:count]).tolist()
        tracks = [[track.width() for track in cell.tracks[: best.shape[1]]] for cell in self._cells[:count]]
        lengths = np.where(scores > FAINTEST_SCORE, np.ceil(scores * tracks), 0).astype(int).tolist()
        return [
            _Guess(tuple(classes), tuple(row), right)
            for classes, row, right in zip(best.tolist(), lengths, is_right, strict=True)
        ]

    def _paint_bars(self, painter: QPainter, cells: list[_Cell], guesses: list[_Guess]) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        painter.drawRects(
            [
                QRectF(track.x(), track.y(), length, 3)
                for cell, guess in zip(cells, guesses, strict=True)
                for track, length in zip(cell.tracks, guess.lengths, strict=False)
                if length
            ]
        )

    def _paint_names(self, painter: QPainter, cells: list[_Cell], guesses: list[_Guess]) -> None:
        """The guess in large letters over its bar; the two runners-up in small ones before theirs."""
        self._bold.begin(painter)
        for cell, guess in zip(cells, guesses, strict=True):
            painter.setPen(QColor(self._theme.text if guess.is_right else self._theme.wrong))
            self._bold.paint(painter, *cell.guess.toTuple(), self._guess_names[guess.classes[0]])
        self._small.begin(painter)
        painter.setPen(QColor(self._theme.secondary))
        for cell, guess in zip(cells, guesses, strict=True):
            for place, runner_up in zip(cell.names, guess.classes[1:], strict=False):
                self._small.paint(painter, *place.toTuple(), self._other_names[runner_up])

    def _paint_marks(self, painter: QPainter, cells: list[_Cell], is_right: list[bool]) -> None:
        """A tick for right; a cross, and a frame around the image, for wrong."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        rated = list(zip(cells, is_right, strict=True))
        painter.drawLines([point for cell, right in rated if right for point in cell.tick])
        painter.setPen(QPen(QColor(self._theme.wrong), FRAME_WIDTH))
        painter.drawLines([point for cell, right in rated if not right for point in cell.cross])
        painter.drawRects([cell.image for cell, right in rated if not right])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self.place_at(event.position().toPoint()))

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)

    def event(self, event: QEvent) -> bool:
        """What is said of an example stands below it, not over it."""
        if event.type() != QEvent.Type.ToolTip or not self.toolTip():
            return super().event(event)
        assert isinstance(event, QHelpEvent)
        place = self.place_at(event.pos())
        if place is not None:
            whole = self.cell_rectangle(place)
            QToolTip.showText(self.mapToGlobal(whole.bottomLeft()), self.toolTip(), self, whole)
        return True

    def resizeEvent(self, event: Any) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Place the cells anew: the grid's size changed, or what the names need."""
        self._images = QPixmap()
        self._make_cells()
        self.capacity_changed.emit()
