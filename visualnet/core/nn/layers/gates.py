"""Gated activations: f(x) = x g(x), where the gate g lies between 0 and 1."""

from __future__ import annotations

from abc import abstractmethod
from math import pi, sqrt
from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.erf import ErrorFunction
from visualnet.core.nn.layers.base import Array, Shape
from visualnet.core.nn.layers.elementwise import Elementwise


class Gated(Elementwise):
    """Base of the two: f(x) = x g(x)."""

    _bounded: Array
    _gate: Array

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        self._lowest = np.array(np.finfo(dtype).min, dtype)
        return super().build(input_shape, dtype)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        # A closed gate makes 0 of any number, but NaN of an infinite one.
        np.maximum(inputs, self._lowest, out=self._bounded)
        self._open_gate()
        np.multiply(self._bounded, self._gate, out=self._output)
        return self._output

    @abstractmethod
    def _open_gate(self) -> None:
        """Write g of the bounded inputs into the gate."""

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        shape = (*self.input_shape, batch)
        return (
            *super()._make_buffers(batch),
            aligned_empty(shape, self.dtype),
            aligned_empty(shape, self.dtype),
        )

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient, self._bounded, self._gate = buffers


class SiLU(Gated):
    """f(x) = x σ(x) with σ the logistic sigmoid; f'(x) = σ(x) + f(x) (1 - σ(x)).

    (Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units; called swish by Ramachandran et al. 2017.)
    """

    kind = "silu"

    def _open_gate(self) -> None:
        gate = self._gate
        np.multiply(self._bounded, self._half, out=gate)
        np.tanh(gate, out=gate)
        np.multiply(gate, self._half, out=gate)
        np.add(gate, self._half, out=gate)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._input_gradient
        np.subtract(self._one, self._gate, out=gradient)
        np.multiply(gradient, self._output, out=gradient)
        np.add(gradient, self._gate, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient


class GELU(Gated):
    """f(x) = x Φ(x), Φ(x) = (1 + erf(x/√2)) / 2; f'(x) = Φ(x) + x e^(-x²/2) / √(2π).

    (Hendrycks, Gimpel 2016, section 2; the exact form, not the approximation by tanh.)
    """

    kind = "gelu"
    _error_function: ErrorFunction

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        self._root_half = np.array(sqrt(1 / 2), dtype)
        self._density = np.array(1 / sqrt(2 * pi), dtype)
        return super().build(input_shape, dtype)

    def _open_gate(self) -> None:
        gate = self._gate
        np.multiply(self._bounded, self._root_half, out=gate)
        np.multiply(self._error_function(gate), self._half, out=gate)
        np.add(gate, self._half, out=gate)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._input_gradient
        np.multiply(self._bounded, self._error_function.exponential, out=gradient)
        np.multiply(gradient, self._density, out=gradient)
        np.add(gradient, self._gate, out=gradient)
        np.multiply(gradient, output_gradient, out=gradient)
        return gradient

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        shape = (*self.input_shape, batch)
        return *super()._make_buffers(batch), ErrorFunction(shape, self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        *arrays, self._error_function = buffers
        super()._use_buffers(tuple(arrays))
