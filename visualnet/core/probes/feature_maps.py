"""Feature maps: one layer's outputs for a single image, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.base import Cost, Probe
from visualnet.core.training.model_view import ModelView

INPUT = -1
"""Index that stands for the image itself, as the network sees it, instead of a layer."""


@dataclass(frozen=True, slots=True)
class FeatureMapsProbe(Probe):
    """One layer's outputs for one image. Cost: one forward pass of it, up to the layer.

    Attributes:
        layer: index of a layer; INPUT for the image as the network sees it.
        example: place in the test set, counted around its end.
        pixels: an image to look at instead, as the data set holds them; empty for none.
    """

    cost: ClassVar[Cost] = Cost.FORWARD

    layer: int
    example: int = 0
    pixels: bytes = b""

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return cls(INPUT), cls(0, example=3), cls(1, pixels=bytes(784)), cls(99)

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        if self.layer >= len(view.layers):
            return f"The network has no layer {self.layer + 1}."
        if self.pixels and len(self.pixels) != view.dataset.features:
            return f"The network takes {view.dataset.features:,} numbers, not {len(self.pixels):,} pixels."
        return None

    def measure(self, view: ModelView) -> NDArray[Any]:
        """The layer's output for the image outside training, read-only.

        Returns:
            (channels, height, width), or (units,) where the layer gives no image.
        """
        test = view.dataset.test
        image = np.frombuffer(self.pixels, np.uint8) if self.pixels else test.inputs[self.example % len(test)]
        values: NDArray[Any] = view.activations(image[np.newaxis], self.layer)[0]
        values = values[np.newaxis] if values.ndim == 2 else values
        values.flags.writeable = False
        return values
