"""The fully connected layer: every output is a weighted sum of all inputs."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty, scratch_beside
from visualnet.core.nn.initializers import Initializer
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.products import Product, product_into, rows_at_once


class Dense(Layer):
    """z = W x + b.

    W has shape (units, inputs), as in the textbooks (Goodfellow, Bengio, Courville, Deep Learning,
    section 6.1) and in PyTorch's state dicts. An input of more than one axis is read as one flat
    vector, so a (28, 28) image needs no layer of its own to flatten it.

    Args:
        units: number of outputs, at least 1.
    """

    kind = "dense"
    _output: Array
    _sums: Product
    _weight_gradient_of: Product
    _input_gradient_of: Product

    def __init__(self, units: int) -> None:
        super().__init__()
        if units < 1:
            raise ValueError(f"units must be at least 1, not {units}")
        self.units = units

    @property
    def inputs(self) -> int:
        """Numbers in one example's input."""
        return prod(self.input_shape)

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        return (self.units,)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.units, self.inputs), "bias": (self.units,)}

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        self.weight = parameters["weight"]
        self.bias = parameters["bias"]
        self.weight_gradient = gradients["weight"]
        self.bias_gradient = gradients["bias"]
        self._bias_column = self.bias[:, np.newaxis]
        self._weight_turned = self.weight.T

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        if inputs.ndim != 2:
            inputs = inputs.reshape(-1, batch)
        self._input = inputs
        np.add(self._sums(self.weight, inputs), self._bias_column, self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        """dW = dz xᵀ, db = dz summed over the batch, dx = Wᵀ dz (Deep Learning, algorithm 6.4)."""
        self._weight_gradient_of(output_gradient, self._input.T)
        # A product with ones sums over the batch; it is several times faster than np.sum.
        output_gradient.dot(self._ones, self.bias_gradient)
        if not need_input_gradient:
            return None
        input_gradient = self._input_gradient_of(self._weight_turned, output_gradient)
        if len(self.input_shape) == 1:
            return input_gradient
        return input_gradient.reshape(*self.input_shape, self._batch)

    def likes_rows(self, batch: int) -> bool:
        return rows_at_once(self.units, self.inputs, batch) > 0

    def initialize(self, initializer: Initializer, scale: float, generator: np.random.Generator) -> None:
        initializer(self.weight, self.bias, scale, generator)

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        inputs, units = self.inputs, self.units
        output = aligned_empty((units, batch), self.dtype)
        return (
            output,
            product_into(scratch_beside(output), inputs),
            product_into(self.weight_gradient, batch),
            product_into(aligned_empty((inputs, batch), self.dtype), units),
            np.ones(batch, self.dtype),
        )

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._sums, self._weight_gradient_of, self._input_gradient_of, self._ones = buffers
