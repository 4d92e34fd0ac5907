"""Limits of colour scales and axes, which follow the data in steps, without trembling."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil, floor, isfinite, log10

from visualnet.core.number_words import tick_words

PATIENCE = 10
"""Updates for which streaming data must have been much smaller before the limit comes down, and for which it then
stays there, so that a scale never goes down and up within a second."""

LEAST, GREATEST = 1e-300, 1e300
"""Least and greatest limit: others could not be divided by, or overflow."""


STEPS = (1.0, 2.0, 5.0)
CLOSE_STEPS = (1.0, 2.0, 4.0, 5.0)
FINE_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


def nice_ceiling(value: float, steps: tuple[float, ...] = STEPS) -> float:
    """The least of these steps times a power of ten that is not below ``value``; 1 where that is not above 0."""
    if not isfinite(value) or value <= 0:
        return 1.0
    value = min(max(value, LEAST), GREATEST)
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in steps if step * power >= value), 10 * power)


WORD_GAP = 12
"""Pixels between two numbers along an axis, at least."""


def ticks(low: float, high: float, count: int) -> dict[float, str]:
    """So many round numbers between two others, at most, each with its words; one alone would tell no scale."""
    if not isfinite(high - low):
        return {}
    spacing, places = _multiples(low, high, count, STEPS)
    if len(places) < 2:
        spacing, places = _multiples(low, high, count, CLOSE_STEPS)
    return {place * spacing: tick_words(place * spacing, spacing) for place in places}


def _multiples(low: float, high: float, count: int, steps: tuple[float, ...]) -> tuple[float, range]:
    """The closest spacing with no more than so many multiples between two numbers, and which these are."""
    spacing = nice_ceiling((high - low) / (count + 1), steps)
    while True:
        places = range(ceil(low / spacing), floor(high / spacing) + 1)
        if len(places) <= count or spacing >= GREATEST:
            return spacing, places
        spacing = nice_ceiling(1.1 * spacing, steps)


def fitting_ticks(
    low: float, high: float, most: int, length: int, width_of: Callable[[str], int]
) -> dict[float, str]:
    """Round numbers along an axis whose words stand apart.

    Args:
        low: where the axis begins.
        high: where it ends.
        most: so many, at most.
        length: of the axis in pixels.
        width_of: pixels that words take.
    """
    for count in range(most, 0, -1):
        found = ticks(low, high, count)
        room = length / max(len(found), 1)
        if all(width_of(words) + WORD_GAP <= room for words in found.values()):
            return found
    return {}


class SteppedLimit:
    """An upper limit that rises at once and comes down with patience, to where it can stay, while data stream.

    At rest it is what the data want: one step has one picture. Zeros alone want no limit: while others stream they
    leave it as it is.

    Attributes:
        value: the limit now, one of 1, 2, 5 times a power of ten.
        is_new: whether there is none, as only zeros were followed since the start, a reset, or at rest.
    """

    def __init__(self) -> None:
        self.value = 1.0
        self.is_new = True
        self._recent: deque[float] = deque(maxlen=PATIENCE + 1)
        self._rests = 0

    def follow(self, greatest: float, is_resting: bool = False) -> float:
        """Take in the greatest magnitude of the newest data, which others follow soon or not; return the limit."""
        if not isfinite(greatest) or greatest <= 0:
            self.is_new |= is_resting
            return self.value
        wanted = nice_ceiling(greatest)
        if self.is_new or is_resting:
            self._begin(wanted)
            return self.value
        self._recent.append(wanted)
        self._rests = max(self._rests - 1, 0)
        largest = max(self._recent)
        if wanted > self.value and not self._rests:
            self._begin(wanted)
        elif len(self._recent) > PATIENCE and largest < self.value / 2:
            self._begin(largest)
            self._rests = PATIENCE
        return self.value

    def _begin(self, value: float) -> None:
        self.value, self.is_new, self._rests = value, False, 0
        self._recent.clear()

    def reset(self) -> None:
        """Forget the data: the next ones set the limit."""
        self.is_new = True
