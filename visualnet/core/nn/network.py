"""A network: layers in a row over one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from visualnet.core.errors import size_words
from visualnet.core.nn.buffers import aligned_zeros
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers.base import Array, Layer, Mode, Shape, build_in_a_row
from visualnet.core.streams import Purpose, stream

MAXIMUM_PARAMETERS = 50_000_000
"""With gradients and Adam's memory about 1 GB in float32; a mistyped size must not use up the machine's memory."""


class Network:
    """Layers that are applied one after the other.

    All parameters lie in one contiguous vector and all gradients in another; the layers hold views.
    So a snapshot is one copy, and an optimizer is a handful of vector operations.

    Args:
        layers: at least one, not used in another network.
        input_shape: shape of one example, without batch axis.
        dtype: float32 or float64.
        seed: of what layers draw in training.

    Raises:
        ValueError: when there is no layer, when one cannot take its input, or for more than
            MAXIMUM_PARAMETERS or than there is memory for.

    Attributes:
        parameters: (parameter count,), read and changed in place.
        gradients: (parameter count,), written by backward.
        buffers: (buffer count,), what layers remember from step to step beside the parameters.
    """

    def __init__(
        self, layers: Sequence[Layer], input_shape: Shape, dtype: DTypeLike = np.float32, seed: int = 0
    ) -> None:
        if not layers:
            raise ValueError("a network needs at least one layer")
        self.layers = tuple(layers)
        self.input_shape = input_shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._mode = Mode(seed=seed)
        for index, layer in enumerate(self.layers):
            layer.attach((index,), self._mode)
        self.output_shape = build_in_a_row(self.layers, input_shape, self.dtype)
        self._parameter_shapes = [layer.parameter_shapes() for layer in self.layers]
        self._buffer_shapes = [layer.buffer_shapes() for layer in self.layers]
        count = _count(self._parameter_shapes)
        if count > MAXIMUM_PARAMETERS:
            raise ValueError(f"make {count:,} parameters; at most {MAXIMUM_PARAMETERS:,} can be trained here")
        try:
            self.parameters: NDArray[Any] = aligned_zeros((count,), self.dtype)
            self.gradients: NDArray[Any] = aligned_zeros((count,), self.dtype)
        except MemoryError:
            needed = size_words(2 * count * self.dtype.itemsize)
            raise ValueError(
                f"make {count:,} parameters, which take {needed} with their gradients, more than is free here; "
                "take smaller ones, or close other programs"
            ) from None
        self.buffers: NDArray[Any] = aligned_zeros((_count(self._buffer_shapes),), self.dtype)
        views = self.split(self.parameters), self.split(self.gradients), self.split_buffers(self.buffers)
        for layer, parameters, gradients, buffers in zip(self.layers, *views, strict=True):
            layer.bind(parameters, gradients)
            layer.bind_buffers(buffers)
        learning = [index for index, shapes in enumerate(self._parameter_shapes) if shapes]
        self._first_to_learn = learning[0] if learning else 0

    def split(self, vector: NDArray[Any]) -> list[dict[str, NDArray[Any]]]:
        """Views into a flat vector of (parameter count,) numbers: for each layer, each parameter by name."""
        return _split(vector, self._parameter_shapes)

    def split_buffers(self, vector: NDArray[Any]) -> list[dict[str, NDArray[Any]]]:
        """Views into a flat vector of (buffer count,) numbers: for each layer, each buffer by name."""
        return _split(vector, self._buffer_shapes)

    def work_bytes(self, batch: int) -> int:
        """About how many bytes the layers' work arrays for a batch of this size take."""
        return self.dtype.itemsize * sum(layer.work_numbers(batch) for layer in self.layers)

    def initialize(self, initializer: str, scale: float, seed: int) -> None:
        """Set the first parameters; each layer draws from a stream of its own.

        Args:
            initializer: a name in INITIALIZERS.
            scale: its factor; for ``uniform`` the limit.
            seed: the run's seed.
        """
        for index, layer in enumerate(self.layers):
            if layer.parameter_shapes():
                generator = stream(seed, Purpose.INITIALIZATION, index)
                layer.initialize(INITIALIZERS[initializer], scale, generator)

    def likes_rows(self, batch: int) -> bool:
        """Whether a batch of this size is computed faster from rows, transposed by a view, than from columns."""
        return self.layers[0].likes_rows(batch)

    def forward(self, inputs: Array, step: int | None = None) -> Array:
        """Outputs for a batch, batch last.

        Args:
            inputs: (*input_shape, batch) of the network's dtype; may be a transposed view.
            step: the training step that they are for; None: layers that behave otherwise in training
                (Dropout, BatchNorm) do not, and nothing but work arrays changes.

        Returns:
            (*output_shape, batch), a buffer that the next forward of this batch size overwrites.
        """
        self._mode.step = step
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, output_gradient: Array) -> None:
        """Write ``gradients`` for the batch of the last forward; in training, move ``buffers`` on.

        Args:
            output_gradient: (*output_shape, batch), the gradient of the loss to the outputs.
        """
        gradient: Array | None = output_gradient
        # What lies before the first layer with parameters learns nothing, so no gradient need get there.
        first = self._first_to_learn
        for layer in reversed(self.layers[first + 1 :]):
            assert gradient is not None
            gradient = layer.backward(gradient)
        assert gradient is not None
        self.layers[first].backward(gradient, need_input_gradient=False)

    def predict(self, inputs: Array) -> Array:
        """Outputs for a batch, batch first, as a copy.

        Args:
            inputs: (batch, features) or (batch, *input_shape), any number type.

        Returns:
            (batch, *output_shape); no batch is too small, not even 0.
        """
        if not len(inputs):
            return np.empty((0, *self.output_shape), self.dtype)
        return np.moveaxis(self.forward(self._turned(inputs)), -1, 0).copy()

    def activations(self, inputs: Array, layer: int) -> Array:
        """What one layer gives for a batch, outside training, batch first, as a copy.

        Args:
            inputs: (batch, features) or (batch, *input_shape), any number type, at least one.
            layer: its index.

        Returns:
            (batch, *the layer's output_shape).
        """
        self._mode.step = None
        values = self._turned(inputs)
        for one in self.layers[: layer + 1]:
            values = one.forward(values)
        return np.moveaxis(values, -1, 0).copy()

    def _turned(self, inputs: Array) -> Array:
        """(*input_shape, batch) of the network's dtype."""
        batch = len(inputs)
        turned = np.ascontiguousarray(inputs.reshape(batch, -1), dtype=self.dtype).T
        return turned.reshape(*self.input_shape, batch)


def _count(shapes: list[dict[str, Shape]]) -> int:
    return sum(prod(shape) for named in shapes for shape in named.values())


def _split(vector: NDArray[Any], shapes: list[dict[str, Shape]]) -> list[dict[str, NDArray[Any]]]:
    views: list[dict[str, NDArray[Any]]] = []
    start = 0
    for named in shapes:
        views.append({})
        for name, shape in named.items():
            stop = start + prod(shape)
            views[-1][name] = vector[start:stop].reshape(shape)
            start = stop
    return views
