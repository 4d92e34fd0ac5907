"""The drawing panel: a digit that a person draws, and the network's scores for it, live. GUI thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from visualnet.app.panels.info import DataKind, PanelInfo, PanelKey, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.session.session import Session
from visualnet.app.text.data_labels import no_drawing
from visualnet.app.theme import GRID, SMALL, Theme, font, ink_table
from visualnet.app.widgets.drawing_pad import DrawingPad
from visualnet.app.widgets.painted import painted
from visualnet.app.widgets.score_bars import ScoreBars
from visualnet.app.widgets.tip_below import tip_below
from visualnet.core.datasets.drawing import SIDE, centred_digit
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.probes.base import Probe
from visualnet.core.probes.predictions import DrawingProbe

PREVIEW = SIDE
"""Pixels: one for each that the network sees."""


class Preview(QWidget):
    """The 28×28 image that the network sees."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._digit: NDArray[np.uint8] = np.zeros((SIDE, SIDE), np.uint8)
        self.setFixedSize(PREVIEW, PREVIEW)
        self.setAccessibleName("What the network sees")
        tip_below(self)
        self.setToolTip(
            "What the network sees of your drawing.\nIt is scaled and centred as the training digits were."
        )

    def show_digit(self, digit: NDArray[np.uint8]) -> None:
        """Show (28, 28) pixels."""
        self._digit = digit
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        image = QImage(self._digit.data, SIDE, SIDE, SIDE, QImage.Format.Format_Indexed8)
        image.setColorTable(ink_table(self._theme))
        painter.drawImage(self.rect(), image)


class DrawingPanel(Panel):
    """A pad with pen, eraser and clear, beside a bar for each digit's score.

    Attributes:
        digit_changed: emitted with 784 pixels as the network sees them; empty where there is no ink.
    """

    info = PanelInfo(
        name="drawing",
        title="Draw",
        places={DataKind.IMAGES: Place.BELOW},
        shortcut="Ctrl+7",
        why_not=no_drawing,
        keys=(
            PanelKey("pen, eraser, back, clear", "D, E, Backspace or Ctrl+Z, Del"),
            PanelKey("move, pen down or up", "Alt+← → ↑ ↓, Enter"),
        ),
    )
    frames_per_second = 12.0
    digit_changed = Signal(bytes)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._digit = np.zeros((SIDE, SIDE), np.uint8)
        self.pad = DrawingPad(theme)
        self.pad.setAccessibleName("Drawing pad")
        tip_below(self.pad)
        self.pad.setToolTip(
            "Draw with the left button, erase with the right one.\nKeys: arrows move, Enter sets the pen down."
        )
        self.pad.set_hint("Draw a digit here")
        self.pad.changed.connect(self._on_pad_changed)
        self.preview = Preview(theme)
        self.bars = ScoreBars(theme)
        self.bars.setAccessibleName("Scores")
        self._make_actions()
        self._lay_out()

    def _make_actions(self) -> None:
        self.pen = self._action(
            "Pen", "D", "Draw with the left button (D).\nThe pen is as thick as in the training digits."
        )
        self.eraser = self._action(
            "Eraser", "E", "Erase with the left button (E).\nThe right button always erases."
        )
        group = QActionGroup(self)
        for action in (self.pen, self.eraser):
            action.setCheckable(True)
            group.addAction(action)
        self.pen.setChecked(True)
        group.triggered.connect(self._on_tool_triggered)
        self.clear = self._action("Clear", "Del", "Take a new paper (Del).\nBack brings the drawing back.")
        self.clear.triggered.connect(self.pad.clear)
        self.undo = self._action(
            "Back", "Backspace", "Take back the last stroke (Backspace).\nUp to fifty strokes are remembered."
        )
        self.undo.triggered.connect(self.pad.undo)

    def _action(self, text: str, key: str, idea: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(key)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(idea)
        self.addAction(action)
        return action

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID // 2)
        for action in (self.pen, self.eraser, self.undo, self.clear):
            button = QToolButton()
            button.setDefaultAction(action)
            tools.addWidget(button)
        tools.addStretch()
        seen = QLabel("seen as")
        seen.setFont(font(SMALL))
        seen.setProperty("role", "secondary")
        tools.addWidget(seen)
        tools.addSpacing(GRID // 2)
        tools.addWidget(self.preview)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(self.pad, 3)
        row.addWidget(self.bars, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, 0, GRID * 3 // 2, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(tools)
        column.addLayout(row, 1)

    @property
    def _probe(self) -> DrawingProbe:
        return DrawingProbe(self._digit.tobytes())

    def probes(self) -> frozenset[Probe]:
        return frozenset({self._probe}) if self._digit.any() else frozenset()

    def show_run(self, run: RunStarted) -> None:
        if not no_drawing(run.data):
            self.bars.set_classes(run.data.classes, run.gives_probabilities)
            self.bars.show_scores(None)

    def show_frame(self, frame: Frame) -> None:
        scores = frame.results.get(self._probe)
        if scores is not None:
            self.bars.show_scores(scores)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self.pad, self.preview, self.bars):
            part.set_theme(theme)

    def _on_tool_triggered(self) -> None:
        self.pad.erases = self.eraser.isChecked()

    def _on_pad_changed(self) -> None:
        self._digit = centred_digit(self.pad.pixels)
        self.preview.show_digit(self._digit)
        if not self._digit.any():
            self.bars.show_scores(None)
        self.digit_changed.emit(self._digit.tobytes() if self._digit.any() else b"")
        self.wants_frame.emit()
