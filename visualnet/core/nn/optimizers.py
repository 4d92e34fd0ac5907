"""Optimizers: how the parameters follow their gradient, as a few in-place operations on flat vectors.

The learning rate belongs to the person: no optimizer overwrites it. Each may be changed between steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.buffers import aligned_empty, aligned_zeros

Vector = NDArray[Any]


class Optimizer(ABC):
    """Changes the flat parameter vector by its gradient.

    Args:
        learning_rate: size of a step, above 0.

    Attributes:
        kind: the name that stands for it in a Setup.
        vectors: its memory by name, each of the parameters' shape; empty until the first step.
        products: its scalar memory by name.
    """

    kind: ClassVar[str]

    @property
    def gradient_scale(self) -> float:
        """What the gradients that ``step`` takes must be multiplied by; see SGD. 1 unless overridden."""
        return 1.0

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.vectors: dict[str, Vector] = {}
        self.products: dict[str, float] = {}
        self._scratch: Vector = np.empty(0)

    def step(self, parameters: Vector, gradients: Vector) -> None:
        """Apply one update in place.

        Args:
            parameters: (parameter count,).
            gradients: the same shape and dtype, multiplied by ``gradient_scale``.
        """
        if self._scratch.shape != parameters.shape:
            self._make_buffers(parameters)
        self._update(parameters, gradients)

    @abstractmethod
    def _update(self, parameters: Vector, gradients: Vector) -> None: ...

    def _vector_names(self) -> tuple[str, ...]:
        return ()

    def _make_buffers(self, parameters: Vector) -> None:
        self._scratch = aligned_empty(parameters.shape, parameters.dtype)
        for name in self._vector_names():
            if name not in self.vectors:
                self.vectors[name] = aligned_zeros(parameters.shape, parameters.dtype)

    def restore(self, vectors: dict[str, Vector], products: dict[str, float]) -> None:
        """Take back a memory that was read from ``vectors`` and ``products``; it is copied."""
        self.vectors = {}
        for name, saved in vectors.items():
            self.vectors[name] = aligned_empty(saved.shape, saved.dtype)
            self.vectors[name][...] = saved
        self.products = dict(products)
        self._scratch = np.empty(0)


class SGD(Optimizer):
    """w ← w - learning_rate · g (Robbins, Monro 1951).

    Its gradients come multiplied by the learning rate already: multiplying the loss's few output
    gradients costs nothing, and saves one of two passes over all parameters.
    """

    kind = "sgd"

    @property
    def gradient_scale(self) -> float:
        return self.learning_rate

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        np.subtract(parameters, gradients, out=parameters)


class Momentum(Optimizer):
    """v ← momentum · v + g; w ← w - learning_rate · v (Polyak 1964; PyTorch's SGD convention).

    The velocity holds gradients, not steps: a new learning rate or momentum acts on the very next
    update and leaves what has been gathered as it is.

    Args:
        momentum: share of the velocity kept at each step, in [0, 1).
    """

    kind = "momentum"

    def __init__(self, learning_rate: float, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum

    def _vector_names(self) -> tuple[str, ...]:
        return ("velocity",)

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        velocity = self.vectors["velocity"]
        np.multiply(velocity, self.momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, self.learning_rate, out=self._scratch)
        np.subtract(parameters, self._scratch, out=parameters)


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

    def __init__(
        self, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.products = {"beta1": 1.0, "beta2": 1.0}

    def _vector_names(self) -> tuple[str, ...]:
        return ("mean", "square")

    def set_betas(self, beta1: float, beta2: float) -> None:
        """Change the betas between two steps; both moving averages keep their values."""
        if self.vectors:
            self.vectors["mean"] *= (1 - self.beta1) / (1 - beta1)
            self.vectors["square"] *= (1 - self.beta2) / (1 - beta2)
        self.beta1 = beta1
        self.beta2 = beta2

    def _update(self, parameters: Vector, gradients: Vector) -> None:
        mean, square, scratch = self.vectors["mean"], self.vectors["square"], self._scratch
        self.products["beta1"] *= self.beta1
        self.products["beta2"] *= self.beta2
        mean_scale = (1 - self.beta1) / (1 - self.products["beta1"])
        root_scale = sqrt((1 - self.beta2) / (1 - self.products["beta2"]))

        np.multiply(mean, self.beta1, out=mean)
        np.add(mean, gradients, out=mean)
        np.multiply(square, self.beta2, out=square)
        np.multiply(gradients, gradients, out=scratch)
        np.add(square, scratch, out=square)
        np.sqrt(square, out=scratch)
        np.add(scratch, self.epsilon / root_scale, out=scratch)
        np.divide(mean, scratch, out=scratch)
        np.multiply(scratch, self.learning_rate * mean_scale / root_scale, out=scratch)
        np.subtract(parameters, scratch, out=parameters)


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.kind: kind for kind in (SGD, Momentum, Adam)}
