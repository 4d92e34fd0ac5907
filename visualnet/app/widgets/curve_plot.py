"""One plot of a training figure over the steps: faint range, smoothed line, test points, command marks.

pyqtgraph draws the axes and handles the mouse; its automatic ranges, menus and antialiasing, which would cost time
at each frame, are switched off. The axes move in steps, so that they are seldom repainted, and what changes at each
frame is drawn on a canvas above them.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QMouseEvent, QPainter

from visualnet.app.theme import GRID, SMALL, Theme, blend, font
from visualnet.app.widgets.curve_axes import StepAxis, ValueAxis
from visualnet.app.widgets.curve_marks import CurveMarks, paint_message
from visualnet.app.widgets.followed_range import GREATEST_TOP, FollowedRange, known, step_range
from visualnet.app.widgets.line_canvas import Bars, LineCanvas
from visualnet.app.widgets.measured_line import in_view, outline, spaced
from visualnet.app.widgets.smoothing import band, memory, smoothed
from visualnet.core.history.history import ColumnView, Envelope

BUCKETS = 400
DRAWS_PER_RANGE = 3
"""Draws of the line for each draw of the faint range and the axes, while numbers stream."""

LEAST_LOGGED, GREATEST_LOGGED = 1e-12, 1e300
MAXIMUM_DOTS = 32
MARK_REACH = 6
"""Distance in pixels from a mark within which the mouse points at it."""

DOT_SIZE = 6


class CurvePlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph tells no types
    """A plot of one column of a history.

    Args:
        theme: colours.
        name: what is drawn, for a screen reader.
        is_share: whether the values are shares of one, shown in percent.
        hint: what will be drawn, shown until there is something.

    Attributes:
        follow_changed: emitted with False when the person zooms or pans, with True when they return.
        pointed: emitted with the step under the mouse, or None.
        menu_asked: emitted with the step of a mark and the global position of a context menu.
        chosen: emitted with a step that was double-clicked.
        is_live: whether values come many times a second.
        unit: steps whose mean is one value of the faint band and of the smoothed line.
    """

    follow_changed = Signal(bool)
    pointed = Signal(object)
    chosen = Signal(int)
    menu_asked = Signal(int, object)

    def __init__(self, theme: Theme, name: str, is_share: bool, hint: str = "") -> None:
        self._values, self._steps = ValueAxis("left"), StepAxis("bottom")
        super().__init__(axisItems={"bottom": self._steps, "left": self._values}, background=None)
        self.setAccessibleName(name)
        self._values.is_percent = is_share
        self._theme = theme
        self._hint = self._message = hint
        self._column: ColumnView | None = None
        self._first_step = 0
        self._other: ColumnView | None = None
        self._other_first_step = 0
        self._tests: NDArray[np.float64] = np.empty((0, 2))
        self._validations: NDArray[np.float64] = np.empty((0, 2))
        self._is_following = True
        self._is_log = False
        self.is_live = False
        self.unit = 1
        self._draws = 0
        self._strength = 0.9
        self._followed = FollowedRange(is_share)
        self._marks = CurveMarks(self.viewport(), theme)
        self._lines = LineCanvas(
            self.viewport(),
            ("marks", "range", "other"),
            ("line", "test", "validation"),
            "tests",
            "cursor",
            "playhead",
            self._paint_message,
        )
        self._set_up_view()
        self.set_theme(theme)
        self._move_axes(step_range(0, 0), (0.0, 1.0))

    def _set_up_view(self) -> None:
        # The panel has the focus and the keys: one stop for Tab, and none that pyqtgraph swallows.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.getPlotItem().setContentsMargins(0, self._marks.room, GRID, 0)
        self._values.setWidth(QFontMetrics(font(SMALL)).horizontalAdvance("2.5·10⁻¹⁰") + 10)
        self._steps.setHeight(22)
        box = self.getViewBox()
        box.disableAutoRange()
        box.setLimits(xMin=-0.5)
        box.sigRangeChangedManually.connect(self._on_box_range_changed)
        box.sigRangeChanged.connect(self._on_box_moved)
        box.sigResized.connect(self._on_box_moved)
        self.scene().sigMouseMoved.connect(self._on_scene_mouse_moved)

    @property
    def is_following(self) -> bool:
        """Whether the view follows the newest step."""
        return self._is_following

    @property
    def is_log(self) -> bool:
        """Whether the values stand on a logarithmic axis."""
        return self._is_log

    @property
    def words(self) -> list[str]:
        """The words of the marks that are in view and have room."""
        return [word for _, word in self._marks.words]

    @property
    def message(self) -> str:
        """The sentence shown in place of a curve."""
        return self._message

    def clear_data(self, message: str | None = None) -> None:
        """Forget everything but the choices; show this message, or what will come."""
        self._column = None
        self._first_step = 0
        self._tests = self._validations = np.empty((0, 2))
        self._lines.clear()
        self._message = self._hint if message is None else message
        self.setAccessibleDescription(self._message)
        self.forget_range()
        self.set_following(True)
        self._move_axes(step_range(0, 0), (0.0, 1.0))

    def show_column(
        self,
        column: ColumnView,
        first_step: int,
        tests: NDArray[np.float64],
        validations: NDArray[np.float64] | None = None,
    ) -> None:
        """Draw these values.

        Args:
            column: one value a step.
            first_step: steps before its first value.
            tests: (count, 2) step and value of each measurement on the test set; values that are not finite
                are left out.
            validations: likewise on the validation part; None: there is none.
        """
        self._column, self._first_step = column, first_step
        self._tests = tests[np.isfinite(tests[:, 1])]
        validations = np.empty((0, 2)) if validations is None else validations
        self._validations = validations[np.isfinite(validations[:, 1])]
        if column.count and self._message:
            self._message = ""
            self.setAccessibleDescription("")
        self._draw(is_whole=not self.is_live or self._draws % DRAWS_PER_RANGE == 0)
        self._draws += 1

    def set_following(self, is_following: bool) -> None:
        """Follow the newest step, or keep the present part of the curve in view."""
        if is_following != self._is_following:
            self._is_following = is_following
            self.follow_changed.emit(is_following)
        self._draw_other()
        self._draw()

    def forget_range(self) -> None:
        """Let the axes follow anew from what is drawn next: the curve became another one."""
        self._followed.forget()
        self._draws = 0

    def set_log(self, is_log: bool) -> None:
        """Logarithmic or linear values."""
        self._is_log = self._values.is_log = is_log
        self._values.picture = None
        self.forget_range()
        self.set_following(True)

    def set_smoothing(self, strength: float) -> None:
        """Share of the moving average kept at each unit of steps, in [0, 1)."""
        self._strength = strength
        self._draw_other()
        self._draw()

    def set_marks(self, marks: list[tuple[int, str]]) -> None:
        """A thin line with a word at each (step, word), in growing order."""
        self._marks.marks = marks
        self._on_box_moved()

    def set_cursor(self, step: float | None) -> None:
        """Show the read-out line at this step, or hide it."""
        self._lines.set_cursor(step)

    def show_other(self, column: ColumnView | None, first_step: int = 0) -> None:
        """Draw the same column of another run, dashed; None: of no other."""
        self._other, self._other_first_step = column, first_step
        self._draw_other()

    def _draw_other(self) -> None:
        column = self._other
        if column is None or not column.count:
            self._lines.set_points("other", np.empty(0), np.empty(0))
            return
        envelope = column.envelope(*self._visible_indices(column.count, self._other_first_step), BUCKETS)
        steps = self._steps_of(envelope, self._other_first_step)
        self._lines.set_points("other", steps, self._smoothed(envelope))

    @staticmethod
    def _steps_of(envelope: Envelope, first_step: int) -> NDArray[np.float64]:
        """The middle step of each bucket of values that came after ``first_step``."""
        return envelope.positions + (first_step + 1 + (envelope.stride - 1) / 2)

    def _smoothed(self, envelope: Envelope) -> NDArray[np.float64]:
        """The bright line, as it is drawn."""
        return self._scaled(smoothed(envelope.mean, self._kept, envelope.stride))

    @property
    def _kept(self) -> float:
        """Share of the moving average that is kept at each step."""
        return float(self._strength ** (1 / self.unit))

    def set_playhead(self, step: int | None) -> None:
        """Show the line of the playhead at this step of the past, or hide it."""
        self._lines.set_playhead(step)

    @property
    def playhead_step(self) -> float | None:
        """Where the line of the playhead stands."""
        return self._lines.playhead_step

    @property
    def cursor_step(self) -> float | None:
        """Where the read-out line stands."""
        return self._lines.cursor_step

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.setBackground(theme.panel)
        colours = {
            "range": blend(theme.training, theme.panel, 0.72),
            "line": theme.training,
            "test": theme.test,
            "marks": blend(theme.secondary, theme.panel, 0.5),
            "cursor": theme.secondary,
        }
        pens = {name: pg.mkPen(colour, width=1) for name, colour in colours.items()}
        pens["other"] = pg.mkPen(theme.text, width=1, style=Qt.PenStyle.DashLine)
        pens["validation"] = pg.mkPen(theme.test, width=1, style=Qt.PenStyle.DotLine)
        pens["playhead"] = pg.mkPen(theme.past, width=2)
        dots = pg.mkPen(theme.test, width=DOT_SIZE * self.devicePixelRatioF())
        dots.setCapStyle(Qt.PenCapStyle.RoundCap)
        self._lines.set_colours(theme.panel, {**pens, "tests": dots})
        self._values.set_theme(theme)
        self._steps.set_theme(theme)
        self._marks.set_theme(theme)

    # Drawing

    def _draw(self, is_whole: bool = True) -> None:
        """Draw the line, and unless it is to be quick the range, the test points and the axes."""
        column = self._column
        if column is None or not column.count:
            return
        start, stop = self._visible_indices(column.count, self._first_step)
        envelope = column.envelope(start, stop, BUCKETS)
        steps, line = self._steps_of(envelope, self._first_step), self._smoothed(envelope)
        self._lines.set_points("line", steps, line)
        if not is_whole:
            return
        high = self._draw_range(column, band(column, start, stop, BUCKETS, self.unit))
        self._draw_tests()
        if self._is_following:
            last = self._first_step + column.count
            tests = known(self._scaled(self._tests[:, 1]))
            values = self._followed.values(known(high), known(line), tests, self._is_log)
            self._move_axes(step_range(self._first_step, last), values)

    def _draw_range(self, column: ColumnView, envelope: Envelope) -> NDArray[np.float64]:
        """Draw the faint band; return its upper edge."""
        low, high = self._scaled(envelope.low), self._scaled(envelope.high)
        if envelope.stride == 1 or np.array_equal(low, high):
            steps = np.repeat(self._steps_of(envelope, self._first_step), 2)
            self._lines.set_points("range", steps, np.stack([low, high], axis=1).ravel())
        else:
            last = min(envelope.positions[-1] + envelope.stride, column.count)
            edges = np.append(envelope.positions, last) + (self._first_step + 0.5)
            self._lines.set_bars("range", Bars(edges, low, high))
        return high

    def _visible_indices(self, count: int, first_step: int) -> tuple[int, int]:
        """The part of a column to draw: all of it while following, else what the view shows.

        What the average remembers at the left edge is drawn too: zooming must not bend the line.
        """
        if self._is_following:
            return 0, count
        left, right = self.getViewBox().viewRange()[0]
        start = floor(left) - first_step - 1 - memory(self._kept)
        return max(0, start), min(count, ceil(right) - first_step + 1)

    def _draw_tests(self) -> None:
        tests, validations = (self._measured_in_view(rows) for rows in (self._tests, self._validations))
        self._lines.set_points("test", *outline(tests, BUCKETS).T)
        self._lines.set_points("validation", *outline(validations, BUCKETS).T)
        self._lines.set_dots(*spaced(tests, MAXIMUM_DOTS).T)

    def _measured_in_view(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The step, and the value as it is drawn, of each measurement that the view shows."""
        if not self._is_following:
            rows = in_view(rows, *self.getViewBox().viewRange()[0])
        return np.column_stack([rows[:, 0], self._scaled(rows[:, 1])])

    def _scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is drawn for these values: themselves up to a limit, or their logarithm on a logarithmic axis."""
        if self._is_log:
            return np.log10(np.clip(values, LEAST_LOGGED, GREATEST_LOGGED))
        return np.clip(values, -GREATEST_TOP, GREATEST_TOP)

    def _move_axes(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """Set the ranges where they differ from those in force."""
        box = self.getViewBox()
        if [list(steps), list(values)] != box.viewRange():
            box.setRange(xRange=steps, yRange=values, padding=0)

    def _paint_message(self, painter: QPainter) -> None:
        if self._message:
            paint_message(painter, self.getViewBox().sceneBoundingRect(), self._message, self._theme)

    # Hands

    def _on_box_moved(self) -> None:
        """The view shows another part, or has another size: choose anew what is marked in it."""
        box = self.getViewBox()
        area = box.viewRect()
        place = box.sceneBoundingRect()
        self._lines.show_area(area, place)
        self._marks.place(lambda step: box.mapViewToScene(QPointF(step, 0)).x(), place)
        ends = np.tile([area.top(), area.bottom()], len(self._marks.steps))
        self._lines.set_points("marks", np.repeat(self._marks.steps, 2), ends, "pairs")

    def _on_box_range_changed(self, mouse_enabled: Any) -> None:
        if self._is_following:
            self._is_following = False
            self.follow_changed.emit(False)
        self._draw_other()
        self._draw()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        box, position = self.getViewBox(), self.mapToScene(event.position().toPoint())
        if box.sceneBoundingRect().contains(position):
            self.chosen.emit(max(0, round(box.mapSceneToView(position).x())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        box, position = self.getViewBox(), self.mapToScene(event.pos())
        places = {step: box.mapViewToScene(QPointF(step, 0)).x() for step, _ in self._marks.marks}
        near = [step for step, place in places.items() if abs(place - position.x()) <= MARK_REACH]
        if near:
            nearest = min(near, key=lambda step: abs(places[step] - position.x()))
            self.menu_asked.emit(nearest, event.globalPos())

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as many steps around the middle."""
        self.getViewBox().scaleBy((factor, 1))
        self._on_box_range_changed(None)

    def pan(self, share: float) -> None:
        """Move by a share of the width."""
        left, right = self.getViewBox().viewRange()[0]
        self.getViewBox().translateBy(x=share * (right - left))
        self._on_box_range_changed(None)

    def _on_scene_mouse_moved(self, position: QPointF) -> None:
        box = self.getViewBox()
        inside = box.sceneBoundingRect().contains(position)
        self.pointed.emit(box.mapSceneToView(position).x() if inside else None)

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)
