"""Where a step stands on the timeline, and which step stands at a place. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.app.widgets.followed_range import step_range


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


def end_of_track(live_step: int) -> int:
    """The step at the right end: some room is left for the run to grow into, so that marks seldom move."""
    return round(step_range(0, live_step)[1])
