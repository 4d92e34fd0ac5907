"""The learning-rate range test as a study of the present run's network, from its first step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

from visualnet.core.studies.base import Lab, Progress, Study
from visualnet.core.training.rate_finder import RateFinding, RatePoint, find_rate, rate_points


@dataclass(frozen=True, slots=True)
class RateRange(Study):
    """How the loss fares at each learning rate, with what else is in force in the present run; see rate_points.

    Its progress has the points so far, its result is a RateFinding.

    Attributes:
        lowest: the first learning rate.
        highest: the last.
        steps: how many.
    """

    lowest: float = 1e-6
    highest: float = 10.0
    steps: int = 200

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Study."""
        return cls(1e-4, 1.0, 60), cls(1.0, 1e6, 40)

    def run(self, lab: Lab) -> Generator[Progress, None, RateFinding]:
        """See Study."""
        points: list[RatePoint] = []
        rates = rate_points(lab.setup, self.lowest, self.highest, self.steps, lab.dataset, lab.kept_settings)
        for point in rates:
            points.append(point)
            if lab.is_slice_over:
                yield Progress(len(points) / self.steps, tuple(points))
        return find_rate(points, self.highest)
