"""FairScheduler: equal shares of the worker's thread for its tasks in slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from visualnet.core.worker.sliced_task import SlicedTask


class FairScheduler:
    """A scheduler that gives all active tasks the same share of the time.

    Args:
        tasks: that may be active.
        clock: seconds.
    """

    def __init__(self, tasks: Sequence[SlicedTask], clock: Callable[[], float] = perf_counter) -> None:
        self._tasks = tuple(tasks)
        self._clock = clock
        self._spent = dict.fromkeys(self._tasks, 0.0)

    @property
    def active(self) -> list[SlicedTask]:
        """Those that have something to do."""
        return [task for task in self._tasks if task.is_active]

    def take_turn(self, active: list[SlicedTask]) -> None:
        """Let one of these take a turn, if one is due."""
        if len(active) == 1:
            active[0].advance()
            return
        now = self._clock()
        due = [task for task in active if task.next_due <= now]
        if not due:
            return
        chosen = min(due, key=self._spent.__getitem__)
        # Who had nothing to do saves up no time for later.
        for task in self._tasks:
            self._spent[task] = max(self._spent[task], self._spent[chosen])
        chosen.advance()
        self._spent[chosen] += self._clock() - now

    def cancel(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
