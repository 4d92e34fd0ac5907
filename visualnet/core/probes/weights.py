"""The weights of one layer, their gradients, or their change since the start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.base import Cost, Probe
from visualnet.core.training.model_view import ModelView


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
        which: weights, the last step's gradients, or the change since step 0.
    """

    cost: ClassVar[Cost] = Cost.NUMBERS

    layer: int
    which: WeightView = WeightView.WEIGHTS

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return *(cls(0, which) for which in WeightView), cls(2), cls(99)

    def why_not(self, view: ModelView) -> str | None:
        """Weights of one axis, as BatchNorm's, are no such weights; see Probe."""
        if self.layer in _layers_with_weights(view):
            return None
        return f"Layer {self.layer + 1} has no weights between its inputs and outputs."

    def measure(self, view: ModelView) -> NDArray[Any]:
        """(units, inputs), read-only.

        For a convolution these are the output channels and what each sees of its window: the channels,
        rows and columns of its kernel in one row. Gradients that are not known are 0; MagnitudesProbe tells these
        from gradients that vanished.
        """
        weight = _weight_of(view, self.layer, self.which)
        values = np.array(weight).reshape(len(weight), -1)
        values.flags.writeable = False
        return values


@dataclass(frozen=True, slots=True)
class MagnitudesProbe(Probe):
    """The mean magnitude of each layer's weights. Cost: one pass over all weights of the network.

    Attributes:
        which: weights, the last step's gradients, or the change since step 0.
    """

    cost: ClassVar[Cost] = Cost.NUMBERS

    which: WeightView = WeightView.GRADIENTS

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return tuple(cls(which) for which in WeightView)

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        is_known = self.which is not WeightView.GRADIENTS or view.has_gradients
        return None if is_known else "No step was taken here whose gradients are known."

    def measure(self, view: ModelView) -> tuple[tuple[int, float], ...]:
        """(layer's index, mean size of its numbers) of each layer that has weights."""
        return tuple(
            (layer, float(np.abs(_weight_of(view, layer, self.which)).mean(dtype=np.float64)))
            for layer in _layers_with_weights(view)
        )


def _layers_with_weights(view: ModelView) -> list[int]:
    """Indices of the layers whose weights have two axes or more."""
    return [one.index for one in view.layers if one.weight_shape is not None and len(one.weight_shape) > 1]


def _weight_of(view: ModelView, layer: int, which: WeightView) -> NDArray[Any]:
    """Weights of a layer, their gradients or their change."""
    if which is WeightView.GRADIENTS:
        return view.gradient(layer, "weight")
    weight = view.parameter(layer, "weight")
    return weight - view.initial(layer, "weight") if which is WeightView.CHANGE else weight
