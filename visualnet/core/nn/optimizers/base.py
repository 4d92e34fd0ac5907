"""The base of all optimizers: a few in-place operations on flat vectors, and memory between two steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.blocks import Block
from visualnet.core.nn.buffers import aligned_empty, aligned_zeros

Vector = NDArray[Any]


class Optimizer(ABC):
    """A rule by which the flat parameter vector follows its gradient, and its memory.

    Args:
        learning_rate: size of a step, above 0.

    Attributes:
        kind: the name that stands for it in a Setup.
        first_rate: a learning rate to begin with; the steps of optimizers have different sizes.
        options: what else its constructor takes, by name.
        learning_rate: belongs to the person; no optimizer and no schedule overwrites it.
        rate_factor: what a schedule multiplies it by at present.
        vectors: its memory by name, flat; empty until the first step.
        scalars: its scalar memory by name.
    """

    kind: ClassVar[str]
    first_rate: ClassVar[float]
    options: ClassVar[tuple[str, ...]] = ()
    vector_names: ClassVar[tuple[str, ...]] = ()

    @property
    def gradient_scale(self) -> float:
        """What the gradients that ``step`` takes must be multiplied by; see SGD. 1 unless overridden."""
        return 1.0

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.rate_factor = 1.0
        self.vectors: dict[str, Vector] = {}
        self.scalars: dict[str, float] = {}
        self._scratch: Vector = np.empty((0, 0))

    @property
    def effective_learning_rate(self) -> float:
        """The rate of the next step: the person's, times the schedule's factor."""
        return self.learning_rate * self.rate_factor

    def use_blocks(self, blocks: Sequence[Block]) -> None:  # noqa: B027
        """Learn where the weights lie, before the first step; only Muon treats them differently."""

    def memory_lengths(self, count: int) -> dict[str, int]:
        """How long each vector of its memory is once it took a step, by name, for ``count`` parameters."""
        return dict.fromkeys(self.vector_names, count)

    def could_keep(
        self,
        vectors: Mapping[str, Vector],
        scalars: Mapping[str, float],
        parameters: Vector,
        has_stepped: bool,
    ) -> bool:
        """Whether these can be its ``vectors`` and ``scalars``.

        Args:
            vectors: flat, by name.
            scalars: by name; each is a product of shares, so it begins at one and falls.
            parameters: (parameter count,), what it changes.
            has_stepped: whether a step was taken; before the first one there may be no vectors.
        """
        lengths = self.memory_lengths(len(parameters))
        is_whole = vectors.keys() == lengths.keys() or not (vectors or has_stepped)
        return (
            is_whole
            and all(vector.shape == (lengths[name],) for name, vector in vectors.items())
            and all(vector.dtype == parameters.dtype for vector in vectors.values())
            and scalars.keys() == self.scalars.keys()
            and all(0 <= value <= 1 for value in scalars.values())
        )

    def step(self, parameters: Vector, gradients: Vector) -> None:
        """Apply one update in place.

        Args:
            parameters: (parameter count,).
            gradients: the same shape and dtype, multiplied by ``gradient_scale``.
        """
        self.prepare(parameters)
        self._update(parameters, gradients)

    def prepare(self, parameters: Vector) -> None:
        """Allocate the memory that a step needs.

        Raises:
            MemoryError: when there is not so much; then it may be tried again.
        """
        if self._scratch.shape != parameters.shape:
            try:
                self._make_buffers(parameters)
            except MemoryError:
                self._scratch = np.empty((0, 0))
                raise

    @abstractmethod
    def _update(self, parameters: Vector, gradients: Vector) -> None: ...

    def _make_buffers(self, parameters: Vector) -> None:
        self._scratch = aligned_empty(parameters.shape, parameters.dtype)
        for name, length in self.memory_lengths(len(parameters)).items():
            if name not in self.vectors:
                self.vectors[name] = aligned_zeros((length,), parameters.dtype)

    def restore(self, vectors: dict[str, Vector], scalars: dict[str, float]) -> None:
        """Take back a memory that was read from ``vectors`` and ``scalars``; it is copied."""
        self.vectors = {}
        for name, saved in vectors.items():
            self.vectors[name] = aligned_empty(saved.shape, saved.dtype)
            self.vectors[name][...] = saved
        self.scalars = dict(scalars)
        self._scratch = np.empty((0, 0))
