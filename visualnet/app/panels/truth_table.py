"""The truth table: training points of data with one or two inputs, with targets and outputs. GUI thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from visualnet.app.panels.info import DataKind, PanelInfo, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.panels.surface import SURFACE, surfaces_compared, wrong_points
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.session import Session
from visualnet.app.text.data_labels import axis_names, no_table
from visualnet.app.text.labels import answer_name
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.point_table import PointTable, Said
from visualnet.app.widgets.readout import Readout
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import number_words
from visualnet.core.probes.base import Probe
from visualnet.core.probes.surface import Surface
from visualnet.core.studies.compare_runs import RunComparison


class TruthTablePanel(Panel):
    """A table with a row a point, its target and the network's output; how many are right stands below."""

    info = PanelInfo(
        name="truth-table",
        title="Truth table",
        places={DataKind.PLANE: Place.ABOVE},
        shortcut="Ctrl+6",
        why_not=no_table,
    )
    frames_per_second = 12.0
    shows_both_runs = True

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self._points: NDArray[Any] | None = None
        self._labels: NDArray[Any] = np.empty(0, int)
        self._classes: tuple[str, ...] = ()
        self._said: Said | None = None
        self._other: Said | None = None
        self._compared: RunComparison | None = None
        self.table = PointTable(theme)
        self.hint = QLabel("The points appear here as soon as there is a network.", wordWrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setStyleSheet(f"color: {theme.secondary}")
        self.summary = Readout()
        self._lay_out()

    def _lay_out(self) -> None:
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.table, 1)
        column.addWidget(self.summary)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(shown)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(GRID * 3 // 2, 0, GRID * 3 // 2, GRID)
        outer.addWidget(self._pages)
        self.setMinimumWidth(240)

    def sizeHint(self) -> QSize:
        return QSize(400, 182)

    def probes(self) -> frozenset[Probe]:
        return frozenset({SURFACE})

    def show_run(self, run: RunStarted) -> None:
        points, labels = run.data.points, run.data.point_labels
        self._points, self._said, self._other = points, None, None
        self._pages.setCurrentIndex(0 if points is None else 1)
        self.summary.setText("")
        if points is None or labels is None:
            return
        self._labels, self._classes = labels, run.data.classes
        names = axis_names(run.data, run.setup.data.standardize)
        self.table.show_points(points, labels, self._classes, names[:-1])

    def show_comparison(self, comparing: Comparing) -> None:
        """Show the other run's outputs beside this run's, as soon as they are known."""
        self._compared = comparing.latest
        self.wants_frame.emit()

    def show_frame(self, frame: Frame) -> None:
        surface = frame.results.get(SURFACE)
        if surface is None or self._points is None:
            return
        pair = surfaces_compared(self._compared)
        self._other = None if pair is None else self._said_by(pair[1])
        self._said = self._said_by(surface)
        self.table.show_said(self._said, self._other, 1.0 if self._classes else surface.reach, self._answer)
        self.summary.setText(self._summary)
        self.setAccessibleDescription(self._summary)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.hint.setStyleSheet(f"color: {theme.secondary}")
        self.table.set_theme(theme)

    def _said_by(self, surface: Surface) -> Said:
        outputs = surface.point_outputs
        answers = outputs[:, 0] if surface.point_answers is None else surface.point_answers
        guesses = surface.point_classes if self._classes else answers > 0
        return Said(answers, guesses, wrong_points(surface, self._labels))

    @property
    def _answer(self) -> str:
        """What stands in the column of the network."""
        run = self.session.run
        if run is None or len(self._classes) > 2:
            return "output"
        return answer_name(self._classes, run.layers[-1].output_shape[0], run.gives_probabilities)

    @property
    def _summary(self) -> str:
        """How many points are right, or how far the values are off; of the other run, too."""
        said, other = self._said, self._other
        assert said is not None
        if self._classes:
            words = f"{self._right(said)} of {self._count} right"
            return words if other is None else f"{words}, {self._right(other)} by the other run"
        words = f"{self._count} points, off by {number_words(self._error(said))}"
        if other is None:
            return f"{words} (root of the mean square)"
        return f"{words}, the other run by {number_words(self._error(other))}"

    @property
    def _count(self) -> str:
        """How many points there are, or that these are only the first of them."""
        run = self.session.run
        is_part = run is not None and run.data.train_count > len(self._labels)
        return f"{'the first ' if is_part else ''}{len(self._labels):,}"

    def _right(self, said: Said) -> str:
        return f"{len(self._labels) - len(said.wrong):,}"

    def _error(self, said: Said) -> float:
        return root_mean_square(said.outputs - self._labels[:, 0])


def root_mean_square(values: NDArray[Any]) -> float:
    """Of numbers of any size: none of the squares overflows."""
    greatest = float(np.abs(values).max(initial=0.0))
    if not 0 < greatest < np.inf:
        return greatest
    return greatest * float(np.sqrt(np.mean((values / greatest) ** 2)))
