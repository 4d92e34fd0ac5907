"""Probe: the base of all measurements of a run between two steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import Any, ClassVar, Self

from visualnet.core.training.model_view import ModelView


class Cost(Enum):
    """What a probe asks of the network, the cheapest first."""

    NUMBERS = "reads numbers that are there"
    FORWARD = "computes forward passes"


class Probe(ABC):
    """A measurement of a run, described by a frozen, hashable, picklable value.

    A probe asks only a ModelView, and leaves the run's state bit for bit as it was. Its result is a frozen value
    whose arrays are copies, marked read-only.

    Attributes:
        cost: the dearest thing that it asks for.
    """

    __slots__ = ()
    cost: ClassVar[Cost]

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """Values of each kind that there is, for the test that all probes have to pass."""
        return (cls(),)

    def why_not(self, view: ModelView) -> str | None:
        """The sentence that tells why it cannot be measured of this network now; None where it can."""
        return None

    @abstractmethod
    def measure(self, view: ModelView) -> Any:
        """The result at the present step; ask only where ``why_not`` is None."""

    def result(self, view: ModelView) -> Any:
        """What is measured at the present step; None where ``why_not`` tells why."""
        return self.measure(view) if self.why_not(view) is None else None
