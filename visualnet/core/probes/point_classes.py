"""Predicted classes of the test points of data with two inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import MAXIMUM_POINTS
from visualnet.core.probes.base import Probe
from visualnet.core.probes.scores import outputs_for
from visualnet.core.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class PointClassesProbe(Probe):
    """Predicted classes. Cost: one forward pass of the test points that the window knows, a thousand at most."""

    def measure(self, trainer: Trainer) -> NDArray[np.intp] | None:
        """(points,) the classes, read-only; None where the data are no points of the plane with classes."""
        dataset = trainer.dataset
        if dataset.input_shape != (2,) or not dataset.classes:
            return None
        outputs = outputs_for(trainer, dataset.test.inputs[:MAXIMUM_POINTS])
        classes = trainer.loss.classes(outputs.T)
        classes.flags.writeable = False
        return classes
