"""The few icons of the window, drawn as shapes in the theme's colours, so that they are crisp at any size."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from visualnet.app.theme import Theme, blend

SIZE = 20
SCALE = 3
"""Icons are drawn three times as large as they are shown; dense screens need no other set."""

Shape = Callable[[QPainter], None]


def _polygon(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _play(painter: QPainter) -> None:
    _polygon(painter, (6, 4), (16, 10), (6, 16))


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(5, 4, 3.5, 12))
    painter.drawRect(QRectF(11.5, 4, 3.5, 12))


def _step(painter: QPainter) -> None:
    painter.drawRect(QRectF(4.5, 4, 2, 12))
    _polygon(painter, (8.5, 5), (16, 10), (8.5, 15))


def _step_back(painter: QPainter) -> None:
    painter.drawRect(QRectF(13.5, 4, 2, 12))
    _polygon(painter, (11.5, 5), (4, 10), (11.5, 15))


def _epoch(painter: QPainter) -> None:
    _polygon(painter, (3, 5), (9, 10), (3, 15))
    _polygon(painter, (9, 5), (15, 10), (9, 15))
    painter.drawRect(QRectF(15.5, 4, 2, 12))


def _live(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(10, 10), 4.5, 4.5)


def _restart(painter: QPainter) -> None:
    path = QPainterPath()
    path.arcMoveTo(QRectF(4, 4, 12, 12), 60)
    path.arcTo(QRectF(4, 4, 12, 12), 60, -300)
    _stroke(painter, path)
    _polygon(painter, (7.5, 1.4), (14.4, 3.9), (8.9, 8.0))


def _new_seed(painter: QPainter) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(3.5, 3.5, 13, 13), 3, 3)
    _stroke(painter, path)
    for x, y in ((7, 7), (13, 7), (10, 10), (7, 13), (13, 13)):
        painter.drawEllipse(QPointF(x, y), 1.3, 1.3)


def _close(painter: QPainter) -> None:
    path = QPainterPath(QPointF(6, 6))
    path.lineTo(14, 14)
    path.moveTo(14, 6)
    path.lineTo(6, 14)
    _stroke(painter, path)


def _float(painter: QPainter) -> None:
    path = QPainterPath()
    path.addRect(QRectF(5, 7.5, 7.5, 7.5))
    path.moveTo(8, 7.5)
    path.lineTo(8, 5)
    path.lineTo(15, 5)
    path.lineTo(15, 12)
    path.lineTo(12.5, 12)
    _stroke(painter, path, 1.4)


def _stroke(painter: QPainter, path: QPainterPath, width: float = 2.0) -> None:
    painter.save()
    painter.setPen(QPen(painter.brush().color(), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


SHAPES: dict[str, Shape] = {
    "play": _play,
    "pause": _pause,
    "step": _step,
    "step-back": _step_back,
    "epoch": _epoch,
    "live": _live,
    "restart": _restart,
    "new-seed": _new_seed,
    "close": _close,
    "float": _float,
}


def icon(name: str, theme: Theme, colour: str | None = None) -> QIcon:
    """One of SHAPES in a colour (the theme's text colour where none is given), paler when disabled."""
    made = QIcon(_pixmap(name, colour or theme.text))
    faint = blend(theme.secondary, theme.window, 0.5)
    made.addPixmap(_pixmap(name, faint), QIcon.Mode.Disabled)
    return made


def _pixmap(name: str, colour: str) -> QPixmap:
    pixmap = QPixmap(SIZE * SCALE, SIZE * SCALE)
    pixmap.setDevicePixelRatio(SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        SHAPES[name](painter)
    return pixmap
