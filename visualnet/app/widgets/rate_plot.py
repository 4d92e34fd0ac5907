"""The curve of a learning-rate range test: loss over rate, and the rate that is chosen on it."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.scale import nice_ceiling
from visualnet.app.widgets.tip_below import tip_below
from visualnet.core.number_words import number_words, tick_words
from visualnet.core.training.rate_finder import RatePoint

AXIS = 52
"""Pixels for the numbers left of the picture."""

HEAD = 1.5
"""Upper end of the picture, as a multiple of the first loss: a loss that breaks leaves it, one that falls is seen."""

TICKS = 5
KEY_FACTOR = 10**0.05


def rate_words(rate: float) -> str:
    """A rate, which has two digits, as it stands in a sentence: 0.05, 10⁻⁶, 1.3 · 10⁻⁵."""
    return number_words(rate, 2).replace("·", " · ")


class RatePlot(QWidget):
    """A plot of the points as they come, on which a click, a drag or the arrow keys choose a rate.

    Args:
        theme: colours.
        lowest: left end of the axis.
        highest: right end.

    Attributes:
        chosen: emitted with the rate that the person chose.
        rate: the chosen rate; None: none is.
        suggestion: the rate that the test suggests; None: none.
    """

    chosen = Signal(float)

    def __init__(self, theme: Theme, lowest: float, highest: float) -> None:
        super().__init__()
        self._theme = theme
        self._decades = log10(lowest), log10(highest)
        self._points: tuple[RatePoint, ...] = ()
        self.rate: float | None = None
        self.suggestion: float | None = None
        self.setMinimumSize(360, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Loss at each learning rate")
        tip_below(self)
        self.setToolTip(
            "Each step of the test takes a larger rate.\n"
            "The best one lies where the loss falls fastest, well before it rises."
        )

    def sizeHint(self) -> QSize:
        return QSize(560, 280)

    def show_points(self, points: tuple[RatePoint, ...]) -> None:
        """Draw these."""
        self._points = points
        self.update()

    def choose(self, rate: float | None) -> None:
        """Mark this rate."""
        self.rate = rate
        self.setAccessibleDescription(
            f"Chosen: {rate_words(rate)}" if rate is not None else "No rate is chosen"
        )
        self.update()

    @property
    def picture(self) -> QRect:
        """The part inside the axes."""
        return self.rect().adjusted(AXIS, 4 * GRID, -2 * GRID, -5 * GRID)

    def place_of(self, rate: float) -> float:
        """Where a rate lies, in pixels from the left."""
        first, last = self._decades
        return self.picture.x() + (log10(rate) - first) / (last - first) * self.picture.width()

    def rate_at(self, place: float) -> float:
        """The rate at this many pixels from the left, with two digits."""
        first, last = self._decades
        share = min(max((place - self.picture.x()) / self.picture.width(), 0.0), 1.0)
        return float(f"{10 ** (first + share * (last - first)):.2g}")

    # Painting

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = nice_ceiling(HEAD * self._points[0].loss) if self._points else 1.0
        self._paint_axes(painter, top)
        if self.suggestion is not None and self.suggestion != self.rate:
            self._paint_mark(painter, self.suggestion, "falls fastest", is_chosen=False)
        if self.rate is not None:
            words = ", falls fastest" if self.rate == self.suggestion else ""
            self._paint_mark(painter, self.rate, f"{rate_words(self.rate)}{words}", is_chosen=True)
        painter.setClipRect(self.picture.adjusted(0, 0, 1, 1))
        painter.setPen(QPen(QColor(self._theme.training), 2))
        painter.drawPolyline(QPolygonF(self._places(top)))

    def _places(self, top: float) -> list[QPointF]:
        picture = self.picture
        # Far outside the picture Qt's numbers would overflow.
        shares = [(p.rate, min(p.loss / top, 2.0)) for p in self._points if isfinite(p.loss)]
        return [
            QPointF(self.place_of(rate), picture.bottom() - share * picture.height())
            for rate, share in shares
        ]

    def _paint_axes(self, painter: QPainter, top: float) -> None:
        theme, picture, side = self._theme, self.picture, Qt.AlignmentFlag
        painter.setFont(font(SMALL))
        spacing = nice_ceiling(top / TICKS)
        for number in range(floor(top / spacing) + 1):
            y = picture.bottom() - number * spacing / top * picture.height()
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.drawLine(QPointF(picture.left(), y), QPointF(picture.right(), y))
            painter.setPen(QColor(theme.secondary))
            area = QRectF(0, y - GRID, AXIS - GRID, 2 * GRID)
            painter.drawText(area, side.AlignRight | side.AlignVCenter, tick_words(number * spacing, spacing))
        for decade in range(ceil(self._decades[0]), floor(self._decades[1]) + 1):
            area = QRectF(self.place_of(10.0**decade) - 30, picture.bottom() + 6, 60, 16)
            painter.drawText(area, side.AlignCenter, rate_words(10.0**decade))
        painter.setFont(font(NORMAL))
        area = QRectF(picture.left(), self.height() - 2.5 * GRID, picture.width(), 2.5 * GRID)
        painter.drawText(area, side.AlignCenter, "learning rate")
        painter.drawText(QRectF(GRID, 0, AXIS, 2 * GRID), side.AlignLeft | side.AlignVCenter, "loss")

    def _paint_mark(self, painter: QPainter, rate: float, words: str, is_chosen: bool) -> None:
        picture, x = self.picture, self.place_of(rate)
        colour = QColor(self._theme.text if is_chosen else self._theme.secondary)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.SolidLine if is_chosen else Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, picture.top()), QPointF(x, picture.bottom()))
        painter.setFont(font(SMALL))
        width = painter.fontMetrics().horizontalAdvance(words) + 2.0 * GRID
        # The chosen rate is told above the picture, the suggested one inside it, beside its line: they never meet.
        y = picture.top() - 2.0 * GRID if is_chosen else picture.top() + 2.0
        if is_chosen:
            left = min(max(x - width / 2, picture.left()), picture.right() - width)
        else:
            left = x if x + width <= picture.right() else x - width
        painter.drawText(QRectF(left, y, width, 2.0 * GRID), Qt.AlignmentFlag.AlignCenter, words)

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.rate_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.chosen.emit(self.rate_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factor = {Qt.Key.Key_Left: 1 / KEY_FACTOR, Qt.Key.Key_Right: KEY_FACTOR}.get(Qt.Key(event.key()))
        if factor is None or self.rate is None:
            super().keyPressEvent(event)
            return
        self.chosen.emit(self.rate_at(self.place_of(self.rate * factor)))
