"""2-D convolution: one small set of weights, applied at every place of an image."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.initializers import Initializer
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.conv_products import Columns, ConvShape, Correlation, Spread
from visualnet.core.nn.layers.windows import PADDINGS, image_shape, windows_over


class Conv2D(Layer):
    """z[o, y, x] = b[o] + Σ w[o, c, i, j] · input[c, y·stride + i, x·stride + j], over c, i, j.

    The cross-correlation that the field calls a convolution (Goodfellow, Bengio, Courville, Deep Learning,
    equation 9.6). The weight has shape (channels out, channels in, kernel, kernel), as in PyTorch.

    Args:
        channels: number of output channels.
        kernel: height and width of the window.
        stride: steps from one window to the next.
        padding: ``valid`` for none; ``same`` for an output of ceil(size / stride), see Windows.along; or
            so many zeros on each side.
    """

    kind = "conv2d"
    _work: _Work

    def __init__(self, channels: int, kernel: int, stride: int = 1, padding: int | str = "valid") -> None:
        super().__init__()
        for name, value in (("channels", channels), ("kernel", kernel), ("stride", stride)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        if padding not in PADDINGS and not (isinstance(padding, int) and 0 <= padding < kernel):
            raise ValueError(
                f"padding must be valid, same, or a number from 0 to {kernel - 1}, not {padding!r:.40}"
            )
        self.channels, self.kernel, self.stride, self.padding = channels, kernel, stride, padding

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        self._channels_in, _, _ = image_shape(input_shape)
        self._down, self._across = windows_over(input_shape, self.kernel, self.stride, self.padding)
        return self.channels, self._down.count, self._across.count

    def parameter_shapes(self) -> dict[str, Shape]:
        weight = (self.channels, self._channels_in, self.kernel, self.kernel)
        return {"weight": weight, "bias": (self.channels,)}

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        self.weight, self.bias = parameters["weight"], parameters["bias"]
        self.weight_gradient, self.bias_gradient = gradients["weight"], gradients["bias"]
        self._bias_column = self.bias[:, np.newaxis]
        # The order in which the Columns hold what the weights meet: kernel row, channel, kernel column.
        self._weight_by_row = self.weight.transpose(0, 2, 1, 3)
        self._weight_copy = aligned_empty(self._weight_by_row.shape, self.dtype)
        self._weight_matrix = self._weight_copy.reshape(self.channels, -1)

    def initialize(self, initializer: Initializer, scale: float, generator: np.random.Generator) -> None:
        initializer(self.weight, self.bias, scale, generator)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        work = self._work
        work.columns.fill(inputs if inputs.ndim == 4 else inputs[np.newaxis])
        np.copyto(self._weight_copy, self._weight_by_row)
        np.matmul(self._weight_matrix, work.columns.matrices, out=work.output_parts)
        np.add(work.output_rows, self._bias_column, out=work.output_rows)
        return work.output

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        """dw[o, c, i, j] = Σ dz[o, y, x] · input[c, y·stride + i, x·stride + j]; db[o] = Σ dz[o, y, x]."""
        work = self._work
        gradient = np.ascontiguousarray(output_gradient)
        gradient.reshape(self.channels, -1).dot(work.ones, self.bias_gradient)
        work.correlation(work.columns.matrices, gradient, self.weight_gradient)
        if not need_input_gradient:
            return None
        return work.spread(gradient, self.weight).reshape(*self.input_shape, self._batch)

    def work_numbers(self, batch: int) -> int:
        return self._shape_for(batch).work_numbers

    def _shape_for(self, batch: int) -> ConvShape:
        return ConvShape(self._channels_in, self.channels, self._down, self._across, batch, self.dtype)

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        return (_Work(self._shape_for(batch)),)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        (self._work,) = buffers


class _Work:
    """The work arrays for one batch size; those of the backward pass are made when first needed."""

    def __init__(self, shape: ConvShape) -> None:
        self._shape = shape
        self.columns = Columns(shape)
        size = (shape.outputs, shape.down.count, shape.across.count, shape.batch)
        self.output = aligned_empty(size, shape.dtype)
        self.output_rows = self.output.reshape(shape.outputs, -1)
        self.output_parts = shape.parts_of(self.output)

    @cached_property
    def ones(self) -> Array:
        """Ones, a product with which sums over all places and examples, several times faster than np.sum."""
        return np.ones(self.output_rows.shape[1], self._shape.dtype)

    @cached_property
    def correlation(self) -> Correlation:
        return Correlation(self._shape)

    @cached_property
    def spread(self) -> Spread:
        return Spread(self._shape)
