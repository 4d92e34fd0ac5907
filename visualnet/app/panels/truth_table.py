"""The training points of 2-D data as a table: what goes in, what should come out, what does. GUI thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent

from visualnet.app.panels.panel import Panel
from visualnet.app.panels.surface import SURFACE, wrong_points
from visualnet.app.session import Session
from visualnet.app.theme import GRID, NORMAL, SMALL, Theme, font
from visualnet.app.widgets.mark import paint_mark
from visualnet.core.run.events import RunStarted
from visualnet.core.run.frame import Frame, Probe

ROW = 32
HEADINGS = ("x₁", "x₂", "target", "output", "")
SHARES = (0.0, 0.14, 0.28, 0.46, 0.9)
"""Where each column begins, as a share of the width."""


class TruthTablePanel(Panel):
    """One row a point, as many as fit, with the network's present output beside the target."""

    title = "Truth table"
    name = "truth-table"
    frames_per_second = 12.0

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._points: NDArray[Any] | None = None
        self._labels: NDArray[Any] = np.empty(0, int)
        self._outputs: NDArray[Any] | None = None
        self._classes: NDArray[np.intp] = np.empty(0, int)
        self._wrong: NDArray[Any] = np.empty(0, int)
        self._hint = "The points appear here as soon as there is a network."
        self.setMinimumSize(240, ROW * 6)

    def sizeHint(self) -> QSize:
        return QSize(400, ROW * 7)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        self._points, self._outputs = run.data.points, None
        if run.data.point_labels is None:
            self._hint = f"{run.data.name} has too many inputs for a table. See the predictions."
        else:
            self._labels = run.data.point_labels
        self.update()

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        if surface is None or self._points is None:
            return
        outputs = surface.point_outputs
        self._outputs = outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]
        self._classes = surface.point_classes
        self._wrong = wrong_points(surface, self._labels)
        self.setAccessibleDescription(f"{len(self._labels) - len(self._wrong)} of {len(self._labels)} right")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
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
        for heading, share in zip(HEADINGS, SHARES, strict=True):
            cell = QRect(area.x() + round(share * area.width()), area.y(), 120, ROW)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, heading)

    def _paint_row(self, painter: QPainter, place: int, row: QRect) -> None:
        assert self._points is not None
        painter.setPen(QColor(self.theme.line))
        painter.drawLine(row.topLeft(), row.topRight())
        painter.setFont(font(NORMAL))
        painter.setPen(QColor(self.theme.text))
        x, y = self._points[place]
        for text, share in zip((f"{x:.3g}", f"{y:.3g}", f"{self._labels[place]}"), SHARES, strict=False):
            cell = row.adjusted(round(share * row.width()), 0, 0, 0)
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, text.replace("-", "−"))
        if self._outputs is not None:
            self._paint_output(painter, place, row)

    def _paint_output(self, painter: QPainter, place: int, row: QRect) -> None:
        """The number, a bar from zero, and a mark: a tick where it is right, a cross where it is wrong."""
        assert self._outputs is not None
        output = float(self._outputs[place])
        start = row.x() + round(SHARES[3] * row.width())
        painter.setFont(font(NORMAL, QFont.Weight.DemiBold))
        painter.setPen(QColor(self.theme.text))
        cell = QRect(start, row.y(), 56, row.height())
        painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, f"{output:.3f}".replace("-", "−"))
        track = QRectF(start + 60, row.center().y() - 2, row.x() + SHARES[4] * row.width() - start - 72, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.raised))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(self.theme.positive if self._classes[place] else self.theme.negative))
        filled = QRectF(track.x(), track.y(), track.width() * min(max(abs(output), 0.02), 1), track.height())
        painter.drawRoundedRect(filled, 3, 3)
        paint_mark(
            painter, self.theme, QRect(row.right() - 20, row.y(), 20, row.height()), place not in self._wrong
        )

    def _paint_summary(self, painter: QPainter, row: QRect) -> None:
        if self._outputs is None:
            return
        right = len(self._labels) - len(self._wrong)
        painter.setFont(font(SMALL))
        painter.setPen(QColor(self.theme.secondary))
        painter.drawText(
            row, Qt.AlignmentFlag.AlignVCenter, f"{right:,} of {len(self._labels):,} points right"
        )
