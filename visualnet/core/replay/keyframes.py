"""Keyframes: states of a run kept in memory, from which any step of its past can be run again.

A memory budget decides how many are kept, the clock at which steps; neither changes a bit of the run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visualnet.core.errors import VisualNetError
from visualnet.core.training.checkpoint import TrainerState

BUDGET = 256 << 20
MAXIMUM_COUNT = 1000
"""Keyframes of all runs, at most: of small networks the budget would hold more than anybody can tell apart."""

OVERHEAD = 4096
"""Bytes that a keyframe takes beside its vectors."""

SPARED = 1 / 32
"""Share of the budget that is freed at once when it is full, so that thinning is seldom needed."""

COMMAND_WORTH = 4.0
"""Weight of a keyframe at a command: it is dropped only if the gap that it leaves, times this, is the smallest."""

AGE_EXPONENT = 0.25
"""Gaps between keyframes grow with the fourth root of their age: sixteen times as old, twice as far apart."""

YOUNG = 1 / 16
"""Share of the run's length, added to all ages, so that the youngest keyframes count as about equally old."""


WRONG = "wrong"
PLACES = np.dtype("<i8")
"""Name and type of the wrong test examples among the vectors of a keyframe in a file."""


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """A Trainer's state between two steps, with the test examples that it got wrong.

    Attributes:
        state: all that determines the steps to come.
        misclassified: see Past.
        at_command: whether it was kept because a command came.
    """

    state: TrainerState
    misclassified: NDArray[np.intp] | None = None
    at_command: bool = False

    @property
    def step(self) -> int:
        """Steps done."""
        return self.state.step

    @property
    def place(self) -> tuple[int, int]:
        """Steps done and commands that had taken effect."""
        return self.state.step, self.state.journaled

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory."""
        return self.state.nbytes + OVERHEAD

    def parts(self) -> Iterator[bytes | memoryview]:
        """The state as bytes, with the wrong test examples as one more vector, for a place that hashes what it holds.

        They come in the order in which they are to be joined; large ones are not copied.
        """
        state, wrong = self.state, self.misclassified
        if wrong is not None:
            state = replace(state, vectors={**state.vectors, WRONG: wrong.astype(PLACES)})
        return state.parts()

    @staticmethod
    def from_bytes(data: bytes | memoryview) -> Keyframe:
        """Read what ``parts`` gave, joined; whether a command came is not in it.

        Raises:
            VisualNetError: when the bytes are of something else, or describe what cannot be.
        """
        state = TrainerState.from_bytes(data, needs_hash=False)
        vectors = dict(state.vectors)
        wrong = vectors.pop(WRONG, None)
        if wrong is None:
            return Keyframe(state)
        if wrong.dtype != PLACES or (wrong[1:] <= wrong[:-1]).any():
            raise VisualNetError("The saved state names wrong test examples that cannot be.")
        return Keyframe(replace(state, vectors=vectors), wrong.astype(np.intp))


class KeyframeBudget:
    """The memory budget that the keyframes of all runs share; a keyframe that several runs hold counts once.

    Args:
        nbytes: bytes.
        count: keyframes.
    """

    def __init__(self, nbytes: int = BUDGET, count: int = MAXIMUM_COUNT) -> None:
        self.nbytes = nbytes
        self.count = count
        self.used = 0
        self._holders: Counter[Keyframe] = Counter()
        self._members: list[Keyframes] = []

    def resize(self, nbytes: int) -> None:
        """Allow so many bytes from now on."""
        self.nbytes = nbytes
        self.enforce()

    def join(self, keyframes: Keyframes) -> None:
        """Let the keyframes of one more run take part."""
        self._members.append(keyframes)

    def drop(self, keyframes: Keyframes) -> None:
        """Free what a run that is gone held alone."""
        self._members.remove(keyframes)
        for keyframe in keyframes:
            self.release(keyframe)

    def take(self, keyframe: Keyframe) -> None:
        """Count a keyframe that a run holds from now on."""
        self.used += keyframe.nbytes if not self._holders[keyframe] else 0
        self._holders[keyframe] += 1

    def release(self, keyframe: Keyframe) -> None:
        """A run holds this keyframe no longer."""
        self._holders[keyframe] -= 1
        if not self._holders[keyframe]:
            del self._holders[keyframe]
            self.used -= keyframe.nbytes

    def _exceeds(self, share: float) -> bool:
        return self.used > share * self.nbytes or len(self._holders) > share * self.count

    def enforce(self) -> None:
        """When the budget is exceeded, thin the runs that hold most until a part of it is free."""
        if not self._exceeds(1):
            return
        while self._exceeds(1 - SPARED):
            fullest = max(self._members, key=len)
            if not fullest.thin(max(1, round(SPARED * len(fullest)))):
                return


class Keyframes:
    """The keyframes of one run, oldest first; the first and the last are always kept.

    Args:
        budget: the memory that it shares with other runs; an attribute too.
        keyframes: those that a branch has in common with its parent.
    """

    def __init__(self, budget: KeyframeBudget, keyframes: Iterable[Keyframe] = ()) -> None:
        self.budget = budget
        self._kept: list[Keyframe] = []
        budget.join(self)
        for keyframe in keyframes:
            self.add(keyframe)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Keyframe]:
        return iter(self._kept)

    @property
    def steps(self) -> tuple[int, ...]:
        """Their steps, in order."""
        return tuple(keyframe.step for keyframe in self._kept)

    @property
    def last(self) -> Keyframe:
        """The newest."""
        return self._kept[-1]

    def add(self, keyframe: Keyframe) -> None:
        """Keep one more, newer than all others; older ones make room for it."""
        self._kept.append(keyframe)
        self.budget.take(keyframe)
        self.budget.enforce()

    def renew(self, misclassified: NDArray[np.intp] | None) -> None:
        """Let the newest hold what was measured at its place after it was kept."""
        before = self._kept[-1]
        self._kept[-1] = replace(before, misclassified=misclassified)
        self.budget.take(self._kept[-1])
        self.budget.release(before)

    def until(self, step: int, journaled: int) -> list[Keyframe]:
        """Those after at most so many steps and at most so many commands, oldest first."""
        stop = bisect_right(self._kept, step, key=lambda keyframe: keyframe.step)
        return [keyframe for keyframe in self._kept[:stop] if keyframe.state.journaled <= journaled]

    def newest(self, step: int) -> Keyframe:
        """The newest after at most so many steps, or the first of all."""
        return self._kept[max(0, bisect_right(self._kept, step, key=lambda keyframe: keyframe.step) - 1)]

    def at(self, step: int, journaled: int) -> Keyframe | None:
        """The one after exactly so many steps and so many commands."""
        index = bisect_left(self._kept, (step, journaled), key=lambda keyframe: keyframe.place)
        is_kept = index < len(self._kept) and self._kept[index].place == (step, journaled)
        return self._kept[index] if is_kept else None

    def release(self) -> None:
        """Free them: the run is gone."""
        self.budget.drop(self)

    def thin(self, count: int) -> int:
        """Drop up to ``count`` keyframes, those of the least cost; return how many were dropped.

        Never two neighbours at once: after each drop the gap beside it weighs more.
        """
        dropped: set[int] = set()
        for place in np.argsort(self._losses(), kind="stable")[:-2]:
            index = int(place)
            if len(dropped) < count and not dropped & {index - 1, index + 1}:
                dropped.add(index)
        for index in dropped:
            self.budget.release(self._kept[index])
        self._kept = [keyframe for index, keyframe in enumerate(self._kept) if index not in dropped]
        return len(dropped)

    def _losses(self) -> NDArray[np.float64]:
        """(count,) the cost of dropping each: the gap that it would leave, divided by the gap usual at its age."""
        steps = np.array(self.steps, np.float64)
        losses = np.full(len(steps), np.inf)
        span = steps[-1] - steps[0]
        usual = (steps[-1] - steps + YOUNG * span + 1) ** AGE_EXPONENT
        worth = np.array([COMMAND_WORTH if keyframe.at_command else 1.0 for keyframe in self._kept])
        losses[1:-1] = ((steps[2:] - steps[:-2]) / usual[1:-1]) * worth[1:-1]
        return losses
