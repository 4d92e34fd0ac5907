"""SlicedTask: something that the worker does between commands in short turns: training, replay, a study."""

from __future__ import annotations

from typing import Protocol

SLICE_SECONDS = 0.01
"""Longest turn, unless a single step takes longer."""


class SlicedTask(Protocol):
    """A task that is done in short turns.

    Attributes:
        is_active: whether there is anything to do.
        next_due: when the next turn may begin, in perf_counter's seconds; 0 for at once.
    """

    @property
    def is_active(self) -> bool: ...

    @property
    def next_due(self) -> float: ...

    def advance(self) -> None:
        """Take one turn."""

    def cancel(self) -> None:
        """Be active no longer: something went wrong."""
