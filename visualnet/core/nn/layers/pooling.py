"""Pooling: each window of an image becomes one number.

Height and width are pooled one after the other, which takes fewer passes than whole windows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from visualnet.core.nn.buffers import aligned_empty, aligned_zeros
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.windows import Windows, image_shape, windows_over


class _AlongAxis(ABC):
    """Pooling along one axis of (channels, height, width, batch): each window becomes one number.

    Args:
        shape: of the array whose axis it is.
        axis: 1 (height) or 2 (width).
        windows: along this axis.
        dtype: float32 or float64.
    """

    def __init__(self, shape: Shape, axis: int, windows: Windows, dtype: np.dtype[Any]) -> None:
        self._shape, self._windows = shape, windows
        self._before: tuple[slice, ...] = (slice(None),) * axis
        self.output = aligned_empty((*shape[:axis], windows.count, *shape[axis + 1 :]), dtype)

    def _numbers_at(self, offset: int, array: Array) -> Array:
        """The number at this offset into each window, as a view of the output's shape."""
        stop = offset + (self._windows.count - 1) * self._windows.stride + 1
        view: Array = array[(*self._before, slice(offset, stop, self._windows.stride))]
        return view

    @cached_property
    def _gradient(self) -> Array:
        return aligned_zeros(self._shape, self.output.dtype)

    @cached_property
    def _parts(self) -> list[Array]:
        """For each offset, where its gradient is written: in place, unless windows overlap."""
        size = self._windows.size
        if size <= self._windows.stride:
            return [self._numbers_at(offset, self._gradient) for offset in range(size)]
        return list(aligned_empty((size, *self.output.shape), self.output.dtype))

    def backward(self, gradient: Array) -> Array:
        """The gradient to the inputs of the last forward, from that to the outputs."""
        self._write_parts(gradient)
        if self._windows.size > self._windows.stride:
            self._gradient.fill(0)
            for offset, part in enumerate(self._parts):
                numbers = self._numbers_at(offset, self._gradient)
                np.add(numbers, part, out=numbers)
        return self._gradient

    @abstractmethod
    def forward(self, inputs: Array, is_training: bool) -> Array:
        """One number for each window."""

    @abstractmethod
    def _write_parts(self, gradient: Array) -> None:
        """Write the gradient to the number at each offset."""


class _Largest(_AlongAxis):
    """Each window's maximum, found by comparing number after number; which one was larger is kept for the gradient."""

    _inputs: Array
    _has_results = False

    @cached_property
    def _won(self) -> list[Array]:
        """For each offset from 1 on: whether its number beat all before it. The first of equals wins."""
        return list(aligned_empty((self._windows.size - 1, *self.output.shape), np.bool_))

    def forward(self, inputs: Array, is_training: bool) -> Array:
        self._inputs, self._has_results = inputs, is_training
        largest = self._numbers_at(0, inputs)
        for offset in range(1, self._windows.size):
            numbers = self._numbers_at(offset, inputs)
            if is_training:
                np.greater(numbers, largest, out=self._won[offset - 1])
            largest = np.maximum(largest, numbers, out=self.output)
        return largest

    def _write_parts(self, gradient: Array) -> None:
        if not self._has_results:
            self.forward(self._inputs, is_training=True)
        first, remaining = self._parts[0], gradient
        for offset in range(self._windows.size - 1, 0, -1):
            part = np.multiply(remaining, self._won[offset - 1], out=self._parts[offset])
            remaining = np.subtract(remaining, part, out=first)
        if remaining is gradient:
            np.copyto(first, gradient)


class _Mean(_AlongAxis):
    """Each window's mean."""

    def forward(self, inputs: Array, is_training: bool) -> Array:
        total = self._numbers_at(0, inputs)
        for offset in range(1, self._windows.size):
            total = np.add(total, self._numbers_at(offset, inputs), out=self.output)
        np.multiply(total, self._share, out=self.output)
        return self.output

    def _write_parts(self, gradient: Array) -> None:
        for part in self._parts:
            np.multiply(gradient, self._share, out=part)

    @cached_property
    def _share(self) -> Array:
        return np.array(1 / self._windows.size, self.output.dtype)


class _Pool2D(Layer):
    """Pooling of each channel by square windows.

    Args:
        size: height and width of the window.
        stride: steps from one window to the next; None: the size, so that none overlap.

    Rows and columns at the end that fill no window are left out, as in PyTorch.
    """

    _reducer: ClassVar[type[_AlongAxis]]
    _across: _AlongAxis
    _down: _AlongAxis

    def __init__(self, size: int = 2, stride: int | None = None) -> None:
        super().__init__()
        self.size, self.stride = size, size if stride is None else stride
        for name in ("size", "stride"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        self._image = image_shape(input_shape)
        self._windows_down, self._windows_across = windows_over(input_shape, self.size, self.stride)
        return self._image[0], self._windows_down.count, self._windows_across.count

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        images = inputs if inputs.ndim == 4 else inputs[np.newaxis]
        is_training = self.mode.is_training
        return self._down.forward(self._across.forward(images, is_training), is_training)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        gradient = self._across.backward(self._down.backward(output_gradient))
        return gradient if len(self.input_shape) == 3 else gradient[0]

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        across = self._reducer((*self._image, batch), 2, self._windows_across, self.dtype)
        return across, self._reducer(across.output.shape, 1, self._windows_down, self.dtype)

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._across, self._down = buffers

    def work_numbers(self, batch: int) -> int:
        channels, height, _ = self._image
        # Where windows overlap, the gradient of each offset is kept on its own.
        return batch * (2 * prod(self._image) + (self.size + 2) * channels * height * self.output_shape[2])


class MaxPool2D(_Pool2D):
    """The largest number of each window; its gradient goes to the first of the largest, as in PyTorch.

    Zhou, Chellappa 1988; Goodfellow, Bengio, Courville, Deep Learning, section 9.3.
    """

    kind = "max-pool2d"
    _reducer = _Largest


class AvgPool2D(_Pool2D):
    """The mean of each window (LeCun, Bottou, Bengio, Haffner 1998, section II.B, without its weights)."""

    kind = "avg-pool2d"
    _reducer = _Mean


class GlobalAvgPool2D(Layer):
    """The mean of each channel: (channels, height, width) becomes (channels,) (Lin, Chen, Yan 2013, section 3.2)."""

    kind = "global-avg-pool2d"
    _output: Array
    _input_gradient: Array

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        channels, height, width = image_shape(input_shape)
        self._share = 1 / (height * width)
        return (channels,)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        np.add.reduce(inputs, axis=(-3, -2), out=self._output[0] if inputs.ndim == 3 else self._output)
        return np.multiply(self._output, self._share, out=self._output)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        scaled = np.multiply(output_gradient, self._share, out=self._scaled)
        np.copyto(self._input_gradient, scaled[:, np.newaxis, np.newaxis])
        return self._input_gradient.reshape(*self.input_shape, self._batch)

    def _make_buffers(self, batch: int) -> tuple[Array, ...]:
        shape = (*image_shape(self.input_shape), batch)
        small = (*self.output_shape, batch)
        return (
            aligned_empty(small, self.dtype),
            aligned_empty(small, self.dtype),
            aligned_empty(shape, self.dtype),
        )

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        self._output, self._scaled, self._input_gradient = buffers
