"""The base of all layers: a function with parameters, and its derivative.

Inside the engine the batch is the last axis: the activations of a dense layer are (features, batch).
A layer learns its shapes once, in ``build``; its parameters and gradients are views into the network's
two flat vectors, handed to it in ``bind``; its work buffers are made when a batch size first appears.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.initializers import Initializer
from visualnet.core.nn.layers.names import layer_names

Array = NDArray[Any]
Shape = tuple[int, ...]

REMEMBERED_BATCH_SIZES = 6
"""Buffers are kept for this many batch sizes: training, its short last batch, evaluation, pictures."""


@dataclass(slots=True)
class Mode:
    """Whether the network trains, and at which step; one object that all of its layers share.

    Attributes:
        step: the training step that forward belongs to; None: the network is only asked for its outputs.
        seed: of the run; with step and place it decides what a layer draws.
    """

    step: int | None = None
    seed: int = 0

    @property
    def is_training(self) -> bool:
        """Whether forward belongs to a training step."""
        return self.step is not None


class Layer(ABC):
    """A differentiable function of its input and its parameters.

    Some layers do in training what they do not do otherwise (Dropout, BatchNorm): they ask ``mode``.
    What a layer remembers from step to step beside its parameters are its buffers, views into a flat vector
    as well. Forward changes neither; backward writes gradients and, in training, moves the buffers on, so a
    step that is given up after forward has changed nothing.

    Attributes:
        kind: the name that stands for this layer in a Setup.
        input_shape: shape of one example's input, without the batch axis; set by build.
        output_shape: shape of one example's output; set by build.
        dtype: float32 or float64; set by build.
        mode: shared with the network; set by attach.
        place: index in the network, followed by the index in each layer that it is nested in; set by attach.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.input_shape: Shape = ()
        self.output_shape: Shape = ()
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        self.mode = Mode()
        self.place: tuple[int, ...] = ()
        self._batch = 0
        self._buffers: dict[int, tuple[Any, ...]] = {}

    def attach(self, place: tuple[int, ...], mode: Mode) -> None:
        """Learn where in the network the layer is, and what says whether the network is training."""
        self.place, self.mode = place, mode

    def build(self, input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
        """Learn the shape of the input; return the shape of the output (both without batch axis).

        Raises:
            ValueError: when the layer cannot take such an input; a clause that says what it needs.
        """
        self.input_shape = input_shape
        self.output_shape = self._infer_output_shape(input_shape)
        self.dtype = np.dtype(dtype)
        return self.output_shape

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def parameter_shapes(self) -> dict[str, Shape]:
        """Names and shapes of the parameters, in the order in which they lie in the flat vector."""
        return {}

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:  # noqa: B027
        """Receive the views into the network's flat vectors, one for each of parameter_shapes."""

    def buffer_shapes(self) -> dict[str, Shape]:
        """Names and shapes of what the layer remembers beside its parameters."""
        return {}

    def bind_buffers(self, buffers: dict[str, Array]) -> None:  # noqa: B027
        """Receive views for each of buffer_shapes, and put their first values there."""

    def work_numbers(self, batch: int) -> int:
        """About how many numbers the work arrays for a batch of this size hold."""
        return batch * (prod(self.input_shape) + prod(self.output_shape))

    def likes_rows(self, batch: int) -> bool:
        """Whether this many inputs are computed faster from (batch, ...) rows, transposed by a view, than from columns."""
        return False

    def initialize(self, initializer: Initializer, scale: float, generator: np.random.Generator) -> None:  # noqa: B027
        """Set the first parameters; see the initializers for the arguments. A layer without any does nothing."""

    @abstractmethod
    def forward(self, inputs: Array) -> Array:
        """Compute the output; remember what backward needs.

        Args:
            inputs: (*input_shape, batch).

        Returns:
            (*output_shape, batch), a buffer that the next forward of this batch size overwrites.
        """

    @abstractmethod
    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        """Write the parameters' gradients; return the gradient of the loss to the input.

        Args:
            output_gradient: (*output_shape, batch), the gradient of the loss to the output.
            need_input_gradient: False for the first layer, whose input nobody learns.

        Returns:
            (*input_shape, batch), or None where it was not needed.
        """

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        """The work arrays for one batch size."""
        return ()

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:  # noqa: B027
        """Make these the arrays that forward and backward write to."""

    def _prepare(self, batch: int) -> None:
        """Switch to the buffers of this batch size; called by forward when the size has changed."""
        if batch not in self._buffers:
            while len(self._buffers) >= REMEMBERED_BATCH_SIZES:
                self._buffers.pop(next(iter(self._buffers)))
            self._buffers[batch] = self._make_buffers(batch)
        self._use_buffers(self._buffers[batch])
        self._batch = batch


def build_in_a_row(layers: Sequence[Layer], input_shape: Shape, dtype: np.dtype[Any]) -> Shape:
    """Build each layer on the output of the one before; return the last output's shape.

    Raises:
        ValueError: names the layer that cannot take its input, and what it needs.
    """
    shape = input_shape
    for place, layer in enumerate(layers):
        try:
            shape = layer.build(shape, dtype)
        except ValueError as error:
            raise ValueError(f"{layer_names([one.kind for one in layers])[place]} {error}") from None
    return shape
