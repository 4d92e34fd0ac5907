"""What the worker does between commands, and how several such doings share its one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

SLICE_SECONDS = 0.01
"""No turn is longer, or than one step where that takes longer."""


class Activity(Protocol):
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

    def give_up(self) -> None:
        """Be active no longer: something went wrong."""


class Rounds:
    """Gives turns so that all that are active get the same share of the time.

    Args:
        activities: that may be active.
        clock: seconds.
    """

    def __init__(self, activities: Sequence[Activity], clock: Callable[[], float] = perf_counter) -> None:
        self._activities = tuple(activities)
        self._clock = clock
        self._spent = dict.fromkeys(self._activities, 0.0)

    @property
    def active(self) -> list[Activity]:
        """Those that have something to do."""
        return [activity for activity in self._activities if activity.is_active]

    def take_turn(self, active: list[Activity]) -> None:
        """Let one of these take a turn, if one is due."""
        if len(active) == 1:
            active[0].advance()
            return
        now = self._clock()
        due = [activity for activity in active if activity.next_due <= now]
        if not due:
            return
        chosen = min(due, key=self._spent.__getitem__)
        # Who had nothing to do saves up no time for later.
        for activity in self._activities:
            self._spent[activity] = max(self._spent[activity], self._spent[chosen])
        chosen.advance()
        self._spent[chosen] += self._clock() - now

    def give_up(self) -> None:
        """End them all."""
        for activity in self._activities:
            activity.give_up()
