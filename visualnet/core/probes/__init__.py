"""Measurements of a run between two steps, one kind a file, and the table of them."""

from __future__ import annotations

from visualnet.core.probes.base import Probe
from visualnet.core.probes.feature_maps import FeatureMapsProbe
from visualnet.core.probes.point_classes import PointClassesProbe
from visualnet.core.probes.predictions import DrawingProbe, PredictionsProbe
from visualnet.core.probes.surface import SurfaceProbe
from visualnet.core.probes.weights import MagnitudesProbe, WeightsProbe

PROBES: tuple[type[Probe], ...] = (
    DrawingProbe,
    FeatureMapsProbe,
    MagnitudesProbe,
    PointClassesProbe,
    PredictionsProbe,
    SurfaceProbe,
    WeightsProbe,
)
