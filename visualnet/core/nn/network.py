"""A network: layers in a row over one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from visualnet.core.nn.buffers import aligned_zeros
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers import Array, Layer, Shape
from visualnet.core.streams import Purpose, stream

MAXIMUM_PARAMETERS = 50_000_000
"""With gradients and Adam's memory about 1 GB in float32; a slip of the hand must not take the machine."""


class Network:
    """Layers that are applied one after the other.

    All parameters lie in one contiguous vector and all gradients in another; the layers hold views.
    So a snapshot is one copy, and an optimizer is a handful of vector operations.

    Args:
        layers: at least one, not used in another network.
        input_shape: shape of one example, without batch axis.
        dtype: float32 or float64.

    Raises:
        ValueError: when there is no layer, or more than MAXIMUM_PARAMETERS.

    Attributes:
        parameters: (parameter count,), read and changed in place.
        gradients: (parameter count,), written by backward.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, dtype: DTypeLike = np.float32) -> None:
        if not layers:
            raise ValueError("a network needs at least one layer")
        self.layers = tuple(layers)
        self.input_shape = input_shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        shape = input_shape
        for layer in self.layers:
            shape = layer.build(shape, self.dtype)
        self.output_shape = shape
        count = sum(prod(s) for layer in self.layers for s in layer.parameter_shapes().values())
        if count > MAXIMUM_PARAMETERS:
            raise ValueError(f"make {count:,} parameters; at most {MAXIMUM_PARAMETERS:,} can be trained here")
        self.parameters: NDArray[Any] = aligned_zeros((count,), self.dtype)
        self.gradients: NDArray[Any] = aligned_zeros((count,), self.dtype)
        parameter_views = self.split(self.parameters)
        gradient_views = self.split(self.gradients)
        for layer, parameters, gradients in zip(self.layers, parameter_views, gradient_views, strict=True):
            layer.bind(parameters, gradients)

    def split(self, vector: NDArray[Any]) -> list[dict[str, NDArray[Any]]]:
        """Views into a flat vector of (parameter count,) numbers: for each layer, each parameter by name."""
        views, start = [], 0
        for layer in self.layers:
            named = {}
            for name, shape in layer.parameter_shapes().items():
                stop = start + prod(shape)
                named[name] = vector[start:stop].reshape(shape)
                start = stop
            views.append(named)
        return views

    def initialize(self, initializer: str, scale: float, seed: int) -> None:
        """Set the first parameters; each layer draws from a stream of its own.

        Args:
            initializer: a name in INITIALIZERS.
            scale: its factor; for ``uniform`` the limit.
            seed: the run's seed.
        """
        for index, layer in enumerate(self.layers):
            if layer.parameter_shapes():
                generator = stream(seed, Purpose.INITIALIZATION, index)
                layer.initialize(INITIALIZERS[initializer], scale, generator)

    def forward(self, inputs: Array) -> Array:
        """Outputs for a batch, batch last.

        Args:
            inputs: (*input_shape, batch) of the network's dtype; may be a transposed view.

        Returns:
            (*output_shape, batch), a buffer that the next forward of this batch size overwrites.
        """
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, output_gradient: Array) -> None:
        """Write ``gradients`` for the batch of the last forward.

        Args:
            output_gradient: (*output_shape, batch), the gradient of the loss to the outputs.
        """
        gradient: Array | None = output_gradient
        for layer in reversed(self.layers[1:]):
            assert gradient is not None
            gradient = layer.backward(gradient)
        assert gradient is not None
        self.layers[0].backward(gradient, need_input_gradient=False)

    def predict(self, inputs: Array) -> Array:
        """Outputs for a batch, batch first, as a copy.

        Args:
            inputs: (batch, features) or (batch, *input_shape), any number type.

        Returns:
            (batch, *output_shape); no batch is too small, not even 0.
        """
        batch = len(inputs)
        if not batch:
            return np.empty((0, *self.output_shape), self.dtype)
        turned = np.ascontiguousarray(inputs.reshape(batch, -1), dtype=self.dtype).T
        outputs = self.forward(turned.reshape(*self.input_shape, batch))
        return np.moveaxis(outputs, -1, 0).copy()
