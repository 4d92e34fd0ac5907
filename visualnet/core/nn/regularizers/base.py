"""What every rule against overfitting, or against a step too far, has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

Vector = NDArray[Any]


class GradientRule(ABC):
    """Changes the gradients, or the parameters, before the optimizer's update. Keeps nothing between steps."""

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
    """Changes the parameters after the optimizer's update. Keeps nothing between steps."""

    @abstractmethod
    def apply(self, parameters: Vector) -> None:
        """Act on the (parameter count,) vector, in place."""
