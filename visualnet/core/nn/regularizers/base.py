"""The bases of the rules that a step follows against overfitting or too large steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

Vector = NDArray[Any]


class GradientRule(ABC):
    """A change of gradients or parameters before the optimizer's update. It keeps nothing between steps."""

    @abstractmethod
    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        """Act in place.

        Args:
            parameters: (parameter count,).
            gradients: the same shape, multiplied by ``scale``.
            scale: see Optimizer.gradient_scale; above 0.
            rate: the learning rate of this step.
        """


class ParameterRule(ABC):
    """A change of the parameters after the optimizer's update. It keeps nothing between steps."""

    @abstractmethod
    def apply(self, parameters: Vector) -> None:
        """Act on the (parameter count,) vector, in place."""
