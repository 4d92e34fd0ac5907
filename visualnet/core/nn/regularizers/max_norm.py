"""Max-norm: a bound on the norm of each neuron's incoming weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visualnet.core.nn.blocks import Block
from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.regularizers.base import ParameterRule, Vector


class MaxNorm(ParameterRule):
    """A bound on the norm of each neuron's (or filter's) incoming weights, which are scaled down to it if longer.

    Srebro, Shraibman 2005; with dropout: Srivastava et al. 2014, section 5.1. As torch.renorm(w, 2, 0, limit), without its 1e-7.

    Args:
        limit: greatest Euclidean norm of a neuron's weights, above 0.
        blocks: where the weights lie.
        dtype: of the parameters.
    """

    def __init__(self, limit: float, blocks: Sequence[Block], dtype: np.dtype[np.generic]) -> None:
        self.limit = limit
        self._factors = [(block, aligned_empty((block.shape[0],), dtype)) for block in blocks]

    def apply(self, parameters: Vector) -> None:
        for block, factors in self._factors:
            weights = parameters[block.place].reshape(block.matrix_shape)
            np.einsum("ij,ij->i", weights, weights, out=factors)
            np.sqrt(factors, out=factors)
            np.maximum(factors, self.limit, out=factors)
            np.divide(self.limit, factors, out=factors)
            np.multiply(weights, factors[:, np.newaxis], out=weights)
