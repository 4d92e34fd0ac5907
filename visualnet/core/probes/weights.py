"""The weights of one layer, their gradients, or how far they have come since the start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.run.frame import Probe
from visualnet.core.run.trainer import Trainer


class WeightView(Enum):
    """Which numbers of a layer to look at."""

    WEIGHTS = "weights"
    GRADIENTS = "gradients"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class WeightsProbe(Probe):
    """Cost: one copy of the layer's weights.

    Attributes:
        layer: index of a layer that has weights.
        view: weights, the last step's gradients, or the change since step 0.
    """

    layer: int
    view: WeightView = WeightView.WEIGHTS

    def measure(self, trainer: Trainer) -> NDArray[Any] | None:
        """(units, inputs), read-only; None where the layer has no such weights.

        For a convolution these are the output channels and what each sees of its window: the channels,
        rows and columns of its kernel in one row. Weights of one axis, as BatchNorm's, are None.
        """
        network = trainer.network
        if self.layer >= len(network.layers):
            return None
        source = network.gradients if self.view is WeightView.GRADIENTS else network.parameters
        weight = network.split(source)[self.layer].get("weight")
        if weight is None or weight.ndim < 2:
            return None
        if self.view is WeightView.CHANGE:
            weight = weight - network.split(trainer.start_parameters)[self.layer]["weight"]
        if self.view is WeightView.GRADIENTS:
            weight = weight / weight.dtype.type(trainer.gradient_scale)
        values = np.array(weight).reshape(len(weight), -1)
        values.flags.writeable = False
        return values
