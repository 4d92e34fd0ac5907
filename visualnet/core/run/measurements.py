"""Evaluations that are known, so that running a step again need not measure on the test set again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

BUDGET = 4 << 20
OVERHEAD = 1024
"""Bytes that count for one result beside its array; more than it takes, so that there are 4,096 at most."""


Figures = tuple[float, float]
"""Mean loss over a part of the data, and the share of it that is right, nan where there are no classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One measurement on the test set, and on the validation part where the data have one.

    Attributes:
        loss: mean over the test set.
        accuracy: share of it that is right, nan where there are no classes.
        wrong: places of the test examples that were given another class than theirs; read-only.
        validation: loss and accuracy on the validation part; None where there is none.
    """

    loss: float
    accuracy: float
    wrong: NDArray[np.intp]
    validation: Figures | None = None

    @property
    def judged(self) -> Figures:
        """What early stopping goes by: the validation part's figures, or the test set's where there is none."""
        return (self.loss, self.accuracy) if self.validation is None else self.validation

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory."""
        return self.wrong.nbytes + OVERHEAD


class Measurements:
    """Results by step, in growing order, under a memory budget.

    When the budget is full, every second of the older half goes: what was forgotten is measured again.

    Args:
        budget: bytes.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._results: dict[int, Measurement] = {}
        self._nbytes = 0

    def __len__(self) -> int:
        return len(self._results)

    def at(self, step: int) -> Measurement | None:
        """The measurement made after ``step`` steps, where it is known."""
        return self._results.get(step)

    def add(self, step: int, result: Measurement) -> None:
        """Remember a measurement made after ``step`` steps."""
        result.wrong.flags.writeable = False
        self._results[step] = result
        self._nbytes += result.nbytes
        if self._nbytes > self._budget:
            self._thin()

    def _thin(self) -> None:
        """Forget every second of the older half."""
        for step in list(islice(sorted(self._results), 0, len(self._results) // 2, 2)):
            self._nbytes -= self._results.pop(step).nbytes

    def until(self, step: int) -> Measurements:
        """Results of their own that end after ``step`` steps; the arrays are shared."""
        kept = Measurements(self._budget)
        for at, result in self._results.items():
            if at <= step:
                kept.add(at, result)
        return kept
