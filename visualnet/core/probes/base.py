"""Probe: the base of all measurements of a run between two steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualnet.core.training.trainer import Trainer


class Probe(ABC):
    """A measurement of a run, described by a frozen, hashable, picklable value.

    A probe leaves the run's state bit for bit as it was. Its result is a frozen value whose arrays are
    copies, marked read-only.
    """

    __slots__ = ()

    @abstractmethod
    def measure(self, trainer: Trainer) -> Any:
        """The result at the trainer's present step; None where the run has nothing of the kind."""
