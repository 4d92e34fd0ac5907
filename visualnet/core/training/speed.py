"""Training speed: steps a second, without the time that measuring takes in between."""

from __future__ import annotations

from collections import deque

SECONDS = 0.5
"""Seconds that the speed is a mean over, at least."""

LEAST_MARKS = 5
"""Marks that it is a mean over, at least, so that one late step does not count when steps are slow."""

GAP = SECONDS / 32
"""Seconds from one mark to the next, at least."""


class Speed:
    """Steps a second over the last SECONDS of training, from the end of one step to the end of another."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def note_step(self, seconds: float, step: int) -> None:
        """A step has ended.

        Args:
            seconds: a clock's, which stands still while something else than training is done.
            step: steps done.
        """
        marks = self._marks
        if marks and seconds - marks[-1][0] < GAP:
            return
        marks.append((seconds, step))
        while len(marks) > LEAST_MARKS and seconds - marks[1][0] >= SECONDS:
            marks.popleft()

    def forget(self) -> None:
        """Training rested, or goes on at another pace."""
        self._marks.clear()

    @property
    def steps_per_second(self) -> float:
        """The speed; 0 where too little is known."""
        if len(self._marks) < 2:
            return 0.0
        (then, first), (now, last) = self._marks[0], self._marks[-1]
        return (last - first) / (now - then)
