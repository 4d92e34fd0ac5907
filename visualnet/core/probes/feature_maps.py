"""Feature maps: one layer's outputs for a single image, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.base import Probe
from visualnet.core.training.trainer import Trainer

INPUT = -1
"""Index that stands for the image itself instead of a layer."""


@dataclass(frozen=True, slots=True)
class FeatureMapsProbe(Probe):
    """One layer's outputs for one image. Cost: one forward pass of it, up to the layer.

    Attributes:
        layer: index of a layer; INPUT for the image as the network sees it.
        example: place in the test set, counted around its end.
        pixels: an image to look at instead, as the data set holds them; empty for none.
    """

    layer: int
    example: int = 0
    pixels: bytes = b""

    def measure(self, trainer: Trainer) -> NDArray[Any] | None:
        """The layer's output for the image outside training, read-only.

        Returns:
            (channels, height, width), or (units,) where the layer gives no image; None where there is no such
            layer, or the pixels are not those of such an image.
        """
        data, network = trainer.dataset, trainer.network
        image = data.test.inputs[self.example % len(data.test)]
        if self.pixels:
            image = np.frombuffer(self.pixels, np.uint8)
        if self.layer >= len(network.layers) or image.size != data.features:
            return None
        scaled = image[np.newaxis] * network.dtype.type(data.scale)
        values: NDArray[Any]
        if self.layer == INPUT:
            values = scaled.reshape(data.input_shape)
        else:
            values = network.activations(scaled, self.layer)[0]
        values = values[np.newaxis] if values.ndim == 2 else values
        values.flags.writeable = False
        return values
