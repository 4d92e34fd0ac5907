"""What the worker does between commands, in turns that are short: playing, replaying, a study."""

from __future__ import annotations

from typing import Protocol

SLICE_SECONDS = 0.01
"""No turn is longer, or than one step where that takes longer."""


class SlicedTask(Protocol):
    """Something that goes on in turns.

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
