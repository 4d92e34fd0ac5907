"""Test measurements of a run by place, from which a replay takes them instead of measuring again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

BUDGET = 4 << 20
OVERHEAD = 1024
"""Bytes counted for one result beside its array: more than it takes, so that there are 4,096 at most."""


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
    """Test measurements by place, under a memory budget. A place is a step and the number of commands before it.

    When the budget is full, every second one of the older half is dropped, and measured again when needed.

    Args:
        budget: bytes.

    Attributes:
        last_step: the step of the newest; -1 where there was none.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._results: dict[tuple[int, int], Measurement | None] = {}
        self._nbytes = 0
        self.last_step = -1

    def __len__(self) -> int:
        return len(self._results)

    def __contains__(self, place: object) -> bool:
        return place in self._results

    def at(self, place: tuple[int, int]) -> Measurement | None:
        """The measurement made at a place, where its result is known."""
        return self._results.get(place)

    @staticmethod
    def made_at(places: Iterable[tuple[int, int]]) -> Measurements:
        """Measurements of which no more is known than where they were made."""
        made = Measurements()
        for place in places:
            made._note(place, None)
        return made

    def add(self, place: tuple[int, int], result: Measurement) -> None:
        """Remember a measurement made at a place."""
        result.wrong.flags.writeable = False
        self._note(place, result)

    def _note(self, place: tuple[int, int], result: Measurement | None) -> None:
        self._nbytes += _nbytes(result) - (_nbytes(self._results[place]) if place in self else 0)
        self._results[place] = result
        self.last_step = max(self.last_step, place[0])
        if self._nbytes > self._budget:
            self._thin()

    def _thin(self) -> None:
        """Forget every second of the older half."""
        for place in list(islice(sorted(self._results), 0, len(self._results) // 2, 2)):
            self._nbytes -= _nbytes(self._results.pop(place))

    def until(self, place: tuple[int, int]) -> Measurements:
        """Measurements of their own that end at a place; the arrays are shared."""
        kept = Measurements(self._budget)
        for at, result in self._results.items():
            if at <= place:
                kept._note(at, result)
        return kept


def _nbytes(result: Measurement | None) -> int:
    return OVERHEAD if result is None else result.nbytes
