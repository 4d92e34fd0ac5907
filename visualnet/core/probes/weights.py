"""The weights of one layer, their gradients, or their change since the start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.base import Probe
from visualnet.core.training.trainer import Trainer


class WeightView(Enum):
    """Which numbers of a layer to look at."""

    WEIGHTS = "weights"
    GRADIENTS = "gradients"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class WeightsProbe(Probe):
    """The weights of one layer. Cost: one copy of them.

    Attributes:
        layer: index of a layer that has weights.
        view: weights, the last step's gradients, or the change since step 0.
    """

    layer: int
    view: WeightView = WeightView.WEIGHTS

    def measure(self, trainer: Trainer) -> NDArray[Any] | None:
        """(units, inputs), read-only; None where the layer has no such weights.

        For a convolution these are the output channels and what each sees of its window: the channels,
        rows and columns of its kernel in one row. Weights of one axis, as BatchNorm's, are None. Gradients
        that are not known are 0; MagnitudesProbe tells these from gradients that vanished.
        """
        weight = _weight_of(trainer, self.layer, self.view)
        if weight is None:
            return None
        values = np.array(weight).reshape(len(weight), -1)
        values.flags.writeable = False
        return values


@dataclass(frozen=True, slots=True)
class MagnitudesProbe(Probe):
    """The mean magnitude of each layer's weights. Cost: one pass over all weights of the network.

    Attributes:
        view: weights, the last step's gradients, or the change since step 0.
    """

    view: WeightView = WeightView.GRADIENTS

    def measure(self, trainer: Trainer) -> tuple[tuple[int, float], ...] | None:
        """(layer's index, mean size of its numbers) of each layer that has weights.

        None where they are not known: gradients before the first step, and where a state was taken up.
        """
        if self.view is WeightView.GRADIENTS and not trainer.has_gradients:
            return None
        weights = (
            (index, _weight_of(trainer, index, self.view)) for index in range(len(trainer.network.layers))
        )
        return tuple(
            (index, float(np.abs(weight).mean(dtype=np.float64)))
            for index, weight in weights
            if weight is not None
        )


def _weight_of(trainer: Trainer, layer: int, view: WeightView) -> NDArray[Any] | None:
    """Weights of a layer, their gradients or their change; None where it has none of two axes or more."""
    network = trainer.network
    if layer >= len(network.layers):
        return None
    source = network.gradients if view is WeightView.GRADIENTS else network.parameters
    weight: NDArray[Any] | None = network.split(source)[layer].get("weight")
    if weight is None or weight.ndim < 2:
        return None
    if view is WeightView.CHANGE:
        weight = weight - network.split(trainer.start_parameters)[layer]["weight"]
    if view is WeightView.GRADIENTS:
        weight = weight / weight.dtype.type(trainer.gradient_scale)
    return weight
