"""Which run is the present one, and how others come and go: the commands about runs. Worker thread only."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from visualnet.core.datasets.dataset import Progress
from visualnet.core.errors import VisualNetError
from visualnet.core.run import commands as c
from visualnet.core.run import events as e
from visualnet.core.run.activity import Activity
from visualnet.core.run.batch import Journal
from visualnet.core.run.branches import Run
from visualnet.core.run.catch_up import CatchUp
from visualnet.core.run.comparison import Comparison
from visualnet.core.run.playhead import Playhead
from visualnet.core.run.rate_test import RateTest
from visualnet.core.run.recordings import Recordings
from visualnet.core.run.stage import Stage
from visualnet.core.run.trainer import Trainer
from visualnet.core.run.training import Training

RUNS_TO_BRING_BACK = 4
"""How many earlier runs BringBack can return to, one after the other."""


class Branching:
    """Serves the commands that make, open, delete and compare runs."""

    def __init__(self, stage: Stage, training: Training, playhead: Playhead, recordings: Recordings) -> None:
        self._recordings = recordings
        self._stage = stage
        self._tree = stage.tree
        self._training = training
        self._playhead = playhead
        self._catch_up = CatchUp(stage)
        self._comparison = Comparison(stage)
        self._rate_test = RateTest(stage)
        self._earlier: deque[int] = deque(maxlen=RUNS_TO_BRING_BACK)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """What goes on for it between commands."""
        return self._catch_up, self._comparison, self._rate_test

    def steer(self, command: c.Command) -> None:
        """Serve a command about runs; others are none of its business.

        Raises:
            VisualNetError: when it cannot be followed.
        """
        stage, generation = self._stage, self._stage.generation
        match command:
            case c.BranchHere(change, name):
                self.branch_here(change, name)
            case c.OpenBranch(run_id):
                self._open(self._tree.get(run_id))
            case c.RenameBranch(run_id, name):
                run = self._tree.rename(run_id, name)
                self._recordings.note_renamed(run)
                stage.post(e.BranchRenamed(generation, run_id, run.name))
            case c.DeleteBranch(run_id):
                self._delete(run_id)
            case c.UndoDelete(run_id):
                for run in self._tree.undo_delete(run_id):
                    self._tell_created(run)
            case c.UndoSetting():
                self.tell_applied(stage.slot.undo_setting())
            case c.CompareWithout(index):
                self._compare_without(index)
            case c.CompareRuns(a, b, steps, probes):
                self._comparison.start(self._tree.get(a), self._tree.get(b), steps, probes)
            case c.SetKeyframeBudget(nbytes):
                self._tree.budget.resize(nbytes)
            case c.TryRates(lowest, highest, steps):
                self._rate_test.start(lowest, highest, steps)
            case c.CancelRates():
                self._rate_test.give_up()
            case c.CancelComparison():
                self._catch_up.give_up()
                self._comparison.give_up()

    def tell_applied(self, command: c.RunCommand) -> None:
        """A command took effect in the present run."""
        stage, trainer = self._stage, self._stage.trainer
        now = trainer.step_count, command, trainer.settings, trainer.steps_per_epoch
        stage.post(e.Applied(stage.generation, *now, stage.slot.undoable))
        stage.tell_timeline()

    def begin(self, trainer: Trainer, planned: Journal = ()) -> None:
        """Put a run that begins anew, with commands for steps to come, in the place of the present one."""
        self._begin(self._tree.begin(trainer, planned))

    def open_file(self, path: Path, progress: Progress) -> None:
        """Put the run of a file in the place of the present one, its branches beside it.

        Where that run is at hand already, it is shown as it is now.

        Args:
            path: the file.
            progress: told how far it is; may raise Cancelled.

        Raises:
            VisualNetError: when it cannot be opened; then all stays as it was.
        """
        known = self._recordings.at_hand(path)
        if known is not None:
            self._show_known(known)
            return
        run, opened = self._recordings.open(path, progress)
        root = self._tree.root(run.run_id)
        self._begin(self._tree.get(root))
        for branch in self._tree.of_root(root)[1:]:
            self._tell_created(branch)
        if run.run_id != root:
            self._open(run)
        self._stage.post(opened)
        self._stage.tell_timeline()

    def _show_known(self, root: int) -> None:
        """Show the newest run of a family, unless one of it is shown."""
        if self._stage.present is None or self._tree.root(self._stage.run.run_id) != root:
            self._open(self._tree.of_root(root)[-1])
        self._stage.post(e.RunShown(self._stage.generation, root))

    def _begin(self, run: Run) -> None:
        """The present run is kept, to be brought back."""
        self._rest()
        if self._stage.present is not None:
            self._earlier.append(self._stage.run.run_id)
        self._enter(run)
        oldest = self._tree.let_oldest_go()
        if oldest:
            self._recordings.put_aside(oldest)
        self._leave(oldest)

    def bring_back(self) -> None:
        """Undo the last begin: its run is gone, and the one before it is the present one.

        Raises:
            VisualNetError: when there is none.
        """
        if not self._can_bring_back:
            raise VisualNetError("There is no earlier run to bring back.")
        self._rest()
        replaced, earlier = self._tree.root(self._stage.run.run_id), self._tree.get(self._earlier.pop())
        self._enter(earlier)
        if self._tree.root(earlier.run_id) != replaced:
            self._leave(self._tree.let_go(replaced))

    @property
    def _can_bring_back(self) -> bool:
        while self._earlier and self._earlier[-1] not in self._tree:
            self._earlier.pop()
        return bool(self._earlier)

    def branch_here(self, command: c.RunCommand | None, name: str | None) -> None:
        """Branch at the playhead, which is exactly at its step.

        Raises:
            VisualNetError: when the command cannot be, or there are too many runs; then all stays as it was.
        """
        parent = self._stage.run
        if not self._playhead.is_past:
            raise VisualNetError("The newest step is shown. Go back first, then branch from there.")
        run = self._tree.branch(parent, self._playhead.trainer, name)
        try:
            if command is not None:
                run.slot.apply(command)
        except VisualNetError:
            self._tree.let_go(run.run_id)
            raise
        self._playhead.hand_over()
        self._training.pause("asked")
        self._tell_created(run)
        self._open(run)

    def _tell_created(self, run: Run) -> None:
        self._recordings.note_branch(run)
        setup, journal = run.slot.trainer.setup, run.slot.journal_to_be
        self._stage.post(e.BranchCreated(self._stage.generation, run.summary, setup, journal))

    def _open(self, run: Run) -> None:
        self._rest()
        self._enter(run)
        self._stage.post(e.BranchOpened(self._stage.generation, run.run_id))

    def _delete(self, run_id: int) -> None:
        gone = self._tree.delete(run_id)
        if self._stage.run in gone:
            assert gone[0].parent is not None
            self._open(self._tree.get(gone[0].parent))
        self._leave(gone)

    def _leave(self, gone: list[Run]) -> None:
        if not gone:
            return
        self._catch_up.leave(gone)
        self._comparison.leave(gone)
        self._recordings.note_gone(gone)
        self._stage.post(e.BranchDeleted(self._stage.generation, tuple(run.run_id for run in gone)))

    def note_rewind(self, run: Run) -> None:
        """A run went back: what was asked of the steps that it no longer has is not answered."""
        self._comparison.leave([run])
        self._catch_up.note_rewind(run)

    def _compare_without(self, index: int) -> None:
        parent = self._stage.run
        run = self._tree.without(parent, index)
        self._stage.trainer.claim_threads()
        self._tell_created(run)
        self._catch_up.start(run, parent.slot.trainer.step_count)

    def _rest(self) -> None:
        """The present run is about to leave."""
        if self._stage.present is not None:
            self._training.pause("asked")
            self._playhead.go_live()

    def _enter(self, run: Run) -> None:
        """Make a run the present one; rates were tried for the one before it."""
        self._rate_test.give_up()
        self._stage.enter(run, self._can_bring_back)
