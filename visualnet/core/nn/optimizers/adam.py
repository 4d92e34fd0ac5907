"""Adam and AdamW: the mean gradient, divided by the root of the mean squared gradient."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import numpy as np

from visualnet.core.nn.optimizers.base import Optimizer, Vector


class Adam(Optimizer):
    """Adam (Kingma, Ba 2015, algorithm 1), with PyTorch's placing of epsilon.

    m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - rate · m̂ / (√v̂ + ε), where m̂ and v̂ are
    divided by one minus the product of all betas used so far. Kept are m / (1 - β₁) and v / (1 - β₂),
    which saves three passes over the vectors; ``set_betas`` rescales them, so that m and v
    themselves do not jump when a beta changes during a run.

    Args:
        beta1: share of the mean gradient kept at each step, in [0, 1).
        beta2: share of the mean squared gradient kept at each step, in [0, 1).
        epsilon: added to the root, above 0.
    """

    kind = "adam"
    first_rate = 0.001
    options: ClassVar[tuple[str, ...]] = ("beta1", "beta2", "epsilon")
    vector_names = ("mean", "square")

    def __init__(
        self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.scalars = {"beta1": 1.0, "beta2": 1.0}

    def set_betas(self, beta1: float, beta2: float) -> None:
        """Change the betas between two steps; both moving averages keep their values."""
        if self.vectors:
            self.vectors["mean"] *= (1 - self.beta1) / (1 - beta1)
            self.vectors["square"] *= (1 - self.beta2) / (1 - beta2)
        self.beta1 = beta1
        self.beta2 = beta2

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        mean, square, scratch = self.vectors["mean"], self.vectors["square"], self._scratch
        self.scalars["beta1"] *= self.beta1
        self.scalars["beta2"] *= self.beta2
        mean_scale = (1 - self.beta1) / (1 - self.scalars["beta1"])
        root_scale = sqrt((1 - self.beta2) / (1 - self.scalars["beta2"]))

        np.multiply(mean, self.beta1, out=mean)
        np.add(mean, gradients, out=mean)
        np.multiply(square, self.beta2, out=square)
        np.multiply(gradients, gradients, out=scratch)
        np.add(square, scratch, out=square)
        np.sqrt(square, out=scratch)
        np.add(scratch, self.epsilon / root_scale, out=scratch)
        np.divide(mean, scratch, out=scratch)
        np.multiply(scratch, self.effective_learning_rate * mean_scale / root_scale, out=scratch)
        np.subtract(parameters, scratch, out=parameters)


class AdamW(Adam):
    """w ← (1 - rate · decay) · w, then Adam's step (Loshchilov, Hutter 2019, algorithm 2).

    All parameters decay, biases too, as in PyTorch. The decay is not divided by the gradients' size as
    that of an L2 penalty would be.

    Args:
        beta1, beta2, epsilon: as in Adam.
        weight_decay: share of each parameter lost at each step, for a rate of 1; at least 0.
    """

    kind = "adamw"
    options = ("beta1", "beta2", "epsilon", "weight_decay")

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = weight_decay

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        np.multiply(parameters, 1 - self.effective_learning_rate * self.weight_decay, out=parameters)
        super()._update(parameters, gradients)
