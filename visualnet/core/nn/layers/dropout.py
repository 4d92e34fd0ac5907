"""Dropout: in training some numbers are set to 0 at random, so that the network relies on no single one."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.layers.base import Array, Layer
from visualnet.core.streams import Purpose, stream


class Dropout(Layer):
    """In training each number becomes 0 with probability ``rate``, and the others grow by 1 / (1 - rate).

    So the mean stays, and outside training the layer does nothing ("inverted" dropout; Srivastava et
    al. 2014, section 10). Which numbers are dropped in a step follows from seed, layer and step alone, so the
    step can be run again.

    Args:
        rate: share that is dropped, at least 0 and below 1.
    """

    kind = "dropout"
    _output: Array
    _input_gradient: Array
    _factors: Array
    _draws: Array
    _kept: Array

    def __init__(self, rate: float = 0.5) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, not {rate}")
        self.rate = rate
        self._has_drawn = False

    def forward(self, inputs: Array) -> Array:
        self._has_drawn = self.mode.is_training
        if self.mode.step is None:
            return inputs
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        self._draw(self.mode.step)
        return np.multiply(inputs, self._factors, out=self._output)

    def _draw(self, step: int) -> None:
        generator = stream(self.mode.seed, Purpose.DROPOUT, *self.place, step)
        # In float32 whatever the network's type is, so that both types leave out the same numbers.
        generator.random(dtype=np.float32, out=self._draws)
        np.greater_equal(self._draws, np.float32(self.rate), out=self._kept)
        np.multiply(self._kept, self.dtype.type(1 / (1 - self.rate)), out=self._factors)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        if not self._has_drawn:
            return output_gradient
        return np.multiply(output_gradient, self._factors, out=self._input_gradient)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        shape = (*self.input_shape, batch)
        output, input_gradient, factors = (aligned_empty(shape, self.dtype) for _ in range(3))
        return (
            output,
            input_gradient,
            factors,
            aligned_empty(shape, np.float32),
            aligned_empty(shape, np.bool_),
        )

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._input_gradient, self._factors, self._draws, self._kept = buffers

    def work_numbers(self, batch: int) -> int:
        return 5 * batch * prod(self.input_shape)
