"""All kinds of panels, a line each, in the order in which menus and keys go through them."""

from __future__ import annotations

from visualnet.app.panels.curves import CurvesPanel
from visualnet.app.panels.drawing import DrawingPanel
from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.info import Place
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


def name_at(place: Place, is_plane: bool) -> str:
    """The name of the panel that stands there by default for this kind of data."""
    return next(kind.info.name for kind in PANELS if kind.info.place(is_plane) is place)
