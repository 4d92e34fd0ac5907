"""How what the worker does between commands shares its one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from visualnet.core.studies.sliced_task import Activity


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
