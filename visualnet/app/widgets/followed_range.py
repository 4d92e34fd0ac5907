"""Where the axes of a curve stand while they follow it: they move in steps, and seldom."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from visualnet.app.widgets.scale import SteppedLimit

GROWTH = 1.3
FIRST_STEPS = 100
ACCURACY_FLOORS = (0.0, 0.5, 0.8, 0.9, 0.95)
ROOM_TO_RISE, ROOM_TO_STAY = 0.3, 0.1
"""Share of the axis that must lie below the curve before its floor rises, and for it to stay there."""

LEAST_TOP, GREATEST_TOP = 1e-9, 1e9
"""Qt's transforms lose their way with scales beyond these; the logarithmic axis shows what is larger."""

Floats = NDArray[np.float64]


class FollowedRange:
    """The ranges of both axes, from what was drawn before and what is there now.

    Args:
        is_share: whether the values are shares of one, as accuracies are.
    """

    def __init__(self, is_share: bool) -> None:
        self._is_share = is_share
        self._limit = SteppedLimit()
        self.forget()

    def forget(self) -> None:
        """Let the next data set the ranges anew."""
        self._limit.reset()
        self._floor = 0.0
        self._width = FIRST_STEPS

    def steps(self, first: int, last: int) -> tuple[float, float]:
        """Range of the step axis for a curve from one step to another."""
        if last - first > self._width:
            self._width = rounded_up((last - first) * GROWTH)
        return float(first), float(first + self._width)

    def values(self, high: Floats, line: Floats, tests: Floats, is_log: bool) -> tuple[float, float]:
        """Range of the value axis.

        Args:
            high: greatest value of each bucket, as drawn.
            line: (buckets,) the smoothed curve, as drawn.
            tests: what was measured on the test set, as drawn.
            is_log: whether all these are logarithms.
        """
        shown = np.concatenate([line, tests])
        shown = shown[np.isfinite(shown)]
        if not len(shown):
            return 0.0, 1.0
        if self._is_share:
            return self._shares(line, tests)
        if is_log:
            bottom = floor(shown.min())
            return bottom, max(ceil(max(high.max(), shown.max())), bottom + 1)
        top = self._limit.follow(max(body(high), body(tests)))
        return 0.0, 1.02 * min(max(top, LEAST_TOP), GREATEST_TOP)

    def _shares(self, line: Floats, tests: Floats) -> tuple[float, float]:
        """Up to 100%, from a floor that rises when the curve has left the lower part for good."""
        lowest = min(_recent_least(line), _recent_least(tests))
        risen = max((f for f in ACCURACY_FLOORS if lowest >= f + ROOM_TO_RISE * (1 - f)), default=0.0)
        if risen > self._floor or lowest < self._floor + ROOM_TO_STAY * (1 - self._floor):
            self._floor = risen
        return self._floor, 1.0 + 0.04 * (1 - self._floor)


def body(values: Floats) -> float:
    """A value that only one in fifty exceeds: a few spikes must not flatten a curve. 0 for no values."""
    if len(values) < 50:
        return float(values.max(initial=0.0))
    place = len(values) - len(values) // 50 - 1
    return float(np.partition(values, place)[place])


def rounded_up(number: float) -> int:
    """The next whole number of two significant digits."""
    unit = 10 ** max(floor(log10(max(number, 1))) - 1, 0)
    return ceil(number / unit) * unit


def _recent_least(values: Floats) -> float:
    """The least of the last four fifths; 1 for no values."""
    least = float(values[len(values) // 5 :].min(initial=1.0))
    return least if isfinite(least) else 0.0
