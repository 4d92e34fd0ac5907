"""The scale of the timeline: places of steps, steps at places, and places of numbers. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.app.widgets.followed_range import step_range
from visualnet.app.widgets.scale import nice_ceiling

FAR = 20
"""How many times the run's length a goal may be away and still be on the track; a farther one is only told."""

LABEL_GAP = 80
"""Least distance between two numbers, in pixels."""


@dataclass(frozen=True, slots=True)
class TimelineScale:
    """Steps along a horizontal track.

    Attributes:
        left: pixels, where step 0 stands.
        width: pixels.
        end: the step at the right end; above 0.
    """

    left: float
    width: float
    end: int

    def place(self, step: float) -> float:
        """The horizontal place of a step, in pixels."""
        return self.left + self.width * step / self.end

    def step(self, place: float) -> int:
        """The step that stands nearest to a place, at least 0."""
        return max(0, round((place - self.left) / max(self.width, 1) * self.end))

    @property
    def ticks(self) -> list[int]:
        """The steps that have a number: multiples of 1, 2 or 5 times a power of ten."""
        every = max(1, round(nice_ceiling(LABEL_GAP * self.end / max(self.width, 1))))
        return list(range(0, self.end + 1, every))


def end_of_track(live_step: int, goal: int | None = None) -> int:
    """The step at the right end: the goal, or some room for the run to grow into, so that marks seldom move.

    Args:
        live_step: where the run is.
        goal: where it is to end; None: nowhere.
    """
    grown = round(step_range(0, live_step)[1])
    is_near = goal is not None and live_step <= goal <= FAR * grown
    return goal if goal is not None and is_near else grown
