"""Adagrad and RMSProp: each parameter's step is divided by the size of its past gradients."""

from __future__ import annotations

from math import sqrt

import numpy as np

from visualnet.core.nn.optimizers.base import Optimizer, Vector


class Adagrad(Optimizer):
    """s ← s + g²; w ← w - rate · g / (√s + ε) (Duchi, Hazan, Singer 2011).

    Every gradient counts for ever, so the steps only become smaller.

    Args:
        epsilon: added to the root, above 0.
    """

    kind = "adagrad"
    first_rate = 0.02
    options = ("epsilon",)
    vector_names = ("square",)

    def __init__(self, learning_rate: float, epsilon: float = 1e-10) -> None:
        super().__init__(learning_rate)
        self.epsilon = epsilon

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        square, scratch = self.vectors["square"], self._scratch
        np.multiply(gradients, gradients, out=scratch)
        np.add(square, scratch, out=square)
        np.sqrt(square, out=scratch)
        np.add(scratch, self.epsilon, out=scratch)
        np.divide(gradients, scratch, out=scratch)
        np.multiply(scratch, self.effective_learning_rate, out=scratch)
        np.subtract(parameters, scratch, out=parameters)


class RMSProp(Optimizer):
    """s ← α s + (1 - α) g²; w ← w - rate · g / (√s + ε) (Tieleman, Hinton 2012, lecture 6.5).

    As in PyTorch, without centring. Kept is s / (1 - α), which saves a pass over the vector.

    Args:
        alpha: share of the mean squared gradient kept at each step, in [0, 1).
        epsilon: added to the root, above 0.
    """

    kind = "rmsprop"
    first_rate = 0.001
    options = ("alpha", "epsilon")
    vector_names = ("square",)

    def __init__(self, learning_rate: float, alpha: float = 0.99, epsilon: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.alpha = alpha
        self.epsilon = epsilon

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        square, scratch = self.vectors["square"], self._scratch
        root_scale = sqrt(1 - self.alpha)
        np.multiply(square, self.alpha, out=square)
        np.multiply(gradients, gradients, out=scratch)
        np.add(square, scratch, out=square)
        np.sqrt(square, out=scratch)
        np.add(scratch, self.epsilon / root_scale, out=scratch)
        np.divide(gradients, scratch, out=scratch)
        np.multiply(scratch, self.effective_learning_rate / root_scale, out=scratch)
        np.subtract(parameters, scratch, out=parameters)
