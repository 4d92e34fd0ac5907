"""The track of the timeline: from step 0 to the live edge, with a playhead that can be dragged. GUI thread.

What seldom changes, the marks and the ticks of the epochs, is kept as a picture; what moves is a few
rectangles, painted only when it has moved by a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualnet.app.theme import GRID, Theme, blend
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture
from visualnet.app.widgets.timeline_marks import TimelineMark, mark_at, paint_mark, shown_marks
from visualnet.app.widgets.timeline_scale import TimelineScale, end_of_track

HEIGHT = 38
MIDDLE = HEIGHT / 2
THICKNESS = 6
ROW_PLACES = (6.5, HEIGHT - 6.5)
HANDLE = 6.5


class TimelineTrack(QWidget):
    """Paints the run along a line; its mouse moves the playhead.

    Attributes:
        asked: emitted with the step that a hand wants to see.
        menu_asked: emitted with the mark and the global position of a context menu.
        marks: what is marked.
    """

    asked = Signal(int)
    menu_asked = Signal(object, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.marks: Sequence[TimelineMark] = ()
        self._epochs: Sequence[int] = ()
        self._theme = theme
        self._live_step = self._step = 0
        self._is_live = self._is_exact = True
        self._held: int | None = None
        self._backdrop = QPixmap()
        self._painted: tuple[object, ...] = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Timeline")

    @property
    def scale(self) -> TimelineScale:
        """Where steps stand now."""
        return TimelineScale(2.0 * GRID, self.width() - 4.0 * GRID, end_of_track(self._live_step))

    @property
    def is_held(self) -> bool:
        """Whether a hand drags the playhead."""
        return self._held is not None

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._paint_anew()

    def set_marks(self, marks: Sequence[TimelineMark], epochs: Sequence[int]) -> None:
        """Mark these, and put a faint tick at each of these steps."""
        if (marks, epochs) != (self.marks, self._epochs):
            self.marks, self._epochs = marks, epochs
            self._paint_anew()

    def show_run(self, live_step: int, step: int, is_live: bool, is_exact: bool) -> None:
        """The run has come to ``live_step``, and ``step`` is shown; paints only where that moved a pixel."""
        if end_of_track(live_step) != end_of_track(self._live_step):
            self._backdrop = QPixmap()
        self._live_step, self._step = live_step, step
        self._is_live, self._is_exact = is_live, is_exact
        if self._picture != self._painted:
            self.update()

    @property
    def _shown_step(self) -> int:
        """The playhead follows the hand that drags it."""
        return self._step if self._held is None else min(self._held, self._live_step)

    @property
    def _picture(self) -> tuple[object, ...]:
        """What a paint would show: the same again need not be painted."""
        scale = self.scale
        places = round(scale.place(self._live_step)), round(scale.place(self._shown_step))
        return (*places, scale.end, self._is_live, self._is_exact, self.is_held)

    def _paint_anew(self) -> None:
        self._backdrop = QPixmap()
        self.update()

    # Painting

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        if self._backdrop.isNull() or self._backdrop.devicePixelRatio() != self.devicePixelRatioF():
            self._backdrop = self._paint_backdrop()
        self._painted = self._picture
        scale, theme = self.scale, self._theme
        live, shown = scale.place(self._live_step), scale.place(self._shown_step)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_line(painter, 0, live, blend(theme.secondary, theme.window, 0.45))
        self._paint_line(painter, 0, shown, theme.accent if self._is_live else theme.past)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(QRectF(live - 1.5, MIDDLE - 7, 3, 14), 1.5, 1.5)
        painter.drawPixmap(0, 0, self._backdrop)
        self._paint_playhead(painter, shown)

    def _paint_line(self, painter: QPainter, start_step: int, end: float, colour: str) -> None:
        start = self.scale.place(start_step) - THICKNESS / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        line = QRectF(start, MIDDLE - THICKNESS / 2, end + THICKNESS / 2 - start, THICKNESS)
        painter.drawRoundedRect(line, THICKNESS / 2, THICKNESS / 2)

    def _paint_playhead(self, painter: QPainter, place: float) -> None:
        """A line through both rows with a handle; hollow while the step is still computed."""
        theme = self._theme
        colour = QColor(theme.accent if self._is_live else theme.past)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRect(QRectF(place - 1, 1, 2, HEIGHT - 2))
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if self._is_exact else QColor(theme.window))
        painter.drawEllipse(QPointF(place, MIDDLE), HANDLE, HANDLE)

    def _paint_backdrop(self) -> QPixmap:
        """Marks and ticks; the room that the run has not grown into yet."""
        theme, scale = self._theme, self.scale
        backdrop = blank_picture(self, Qt.GlobalColor.transparent)
        with QPainter(backdrop) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            tick = QColor(theme.line)
            for step in self._epochs:
                place = round(scale.place(step))
                painter.fillRect(QRectF(place, MIDDLE - THICKNESS / 2 - 4, 1, 3), tick)
                painter.fillRect(QRectF(place, MIDDLE + THICKNESS / 2 + 1, 1, 3), tick)
            for mark in reversed(shown_marks(self.marks, scale)):
                paint_mark(painter, theme, mark.kind, QPointF(scale.place(mark.step), ROW_PLACES[mark.row]))
        return backdrop

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._paint_anew()

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            mark = self._mark_under(event.position())
            self._hold(self.scale.step(event.position().x()) if mark is None else mark.step)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.is_held:
            self._hold(self.scale.step(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = None
            self.update()

    def _hold(self, step: int) -> None:
        if step != self._held:
            self._held = step
            self.update()
            self.asked.emit(step)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        mark = self._mark_under(QPointF(event.pos()))
        if mark is not None:
            self.menu_asked.emit(mark, event.globalPos())

    def _mark_under(self, position: QPointF) -> TimelineMark | None:
        row = 0 if position.y() < MIDDLE else 1
        return mark_at(self.marks, self.scale, position.x(), row)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, position: QPointF) -> str:
        """What the tooltip says there: a mark's sentence, or the step."""
        mark = self._mark_under(position)
        if mark is not None:
            return mark.sentence
        step = self.scale.step(position.x())
        if step >= self._live_step:
            return "The live edge: what is trained now."
        return f"Step {step:,}. Click or drag to see the run as it was then."
