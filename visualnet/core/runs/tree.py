"""The tree of runs: each began anew, or branched from another at one of its steps. Worker thread only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count

from visualnet.core.errors import VisualNetError
from visualnet.core.messages.events import RunSummary
from visualnet.core.replay.keyframes import KeyframeBudget
from visualnet.core.runfile.branch import Branch
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.setup.checks import is_whole_text
from visualnet.core.setup.run_commands import RunCommand
from visualnet.core.training.trainer import Trainer

MAXIMUM_RUNS = 64
MAXIMUM_ROOTS = 5
"""Runs that began anew; when there is one more, the oldest is gone with its branches."""

MAXIMUM_NAME = 80


@dataclass(slots=True, eq=False)
class Run:
    """A run in the tree; see RunSummary. Its parent's steps and commands up to ``start`` are its own too."""

    run_id: int
    name: str
    parent: int | None
    start: tuple[int, int]
    live_run: LiveRun

    @property
    def start_step(self) -> int:
        """Steps that it has in common with its parent."""
        return self.start[0]

    @property
    def summary(self) -> RunSummary:
        """What others may know of it."""
        step = self.live_run.trainer.step_count
        return RunSummary(self.run_id, self.name, self.parent, self.start_step, step)


class RunTree:
    """All runs that the worker holds.

    Attributes:
        budget: the memory that all their keyframes share.
    """

    def __init__(self) -> None:
        self.budget = KeyframeBudget()
        self._runs: dict[int, Run] = {}
        self._ids = count(1)

    @property
    def all(self) -> list[Run]:
        """Every run, parents first."""
        return list(self._runs.values())

    def __contains__(self, run_id: int) -> bool:
        return run_id in self._runs

    def get(self, run_id: int) -> Run:
        """The run of this number.

        Raises:
            VisualNetError: when there is none.
        """
        if run_id not in self._runs:
            raise VisualNetError(f"There is no run number {run_id}.")
        return self._runs[run_id]

    def begin(self, trainer: Trainer, planned: Iterable[tuple[int, RunCommand]] = ()) -> Run:
        """Take in a run that begins anew, with commands for steps to come."""
        name = self._free_name(trainer.setup.name)
        return self._add(name, None, (0, 0), LiveRun(trainer, self.budget, planned=planned))

    def take_in(self, name: str, parent: Run | None, branch: Branch, live_run: LiveRun) -> Run:
        """Take in a branch that was read from a file; where not all could be read, it has less in common with its parent."""
        if parent is None:
            return self._add(name, None, branch.start, live_run)
        start = min(branch.start, live_run.place, parent.live_run.place)
        return self._add(name, parent.run_id, start, live_run)

    def of_root(self, run_id: int) -> list[Run]:
        """A run that began anew and all that come from it, parents first."""
        return [run for run in self._runs.values() if self.root(run.run_id) == run_id]

    def branch(self, parent: Run, trainer: Trainer, name: str | None) -> Run:
        """Take in a branch whose Trainer stands at a step of its parent.

        Args:
            parent: the run that it has its past in common with.
            trainer: exactly there; its journal is the parent's up to there. It is the branch's from now on.
            name: None: one that says where it began.
        """
        self._require_room()
        step, journaled = trainer.step_count, len(trainer.journal)
        source = parent.live_run.trainer
        if step == source.step_count:
            # The other Trainer has measured there, and its early stopping has seen it.
            parent.live_run.finish_evaluation()
        shared_past = source.past.until(step, journaled)
        trainer.past.history, trainer.past.measurements = shared_past.history, shared_past.measurements
        shared = parent.live_run.timeline.keyframes.until(step, journaled)
        live_run = LiveRun(trainer, self.budget, shared)
        live_run.timeline.be_reproducible_as(parent.live_run.timeline, step)
        name = self._free_name(name or f"From step {step:,}")
        return self._add(name, parent.run_id, (step, journaled), live_run)

    def without(self, parent: Run, index: int) -> Run:
        """Take in a branch in which one command of its parent never was; it still has to catch up.

        Args:
            parent: the run.
            index: of the command in its journal.

        Raises:
            VisualNetError: when there is no such command.
        """
        self._require_room()
        source = parent.live_run.trainer
        if not 0 <= index < len(source.journal):
            raise VisualNetError(f"There is no command number {index} in this run.")
        step = source.journal[index][0]
        shared = parent.live_run.timeline.keyframes.until(step, index)
        trainer = Trainer(source.setup, source.dataset)
        # A run that began with opened parameters has no state of before that command: the branch begins as its Setup does.
        if shared:
            start = shared[-1]
            past = source.past.until(*start.place)
            past.misclassified = start.misclassified
            # Up to the command it is the parent's way, on which it measures where that was measured.
            past.measurements = source.past.measurements.until((step, index))
            trainer.enter(start.state, past)
            trainer.find_wrong_again()
        planned = [*source.journal[len(trainer.journal) : index], *source.journal[index + 1 :]]
        first_step = trainer.step_count
        live_run = LiveRun(trainer, self.budget, shared, planned)
        live_run.timeline.be_reproducible_as(parent.live_run.timeline, first_step)
        name = self._free_name(f"Without the change at step {step:,}")
        return self._add(name, parent.run_id, (step, index), live_run)

    def note_rewind(self, run: Run) -> None:
        """A run went back: it and its branches have less in common with their parents than before."""
        place = run.live_run.place
        for other in self._runs.values():
            is_its_branch = other.parent == run.run_id or (other is run and run.parent is not None)
            if is_its_branch:
                other.start = min(other.start, place)

    def _add(self, name: str, parent: int | None, start: tuple[int, int], live_run: LiveRun) -> Run:
        run = Run(next(self._ids), name, parent, start, live_run)
        self._runs[run.run_id] = run
        return run

    def _free_name(self, name: str) -> str:
        """The name, with a number where another run has it."""
        taken = {run.name for run in self._runs.values()}
        endings = chain([""], (f" ({number})" for number in count(2)))
        return next(free for end in endings if (free := name[: MAXIMUM_NAME - len(end)] + end) not in taken)

    def _require_room(self) -> None:
        if len(self._runs) >= MAXIMUM_RUNS:
            raise VisualNetError(f"There are {MAXIMUM_RUNS} runs already. Delete a branch first.")

    def rename(self, run_id: int, name: str) -> Run:
        """Give a run another name.

        Raises:
            VisualNetError: when there is no such run, or no name can be made of the text.
        """
        run, name = self.get(run_id), " ".join(name.split())
        if not 0 < len(name) <= MAXIMUM_NAME or not is_whole_text(name):
            raise VisualNetError(f"A name has 1 to {MAXIMUM_NAME} whole characters.")
        run.name = name
        return run

    def delete(self, run_id: int) -> list[Run]:
        """Take away a branch and all that branched from it; arrange brings them back.

        Raises:
            VisualNetError: when there is no such run, or it began anew.
        """
        if self.get(run_id).parent is None:
            raise VisualNetError("This run is no branch. Start another run in its place instead.")
        return self._take_out(run_id)

    def arrange(self, runs: Iterable[Run]) -> None:
        """Let these be the runs that there are, parents first."""
        self._runs = {run.run_id: run for run in runs}

    def drop(self, run: Run) -> None:
        """Take away a run and what branched from it for good."""
        for gone in self._take_out(run.run_id):
            gone.live_run.release()

    def let_oldest_go(self) -> list[Run]:
        """Where too many runs began anew, take away the oldest of them with its branches."""
        roots = [run_id for run_id, run in self._runs.items() if run.parent is None]
        return self._take_out(roots[0]) if len(roots) > MAXIMUM_ROOTS else []

    def root(self, run_id: int) -> int:
        """The run that began anew from which, over some branches, this one comes."""
        while (parent := self.get(run_id).parent) is not None:
            run_id = parent
        return run_id

    def _take_out(self, run_id: int) -> list[Run]:
        """Remove a run and what branched from it, parents first."""
        gone = [self._runs.pop(run_id)]
        for run in gone:
            children = [child for child in self._runs.values() if child.parent == run.run_id]
            gone += [self._runs.pop(child.run_id) for child in children]
        return gone
