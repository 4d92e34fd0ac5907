"""The training points of data with one or two inputs as a table: what goes in, what should come out, what does. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent

from visualnet.app.data_words import no_table
from visualnet.app.panels.panel import Panel
from visualnet.app.panels.surface import SURFACE, surfaces_compared, wrong_points
from visualnet.app.session import Session
from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.fitted import elided, fitted
from visualnet.app.widgets.mark import paint_mark
from visualnet.app.widgets.painted import painted
from visualnet.app.words import answer_name
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

SAID, SAID_MARK = 96, 22
"""Pixels for what a run says, its mark included, which must stand by its own run's words; and for the mark."""

NUMBER_WIDTH, MARK_WIDTH, GAP = 56, 24, 4
"""Pixels for an output at least, for a mark, and between two columns."""


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a run says of the points.

    Attributes:
        outputs: (points,) what can be compared with the target: the one output, or of two classes the second's score.
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
            self._hint = no_table(run.data)
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
        answers = outputs[:, 0] if surface.point_answers is None else surface.point_answers
        guesses = surface.point_classes if self._classes else answers > 0
        return _Said(answers, guesses, wrong_points(surface, self._labels))

    @property
    def _answer(self) -> str:
        """What stands in the column of the network."""
        run = self.session.run
        if run is None or len(self._classes) > 2:
            return HEADINGS[3]
        return answer_name(self._classes, run.layers[-1].output_shape[0], run.gives_probabilities)

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
        names = (*HEADINGS[:3], self._answer, "") if self._other is None else COMPARED_HEADINGS
        headings = ("x", "", *names[2:]) if self._points.shape[1] == 1 else names
        for heading, share in zip(headings, self._shares, strict=True):
            start = round(share * area.width())
            cell = QRect(area.x() + start, area.y(), self._width_from(share, area.width()), ROW)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, elided(painter, heading, cell.width()))

    def _width_from(self, share: float, width: int) -> int:
        """Pixels that the words of a column may take, which begins at a share of the width."""
        following = next((other for other in (*self._shares, 1.0) if other > share), 1.0)
        return round(following * width) - round(share * width) - GAP

    def _paint_row(self, painter: QPainter, place: int, row: QRect) -> None:
        assert self._points is not None
        painter.setPen(QColor(self.theme.line))
        painter.drawLine(row.topLeft(), row.topRight())
        painter.setFont(font(NORMAL))
        painter.setPen(QColor(self.theme.text))
        numbers = [*self._points[place], None][:2]
        for number, share in zip([*numbers, self._labels[place]], self._shares, strict=False):
            room = self._width_from(share, row.width())
            words = self._words_of(number, painter, room)
            cell = QRect(row.x() + round(share * row.width()), row.y(), room, row.height())
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)
        if self._other is not None:
            self._paint_both(painter, place, row, self._other)
        elif self._said is not None:
            self._paint_output(painter, place, row, self._said)

    def _words_of(self, number: Any, painter: QPainter, room: int) -> str:
        """An input, a target's value, or a target's class, in a column of this width."""
        if number is None:
            return ""
        if np.ndim(number) == 0 and np.issubdtype(np.asarray(number).dtype, np.integer) and self._classes:
            return elided(painter, self._classes[number], room)
        return fitted(painter, float(np.ravel(number)[0]), room)

    def _paint_both(self, painter: QPainter, place: int, row: QRect, other: _Said) -> None:
        """What each run says, with its mark."""
        assert self._said is not None
        starts = [row.x() + round(share * row.width()) for share in (*self._shares[3:], 1.0)]
        for side, said in enumerate((self._said, other)):
            width = min(SAID, starts[side + 1] - starts[side] - GRID)
            cell = QRect(starts[side], row.y(), width, row.height())
            painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
            painter.setPen(QColor(self.theme.text))
            words = elided(painter, self._words_for(said, place), width - SAID_MARK)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)
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
        is_class, words = len(self._classes) > 2, self._words_for(said, place)
        width = max(NUMBER_WIDTH, painter.fontMetrics().horizontalAdvance(words))
        if is_class:
            width = row.right() - MARK_WIDTH - start
            words = elided(painter, words, width)
        cell = QRect(start, row.y(), width, row.height())
        painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)
        if not is_class:
            self._paint_bar(painter, place, row, start + width, said)
        if self._classes:
            mark = QRect(row.right() - 20, row.y(), 20, row.height())
            paint_mark(painter, self.theme, mark, place not in said.wrong)

    def _paint_bar(self, painter: QPainter, place: int, row: QRect, start: int, said: _Said) -> None:
        end = row.x() + SHARES[4] * row.width() - 12
        track = QRectF(start + 4, row.center().y() - 2, max(end - start - 4, 0), 6)
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
        return root_mean_square(said.outputs - self._labels[:, 0])


def root_mean_square(values: NDArray[Any]) -> float:
    """Of numbers of any size: none of the squares overflows."""
    greatest = float(np.abs(values).max(initial=0.0))
    if not 0 < greatest < np.inf:
        return greatest
    return greatest * float(np.sqrt(np.mean((values / greatest) ** 2)))
