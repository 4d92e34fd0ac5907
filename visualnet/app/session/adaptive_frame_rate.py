"""AdaptiveFrameRate: fewer frames a second while the window cannot keep up, more again when it can. GUI thread."""

from __future__ import annotations

LATE_SHARE, CALM_SHARE = 0.3, 0.05
"""Share of late ticks above which the rate is halved, and share below which a judgement counts as calm."""

TICKS_PER_JUDGEMENT = 60
CALM_JUDGEMENTS = 5
"""Calm judgements in a row before a higher rate is tried again: a rate that flickers is worse than a low one."""

LOWEST_RATE = 15


class AdaptiveFrameRate:
    """The frame rate, judged by how many of the timer's ticks come late.

    Args:
        wanted: ticks a second where nothing is late.

    Attributes:
        rate: ticks a second now: ``wanted``, or a half or a quarter of it.
    """

    def __init__(self, wanted: int) -> None:
        self.rate = self._wanted = wanted
        self._ticks = self._late = self._calm = 0

    def note_tick(self, is_late: bool) -> None:
        """Take in one more tick; change the rate where it is time to."""
        self._ticks += 1
        self._late += is_late
        if self._ticks < TICKS_PER_JUDGEMENT:
            return
        share, self._ticks, self._late = self._late / self._ticks, 0, 0
        self._calm = self._calm + 1 if share < CALM_SHARE else 0
        if share > LATE_SHARE and self.rate // 2 >= LOWEST_RATE:
            self.rate //= 2
        elif self._calm >= CALM_JUDGEMENTS and self.rate < self._wanted:
            self.rate, self._calm = min(2 * self.rate, self._wanted), 0
