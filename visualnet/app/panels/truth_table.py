"""The training points of data with one or two inputs as a table: what goes in, what should come out, what does. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent

from visualnet.app.panels.panel import Panel
from visualnet.app.panels.surface import SURFACE, surfaces_compared, wrong_points
from visualnet.app.session import Session
from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.mark import paint_mark
from visualnet.app.widgets.painted import painted
from visualnet.core.number_words import decimal_words, number_words
from visualnet.core.probes.surface import Surface
from visualnet.core.run.events import RunsCompared, RunStarted
from visualnet.core.run.frame import Frame, Probe

ROW = 26
HEADINGS = ("x₁", "x₂", "target", "output", "")
SHARES = (0.0, 0.16, 0.32, 0.46, 0.9)
"""Where each column begins, as a share of the width."""

COMPARED_HEADINGS = ("x₁", "x₂", "target", "this run", "other run")
COMPARED_SHARES = (0.0, 0.14, 0.28, 0.46, 0.74)

SAID = 96
"""Pixels for what a run says, its mark included: the mark must stand by its own run's words."""


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a run says of the points.

    Attributes:
        outputs: (points,) the one output, or by how much the second class is ahead of the first.
        guesses: (points,) the classes, or for values whether they are above zero.
        wrong: places of the points whose class is another.
    """

    outputs: NDArray[Any]
    guesses: NDArray[Any]
    wrong: NDArray[np.intp]


class TruthTablePanel(Panel):
    """One row a point, as many as fit, with the network's present output beside the target."""

    title = "Truth table"
    name = "truth-table"
    frames_per_second = 12.0

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._points: NDArray[Any] | None = None
        self._labels: NDArray[Any] = np.empty(0, int)
        self._classes: tuple[str, ...] = ()
        self._reach = 1.0
        self._said: _Said | None = None
        self._other: _Said | None = None
        self._compared: RunsCompared | None = None
        self._hint = "The points appear here as soon as there is a network."
        self.setMinimumSize(240, 5 * ROW)

    def sizeHint(self) -> QSize:
        return QSize(400, ROW * 7)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        self._points, self._said, self._other = run.data.points, None, None
        if run.data.point_labels is None:
            self._hint = f"{run.data.name} has too many inputs for a table. See the predictions."
        else:
            self._labels = run.data.point_labels
        self._classes = run.data.classes
        self.update()

    def show_comparison(self, is_on: bool, compared: RunsCompared | None) -> None:
        """Show the other run's outputs beside this run's, as soon as they are known."""
        self._compared = compared
        self.wants_frame.emit()

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        if surface is None or self._points is None:
            return
        pair = surfaces_compared(self._compared)
        self._other = None if pair is None else self._said_by(pair[1])
        self._said = self._said_by(surface)
        self._reach = 1.0 if self._classes else surface.reach
        self.setAccessibleDescription(self._summary)
        self.update()

    def _said_by(self, surface: Surface) -> _Said:
        outputs = surface.point_outputs
        is_ahead = len(self._classes) == 2 and outputs.shape[1] == 2
        ahead = outputs[:, 1] - outputs[:, 0] if is_ahead else outputs[:, 0]
        guesses = surface.point_classes if self._classes else ahead > 0
        return _Said(ahead, guesses, wrong_points(surface, self._labels))

    @property
    def _shares(self) -> tuple[float, ...]:
        return SHARES if self._other is None else COMPARED_SHARES

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(GRID * 3 // 2, GRID // 2, -GRID * 3 // 2, -GRID)
        if self._points is None:
            painter.setPen(QColor(self.theme.secondary))
            painter.setFont(font(NORMAL))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        self._paint_headings(painter, area)
        fitting = max(0, (area.height() - ROW - ROW // 2) // ROW)
        shown = min(len(self._points), fitting)
        for place in range(shown):
            self._paint_row(painter, place, QRect(area.x(), area.y() + ROW * (place + 1), area.width(), ROW))
        self._paint_summary(painter, QRect(area.x(), area.y() + ROW * (shown + 1), area.width(), ROW))

    def _paint_headings(self, painter: QPainter, area: QRect) -> None:
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self.theme.secondary))
        assert self._points is not None
        names = HEADINGS if self._other is None else COMPARED_HEADINGS
        headings = ("x", "", *names[2:]) if self._points.shape[1] == 1 else names
        for heading, share in zip(headings, self._shares, strict=True):
            cell = QRect(area.x() + round(share * area.width()), area.y(), 120, ROW)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, heading)

    def _paint_row(self, painter: QPainter, place: int, row: QRect) -> None:
        assert self._points is not None
        painter.setPen(QColor(self.theme.line))
        painter.drawLine(row.topLeft(), row.topRight())
        painter.setFont(font(NORMAL))
        painter.setPen(QColor(self.theme.text))
        # Three decimals at the most: small numbers with three digits would run into the next column.
        inputs = [number_words(round(float(number), 3)) for number in self._points[place]]
        for text, share in zip([*inputs, ""][:2] + [self._target_of(place)], self._shares, strict=False):
            cell = row.adjusted(round(share * row.width()), 0, 0, 0)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, text)
        if self._other is not None:
            self._paint_both(painter, place, row, self._other)
        elif self._said is not None:
            self._paint_output(painter, place, row, self._said)

    def _target_of(self, place: int) -> str:
        target = self._labels[place]
        return self._classes[target] if self._classes else decimal_words(float(target[0]))

    def _paint_both(self, painter: QPainter, place: int, row: QRect, other: _Said) -> None:
        """What each run says, with its mark."""
        assert self._said is not None
        starts = [row.x() + round(share * row.width()) for share in (*self._shares[3:], 1.0)]
        for side, said in enumerate((self._said, other)):
            width = min(SAID, starts[side + 1] - starts[side] - GRID)
            cell = QRect(starts[side], row.y(), width, row.height())
            painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
            painter.setPen(QColor(self.theme.text))
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, self._words_for(said, place))
            if self._classes:
                mark = QRect(cell.right() - 20, row.y(), 20, row.height())
                paint_mark(painter, self.theme, mark, place not in said.wrong)

    def _words_for(self, said: _Said, place: int) -> str:
        if len(self._classes) > 2:
            return self._classes[said.guesses[place]]
        return decimal_words(float(said.outputs[place]))

    def _paint_output(self, painter: QPainter, place: int, row: QRect, said: _Said) -> None:
        """The number, a bar from zero, and a mark: a tick where it is right, a cross where it is wrong."""
        start = row.x() + round(SHARES[3] * row.width())
        painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
        painter.setPen(QColor(self.theme.text))
        is_class = len(self._classes) > 2
        cell = QRect(start, row.y(), row.width() - start if is_class else 56, row.height())
        painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, self._words_for(said, place))
        if not is_class:
            self._paint_bar(painter, place, row, start, said)
        if self._classes:
            mark = QRect(row.right() - 20, row.y(), 20, row.height())
            paint_mark(painter, self.theme, mark, place not in said.wrong)

    def _paint_bar(self, painter: QPainter, place: int, row: QRect, start: int, said: _Said) -> None:
        track = QRectF(start + 60, row.center().y() - 2, row.x() + SHARES[4] * row.width() - start - 72, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.raised))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(self.theme.positive if said.guesses[place] else self.theme.negative))
        share = min(max(abs(float(said.outputs[place])) / self._reach, 0.02), 1)
        painter.drawRoundedRect(QRectF(track.x(), track.y(), track.width() * share, track.height()), 3, 3)

    def _paint_summary(self, painter: QPainter, row: QRect) -> None:
        if self._said is None:
            return
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self.theme.secondary))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, self._summary)

    @property
    def _summary(self) -> str:
        """How many points are right, or how far the values are off; of the other run, too."""
        said, other = self._said, self._other
        assert said is not None
        if self._classes:
            words = f"{self._right(said)} of {len(self._labels):,} right"
            return words if other is None else f"{words}, {self._right(other)} by the other run"
        words = f"{len(self._labels):,} points, off by {number_words(self._error(said))}"
        if other is None:
            return f"{words} (root of the mean square)"
        return f"{words}, the other run by {number_words(self._error(other))}"

    def _right(self, said: _Said) -> str:
        return f"{len(self._labels) - len(said.wrong):,}"

    def _error(self, said: _Said) -> float:
        return float(np.sqrt(np.mean((said.outputs - self._labels[:, 0]) ** 2)))
