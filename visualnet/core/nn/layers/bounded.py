"""Bounded activations: outputs lie between -1 and 1 (tanh, sine), or between 0 and 1 (sigmoid)."""

from __future__ import annotations

import numpy as np

from visualnet.core.nn.buffers import scratch_beside
from visualnet.core.nn.layers.base import Array
from visualnet.core.nn.layers.elementwise import Elementwise


class Tanh(Elementwise):
    """f(x) = tanh x; f'(x) = 1 - f(x)² (LeCun, Bottou, Orr, Müller 1998, section 4.4)."""

    kind = "tanh"

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        np.tanh(inputs, self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        output, square, gradient = self._output, self._square, self._input_gradient
        np.multiply(output, output, gradient)
        np.subtract(self._one, gradient, square)
        np.multiply(square, output_gradient, gradient)
        return gradient

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        output, gradient = super()._make_buffers(batch)
        return output, gradient, scratch_beside(gradient)

    def _use_buffers(self, buffers: tuple[Array, ...]) -> None:
        self._output, self._input_gradient, self._square = buffers


class Sigmoid(Elementwise):
    """f(x) = 1 / (1 + e^-x), computed as (1 + tanh(x/2)) / 2, which cannot overflow.

    f'(x) = f(x) (1 - f(x)) (Bishop, Pattern Recognition and Machine Learning, equation 4.88).
    """

    kind = "sigmoid"

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        output = self._output
        np.multiply(inputs, self._half, out=output)
        np.tanh(output, out=output)
        np.multiply(output, self._half, out=output)
        np.add(output, self._half, out=output)
        return output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._input_gradient
        np.subtract(self._one, self._output, out=gradient)
        np.multiply(gradient, self._output, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient


class Sine(Elementwise):
    """f(x) = sin x; f'(x) = cos x (Sitzmann et al. 2020, Implicit neural representations).

    Their factor of 30 on x in the first layer belongs to its weights here: a scale of the initializer.
    """

    kind = "sine"

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        self._input = inputs
        np.sin(inputs, out=self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._input_gradient
        np.cos(self._input, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient
