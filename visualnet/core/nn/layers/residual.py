"""The residual block: layers whose output is added to their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.initializers import Initializer
from visualnet.core.nn.layers.base import Array, Layer, Mode, Shape, build_in_a_row


class Residual(Layer):
    """y = x + F(x), F some layers in a row (He, Zhang, Ren, Sun 2016, equation 1).

    The parameters of layer i inside are called ``i.weight`` and so on, as in a PyTorch module that is an
    nn.Sequential with a skip.

    Args:
        layers: at least one, not used elsewhere; their last output must have the shape of their input.
    """

    kind = "residual"
    _output: Array
    _input_gradient: Array

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        if not layers:
            raise ValueError("layers must be at least one")
        self.layers = tuple(layers)

    def attach(self, place: tuple[int, ...], mode: Mode) -> None:
        super().attach(place, mode)
        for index, layer in enumerate(self.layers):
            layer.attach((*place, index), mode)

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        shape = build_in_a_row(self.layers, input_shape, dtype)
        if shape != input_shape:
            raise ValueError(
                f"needs layers whose output has the shape of their input, {input_shape}, not {shape}"
            )
        return super().build(input_shape, dtype)

    def parameter_shapes(self) -> dict[str, Shape]:
        return self._named([layer.parameter_shapes() for layer in self.layers])

    def buffer_shapes(self) -> dict[str, Shape]:
        return self._named([layer.buffer_shapes() for layer in self.layers])

    @staticmethod
    def _named(shapes: list[dict[str, Shape]]) -> dict[str, Shape]:
        return {
            f"{index}.{name}": shape for index, named in enumerate(shapes) for name, shape in named.items()
        }

    @staticmethod
    def _of(index: int, arrays: dict[str, Array]) -> dict[str, Array]:
        prefix = f"{index}."
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        for index, layer in enumerate(self.layers):
            layer.bind(self._of(index, parameters), self._of(index, gradients))

    def bind_buffers(self, buffers: dict[str, Array]) -> None:
        for index, layer in enumerate(self.layers):
            layer.bind_buffers(self._of(index, buffers))

    def initialize(self, initializer: Initializer, scale: float, generator: np.random.Generator) -> None:
        for layer in self.layers:
            layer.initialize(initializer, scale, generator)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        values = inputs
        for layer in self.layers:
            values = layer.forward(values)
        return np.add(inputs, values, out=self._output)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        """dx = dy + the gradient that comes back through the layers."""
        gradient: Array | None = output_gradient
        for layer in reversed(self.layers[1:]):
            assert gradient is not None
            gradient = layer.backward(gradient)
        assert gradient is not None
        gradient = self.layers[0].backward(gradient, need_input_gradient)
        if not need_input_gradient:
            return None
        assert gradient is not None
        return np.add(output_gradient, gradient, out=self._input_gradient)

    def work_numbers(self, batch: int) -> int:
        return super().work_numbers(batch) + sum(layer.work_numbers(batch) for layer in self.layers)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        shape = (*self.input_shape, batch)
        return aligned_empty(shape, self.dtype), aligned_empty(shape, self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient = buffers
