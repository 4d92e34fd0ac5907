"""The pad on which a digit is drawn: pen, eraser, undo. Works with mouse, touch and keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import NORMAL, Theme, font, ink_table
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.undo_keys import is_redo, is_undo

SIDE = 280
"""Pixels of the pad's sides, ten for each of MNIST's."""

PEN_WIDTH = 24
ERASER_WIDTH = 44
STROKES_TO_UNDO = 50
KEY_STEP = 8
MOVES = {
    Qt.Key.Key_Left: (-KEY_STEP, 0),
    Qt.Key.Key_Right: (KEY_STEP, 0),
    Qt.Key.Key_Up: (0, -KEY_STEP),
    Qt.Key.Key_Down: (0, KEY_STEP),
}


class DrawingPad(QWidget):
    """A drawing of SIDE × SIDE pixels, shown as large as there is room.

    Attributes:
        changed: emitted when the drawing is another.
        erases: whether the left button erases; the right one always does.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._hint = ""
        self.erases = False
        self._paper = _blank()
        self._undo: list[QImage] = []
        self._redo: list[QImage] = []
        self._last: QPointF | None = None
        self._key_place = QPointF(SIDE / 2, SIDE / 2)
        self._key_pen_is_down = False
        self._draws_with_keys = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(104, 104)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(SIDE, SIDE) copy of the paper: 0 is paper, 255 is ink."""
        view = np.frombuffer(self._paper.constBits(), np.uint8).reshape(SIDE, self._paper.bytesPerLine())
        return view[:, :SIDE].copy()

    @property
    def is_empty(self) -> bool:
        """Whether there is no ink."""
        return not self.pixels.any()

    def set_hint(self, text: str) -> None:
        """A sentence on the empty paper."""
        self._hint = text
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    def clear(self) -> None:
        """Take a new paper; can be undone."""
        if not self.is_empty:
            self._remember()
            self._paper = _blank()
            self._tell()

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        """Draw one stroke through these points of the paper, (0, 0) to (SIDE, SIDE), as a hand would."""
        self._remember()
        places = [QPointF(x, y) for x, y in points]
        for start, end in zip(places[:1] + places, places, strict=False):
            self._stroke(start, end, erases=False)

    def undo(self) -> None:
        """Take back the last stroke, or the last clearing."""
        if self._undo:
            self._redo.append(self._paper)
            self._paper = self._undo.pop()
            self._tell()

    def redo(self) -> None:
        """Draw again what was taken back, unless something was drawn since."""
        if self._redo:
            self._undo.append(self._paper)
            self._paper = self._redo.pop()
            self._tell()

    @property
    def _square(self) -> QRect:
        side = min(self.width(), self.height())
        return QRect((self.width() - side) // 2, 0, side, side)

    def _on_paper(self, position: QPointF) -> QPointF:
        square = self._square
        scale = SIDE / square.width()
        return QPointF((position.x() - square.x()) * scale, (position.y() - square.y()) * scale)

    def _remember(self) -> None:
        self._undo.append(self._paper.copy())
        del self._undo[:-STROKES_TO_UNDO]
        self._redo.clear()

    def _stroke(self, start: QPointF, end: QPointF, erases: bool) -> None:
        with QPainter(self._paper) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = QColor(0, 0, 0) if erases else QColor(255, 255, 255)
            cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(
                QPen(colour, ERASER_WIDTH if erases else PEN_WIDTH, Qt.PenStyle.SolidLine, cap, join)
            )
            # A line of no length is painted as nothing; a point is a dot.
            painter.drawPoint(end) if start == end else painter.drawLine(start, end)
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._draws_with_keys = False
            self._remember()
            self._last = self._on_paper(event.position())
            self._stroke(self._last, self._last, self._erasing(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            place = self._on_paper(event.position())
            self._stroke(self._last, place, self._erasing(event))
            self._last = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def _erasing(self, event: QMouseEvent) -> bool:
        pressed = event.buttons() | event.button()
        return self.erases or bool(pressed & Qt.MouseButton.RightButton)

    def event(self, event: QEvent) -> bool:
        """While there is a stroke to take back, Ctrl+Z is the paper's own, as it is a text's."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and ((is_undo(event) and self._undo) or (is_redo(event) and self._redo))
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_undo(event) or is_redo(event):
            self.undo() if is_undo(event) else self.redo()
            return
        key = Qt.Key(event.key())
        self._draws_with_keys = True
        if key in MOVES:
            self._move_key_cursor(*MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._key_pen_is_down = not self._key_pen_is_down
            if self._key_pen_is_down:
                self._remember()
                self._stroke(self._key_place, self._key_place, self.erases)
            self.update()
        else:
            super().keyPressEvent(event)

    def _move_key_cursor(self, x: int, y: int) -> None:
        place = QPointF(
            min(max(self._key_place.x() + x, 0), SIDE), min(max(self._key_place.y() + y, 0), SIDE)
        )
        if self._key_pen_is_down:
            self._stroke(self._key_place, place, self.erases)
        self._key_place = place
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        square = self._square
        shown = self._paper.convertToFormat(QImage.Format.Format_Indexed8, GREYS)
        shown.setColorTable(ink_table(self._theme))
        painter.drawImage(square, shown)
        if self._hint and self.is_empty:
            painter.setPen(QColor(self._theme.secondary))
            painter.setFont(font(NORMAL))
            wrap = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(square.adjusted(16, 16, -16, -16), wrap, self._hint)
        if self.hasFocus():
            self._paint_focus(painter, square)

    def _paint_focus(self, painter: QPainter, square: QRect) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.accent), 1))
        painter.drawRect(square.adjusted(0, 0, -1, -1))
        if not self._draws_with_keys:
            return
        scale = square.width() / SIDE
        radius = PEN_WIDTH / 2 * scale * (1 if self._key_pen_is_down else 0.6)
        centre = QPointF(square.x() + self._key_place.x() * scale, square.y() + self._key_place.y() * scale)
        painter.drawEllipse(QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius))


GREYS = [QColor(value, value, value).rgba() for value in range(256)]


def _blank() -> QImage:
    paper = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    paper.fill(0)
    return paper
