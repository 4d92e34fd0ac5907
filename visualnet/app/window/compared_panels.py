"""The connection between a comparison and the panels that show two runs. GUI thread only."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from visualnet.app.bars.transport import Transport
from visualnet.app.faults import attempt
from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.predictions import PredictionsPanel
from visualnet.app.panels.runs import RunsPanel
from visualnet.app.panels.surface import SurfacePanel
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.session.comparison import Comparing
from visualnet.app.window.dock import PanelDock, panel_of


class ComparisonView(QObject):
    """The wiring of Comparing to its panels.

    Args:
        comparing: the comparison.
        docks: of the panels, by name.
        transport: says that two runs are compared, whichever panel is closed, and ends it.
        parent: its owner.
    """

    def __init__(
        self, comparing: Comparing, docks: Mapping[str, PanelDock], transport: Transport, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._comparing = comparing
        self._sides = (
            panel_of(docks, WeightsPanel),
            panel_of(docks, PredictionsPanel),
            panel_of(docks, SurfacePanel),
            panel_of(docks, TruthTablePanel),
        )
        self._curves, self._runs = panel_of(docks, CurvesPanel), panel_of(docks, RunsPanel)
        comparing.changed.connect(self._on_comparing_changed)
        for panel in self._sides:
            panel.wants_frame.connect(self._on_panel_wants_frame)
        self._runs.compare_asked.connect(comparing.start)
        self._transport = transport
        transport.end_comparison.clicked.connect(comparing.stop)
        self._runs.lock.currentIndexChanged.connect(lambda place: comparing.lock(place == 1))

    def _on_comparing_changed(self) -> None:
        comparing = self._comparing
        for panel in self._sides:
            attempt(panel.show_comparison, comparing.is_on, comparing.latest)
        if comparing.is_on:
            attempt(self._curves.show_other, comparing.other_run.history, comparing.other_run.name)
        else:
            attempt(self._curves.show_other, None)
        self._transport.show_comparison(comparing.other_run.name if comparing.is_on else None)
        self._runs.show_comparison(comparing.is_on, comparing.distances)

    def _on_panel_wants_frame(self) -> None:
        """Another layer, another sample: it is asked for of both runs."""
        if self._comparing.is_on:
            for panel in self._sides:
                self._comparing.want(panel, panel.probes() if panel.isVisible() else frozenset())
