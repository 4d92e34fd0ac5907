"""All kinds of panels, a line each, in the order in which menus and keys go through them."""

from __future__ import annotations

from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.info import DataKind, Place
from visualnet.app.panels.panel import Panel
from visualnet.app.panels.predictions import PredictionsPanel
from visualnet.app.panels.runs import RunsPanel
from visualnet.app.panels.setup.setup_panel import SetupPanel
from visualnet.app.panels.surface import SurfacePanel
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.panels.weights import WeightsPanel

PANELS: tuple[type[Panel], ...] = (
    SetupPanel,
    WeightsPanel,
    FeatureMapsPanel,
    SurfacePanel,
    PredictionsPanel,
    TruthTablePanel,
    DrawingPanel,
    CurvesPanel,
    RunsPanel,
)


def default_names(kind: DataKind) -> dict[Place, str]:
    """The panels of the default arrangement for this kind of data: one in each place that it has."""
    infos = [panel.info for panel in PANELS]
    return {info.places[kind]: info.name for info in infos if kind in info.places}
