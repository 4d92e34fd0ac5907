"""The ranges of axes that follow a growing curve: they change in steps, and seldom."""

from __future__ import annotations

from math import ceil, floor, inf, log, log10

import numpy as np
from numpy.typing import NDArray

from visualnet.app.widgets.scale import FINE_STEPS, nice_ceiling

FIRST_STEPS, GROWTH = 100, 1.25
"""The step axis is FIRST_STEPS steps wide, or that times a power of GROWTH."""

LEAST_FILLED = 0.5
"""Share of a loss axis that the curve must reach; if it stays below, the axis comes down."""

LOGARITHMS = (0.0, log10(2), log10(5))
LEAST_DECADES = 0.7
"""A logarithmic axis spans at least so many decades, and begins and ends at 1, 2 or 5 times a power of ten."""

ACCURACY_FLOORS = (0.0, 0.5, 0.8, 0.9, 0.95)
ROOM_TO_RISE, ROOM_TO_STAY = 0.3, 0.1
"""Share of the axis that must lie below the curve before its floor rises, and for it to stay there."""

LEAST_TOP, GREATEST_TOP = 1e-9, 1e9
"""Qt's transforms lose their way with scales beyond these. A larger loss is drawn along the upper edge of a
linear axis, and in its place on a logarithmic one."""

Floats = NDArray[np.float64]


class FollowedRange:
    """The range of the value axis, from the range shown before and the values there are now.

    Args:
        is_share: whether the values are shares of one, as accuracies are.
    """

    def __init__(self, is_share: bool) -> None:
        self._is_share = is_share
        self.forget()

    def forget(self) -> None:
        """Let the next data set the range anew."""
        self._top = inf
        self._floor = 0.0

    def values(self, high: Floats, line: Floats, tests: Floats, is_log: bool) -> tuple[float, float]:
        """Range of the value axis.

        Args:
            high: greatest value of each bucket, as drawn.
            line: (buckets,) the smoothed curve, as drawn.
            tests: what was measured on the test set, as drawn.
            is_log: whether all these are logarithms.
        """
        if self._is_share:
            return self._shares(line, tests)
        if is_log:
            lower, upper = (np.concatenate([values, tests]) for values in (line, high))
            bottom = _step_below(lower.min()) if len(lower) else 0.0
            top = _step_above(upper.max()) if len(upper) else 0.0
            return bottom, max(top, bottom + LEAST_DECADES)
        greatest = max(body(high), body(tests))
        if greatest > self._top or greatest < LEAST_FILLED * self._top:
            self._top = nice_ceiling(greatest, FINE_STEPS)
        return 0.0, 1.02 * min(max(self._top, LEAST_TOP), GREATEST_TOP)

    def _shares(self, line: Floats, tests: Floats) -> tuple[float, float]:
        """Up to 100%, from a floor that rises when the curve has left the lower part for good."""
        lowest = min(_recent_least(line), _recent_least(tests))
        risen = max((f for f in ACCURACY_FLOORS if lowest >= f + ROOM_TO_RISE * (1 - f)), default=0.0)
        if lowest >= 1:
            # Where all is right there is nothing to see closer, and how it came to be so would be cut off.
            self._floor = 0.0
        elif risen > self._floor or lowest < self._floor + ROOM_TO_STAY * (1 - self._floor):
            self._floor = risen
        return self._floor, 1.0 + 0.04 * (1 - self._floor)


def _step_below(logarithm: float) -> float:
    """The logarithm of the next 1, 2 or 5 times a power of ten at or below a number."""
    power = floor(logarithm)
    return max(power + step for step in LOGARITHMS if power + step <= logarithm + 1e-9)


def _step_above(logarithm: float) -> float:
    """Likewise at or above it."""
    power = floor(logarithm)
    return min(power + step for step in (*LOGARITHMS, 1.0) if power + step >= logarithm - 1e-9)


def known(values: Floats) -> Floats:
    """Those that are numbers: of some steps there may be no record."""
    is_known = np.isfinite(values)
    return values if is_known.all() else values[is_known]


def body(values: Floats) -> float:
    """A value that only one in fifty exceeds: a few spikes must not flatten a curve. 0 for no values."""
    if len(values) < 50:
        return float(values.max(initial=0.0))
    place = len(values) - len(values) // 50 - 1
    return float(np.partition(values, place)[place])


def step_range(first: int, last: int) -> tuple[float, float]:
    """Range of the step axis for a curve from one step to another: both plots of a run have the same."""
    growths = max(0, ceil(log(max(last - first, 1) / FIRST_STEPS) / log(GROWTH)))
    return float(first), float(first + rounded_up(FIRST_STEPS * GROWTH**growths))


def rounded_up(number: float) -> int:
    """The next whole number of two significant digits."""
    unit: int = 10 ** max(floor(log10(max(number, 1))) - 1, 0)
    return ceil(number / unit) * unit


def _recent_least(values: Floats) -> float:
    """The least of the last four fifths; 1 for no values."""
    return float(values[len(values) // 5 :].min(initial=1.0))
