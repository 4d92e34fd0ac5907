"""The wrapper of every paintEvent: whatever fails in it, the painter is ended, and the program goes on.

Qt ends the whole program where a painter is still open when its paint event is over, and an exception keeps one
open. Pictures beside the screen are painted in ``with QPainter(picture) as painter`` for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from visualnet.app.faults import report

SENTENCE = "This cannot be drawn. The log says why."
ROOM_FOR_SENTENCE = 200
"""Pixels of width; what is smaller stays plain."""

W = TypeVar("W", bound=QWidget)


def painted(paint: Callable[[W, QPaintEvent, QPainter], None]) -> Callable[[W, QPaintEvent], None]:
    """A widget's ``paintEvent`` from a method that is given the painter too, and need not end it.

    Where it raises, the error is reported and the widget shows a plain ground.
    """

    @wraps(paint)
    def paintEvent(self: W, event: QPaintEvent) -> None:
        try:
            with QPainter(self) as painter:
                paint(self, event, painter)
        except Exception as error:
            report(error)
            with QPainter(self) as painter:
                _paint_plain(self, painter)

    return paintEvent


def painted_item(paint: Callable[..., None]) -> Callable[..., None]:
    """The ``paint`` of something in a scene, whose painter the scene ends; where it raises nothing is shown."""

    @wraps(paint)
    def paint_or_nothing(self: Any, painter: QPainter, *rest: Any) -> None:
        try:
            paint(self, painter, *rest)
        except Exception as error:
            report(error)

    return paint_or_nothing


def _paint_plain(widget: QWidget, painter: QPainter) -> None:
    palette, area = widget.palette(), widget.rect()
    painter.fillRect(area, palette.window())
    if area.width() >= ROOM_FOR_SENTENCE:
        painter.setPen(palette.placeholderText().color())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, SENTENCE)
