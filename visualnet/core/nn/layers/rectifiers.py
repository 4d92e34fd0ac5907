"""Rectifiers: activations that pass positive numbers and reduce negative ones, each in its own way."""

from __future__ import annotations

from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty, aligned_zeros
from visualnet.core.nn.layers.base import Array, Shape
from visualnet.core.nn.layers.elementwise import Elementwise


class Rectifier(Elementwise):
    """Base of the rectifiers with a kink at zero: notes where outputs are positive, for the gradient."""

    def _write_mask(self) -> None:
        """Write 1 into the input gradient where the output is positive, and 0 elsewhere."""
        np.greater(self._output, self._zero, out=self._positive)
        # A product with bools would convert them in a buffer of its own; ``where`` takes twenty times as long.
        np.copyto(self._input_gradient, self._positive)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        return *super()._make_buffers(batch), aligned_empty((*self.input_shape, batch), np.bool_)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient, self._positive = buffers


class ReLU(Rectifier):
    """f(x) = max(x, 0); f'(x) = 1 for x > 0, else 0 (Glorot, Bordes, Bengio 2011, section 3)."""

    kind = "relu"

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        np.maximum(inputs, self._floor, out=self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        self._write_mask()
        return np.multiply(self._input_gradient, output_gradient, out=self._input_gradient)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        # NumPy compares two whole arrays twice as fast as an array and one number; for one example it is slower.
        floor = self._zero if batch == 1 else aligned_zeros((*self.input_shape, batch), self.dtype)
        return *super()._make_buffers(batch), floor

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        super()._use_buffers(buffers[:-1])
        self._floor = buffers[-1]


class LeakyReLU(Rectifier):
    """f(x) = x for x > 0, else slope·x; f'(x) = 1, else slope (Maas, Hannun, Ng 2013, section 2).

    Args:
        slope: of the negative side, above 0 and at most 1; 0.01 as in the paper.
    """

    kind = "leaky-relu"

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        if not 0 < slope <= 1:
            raise ValueError(f"slope must be above 0 and at most 1, not {slope}")
        self.slope = slope

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        self._slope = np.array(self.slope, dtype)
        return super().build(input_shape, dtype)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        np.multiply(inputs, self._slope, out=self._output)
        np.maximum(self._output, inputs, out=self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        self._write_mask()
        gradient = self._input_gradient
        np.maximum(gradient, self._slope, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient


class ELU(Rectifier):
    """f(x) = x for x > 0, else α (e^x - 1); f'(x) = 1, else f(x) + α (Clevert et al. 2016, equation 15).

    Args:
        alpha: how far below zero the outputs may go, above 0.
    """

    kind = "elu"

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        if not alpha > 0:
            raise ValueError(f"alpha must be above 0, not {alpha}")
        self.alpha = alpha

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        self._alpha, self._lift = np.array(self.alpha, dtype), np.array(1 - self.alpha, dtype)
        return super().build(input_shape, dtype)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        below = self._below
        np.minimum(inputs, self._zero, out=below)
        np.expm1(below, out=below)
        np.multiply(below, self._alpha, out=below)
        np.maximum(inputs, self._zero, out=self._output)
        np.add(self._output, below, out=self._output)
        return self._output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        self._write_mask()
        gradient = self._input_gradient
        # α + (1 - α) is the slope above zero, where the part below is 0.
        np.multiply(gradient, self._lift, out=gradient)
        np.add(gradient, self._alpha, out=gradient)
        np.add(gradient, self._below, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        return *super()._make_buffers(batch), aligned_empty((*self.input_shape, batch), self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        *others, self._below = buffers
        super()._use_buffers(tuple(others))


class Softplus(Elementwise):
    """f(x) = log(1 + e^x), computed as max(x, 0) + log(1 + e^-|x|), which cannot overflow.

    f'(x) = 1 / (1 + e^-x) = 1 - e^-f(x) (Dugas et al. 2000, Incorporating second-order functional knowledge).
    Exact everywhere, where PyTorch's is x itself above its threshold of 20.
    """

    kind = "softplus"

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        output, work = self._output, self._work
        np.abs(inputs, out=work)
        np.negative(work, out=work)
        np.exp(work, out=work)
        np.log1p(work, out=work)
        np.maximum(inputs, self._zero, out=output)
        np.add(output, work, out=output)
        return output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._input_gradient
        np.negative(self._output, out=gradient)
        np.expm1(gradient, out=gradient)
        np.negative(gradient, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        return *super()._make_buffers(batch), aligned_empty((*self.input_shape, batch), self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient, self._work = buffers
