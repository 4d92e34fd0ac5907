"""Checks that numbers in a run file are ones that a run can have: a row's hash only proves that they are as written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visualnet.core.training.checkpoint import MAXIMUM_COUNT

Floats = NDArray[np.float64]


def possible_steps(loss: Floats, accuracy: Floats) -> NDArray[np.bool_]:
    """(steps,) which steps have a loss and an accuracy that a step can have.

    A step whose loss is not finite is never recorded; nan stands for the accuracy where there are no classes.
    """
    return np.isfinite(loss) & _are_shares(accuracy)


def count_measurements(rows: Floats, first_step: int, last_step: int) -> int:
    """How many measurements from the first on were made at steps of the run, and say what a measurement can.

    The loss may be anything: on other examples a network that is about to break gives infinities.

    Args:
        rows: (measurements, 3) step, loss and accuracy.
        first_step: where the branch begins.
        last_step: where it ends.
    """
    steps = rows[:, 0]
    is_step = (
        (steps >= max(first_step, 0)) & (steps <= min(last_step, MAXIMUM_COUNT)) & (np.floor(steps) == steps)
    )
    is_possible = is_step & _are_shares(rows[:, 2])
    return len(rows) if is_possible.all() else int(is_possible.argmin())


def known_commands(counts: Floats) -> Floats:
    """Numbers of commands; nan for what is none."""
    return np.where((counts >= 0) & (counts <= MAXIMUM_COUNT) & (np.floor(counts) == counts), counts, np.nan)


def _are_shares(values: Floats) -> NDArray[np.bool_]:
    return np.isnan(values) | ((values >= 0) & (values <= 1))
