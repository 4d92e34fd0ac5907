"""The connection between a comparison and the panels that show two runs. GUI thread only."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from visualnet.app.bars.transport import Transport
from visualnet.app.faults import attempt
from visualnet.app.panels.runs import RunsPanel
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
        self._panels = [dock.panel for dock in docks.values()]
        comparing.changed.connect(self._on_comparing_changed)
        for panel in self._panels:
            if panel.shows_both_runs:
                panel.wants_frame.connect(self._on_panel_wants_frame)
        self._transport = transport
        transport.end_comparison.clicked.connect(comparing.stop)
        runs = panel_of(docks, RunsPanel)
        runs.compare_asked.connect(comparing.start)
        runs.lock.currentIndexChanged.connect(lambda place: comparing.lock(place == 1))

    def _on_comparing_changed(self) -> None:
        comparing = self._comparing
        for panel in self._panels:
            attempt(panel.show_comparison, comparing)
        self._transport.show_comparison(comparing.other_run.name if comparing.is_on else None)

    def _on_panel_wants_frame(self) -> None:
        """Another layer, another sample: it is asked for of both runs."""
        if self._comparing.is_on:
            for panel in self._panels:
                is_wanted = panel.shows_both_runs and panel.isVisible()
                self._comparing.want(panel, panel.probes() if is_wanted else frozenset())
