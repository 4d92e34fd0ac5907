"""Views of presets: how fast to play each, and which views show what its text says. GUI thread.

None of it belongs to the run: it changes no bit, and the shell knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from visualnet.app.bars.speeds import SPEEDS
from visualnet.app.bars.transport import Transport
from visualnet.app.panels.catalogue import default_names
from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.info import Place, kind_of
from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.session.session import Session
from visualnet.app.window.dock import PanelDock, panel_of
from visualnet.core.messages.events import RunStarted
from visualnet.core.probes.weights import WeightView


@dataclass(frozen=True, slots=True)
class PresetView:
    """The view of one preset.

    Attributes:
        speed: steps a second, one of SPEEDS; None: as fast as it goes.
        has_log_loss: whether the loss stands on a logarithmic axis.
        is_smoothed: whether the curves are: the mean of a jump goes on long after it.
        weights: what of the weights is shown.
        front: name of the panel that lies before the others in the middle; None: the one whose place it is.
    """

    speed: float | None = None
    has_log_loss: bool = False
    is_smoothed: bool = True
    weights: WeightView = WeightView.WEIGHTS
    front: str | None = None


PLAIN = PresetView()

VIEWS = {
    "xor": PresetView(speed=10),
    "circles": PresetView(speed=50),
    "spiral": PresetView(speed=100),
    "regression": PresetView(speed=50),
    "original-xor": PresetView(speed=300),
    "dead-relus": PresetView(
        speed=10, has_log_loss=True, is_smoothed=False, front=FeatureMapsPanel.info.name
    ),
    "vanishing-tanh": PresetView(speed=100, weights=WeightView.GRADIENTS),
    "exploding-rate": PresetView(speed=2, has_log_loss=True, is_smoothed=False),
    "overfit-100": PresetView(speed=50),
    "zero-init": PresetView(speed=100),
}
"""Presets for which the plain view does not show what their text says."""


class PresetViews(QObject):
    """The view of each preset, applied once when it starts: what a person changes afterwards stays.

    Args:
        session: where runs begin.
        transport: has the speed. A speed that a person chose is kept until the program ends,
            and comes back with the same run the next time.
        docks: of the panels, by name.
        speeds: what a person chose when the program ran before, by the name of a run; goes before the preset's.
        parent: its owner.
    """

    def __init__(
        self,
        session: Session,
        transport: Transport,
        docks: Mapping[str, PanelDock],
        speeds: Mapping[str, object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._speeds = speeds
        self._session, self._transport = session, transport
        self._curves, self._weights = panel_of(docks, CurvesPanel), panel_of(docks, WeightsPanel)
        self._docks = docks
        self._name = ""
        session.run_started.connect(self._on_session_run_started)

    def _on_session_run_started(self, run: RunStarted) -> None:
        begins = run.step == 0 and self._session.runs.get(run.run_id).parent is None
        if not begins:
            return
        if not VIEWS.get(run.setup.name, PLAIN).is_smoothed:
            self._curves.propose_smoothing(0)
        if run.setup.name == self._name:
            return
        self._name = run.setup.name
        view = self._view
        remembered = self._speeds.get(self._name, view.speed)
        self._transport.propose_speed(next((speed for speed in SPEEDS if speed == remembered), view.speed))
        self._curves.log.setChecked(view.has_log_loss)
        self._weights.view.setCurrentIndex(self._weights.view.findData(view.weights))
        self.bring_front()

    def bring_front(self) -> None:
        """Lay the panel that the preset's text speaks of before the others; call when the panels were arranged."""
        run, front = self._session.run, self._view.front
        if run is None:
            return
        dock = self._docks[front or default_names(kind_of(run.data))[Place.CENTRE]]
        if front is not None:
            dock.show()
        if not dock.isHidden():
            dock.raise_()

    @property
    def _view(self) -> PresetView:
        return VIEWS.get(self._name, PLAIN)
