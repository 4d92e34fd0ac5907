"""Flattening: all axes of an example become one."""

from __future__ import annotations

from math import prod

from visualnet.core.nn.layers.base import Array, Layer, Shape


class Flatten(Layer):
    """(channels, height, width), or any other shape, becomes (numbers,), the last axis running fastest."""

    kind = "flatten"

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        return (prod(input_shape),)

    def forward(self, inputs: Array) -> Array:
        self._batch = inputs.shape[-1]
        return inputs.reshape(-1, self._batch)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        return output_gradient.reshape(*self.input_shape, self._batch)
