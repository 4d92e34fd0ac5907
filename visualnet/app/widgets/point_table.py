"""Points as a table that scrolls: inputs, target, and the outputs of one run or two."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.controls import scroll_area
from visualnet.app.widgets.fitted import elided, fitted
from visualnet.app.widgets.mark import paint_mark
from visualnet.app.widgets.painted import painted
from visualnet.core.number_words import decimal_words, number_words

HEADING, ROW = 22, 24
"""Pixels; four rows with their headings fit in half of what a small window has beside its surface."""

SHARES = (0.0, 0.16, 0.32, 0.46, 0.9)
"""Where each column begins, as a share of the width: two inputs, the target, what is said, its mark."""

MANY_SHARES = (0.0, 0.18, 0.36, 0.63, 0.9)
"""Likewise, where both the target and what is said are one of many classes."""

COMPARED_SHARES = (0.0, 0.14, 0.28, 0.46, 0.74)
"""Likewise: two inputs, the target, what each of two runs says."""

SAID, SAID_MARK = 96, 22
"""Pixels for what a run says, its mark included, which must stand by its own run's words; and for the mark."""

NUMBER_WIDTH, MARK_WIDTH, GAP = 56, 24, 4
"""Pixels for an output at least, for a mark, and between two columns."""

BAR_GAP = 8
"""Pixels between the widest output and the bars."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A run's outputs for the points.

    Attributes:
        outputs: (points,) what can be compared with the target: the one output, or of two classes the second's score.
        guesses: (points,) the classes, or for values whether they are above zero.
        wrong: places of the points whose class is another.
    """

    outputs: NDArray[Any]
    guesses: NDArray[Any]
    wrong: NDArray[np.intp]


class PointTable(QWidget):
    """A table with a row a point under headings that stay; rows out of view are not painted."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.headings = _Headings(self, theme)
        self.rows = _Rows(self, theme)
        self.area = scroll_area(self.rows)
        self.area.verticalScrollBar().setSingleStep(ROW)
        self.area.setAccessibleName("Rows")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.headings)
        column.addWidget(self.area, 1)
        self.setMinimumHeight(HEADING + ROW)

    def show_points(
        self, points: NDArray[Any], targets: NDArray[Any], classes: tuple[str, ...], names: tuple[str, ...]
    ) -> None:
        """Other points, of which nothing was said as yet.

        Args:
            points: (count, 1 or 2) inputs.
            targets: (count,) labels, or (count, outputs) values.
            classes: names of the classes; none for values.
            names: of the inputs.
        """
        self.rows.show_points(points, targets, classes)
        self.headings.show_inputs(names)
        self.area.verticalScrollBar().setValue(0)

    def show_said(self, said: Said, other: Said | None, reach: float, answer: str) -> None:
        """What a run says now, and what another one that it is compared with.

        Args:
            said: by this run.
            other: by the other run, if there is one.
            reach: the output whose bar is full.
            answer: what an output is called.
        """
        self.rows.show_said(said, other, reach)
        self.headings.show_answers((answer, "") if other is None else ("this run", "other run"))

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self.headings.set_theme(theme)
        self.rows.set_theme(theme)

    @property
    def shares(self) -> tuple[float, ...]:
        """Where the columns begin."""
        if self.rows.other is not None:
            return COMPARED_SHARES
        return MANY_SHARES if self.rows.has_many_classes else SHARES

    def columns(self) -> list[tuple[int, int]]:
        """Where each column begins in pixels, and how many its words may take."""
        width, shares = self.rows.width(), (*self.shares, 1.0)
        starts = [round(share * width) for share in shares]
        return [(start, end - start - GAP) for start, end in pairwise(starts)]


class _Headings(QWidget):
    def __init__(self, table: PointTable, theme: Theme) -> None:
        super().__init__()
        self._table, self._theme = table, theme
        self._inputs: tuple[str, ...] = ()
        self._answers: tuple[str, ...] = ()
        self.setFixedHeight(HEADING)

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands above each column, in full."""
        return (*self._inputs, *[""] * (2 - len(self._inputs)), "target", *self._answers)

    def show_inputs(self, names: tuple[str, ...]) -> None:
        self._inputs, self._answers = names, ()
        self._tell()

    def show_answers(self, names: tuple[str, ...]) -> None:
        if names != self._answers:
            self._answers = names
            self._tell()

    def _tell(self) -> None:
        self.setToolTip(", ".join(filter(None, self.texts)))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self._theme.secondary))
        for text, (start, width) in zip(self.texts, self._table.columns(), strict=False):
            cell = QRect(start, 0, width, self.height())
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)


class _Rows(QWidget):
    def __init__(self, table: PointTable, theme: Theme) -> None:
        super().__init__()
        self._table, self._theme = table, theme
        self._points: NDArray[Any] = np.empty((0, 2))
        self._targets: NDArray[Any] = np.empty(0, int)
        self._classes: tuple[str, ...] = ()
        self._said: Said | None = None
        self._reach = 1.0
        self.other: Said | None = None

    def show_points(self, points: NDArray[Any], targets: NDArray[Any], classes: tuple[str, ...]) -> None:
        self._points, self._targets, self._classes = points, targets, classes
        self._said = self.other = None
        self.setFixedHeight(ROW * len(points))
        self.update()

    def show_said(self, said: Said, other: Said | None, reach: float) -> None:
        self._said, self.other, self._reach = said, other, reach
        self.update()

    @property
    def has_many_classes(self) -> bool:
        """Whether a class is said by its name, for want of one number that would say it."""
        return len(self._classes) > 2

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = event.rect()
        places = range(shown.top() // ROW, min(shown.bottom() // ROW + 1, len(self._points)))
        width = self._output_width(painter)
        for place in places:
            self._paint_row(painter, place, QRect(0, ROW * place, self.width(), ROW), width)

    def _output_width(self, painter: QPainter) -> int:
        """Pixels that the widest output may take, whichever rows are in view: bars begin below each other."""
        if self._said is None:
            return NUMBER_WIDTH
        outputs = self._said.outputs[np.isfinite(self._said.outputs)]
        greatest = float(np.abs(outputs).max(initial=0.0))
        widest = [decimal_words(-min(greatest, 999.999))]
        if greatest >= 1000:
            widest.append(number_words(-9.99 * 10.0 ** floor(log10(greatest))))
        painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
        return max(NUMBER_WIDTH, *map(painter.fontMetrics().horizontalAdvance, widest))

    def _paint_row(self, painter: QPainter, place: int, row: QRect, output_width: int) -> None:
        painter.setPen(QColor(self._theme.line))
        painter.drawLine(row.topLeft(), row.topRight())
        painter.setFont(font(NORMAL))
        painter.setPen(QColor(self._theme.text))
        numbers = [*self._points[place], None][:2]
        for number, (start, room) in zip(
            [*numbers, self._targets[place]], self._table.columns(), strict=False
        ):
            cell = QRect(start, row.y(), room, row.height())
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, self._words_of(number, painter, room))
        if self.other is not None:
            self._paint_both(painter, place, row, self.other)
        elif self._said is not None:
            self._paint_output(painter, place, row, self._said, output_width)

    def _words_of(self, number: Any, painter: QPainter, room: int) -> str:
        """An input, a target's value, or a target's class, in a column of this width."""
        if number is None:
            return ""
        if np.ndim(number) == 0 and np.issubdtype(np.asarray(number).dtype, np.integer) and self._classes:
            return elided(painter, self._classes[number], room)
        return fitted(painter, float(np.ravel(number)[0]), room)

    def _paint_both(self, painter: QPainter, place: int, row: QRect, other: Said) -> None:
        """What each run says, with its mark."""
        assert self._said is not None
        for (start, room), said in zip(self._table.columns()[3:], (self._said, other), strict=True):
            width = min(SAID, room + GAP - GRID)
            cell = QRect(start, row.y(), width, row.height())
            painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
            painter.setPen(QColor(self._theme.text))
            words = elided(painter, self._words_for(said, place), width - SAID_MARK)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)
            if self._classes:
                mark = QRect(cell.right() - 20, row.y(), 20, row.height())
                paint_mark(painter, self._theme, mark, place not in said.wrong)

    def _words_for(self, said: Said, place: int) -> str:
        if self.has_many_classes:
            return self._classes[int(said.guesses[place])]
        return decimal_words(float(said.outputs[place]))

    def _paint_output(self, painter: QPainter, place: int, row: QRect, said: Said, width: int) -> None:
        """The number, a bar from zero, and a mark: a tick where it is right, a cross where it is wrong."""
        start = self._table.columns()[3][0]
        painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
        painter.setPen(QColor(self._theme.text))
        is_class, words = self.has_many_classes, self._words_for(said, place)
        width = max(width, painter.fontMetrics().horizontalAdvance(words))
        if is_class:
            width = row.right() - MARK_WIDTH - start
            words = elided(painter, words, width)
        cell = QRect(start, row.y(), width, row.height())
        painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, words)
        if not is_class:
            self._paint_bar(painter, place, row, start + width, said)
        if self._classes:
            mark = QRect(row.right() - 20, row.y(), 20, row.height())
            paint_mark(painter, self._theme, mark, place not in said.wrong)

    def _paint_bar(self, painter: QPainter, place: int, row: QRect, start: int, said: Said) -> None:
        end = SHARES[4] * row.width() - 12
        track = QRectF(start + BAR_GAP, row.center().y() - 2, max(end - start - BAR_GAP, 0), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.raised))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(self._theme.positive if said.guesses[place] else self._theme.negative))
        share = min(max(abs(float(said.outputs[place])) / self._reach, 0.02), 1)
        painter.drawRoundedRect(QRectF(track.x(), track.y(), track.width() * share, track.height()), 3, 3)
