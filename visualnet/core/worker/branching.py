"""The commands about runs: beginning, opening, branching, comparing and deleting them. Worker thread only."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.datasets.dataset import Progress
from visualnet.core.errors import VisualNetError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.save_request import Journal
from visualnet.core.runs.arrangement import Arrangement, Standing
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.runs.run_files import RunFiles
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.catch_up import CatchUp
from visualnet.core.worker.handlers import Handlers
from visualnet.core.worker.play import Training
from visualnet.core.worker.playhead import Playhead
from visualnet.core.worker.sliced_task import SlicedTask
from visualnet.core.worker.study_runner import StudyRunner


class Branching:
    """The server of commands that make, open, delete and study runs; it also puts runs back for undo."""

    def __init__(
        self, state: WorkerState, training: Training, playhead: Playhead, run_files: RunFiles
    ) -> None:
        self._run_files = run_files
        self._state = state
        self._tree = state.tree
        self._training = training
        self._playhead = playhead
        self._catch_up = CatchUp(state)
        self._studies = StudyRunner(state)
        self._oldest: list[Run] = []

    @property
    def tasks(self) -> tuple[SlicedTask, ...]:
        """What goes on for it between commands."""
        return self._catch_up, self._studies

    @property
    def handlers(self) -> Handlers:
        """What serves the commands about runs."""
        return {
            c.Rewind: lambda command: self.rewind(command.step),
            c.BranchHere: lambda command: self.branch_here(command.command, command.name),
            c.OpenBranch: lambda command: self._open(self._tree.get(command.run_id)),
            c.RenameBranch: self._rename,
            c.DeleteBranch: lambda command: self._delete(command.run_id),
            c.EditDraft: lambda command: self._edit_draft(command.draft),
            c.CompareWithout: lambda command: self._compare_without(command.index),
            c.CancelCatchUp: lambda _: self._catch_up.cancel(),
            c.StartStudy: lambda command: self._studies.start(command.study),
            c.CancelStudy: lambda command: self._studies.cancel_kind(command.kind),
            c.SetKeyframeBudget: lambda command: self._tree.budget.resize(command.nbytes),
        }

    def _rename(self, command: c.RenameBranch) -> None:
        self._tell_renamed(self._tree.rename(command.run_id, command.name))

    def tell_applied(self, command: c.RunCommand) -> None:
        """A command took effect in the present run."""
        state, trainer = self._state, self._state.trainer
        now = trainer.step_count, command, trainer.settings, trainer.steps_per_epoch
        state.post(e.Applied(state.generation, *now))
        state.tell_timeline()

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
        known = self._run_files.at_hand(path)
        if known is not None:
            self._show_known(known)
            return
        run, opened = self._run_files.open(path, progress)
        root = self._tree.root(run.run_id)
        self._begin(self._tree.get(root))
        for branch in self._tree.of_root(root)[1:]:
            self._tell_created(branch)
        if run.run_id != root:
            self._open(run)
        self._state.post(opened)
        self._state.tell_timeline()

    def _show_known(self, root: int) -> None:
        """Show the newest run of a family, unless one of it is shown."""
        if self._state.present is None or self._tree.root(self._state.run.run_id) != root:
            self._open(self._tree.of_root(root)[-1])
        self._state.post(e.RunShown(self._state.generation, root))

    def _begin(self, run: Run) -> None:
        """The present run is kept, to be brought back."""
        self._rest()
        self._enter(run)
        self._oldest = self._tree.let_oldest_go()
        self._leave(self._oldest)

    def take_oldest(self) -> list[Run]:
        """The runs, parents first, that had no room for the one that began last: they never come back."""
        oldest, self._oldest = self._oldest, []
        return oldest

    def _edit_draft(self, draft: Setup) -> None:
        """Keep another draft of the next Setup.

        Raises:
            VisualNetError: before the first run.
        """
        state = self._state
        state.edits += 1
        state.draft = draft if state.run else None
        self._tell_draft()

    def _tell_draft(self) -> None:
        state = self._state
        assert state.draft is not None
        state.post(e.DraftChanged(state.generation, state.draft, state.edits))

    def set_parameters(self, command: c.RunCommand) -> None:
        """Let a command take effect that replaces the network's numbers: the run goes on in another LiveRun, so that the
        way back to the old one is exact.

        Raises:
            SetupError: when its value cannot be; then all stays as it was.
        """
        run = self._state.run
        live_run = run.live_run.forked()
        try:
            live_run.apply(command)
        except VisualNetError:
            live_run.release()
            raise
        self._use(run, live_run, live_run.forked_at)
        self.tell_applied(command)

    def rewind(self, step: int | None) -> None:
        """Return to the newest sound state at or before a step; None: to the newest of all.

        Raises:
            VisualNetError: when there is none that is old enough.
        """
        run = self._state.run
        keyframe = run.live_run.newest_sound(step)
        self._rest()
        self._use(run, run.live_run.forked(keyframe), keyframe.place)
        self._tree.note_rewind(run)
        self._tell_back()

    def _use(self, run: Run, live_run: LiveRun, place: tuple[int, int]) -> None:
        """Let a run go on in another LiveRun, which has so many steps and commands in common with the one before."""
        run.live_run = live_run
        self._run_files.note_replaced(run, place)
        # What was asked of steps that it no longer has is not answered.
        self._studies.drop([run])
        self._catch_up.note_rewind(run)

    def _tell_back(self) -> None:
        state, trainer = self._state, self._state.trainer
        journal = tuple(trainer.journal)
        state.post(e.Rewound(state.generation, trainer.step_count, trainer.settings, journal))
        state.tell_timeline()

    def arrange(self, target: Arrangement, is_later: bool) -> None:
        """Put runs and draft as they were; what the runs learnt since stays in them.

        Args:
            target: the arrangement that one command made of the present one, or that it was made of.
            is_later: whether it is the one that the command made.
        """
        state, tree = self._state, self._tree
        gone = [run for run in tree.all if run not in target.runs]
        came = [run for run in target.runs if run.run_id not in tree]
        live_runs = {one.run: one.live_run for one in target.standings}
        present = target.present
        assert present is not None
        is_replaced = live_runs[present] is not present.live_run
        if present is not state.present or is_replaced:
            self._rest()
        for standing in target.standings:
            self._put_back(standing, came, is_later)
        tree.arrange(target.runs)
        self._show_arranged(present, came, target.draft)
        if is_replaced:
            self._tell_back()
        if state.draft != target.draft:
            state.draft = target.draft
            self._tell_draft()
        self._leave(gone)

    def _put_back(self, standing: Standing, came: list[Run], is_later: bool) -> None:
        run = standing.run
        is_renamed, run.name, run.start = run.name != standing.name, standing.name, standing.start
        if run in came:
            run.live_run = standing.live_run
        elif run.live_run is not standing.live_run:
            # Of the two the later one was made from the other.
            self._use(run, standing.live_run, (standing.live_run if is_later else run.live_run).forked_at)
        if is_renamed and run not in came:
            self._tell_renamed(run)

    def _show_arranged(self, present: Run, came: list[Run], draft: Setup | None) -> None:
        """Tell of the runs that came back, and show the one that is to be present, with this draft."""
        roots = [run for run in came if run.parent is None]
        for run in roots:
            self._enter(run, draft)
        for run in came:
            if run not in roots:
                self._tell_created(run)
        if present is not self._state.present:
            self._open(present, draft)

    def branch_here(self, command: c.RunCommand | None, name: str | None) -> None:
        """Branch at the playhead, which is exactly at its step.

        Raises:
            VisualNetError: when the command cannot be, or there are too many runs; then all stays as it was.
        """
        parent = self._state.run
        if not self._playhead.is_past:
            raise VisualNetError("The newest step is shown. Go back first, then branch from there.")
        run = self._tree.branch(parent, self._playhead.trainer, name)
        try:
            if command is not None:
                run.live_run.apply(command)
        except VisualNetError:
            self._tree.drop(run)
            # The Trainer that stood there was the branch's already.
            step = self._playhead.step
            self._playhead.hand_over()
            self._playhead.move(step)
            raise
        self._playhead.hand_over()
        self._training.pause("asked")
        self._tell_created(run)
        self._open(run)

    def _tell_created(self, run: Run) -> None:
        self._run_files.note_branch(run)
        setup, journal = run.live_run.trainer.setup, run.live_run.journal_to_be
        self._state.post(e.BranchCreated(self._state.generation, run.summary, setup, journal))

    def _tell_renamed(self, run: Run) -> None:
        self._run_files.note_renamed(run)
        self._state.post(e.BranchRenamed(self._state.generation, run.run_id, run.name))

    def _open(self, run: Run, draft: Setup | None = None) -> None:
        self._rest()
        self._enter(run, draft)
        self._state.post(e.BranchOpened(self._state.generation, run.run_id))

    def _delete(self, run_id: int) -> None:
        gone = self._tree.delete(run_id)
        if self._state.run in gone:
            assert gone[0].parent is not None
            self._open(self._tree.get(gone[0].parent))
        self._leave(gone)

    def _leave(self, gone: list[Run]) -> None:
        if not gone:
            return
        self._catch_up.drop(gone)
        self._studies.drop(gone)
        if gone[0].parent is not None:
            # The file of a run that began anew is written no more, and closed when nothing leads back to it.
            self._run_files.note_gone(gone)
        self._state.post(e.BranchDeleted(self._state.generation, tuple(run.run_id for run in gone)))

    def _compare_without(self, index: int) -> None:
        parent = self._state.run
        run = self._tree.without(parent, index)
        self._state.trainer.claim_threads()
        self._tell_created(run)
        self._catch_up.start(run, parent.live_run.trainer.step_count)

    def _rest(self) -> None:
        """Pause the present run, and show its live edge, before another one becomes the present one."""
        if self._state.present is not None:
            self._training.pause("asked")
            self._playhead.go_live()

    def _enter(self, run: Run, draft: Setup | None = None) -> None:
        """Make a run the present one; what was studied was of interest beside the one before it."""
        self._studies.cancel()
        self._state.enter(run, draft)
