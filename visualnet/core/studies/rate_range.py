"""The learning-rate range test while people watch: a task in slices beside training. Worker thread only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from visualnet.core.messages import events as e
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.settings import kept_settings
from visualnet.core.studies.sliced_task import SLICE_SECONDS
from visualnet.core.training.rate_finder import RateFinding, RatePoint, find_rate, rate_points


@dataclass(slots=True, eq=False)
class _RangeRequest:
    """A range test in progress: what is tried, and how far it has come."""

    rates: Iterator[RatePoint]
    highest: float
    steps: int
    points: list[RatePoint]


class RateTest:
    """A task in slices: trains a spare network from the present run's first step; that run stays untouched.

    One test at a time; a newer one takes the place of an older.
    """

    next_due = 0.0

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._request: _RangeRequest | None = None

    @property
    def is_active(self) -> bool:
        """Whether rates are being tried."""
        return self._request is not None

    def start(self, lowest: float, highest: float, steps: int) -> None:
        """Try rates with what is in force in the present run; see ``rate_points``.

        Raises:
            VisualNetError: when there is no run, or the bounds cannot be.
        """
        trainer = self._state.trainer
        in_force = kept_settings(trainer)
        rates = rate_points(trainer.setup, lowest, highest, steps, trainer.dataset, in_force)
        self._request = _RangeRequest(rates, highest, steps, [next(rates)])

    def cancel(self) -> None:
        """Try no further."""
        self._request = None

    def advance(self) -> None:
        """Take steps for one slice and tell what came of them."""
        request, end = self._request, perf_counter() + SLICE_SECONDS
        assert request is not None
        finding: RateFinding | None = None
        while finding is None and perf_counter() < end:
            point = next(request.rates, None)
            if point is not None:
                request.points.append(point)
            else:
                finding = find_rate(request.points, request.highest)
                self._request = None
        share = len(request.points) / request.steps if finding is None else 1.0
        self._state.post(e.RatesTried(self._state.generation, tuple(request.points), share, finding))
