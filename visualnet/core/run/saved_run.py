"""What a run's file holds, as values: all that was sound in it, and sentences about what was not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import RunFileError
from visualnet.core.run.batch import Journal
from visualnet.core.run.branch import Branch
from visualnet.core.run.environment import Environment
from visualnet.core.run.setup import Setup
from visualnet.core.run.state import TrainerState

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SavedKeyframe:
    """One state in the file.

    Attributes:
        row: its id in the table.
        nbytes: its size there.
        state: itself.
    """

    row: int
    nbytes: int
    state: TrainerState

    @property
    def step(self) -> int:
        """Steps done."""
        return self.state.step


@dataclass(frozen=True, slots=True, eq=False)
class SavedBranch:
    """A branch's own part; what lies before it is its parent's.

    Attributes:
        branch: where it begins.
        journal: its own commands.
        first_step: steps before its history.
        loss: (steps,) training loss.
        accuracy: (steps,) share of the batch that was right.
        tests: (measurements, 3) step, loss and accuracy on the test set.
        keyframes: in the order of their steps.
    """

    branch: Branch
    journal: Journal
    first_step: int
    loss: Floats
    accuracy: Floats
    tests: Floats
    keyframes: tuple[SavedKeyframe, ...]

    @property
    def step(self) -> int:
        """Steps that the history covers."""
        return self.first_step + len(self.loss)

    @property
    def last_step(self) -> int:
        """The furthest step of which something is known."""
        return max([self.step, *(keyframe.step for keyframe in self.keyframes)])


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """A branch's whole past, from the root's first step on.

    Attributes:
        journal: commands.
        loss: (steps,) training loss.
        accuracy: (steps,) share of the batch that was right.
        tests: (measurements, 3) step, loss and accuracy on the test set.
        keyframes: in the order of their steps.
    """

    journal: Journal
    loss: Floats
    accuracy: Floats
    tests: Floats
    keyframes: tuple[SavedKeyframe, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SavedRun:
    """A run's file as it was read.

    Attributes:
        path: the file.
        setup: of the run, its goal included.
        data_sha256: of the examples.
        data: the examples, where they are few.
        environments: (branch, step, where the steps of that branch from this one on were computed).
        branches: by id; 0 is the root.
        damage: a sentence about each thing that could not be read.
        is_writable: whether the file is sound enough to go on writing in it.
    """

    path: Path
    setup: Setup
    data_sha256: str
    data: Dataset | None
    environments: tuple[tuple[int, int, Environment], ...]
    branches: dict[int, SavedBranch]
    damage: tuple[str, ...]
    is_writable: bool

    def past_of(self, branch: int) -> Past:
        """All that led to the end of a branch.

        Raises:
            RunFileError: when there is no such branch.
        """
        if branch not in self.branches:
            known = ", ".join(str(id_) for id_ in sorted(self.branches))
            raise RunFileError(self.path, f"holds no branch {branch}; there are {known}")
        own = self.branches[branch]
        if own.branch.parent is None:
            return Past(own.journal, own.loss, own.accuracy, own.tests, own.keyframes)
        before, step = self.past_of(own.branch.parent), own.branch.step
        return Past(
            before.journal[: own.branch.journaled] + own.journal,
            np.concatenate([before.loss[:step], own.loss]),
            np.concatenate([before.accuracy[:step], own.accuracy]),
            np.concatenate([before.tests[before.tests[:, 0] <= step], own.tests]),
            (
                *(
                    keyframe
                    for keyframe in before.keyframes
                    if keyframe.step <= step and keyframe.state.journaled <= own.branch.journaled
                ),
                *own.keyframes,
            ),
        )

    def distrust(self, branch: int, step: int) -> str | None:
        """Why steps from this one on cannot be run again here with the same bits; None where they can."""
        lineage, bounds = branch, {branch: float("inf")}
        while (parent := self.branches[lineage].branch.parent) is not None:
            bounds[parent] = min(self.branches[lineage].branch.step, bounds[lineage])
            lineage = parent
        here = Environment.here(self.setup.threads)
        in_force = [
            (at, environment)
            for id_, at, environment in self.environments
            if id_ in bounds and at <= bounds[id_]
        ]
        in_force.sort(key=lambda entry: entry[0])
        begun = max((index for index, (at, _) in enumerate(in_force) if at <= step), default=0)
        differences = [environment.difference(here) for _, environment in in_force[begun:]]
        if not in_force:
            return "where it was computed is not known"
        return next((difference for difference in differences if difference is not None), None)
