"""The base of all activations: a function of one number, applied to each element, and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.layers.base import Array, Layer, Shape

Function = Callable[[Array], Array]


class Elementwise(Layer):
    """Base of the activations: an output and an input gradient of the input's shape."""

    _output: Array
    _input_gradient: Array
    _zero: Array
    _half: Array
    _one: Array

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        # NumPy takes an array without axes faster than a Python number, which it would convert each time.
        self._zero, self._half, self._one = (np.array(value, dtype) for value in (0, 0.5, 1))
        return super().build(input_shape, dtype)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        shape = (*self.input_shape, batch)
        return aligned_empty(shape, self.dtype), aligned_empty(shape, self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient = buffers


class Identity(Elementwise):
    """f(x) = x."""

    kind = "identity"

    def forward(self, inputs: Array) -> Array:
        return inputs

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        return output_gradient


class Activation(Elementwise):
    """Any function of one number together with its derivative.

    Args:
        function: maps an array of inputs to an array of the same shape.
        derivative: maps the same inputs to the function's slope there.

    A Setup holds names, never callables: register the pair with ``register_activation`` first.
    """

    kind: ClassVar[str] = "activation"

    def __init__(self, function: Function, derivative: Function) -> None:
        super().__init__()
        self.function = function
        self.derivative = derivative

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        some = np.full((*input_shape, 2), 0.5, dtype)
        with np.errstate(all="ignore"):
            shapes = np.shape(self.function(some)), np.shape(self.derivative(some))
        for name, shape in zip(("function", "derivative"), shapes, strict=True):
            if shape != some.shape:
                raise ValueError(f"needs a {name} that keeps its input's shape; {some.shape} became {shape}")
        return super().build(input_shape, dtype)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        self._input = inputs
        self._output[...] = self.function(inputs)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        np.multiply(self.derivative(self._input), output_gradient, out=self._input_gradient)
        return self._input_gradient
