"""Muon: the step of a weight matrix is made orthogonal, so that no direction dominates the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from visualnet.core.nn.blocks import Block
from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.optimizers.adam import AdamW
from visualnet.core.nn.optimizers.base import Optimizer, Vector

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
SMALLEST_NORM = 1e-7
STEP_SIZE = 0.2
"""Factor that gives orthogonal steps the root mean square of AdamW's (Liu et al. 2025)."""


class Orthogonalizer:
    """Five Newton-Schulz iterations, which bring the singular values of a matrix near 1 by matrix products alone.

    X ← a X + (b A + c A²) X with A = X Xᵀ, from X = G / |G| on, in the run's dtype (Jordan 2024, Muon: An
    optimizer for hidden layers in neural networks). A tall matrix is transposed first, which makes A smaller.

    Args:
        rows, columns: shape of the matrices.
        dtype: of the matrices.
    """

    def __init__(self, rows: int, columns: int, dtype: np.dtype[np.generic]) -> None:
        small, large = sorted((rows, columns))
        self._is_tall = rows > columns
        self._product, self._square = (aligned_empty((small, small), dtype) for _ in range(2))
        self._image = aligned_empty((small, large), dtype)

    def apply(self, matrix: Vector) -> None:
        """Change a (rows, columns) matrix in place."""
        a, b, c = COEFFICIENTS
        product, square, image = self._product, self._square, self._image
        flat = matrix.reshape(-1)
        np.divide(flat, sqrt(float(flat.dot(flat))) + SMALLEST_NORM, out=flat)
        x = matrix.T if self._is_tall else matrix
        for _ in range(ITERATIONS):
            np.matmul(x, x.T, out=product)
            np.matmul(product, product, out=square)
            np.multiply(product, b, out=product)
            np.multiply(square, c, out=square)
            np.add(product, square, out=product)
            np.matmul(product, x, out=image)
            np.multiply(x, a, out=x)
            np.add(x, image, out=x)


class Muon(Optimizer):
    """v ← momentum · v + g; w ← (1 - rate · decay) · w - rate · 0.2 √max(rows, columns) · O(g + momentum · v).

    O makes the matrix nearly orthogonal (Jordan 2024; filters are read as rows). The factor gives its steps
    the size of AdamW's (Liu et al. 2025, Muon is Scalable for LLM Training, equation 4), so one learning
    rate suits both the matrices and the rest: biases and norms, which AdamW moves.

    Args:
        momentum: share of the velocity kept at each step, in [0, 1).
        beta1, beta2, epsilon: AdamW's, for what is no matrix.
        weight_decay: share of each parameter lost at each step, for a rate of 1; at least 0.
    """

    kind = "muon"
    first_rate = 0.003
    options = ("momentum", "beta1", "beta2", "epsilon", "weight_decay")
    vector_names = ("velocity",)

    def __init__(
        self,
        learning_rate: float,
        momentum: float = 0.95,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self._rest = AdamW(learning_rate, beta1, beta2, epsilon, weight_decay)
        self._blocks: tuple[Block, ...] = ()
        self.scalars = self._rest.scalars

    @property
    def beta1(self) -> float:
        """AdamW's, for what is no matrix."""
        return self._rest.beta1

    @beta1.setter
    def beta1(self, value: float) -> None:
        self._rest.beta1 = value

    @property
    def beta2(self) -> float:
        """AdamW's, for what is no matrix."""
        return self._rest.beta2

    @beta2.setter
    def beta2(self, value: float) -> None:
        self._rest.beta2 = value

    def set_betas(self, beta1: float, beta2: float) -> None:
        """Change the betas between two steps; both moving averages keep their values."""
        self._rest.set_betas(beta1, beta2)

    def use_blocks(self, blocks: Sequence[Block]) -> None:
        self._blocks = tuple(blocks)

    def memory_lengths(self, count: int) -> dict[str, int]:
        rest = sum(gap.stop - gap.start for gap in _gaps(self._blocks, count))
        return {**super().memory_lengths(count), **self._rest.memory_lengths(rest)}

    def restore(self, vectors: dict[str, Vector], scalars: dict[str, float]) -> None:
        super().restore(vectors, scalars)
        self._share_memory()

    def _share_memory(self) -> None:
        """AdamW's part of the memory is this one's: the same arrays and scalars."""
        self._rest.vectors = {
            name: self.vectors[name] for name in self._rest.vector_names if name in self.vectors
        }
        self._rest.scalars = self.scalars

    def _make_buffers(self, parameters: Vector) -> None:
        super()._make_buffers(parameters)
        self._share_memory()
        dtype = parameters.dtype
        self._orthogonalizers = [Orthogonalizer(*block.matrix_shape, dtype) for block in self._blocks]
        self._gaps = _gaps(self._blocks, len(parameters))
        count = sum(gap.stop - gap.start for gap in self._gaps)
        self._rest_parameters, self._rest_gradients = (aligned_empty((count,), dtype) for _ in range(2))

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        velocity, scratch = self.vectors["velocity"], self._scratch
        np.multiply(velocity, self.momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, self.momentum, out=scratch)
        np.add(scratch, gradients, out=scratch)
        for block, orthogonalizer in zip(self._blocks, self._orthogonalizers, strict=True):
            self._step_matrix(parameters[block.place], scratch[block.place], block, orthogonalizer)
        self._step_rest(parameters, gradients)

    def _step_matrix(
        self, weight: Vector, update: Vector, block: Block, orthogonalizer: Orthogonalizer
    ) -> None:
        rate = self.effective_learning_rate
        orthogonalizer.apply(update.reshape(block.matrix_shape))
        np.multiply(update, rate * STEP_SIZE * sqrt(max(block.matrix_shape)), out=update)
        np.multiply(weight, 1 - rate * self.weight_decay, out=weight)
        np.subtract(weight, update, out=weight)

    def _step_rest(self, parameters: Vector, gradients: Vector) -> None:
        """AdamW on a vector of what lies between the matrices."""
        self._rest.learning_rate, self._rest.rate_factor = self.learning_rate, self.rate_factor
        self._each_gap(parameters, self._rest_parameters)
        self._each_gap(gradients, self._rest_gradients)
        self._rest.step(self._rest_parameters, self._rest_gradients)
        self._each_gap(parameters, self._rest_parameters, back=True)

    def _each_gap(self, vector: Vector, gathered: Vector, back: bool = False) -> None:
        """Copy what lies between the matrices into one vector, or back."""
        start = 0
        for gap in self._gaps:
            stop = start + gap.stop - gap.start
            if back:
                vector[gap] = gathered[start:stop]
            else:
                gathered[start:stop] = vector[gap]
            start = stop


def _gaps(blocks: Sequence[Block], count: int) -> list[slice]:
    """The parts of a vector of ``count`` numbers that lie in no block."""
    edges = [0, *(edge for block in blocks for edge in (block.place.start, block.place.stop)), count]
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if start < stop]
