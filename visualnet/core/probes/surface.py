"""What a network with two inputs says everywhere in the plane, and at each training point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.scores import class_scores
from visualnet.core.run.frame import Probe
from visualnet.core.run.summary import MAXIMUM_POINTS
from visualnet.core.run.trainer import Trainer

MARGIN = 0.25
"""Share of the data's width that the picture shows on each side of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The network over a part of the plane; all arrays are read-only.

    Attributes:
        scores: (resolution, resolution) score of class 1; row 0 is the least second input, column 0 the
            least first input. With more than two classes: the class index instead.
        bounds: least and greatest first input, least and greatest second input.
        point_outputs: (points, outputs) the network's raw outputs at the training points shown.
        point_classes: (points,) the class that they say.
    """

    scores: NDArray[Any]
    bounds: tuple[float, float, float, float]
    point_outputs: NDArray[Any]
    point_classes: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SurfaceProbe(Probe):
    """Cost: one forward pass of resolution² points.

    Attributes:
        resolution: points along each side.
    """

    resolution: int = 64

    def measure(self, trainer: Trainer) -> Surface | None:
        """None where the network has not two inputs, or the data have no classes."""
        dataset = trainer.dataset
        if dataset.input_shape != (2,) or not dataset.classes:
            return None
        points = dataset.train.inputs[:MAXIMUM_POINTS]
        bounds = plane_bounds(points)
        scores = class_scores(trainer, _grid(bounds, self.resolution))
        values = scores[:, 1] if scores.shape[1] == 2 else scores.argmax(axis=1)
        surface = values.reshape(self.resolution, self.resolution)
        outputs = trainer.network.predict(points * dataset.scale)
        classes = trainer.loss.classes(outputs.T)
        surface.flags.writeable = outputs.flags.writeable = classes.flags.writeable = False
        return Surface(surface, bounds, outputs, classes)


def plane_bounds(points: NDArray[Any]) -> tuple[float, float, float, float]:
    """The part of the plane to show for (count, 2) points: a square around them with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    half = max(float((high - low).max()) / 2, 1e-6) * (1 + 2 * MARGIN)
    return (
        float(centre[0] - half),
        float(centre[0] + half),
        float(centre[1] - half),
        float(centre[1] + half),
    )


@lru_cache(maxsize=8)
def _grid(bounds: tuple[float, float, float, float], resolution: int) -> NDArray[Any]:
    """(resolution², 2) points in the middle of each cell, row by row."""
    left, right, bottom, top = bounds
    middles = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(left + middles * (right - left), bottom + middles * (top - bottom))
    return np.stack([x.ravel(), y.ravel()], axis=1)
