"""Predicted classes of the test points of data with two inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import MAXIMUM_POINTS
from visualnet.core.probes.base import Cost, Probe
from visualnet.core.training.model_view import ModelView


@dataclass(frozen=True, slots=True)
class PointClassesProbe(Probe):
    """Predicted classes. Cost: one forward pass of the test points that the window knows, a thousand at most."""

    cost: ClassVar[Cost] = Cost.FORWARD

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        are_classes_of_points = view.dataset.input_shape == (2,) and view.dataset.classes
        return None if are_classes_of_points else "The data are no points of the plane with classes."

    def measure(self, view: ModelView) -> NDArray[np.intp]:
        """(points,) the classes, read-only."""
        classes = view.classes(view.predict(view.dataset.test.inputs[:MAXIMUM_POINTS]))
        classes.flags.writeable = False
        return classes
