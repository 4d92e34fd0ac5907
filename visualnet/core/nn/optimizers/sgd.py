"""Stochastic gradient descent: plain, with momentum, and with Nesterov's momentum."""

from __future__ import annotations

import numpy as np

from visualnet.core.nn.optimizers.base import Optimizer, Vector


class SGD(Optimizer):
    """w ← w - rate · g (Robbins, Monro 1951).

    Its gradients come multiplied by the rate already: multiplying the loss's few output
    gradients costs nothing, and saves one of two passes over all parameters.
    """

    kind = "sgd"
    first_rate = 0.1

    @property
    def gradient_scale(self) -> float:
        return self.effective_learning_rate

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        np.subtract(parameters, gradients, out=parameters)


class Momentum(Optimizer):
    """v ← momentum · v + g; w ← w - rate · v (Polyak 1964; PyTorch's SGD convention).

    The velocity holds gradients, not steps: a new learning rate or momentum acts on the very next
    update and leaves what has been gathered as it is.

    Args:
        momentum: share of the velocity kept at each step, in [0, 1).
    """

    kind = "momentum"
    first_rate = 0.05
    options = ("momentum",)
    vector_names = ("velocity",)

    def __init__(self, learning_rate: float, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        velocity = self.vectors["velocity"]
        np.multiply(velocity, self.momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, self.effective_learning_rate, out=self._scratch)
        np.subtract(parameters, self._scratch, out=parameters)


class Nesterov(Momentum):
    """v ← momentum · v + g; w ← w - rate · (g + momentum · v) (Nesterov 1983).

    The form of Sutskever, Martens, Dahl, Hinton 2013 in which the gradient is taken where the weights
    are, as in PyTorch's ``SGD(nesterov=True)``: the velocity looks one step ahead.
    """

    kind = "nesterov"

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        velocity, scratch = self.vectors["velocity"], self._scratch
        np.multiply(velocity, self.momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, self.momentum, out=scratch)
        np.add(scratch, gradients, out=scratch)
        np.multiply(scratch, self.effective_learning_rate, out=scratch)
        np.subtract(parameters, scratch, out=parameters)
