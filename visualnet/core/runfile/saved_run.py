"""SavedRun: the sound content of a run file as values, and sentences about what was damaged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import RunFileError
from visualnet.core.history.history import History
from visualnet.core.history.measured_place import parameters_since
from visualnet.core.runfile.branch import Branch
from visualnet.core.runfile.save_request import Journal
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import MAXIMUM_COUNT, TrainerState
from visualnet.core.training.environment import Environment

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SavedKeyframe:
    """One state in the file.

    Attributes:
        row: its id in the table.
        nbytes: its size there.
        state: itself.
        misclassified: see Past; None where they are not known.
    """

    row: int
    nbytes: int
    state: TrainerState
    misclassified: NDArray[np.intp] | None = None

    @property
    def step(self) -> int:
        """Steps done."""
        return self.state.step

    @property
    def place(self) -> tuple[int, int]:
        """Steps done and commands that had taken effect."""
        return self.state.step, self.state.journaled


@dataclass(frozen=True, slots=True, eq=False)
class SavedPast:
    """The recorded past of a run over some steps; a branch's whole past begins at the root's first step.

    Attributes:
        journal: commands.
        first_step: steps before the history.
        loss: (steps,) training loss; nan where it is not known any more, see gaps.
        accuracy: (steps,) share of the batch that was right.
        tests: (measurements, 3) step, loss and accuracy on the test set.
        validations: (measurements, 3) likewise on the validation part; empty where there is none.
        commands: (measurements,) after how many commands each on the test set was made; nan where that is not known.
        keyframes: in the order of their steps.
    """

    journal: Journal
    first_step: int
    loss: Floats
    accuracy: Floats
    tests: Floats
    validations: Floats
    commands: Floats
    keyframes: tuple[SavedKeyframe, ...]

    @property
    def step(self) -> int:
        """Steps that the history covers."""
        return self.first_step + len(self.loss)

    @property
    def history(self) -> History:
        """The same figures for a Trainer to go on with."""
        return History.of(
            self.first_step,
            self.loss,
            self.accuracy,
            self.tests,
            self.validations,
            self.commands,
            self.journal,
        )

    @staticmethod
    def joined(own: list[SavedBranch]) -> SavedPast:
        """The past of a branch.

        Args:
            own: the root, and so on to the branch itself.
        """
        parts: list[SavedBranch] = []
        place, next_one = (MAXIMUM_COUNT, MAXIMUM_COUNT), None
        for saved in reversed(own):
            parts.append(saved.until(*place, next_one))
            if saved.branch.start < place:
                place, next_one = saved.branch.start, saved
        parts.reverse()
        return SavedPast(
            tuple(entry for part in parts for entry in part.journal),
            own[0].first_step,
            np.concatenate([part.loss for part in parts]),
            np.concatenate([part.accuracy for part in parts]),
            np.concatenate([part.tests for part in parts]),
            np.concatenate([part.validations for part in parts]),
            np.concatenate([part.commands for part in parts]),
            tuple(keyframe for part in parts for keyframe in part.keyframes),
        )


@dataclass(frozen=True, slots=True, eq=False)
class SavedBranch(SavedPast):
    """A branch's own part; what lies before it is its parent's.

    Attributes:
        branch: where it begins.
    """

    branch: Branch

    @property
    def last_step(self) -> int:
        """The furthest step of which something is known."""
        return max([self.step, *(keyframe.step for keyframe in self.keyframes)])

    def _holds(self, step: int, commands: Floats) -> NDArray[np.bool_]:
        """Which of its parent's measurements at its first step the branch would hold itself if they were its own.

        The parent may have measured there after the branch had begun; the branch shares none of that. Files of before
        format 5, which do not say after how many commands, stored common measurements with the parent.
        """
        is_measured = bool((self.tests[:, 0] == step).any())
        has_begun = bool(len(self.loss) or self.keyframes)
        return is_measured | (has_begun & ~np.isnan(commands))

    def until(self, step: int, journaled: int, other: SavedBranch | None = None) -> SavedBranch:
        """What another branch that begins after so many steps and commands shares of it.

        Args:
            step: steps.
            journaled: commands.
            other: the other one; None: there is none.
        """
        count = max(0, step - self.first_step)
        # Parameters that were set there later are not the other one's, nor what was measured of them.
        latest = self.branch.journaled + parameters_since(self.journal, step)
        commands = np.where(np.isnan(self.commands), latest, self.commands)
        is_there = (self.tests[:, 0] == step) & (commands <= journaled)
        if other is not None:
            is_there &= ~other._holds(step, self.commands)
        is_kept = (self.tests[:, 0] < step) | is_there
        end = int((self.validations[:, 0] < step).sum())
        return replace(
            self,
            journal=self.journal[: max(0, journaled - self.branch.journaled)],
            loss=self.loss[:count],
            accuracy=self.accuracy[:count],
            tests=self.tests[is_kept],
            validations=self.validations[self.validations[:, 0] <= step][: end + int(is_there.sum())],
            commands=self.commands[is_kept],
            keyframes=tuple(
                keyframe
                for keyframe in self.keyframes
                if keyframe.step <= step and keyframe.state.journaled <= journaled
            ),
        )


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
        obstacle: why nothing is to be written to the file, as a clause; None: it can be gone on with.
        has_other_log: whether a log lies beside it that is not its own; who writes the file sets it aside.
    """

    path: Path
    setup: Setup
    data_sha256: str
    data: Dataset | None
    environments: tuple[tuple[int, int, Environment], ...]
    branches: dict[int, SavedBranch]
    damage: tuple[str, ...]
    obstacle: str | None
    has_other_log: bool = False

    @property
    def is_writable(self) -> bool:
        """Whether one can go on writing in the file."""
        return self.obstacle is None

    def past_of(self, branch: int) -> SavedPast:
        """All that led to the end of a branch.

        Raises:
            RunFileError: when there is no such branch.
        """
        if branch not in self.branches:
            known = ", ".join(str(id_) for id_ in sorted(self.branches))
            raise RunFileError(self.path, f"holds no branch {branch}; there are {known}")
        return SavedPast.joined([self.branches[id_] for id_ in self._lineage(branch)])

    def _lineage(self, branch: int) -> list[int]:
        """The root, and so on to the branch itself."""
        lineage = [branch]
        while (parent := self.branches[lineage[0]].branch.parent) is not None:
            lineage.insert(0, parent)
        return lineage

    def why_irreproducible(self, branch: int, step: int) -> str | None:
        """Why steps from this one on cannot be run again here with the same bits; None where they can."""
        bounds, end = {}, MAXIMUM_COUNT
        for id_ in reversed(self._lineage(branch)):
            bounds[id_] = end
            end = min(end, self.branches[id_].branch.step)
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
