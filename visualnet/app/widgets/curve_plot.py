"""One plot of a training figure over the steps: faint range, smoothed line, test points, command marks.

pyqtgraph draws; what it would do at each frame and need not is switched off: automatic ranges, menus,
antialiasing. The axes move in steps, so that they are seldom painted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent

from visualnet.app.theme import SMALL, Theme, blend, font
from visualnet.app.widgets.line_item import LineItem
from visualnet.app.widgets.scale import SteppedLimit
from visualnet.core.run.history import ColumnView

BUCKETS = 400
DRAWS_PER_RANGE = 3
"""While numbers stream, the faint range and the axes follow at a third of the pace of the line."""

NOTHING: NDArray[np.float64] = np.empty(0)
LEAST_LOGGED = 1e-12
GROWTH = 1.3
FIRST_STEPS = 100.0
MARK_LABELS = 8
MAXIMUM_DOTS = 60
DOT_SIZE = 6
ACCURACY_FLOORS = (0.0, 0.5, 0.8, 0.9, 0.95)


class SteadyAxis(pg.AxisItem):
    """An axis that remembers its bounds, which pyqtgraph would work out several times a paint."""

    _bounds: QRectF | None = None

    def boundingRect(self) -> QRectF:
        if self._bounds is None:
            self._bounds = super().boundingRect()
        return self._bounds

    def resizeEvent(self, event: Any = None) -> None:
        self._bounds = None
        super().resizeEvent(event)


class StepAxis(SteadyAxis):
    """Steps with separators."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{value:,.0f}" if spacing >= 1 else f"{value:,g}" for value in values]


class ValueAxis(SteadyAxis):
    """Plain numbers, powers of ten, or percent."""

    is_log = False
    is_percent = False

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.is_percent:
            return [f"{100 * value:.3g} %" for value in values]
        if self.is_log:
            return [f"{10**value:.3g}" for value in values]
        return [f"{value:.3g}" for value in values]


def smoothed(values: NDArray[np.float64], strength: float, stride: int) -> NDArray[np.float64]:
    """Exponential moving average of evenly spaced means, unbiased at the start.

    Args:
        values: (count,) means over ``stride`` steps each.
        strength: share kept from one step to the next, in [0, 1).
        stride: steps between two values; the strength counts in steps, so zooming does not change the line.
    """
    kept = strength**stride
    if kept < 1e-3 or len(values) < 3:
        return values
    length = min(len(values), ceil(log10(1e-3) / log10(kept)))
    kernel = kept ** np.arange(length)
    weights = np.minimum(np.arange(1, len(values) + 1), length) - 1
    return np.convolve(values, kernel)[: len(values)] / np.cumsum(kernel)[weights]


class CurvePlot(pg.PlotWidget):
    """Draws one column of a history.

    Attributes:
        follow_changed: emitted with False when the person zooms or pans, with True when they return.
        pointed: emitted with the step under the mouse, or None.
        is_live: whether values come many times a second.
    """

    follow_changed = Signal(bool)
    pointed = Signal(object)

    def __init__(self, theme: Theme, name: str, is_share: bool) -> None:
        self._values = ValueAxis("left")
        super().__init__(axisItems={"bottom": StepAxis("bottom"), "left": self._values}, background=None)
        self.setAccessibleName(name)
        self.is_share = is_share
        self._values.is_percent = is_share
        self._theme = theme
        self._column: ColumnView | None = None
        self._first_step = 0
        self._tests: NDArray[np.float64] = np.empty((0, 2))
        self._tests_shown = (-1, False)
        self._marks: list[tuple[int, str]] = []
        self._is_following = True
        self._is_log = False
        self.is_live = False
        self._draws = 0
        self._strength = 0.9
        self._limit = SteppedLimit()
        self._range: tuple[float, float, float, float] | None = None
        self._labels: list[pg.TextItem] = []
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setFrameShape(self.Shape.NoFrame)
        box = self.getViewBox()
        box.disableAutoRange()
        box.setLimits(xMin=-0.5)
        box.sigRangeChangedManually.connect(self._on_box_range_changed)
        self._lines = LineItem(("marks", "range", "line", "test", "dots"))
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        for item in (self._lines, self._cursor):
            self.addItem(item, ignoreBounds=True)
        box.sigRangeChanged.connect(self._on_box_moved)
        self.scene().sigMouseMoved.connect(self._on_scene_mouse_moved)
        self.set_theme(theme)
        self._move_axes(0, 1)

    @property
    def is_following(self) -> bool:
        """Whether the view follows the newest step."""
        return self._is_following

    @property
    def is_log(self) -> bool:
        """Whether the values stand on a logarithmic axis."""
        return self._is_log

    def clear_data(self) -> None:
        """Forget everything but the choices."""
        self._column = None
        self._tests = np.empty((0, 2))
        self._limit.reset()
        for name in ("range", "line", "test", "dots"):
            self._lines.set_points(name, NOTHING, NOTHING)
        self._tests_shown = (-1, False)
        self._range = None
        self.set_following(True)
        self._move_axes(0, 1)

    def show_column(self, column: ColumnView, first_step: int, tests: NDArray[np.float64]) -> None:
        """Draw these values.

        Args:
            column: one value a step.
            first_step: steps before its first value.
            tests: (count, 2) step and value of each measurement on the test set.
        """
        self._column, self._first_step, self._tests = column, first_step, tests
        self._draw()

    def set_following(self, is_following: bool) -> None:
        """Follow the newest step, or keep the present part of the curve in view."""
        if is_following != self._is_following:
            self._is_following = is_following
            self.follow_changed.emit(is_following)
        if is_following:
            self._range = None
            self._draw()

    def set_log(self, is_log: bool) -> None:
        """Logarithmic or linear values."""
        self._is_log = self._values.is_log = is_log
        self._values.picture = None
        self._range = None
        self._tests_shown = (-1, False)
        self._limit.reset()
        self.set_following(True)
        self._draw()

    def set_smoothing(self, strength: float) -> None:
        """Share of the moving average kept at each step, in [0, 1)."""
        self._strength = strength
        self._draw()

    def set_marks(self, marks: list[tuple[int, str]]) -> None:
        """A thin line with a word at each (step, word)."""
        self._marks = marks
        self._draw_marks()

    def set_cursor(self, step: float | None) -> None:
        """Show the read-out line at this step, or hide it."""
        self._cursor.setVisible(step is not None)
        if step is not None:
            self._cursor.setValue(step)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.setBackground(theme.panel)
        faint = blend(theme.training, theme.panel, 0.68)
        self._lines.set_pen("range", pg.mkPen(faint, width=1))
        self._lines.set_pen("line", pg.mkPen(theme.training, width=1))
        self._lines.set_pen("test", pg.mkPen(theme.test, width=1))
        dots = pg.mkPen(theme.test, width=DOT_SIZE)
        dots.setCapStyle(Qt.PenCapStyle.RoundCap)
        self._lines.set_pen("dots", dots)
        self._lines.set_pen("marks", pg.mkPen(blend(theme.secondary, theme.panel, 0.4), width=1))
        self._cursor.setPen(pg.mkPen(theme.secondary, width=1))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(theme.line, width=1))
            axis.setTextPen(pg.mkPen(theme.secondary))
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)
            axis.setStyle(tickFont=font(SMALL), tickLength=-4, tickTextOffset=6)
        self.getAxis("left").setWidth(52)
        self.getAxis("bottom").setHeight(22)
        self._draw_marks()

    # Drawing

    def _draw(self) -> None:
        column = self._column
        if column is None or not column.count:
            return
        start, stop = self._visible_indices(column.count)
        envelope = column.envelope(start, stop, BUCKETS)
        steps = envelope.positions + (self._first_step + 1 + (envelope.stride - 1) / 2)
        line = smoothed(envelope.mean, self._strength, envelope.stride)
        self._lines.set_points("line", steps, self._scaled(line))
        self._draws += 1
        if self.is_live and self._draws % DRAWS_PER_RANGE:
            return
        low, high = self._scaled(envelope.low), self._scaled(envelope.high)
        self._lines.set_points("range", np.repeat(steps, 2), np.stack([low, high], axis=1).ravel())
        self._draw_tests()
        if self._is_following:
            self._follow(column, high, line)

    def _visible_indices(self, count: int) -> tuple[int, int]:
        """The part of the column that the view shows; all of it while following."""
        if self._is_following:
            return 0, count
        left, right = self.getViewBox().viewRange()[0]
        return max(0, floor(left) - self._first_step - 1), min(count, ceil(right) - self._first_step + 1)

    def _draw_tests(self) -> None:
        state = (len(self._tests), self._is_log)
        if state != self._tests_shown:
            self._tests_shown = state
            steps, values = self._tests[:, 0], self._scaled(self._tests[:, 1])
            self._lines.set_points("test", steps, values)
            # A pair of equal points under a round pen is a dot, at a tenth of a scatter plot's cost.
            places = slice(None, None, -(-len(steps) // MAXIMUM_DOTS) or 1)
            self._lines.set_points("dots", np.repeat(steps[places], 2), np.repeat(values[places], 2), "pairs")

    def _scaled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is drawn for these values: themselves, or their logarithm on a logarithmic axis."""
        return np.log10(np.maximum(values, LEAST_LOGGED)) if self._is_log else values

    def _follow(self, column: ColumnView, high: NDArray[np.float64], line: NDArray[np.float64]) -> None:
        """Let the axes hold the whole curve; they move only when it leaves them."""
        if self.is_share:
            recent = float(line[len(line) // 5 :].min())
            bottom = max((f for f in ACCURACY_FLOORS if f < recent - 0.3 * (1 - f)), default=0.0)
            self._move_axes(bottom, 1.0 + 0.04 * (1 - bottom))
        elif self._is_log:
            lowest = float(self._scaled(line).min())
            self._move_axes(floor(lowest), max(ceil(float(high.max())), floor(lowest) + 1))
        else:
            self._move_axes(0, self._limit.follow(_body(high)) * 1.02)

    def _move_axes(self, bottom: float, top: float) -> None:
        """Set the ranges where they differ from those in force."""
        last = self._first_step + (self._column.count if self._column else 0)
        left, right = float(self._first_step), self._first_step + FIRST_STEPS
        if self._range is not None and self._range[0] == left:
            right = self._range[1]
        if last > right:
            right = _rounded_up(last * GROWTH)
        wanted = (left, right, bottom, top)
        if wanted != self._range:
            self._range = wanted
            self.getViewBox().setRange(xRange=(left, right), yRange=(bottom, top), padding=0)
            self._draw_marks()

    def _draw_marks(self) -> None:
        steps = [step for step, _ in self._marks]
        low, high = (-1e6, 1e6)
        self._lines.set_points("marks", np.repeat(steps, 2), np.tile([low, high], len(steps)), "pairs")
        for label in self._labels:
            self.removeItem(label)
        self._labels = []
        top = self.getViewBox().viewRange()[1][1]
        for step, word in self._marks[-MARK_LABELS:]:
            label = pg.TextItem(word, color=self._theme.secondary, anchor=(0, 0))
            label.setFont(font(SMALL))
            label.setPos(step, top)
            self.addItem(label, ignoreBounds=True)
            self._labels.append(label)

    # Hands

    def _on_box_moved(self) -> None:
        self._lines.set_area(self.getViewBox().viewRect())

    def _on_box_range_changed(self, mouse_enabled: Any) -> None:
        if self._is_following:
            self._is_following = False
            self.follow_changed.emit(False)
        self._draw()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_following(True)

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


def _body(values: NDArray[np.float64]) -> float:
    """A value that only one in fifty exceeds: a few spikes must not flatten a curve."""
    if len(values) < 50:
        return float(values.max())
    place = len(values) - len(values) // 50 - 1
    return float(np.partition(values, place)[place])


def _rounded_up(number: float) -> float:
    """The next number of two significant digits."""
    unit = 10.0 ** (floor(log10(max(number, 1))) - 1)
    return ceil(number / unit) * unit
