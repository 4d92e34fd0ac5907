"""The marks of the timeline: what each kind looks like, told apart by shape as well as by colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from visualnet.app.bars.timeline_scale import TimelineScale
from visualnet.app.theme import Theme

ROW = {"command": 1, "branch": 1}
"""Marks of these kinds stand below the track: what a person did. What happened stands above it, in row 0."""

GAP = 7.0
"""Marks of one row that would stand nearer to each other hide behind the later one."""

REACH = 6.0
"""Distance in pixels from a mark within which the mouse points at it."""


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """A mark on the timeline.

    Attributes:
        step: where it stands.
        kind: ``best``, ``spike``, ``plateau``, ``broken``, ``goal``, ``command`` or ``branch``.
        sentence: what it says when it is pointed at.
        subject: index of the command in the journal, or id of the branch; -1 for the others.
    """

    step: int
    kind: str
    sentence: str
    subject: int = -1

    @property
    def row(self) -> int:
        """0 above the track, 1 below it."""
        return ROW.get(self.kind, 0)


def shown_marks(marks: Sequence[TimelineMark], scale: TimelineScale) -> list[TimelineMark]:
    """Those that have room; of two that stand too near to each other in a row the later one."""
    shown: list[TimelineMark] = []
    nearest = {0: float("inf"), 1: float("inf")}
    for mark in sorted(marks, key=lambda mark: mark.step, reverse=True):
        place = scale.place(mark.step)
        if place + GAP <= nearest[mark.row]:
            nearest[mark.row] = place
            shown.append(mark)
    return shown


def mark_at(
    marks: Sequence[TimelineMark], scale: TimelineScale, place: float, row: int
) -> TimelineMark | None:
    """The mark that a mouse at a place means, if any; one of the row under the mouse before one of the other."""
    near = [mark for mark in marks if abs(scale.place(mark.step) - place) <= REACH]
    return min(near, key=lambda mark: (mark.row != row, abs(scale.place(mark.step) - place)), default=None)


def paint_mark(painter: QPainter, theme: Theme, kind: str, centre: QPointF) -> None:
    """One mark, some nine pixels large; the painter is antialiased."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_colour(theme, kind)))
    painter.save()
    painter.translate(centre)
    SHAPES[kind](painter)
    painter.restore()


def _colour(theme: Theme, kind: str) -> str:
    return {"best": theme.test, "spike": theme.wrong, "broken": theme.wrong, "branch": theme.accent}.get(
        kind, theme.secondary
    )


def _star(painter: QPainter) -> None:
    radii = (5.0, 2.2)
    points = [QPointF(radii[i % 2] * sin(i * pi / 5), -radii[i % 2] * cos(i * pi / 5)) for i in range(10)]
    painter.drawPolygon(QPolygonF(points))


def _peak(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(-3.5, 4), QPointF(0, -5), QPointF(3.5, 4)]))


def _bar(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(-5, -1.5, 10, 3), 1.5, 1.5)


def _cross(painter: QPainter) -> None:
    _stroke(painter)
    painter.drawLine(QPointF(-3, -3), QPointF(3, 3))
    painter.drawLine(QPointF(-3, 3), QPointF(3, -3))


def _flag(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(0, -5), QPointF(-7, -2), QPointF(0, 1)]))
    painter.drawRect(QRectF(-0.75, -5, 1.5, 10))


def _diamond(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(0, -4.5), QPointF(4, 0), QPointF(0, 4.5), QPointF(-4, 0)]))


def _fork(painter: QPainter) -> None:
    _stroke(painter)
    painter.drawLine(QPointF(-1.5, -4.5), QPointF(-1.5, 4))
    painter.drawPolyline([QPointF(-1.5, -1.5), QPointF(3, 1), QPointF(3, 4)])


def _stroke(painter: QPainter) -> None:
    painter.setPen(QPen(painter.brush(), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)


SHAPES: dict[str, Callable[[QPainter], None]] = {
    "best": _star,
    "spike": _peak,
    "plateau": _bar,
    "broken": _cross,
    "goal": _flag,
    "command": _diamond,
    "branch": _fork,
}
