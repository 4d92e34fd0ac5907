"""Which learning rate suits a run: try them all, from far too small to far too large.

Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3: train for a short while with a
rate that grows by the same factor at each step, and look where the loss falls and where it breaks.

    finding = learning_rate_range_test(load_preset("mnist"))
    print(finding.suggestion)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.setup.checks import MAXIMUM_COUNT, require, require_integer, require_learning_rate
from visualnet.core.setup.run_commands import PLANNED, Change
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.settings import restore_settings
from visualnet.core.setup.setup import Setup
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.trainer import Trainer

SMOOTHING = 0.9
"""Share of the mean loss kept at each step."""

BROKEN = 4.0
"""The test ends when the mean loss is this many times that of the first steps, before anything was learnt."""

FIRST_STEPS = 10
LEAST_STEPS = 40

SHARE_OF_SLOPE = 0.1
"""Share of the points over which a slope is measured, so that a few odd batches do not decide it."""


@dataclass(frozen=True, slots=True)
class RatePoint:
    """One step of a learning-rate range test.

    Attributes:
        rate: the learning rate.
        loss: before that step, smoothed.
    """

    rate: float
    loss: float


@dataclass(frozen=True, slots=True)
class RateFinding:
    """The result of a learning-rate range test.

    Attributes:
        points: from the lowest rate on.
        suggestion: the rate at which the loss falls fastest; None where it never falls.
        broke_at: the rate at which the loss broke; None where it did not.
    """

    points: tuple[RatePoint, ...]
    suggestion: float | None
    broke_at: float | None


def rate_points(
    setup: Setup,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 200,
    dataset: Dataset | None = None,
    kept: Mapping[str, float] | None = None,
) -> Iterator[RatePoint]:
    """Train a network of this Setup for at most so many steps, one for each rate; give each as it comes.

    The caller may stop at any point. The Setup's own rate, schedule, averages and early stopping do not
    count. It ends where the loss breaks; a loss that is not a number shows as nan in the last point.

    Args:
        setup: what to train; the present run stays untouched.
        lowest: the first learning rate.
        highest: the last.
        steps: how many, at least LEAST_STEPS.
        dataset: the examples, where they are loaded already.
        kept: settings that were changed since, as a state keeps them; the plan does not count.

    Raises:
        SetupError: names the argument that cannot be.
    """
    require_learning_rate(lowest, "lowest")
    require_learning_rate(highest, "highest")
    require(lowest < highest, "highest", f"must be above the lowest rate, {lowest:g}")
    require_integer(steps, "steps", LEAST_STEPS, 100_000)
    trainer = Trainer(_bare(setup), dataset)
    restore_settings(trainer, {name: value for name, value in (kept or {}).items() if name not in PLANNED})
    rates = np.geomspace(lowest, highest, steps).tolist()
    mean = bound = 0.0
    for step, (rate, loss) in enumerate(_losses(trainer, rates), 1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smoothed = mean / (1 - SMOOTHING**step)
        bound += BROKEN * loss / FIRST_STEPS if step <= FIRST_STEPS else 0.0
        yield RatePoint(rate, smoothed)
        if step > FIRST_STEPS and smoothed > bound:
            return


def _losses(trainer: Trainer, rates: Iterable[float]) -> Iterator[tuple[float, float]]:
    """Each rate with the loss before the step that is taken with it; nan, and no more, where that is not finite."""
    for rate in rates:
        trainer.apply(Change(learning_rate=rate))
        try:
            yield rate, trainer.step()
        except Diverged:
            yield rate, nan
            return


def _bare(setup: Setup) -> Setup:
    """The same network and data, without what would change the rate or stop the run."""
    rules = replace(setup.regularization, ema_decay=None, patience=None)
    return replace(setup, schedule=ScheduleSetup(), regularization=rules, evaluate_every=MAXIMUM_COUNT)


def find_rate(points: list[RatePoint], highest: float) -> RateFinding:
    """What these points say.

    Args:
        points: all of a test, from the lowest rate on.
        highest: the rate that it was to end with.
    """
    last = points[-1]
    broke_at = last.rate if last.rate < highest * (1 - 1e-9) or not np.isfinite(last.loss) else None
    return RateFinding(tuple(points), _steepest(points), broke_at)


def _steepest(points: list[RatePoint]) -> float | None:
    """The rate, before the loss is least, at which it falls most for a given factor of the rate."""
    losses = np.array([point.loss for point in points if np.isfinite(point.loss)])
    width = max(2, round(SHARE_OF_SLOPE * len(losses)))
    stop = width + int(losses[width:].argmin()) + 1 if len(losses) > width else 0
    falls = losses[: max(0, stop - width)] - losses[width:stop]
    if not len(falls) or falls.max() <= 0:
        return None
    rate = points[int(falls.argmax()) + width // 2].rate
    return float(f"{rate:.2g}")


def learning_rate_range_test(
    setup: Setup,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 200,
    dataset: Dataset | None = None,
    progress: Progress = no_progress,
) -> RateFinding:
    """Take the whole test.

    Args:
        setup, lowest, highest, steps, dataset: see rate_points.
        progress: called after each step with the fraction done; may raise Cancelled.

    Raises:
        SetupError: names the argument that cannot be.
        Cancelled: raised by ``progress``.
    """
    points = []
    for point in rate_points(setup, lowest, highest, steps, dataset):
        points.append(point)
        progress(len(points) / steps, f"Learning rate {point.rate:.1e}")
    return find_rate(points, highest)
