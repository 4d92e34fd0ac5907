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

from visualnet.app.bars.timeline_marks import TimelineMark, mark_at, paint_mark, shown_marks
from visualnet.app.bars.timeline_scale import TimelineScale, end_of_track
from visualnet.app.theme import GRID, SMALL, Theme, blend, font
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.picture import blank_picture

HEIGHT = 48
MIDDLE = 18.0
THICKNESS = 6
ROW_PLACES = (6.0, 30.0)
LABELS = QRectF(0, 34, 0, 13)
"""Below everything else: the numbers of steps."""

HANDLE = 6.5


class TimelineTrack(QWidget):
    """The run painted along a line, on which the mouse moves the playhead.

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
        self._goal: int | None = None
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
        return TimelineScale(2.0 * GRID, self.width() - 4.0 * GRID, end_of_track(self._live_step, self._goal))

    @property
    def is_held(self) -> bool:
        """Whether a hand drags the playhead."""
        return self._held is not None

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self._paint_anew()

    def set_marks(
        self, marks: Sequence[TimelineMark], epochs: Sequence[int], goal: int | None = None
    ) -> None:
        """Mark these, put a faint tick at each step where an epoch was full, and say where the run is to end."""
        if (marks, epochs, goal) != (self.marks, self._epochs, self._goal):
            self.marks, self._epochs, self._goal = marks, epochs, goal
            self._paint_anew()

    def show_run(self, live_step: int, step: int, is_live: bool, is_exact: bool) -> None:
        """The run has come to ``live_step``, and ``step`` is shown; paints only where that moved a pixel."""
        if end_of_track(live_step, self._goal) != self.scale.end:
            self._backdrop = QPixmap()
        self._live_step, self._step = live_step, step
        self._is_live, self._is_exact = is_live, is_exact
        if self._picture != self._painted:
            self.update()

    @property
    def _shown_step(self) -> int:
        """The step at which the playhead is painted: that of the mouse while it drags."""
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
        painter.drawRect(QRectF(place - 1, 1, 2, LABELS.top() - 1))
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
            self._paint_numbers(painter, self._paint_goal(painter))
            for mark in reversed(shown_marks(self.marks, scale)):
                paint_mark(painter, theme, mark.kind, QPointF(scale.place(mark.step), ROW_PLACES[mark.row]))
        return backdrop

    @property
    def goal_words(self) -> str:
        """What is said of the goal in the row of numbers; an arrow where it stands beyond the right end."""
        if self._goal is None:
            return ""
        return f"goal {self._goal:,}" + (" →" if self._goal > self.scale.end else "")

    def _paint_goal(self, painter: QPainter) -> QRectF:
        """The number of the goal at its place, or at the right end; the room that it takes."""
        if self._goal is None:
            return QRectF()
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self._theme.text))
        width = painter.fontMetrics().horizontalAdvance(self.goal_words) + 2.0
        middle = self.scale.place(min(self._goal, self.scale.end))
        left = min(max(middle - width / 2, 0.0), self.width() - width)
        room = QRectF(left, LABELS.top(), width, LABELS.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self.goal_words)
        return room.adjusted(-GRID, 0, GRID, 0)

    def _paint_numbers(self, painter: QPainter, taken: QRectF) -> None:
        """A tick with its number at round steps, except where the goal is told."""
        scale = self.scale
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self._theme.secondary))
        for step in scale.ticks:
            place = scale.place(step)
            words = f"{step:,}" if step else "step 0"
            width = painter.fontMetrics().horizontalAdvance(words) + 2.0
            room = QRectF(max(place - width / 2, 0.0), LABELS.top(), width, LABELS.height())
            if not room.intersects(taken) and room.right() <= self.width():
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
            painter.fillRect(
                QRectF(round(place), MIDDLE + THICKNESS / 2 + 1, 1, 4), QColor(self._theme.secondary)
            )

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
