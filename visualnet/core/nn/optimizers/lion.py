"""Lion: every parameter moves by the same amount; the gradients decide only the sign."""

from __future__ import annotations

import numpy as np

from visualnet.core.nn.optimizers.base import Optimizer, Vector


class Lion(Optimizer):
    """Lion (Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2).

    c = β₁ m + (1 - β₁) g; w ← w - rate · (sign(c) + decay · w); m ← β₂ m + (1 - β₂) g. Kept is
    m / (1 - β₂); a sign does not ask for the size of c, so both together save three passes.

    Args:
        beta1: share of the mean gradient in the direction of a step, in [0, 1).
        beta2: share of the mean gradient kept at each step, in [0, 1).
        weight_decay: share of each parameter lost at each step, for a rate of 1; at least 0.
    """

    kind = "lion"
    first_rate = 0.0002
    options = ("beta1", "beta2", "weight_decay")
    vector_names = ("mean",)

    def __init__(
        self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.01
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = beta1
        self.beta2 = beta2
        self.weight_decay = weight_decay

    def set_betas(self, beta1: float, beta2: float) -> None:
        """Change the betas between two steps; the moving average keeps its values."""
        if self.vectors:
            self.vectors["mean"] *= (1 - self.beta2) / (1 - beta2)
        self.beta1 = beta1
        self.beta2 = beta2

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        mean, scratch, rate = self.vectors["mean"], self._scratch, self.effective_learning_rate
        np.multiply(mean, self.beta1 * (1 - self.beta2) / (1 - self.beta1), out=scratch)
        np.add(scratch, gradients, out=scratch)
        np.sign(scratch, out=scratch)
        np.multiply(scratch, rate, out=scratch)
        np.multiply(parameters, 1 - rate * self.weight_decay, out=parameters)
        np.subtract(parameters, scratch, out=parameters)
        np.multiply(mean, self.beta2, out=mean)
        np.add(mean, gradients, out=mean)
