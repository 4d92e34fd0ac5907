"""RunFileBinding: one run file with the runs that are written into it as they go on. Worker thread only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter

from visualnet.core.errors import RunFileError
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.branch import Branch
from visualnet.core.runfile.file_parts import are_same, remove_run
from visualnet.core.runfile.save_request import SaveRequest
from visualnet.core.runfile.saved_run import SavedRun
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.tree import Run


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all bindings share: the folder of unnamed files, and who is told.

    Attributes:
        nameless: the folder of those that no person gave a place; None: there is none.
        on_trouble: told the number of the run that began anew and a sentence when saving fails, in the saver's thread.
        on_recovered: told the run's number when all is saved again; likewise.
        refuge: where a run goes on whose file was taken away; likewise.
        on_rescued: told the run's number, its new file and a sentence; likewise.
    """

    nameless: Path | None
    on_trouble: Callable[[int, str], None]
    on_recovered: Callable[[int], None]
    refuge: Callable[[Path], Path]
    on_rescued: Callable[[int, Path, str], None]


class RunFileBinding:
    """A run file, with the runs that are written into it and the branch that each of them is there.

    Args:
        store: the file.
        root: number of the run that began anew.
        branches: those that the file holds already.
        surroundings: where files lie, and who is told.
    """

    def __init__(
        self, store: RunStore, root: int, branches: list[Branch], surroundings: Surroundings
    ) -> None:
        self._surroundings = surroundings
        self._runs: dict[int, tuple[Run, Branch]] = {}
        self._branches = {branch.id: branch for branch in branches}
        # A number is never used twice: what is deleted may still wait to be.
        self._numbers = count(max(self._branches) + 1)
        self._saver = Saver(
            store,
            lambda sentence: surroundings.on_trouble(root, sentence),
            surroundings.refuge,
            lambda sentence: surroundings.on_rescued(root, self.path, sentence),
            lambda: surroundings.on_recovered(root),
        )
        self._saver.start()

    @property
    def path(self) -> Path:
        """The file that all is in now."""
        return self._saver.path

    @property
    def is_lost(self) -> bool:
        """Whether another program has written into the file; only a new one can keep the run."""
        return self._saver.is_lost

    @property
    def is_named(self) -> bool:
        """Whether a person gave the file its place; other files are removed when they are discarded."""
        return self._is_named(self.path)

    def _is_named(self, path: Path) -> bool:
        return path.parent != self._surroundings.nameless

    @staticmethod
    def create(
        path: Path, runs: list[Run], surroundings: Surroundings, replaces: bool = False
    ) -> RunFileBinding:
        """Make the file of runs, all of which is in it when it appears.

        Args:
            path: the file.
            runs: the one that began anew and its branches, parents first.
            surroundings: where files lie, and who is told.
            replaces: whether the file may take the place of another.

        Raises:
            RunFileError: when none can be made there, or there is one that is not to be replaced.
        """
        branches: dict[int, Branch] = {}
        for run in runs:
            branches[run.run_id] = _branch_of(run, branches, len(branches))
        requests = [_all_of(run, branches[run.run_id]) for run in runs]
        live_run = runs[0].live_run
        first = next(iter(live_run.timeline.keyframes))
        store = RunStore.create(path, live_run.trainer, keyframe=first, requests=requests, replaces=replaces)
        binding = RunFileBinding(store, runs[0].run_id, list(branches.values()), surroundings)
        for run in runs:
            binding._record(run, branches[run.run_id])
        if runs[0].name != live_run.trainer.setup.name:
            binding.rename(runs[0])
        return binding

    def go_on(self, run: Run, saved: SavedRun, branch: Branch) -> None:
        """Go on writing a branch that was read from the file."""
        self._record(run, branch)
        if run.live_run.trainer.step_count < saved.branches[branch.id].last_step:
            self.note_replaced(run, run.live_run.place)

    def __contains__(self, run: object) -> bool:
        return isinstance(run, Run) and run.run_id in self._runs

    @property
    def has_steps(self) -> bool:
        """Whether any of its runs has gone a step."""
        return any(run.live_run.trainer.step_count for run, _ in self._runs.values())

    def add(self, run: Run) -> None:
        """Record one more run, whose parent is recorded."""
        assert run.parent is not None
        _, parent = self._runs[run.parent]
        self._record(run, self._new_branch(parent.id, run.start, run.name))
        if run.live_run.autosave is not None:
            run.live_run.autosave.note_branch()

    def _new_branch(self, parent: int, start: tuple[int, int], name: str) -> Branch:
        branch = Branch(next(self._numbers), parent, *start, name)
        self._branches[branch.id] = branch
        return branch

    def _record(self, run: Run, branch: Branch) -> Autosave:
        self._runs[run.run_id] = run, branch
        live_run = run.live_run
        live_run.autosave = Autosave(
            live_run.trainer, self._saver, branch, journal=lambda: live_run.journal_to_be
        )
        return live_run.autosave

    def note_replaced(self, run: Run, place: tuple[int, int]) -> None:
        """A run goes on in another LiveRun, with what is in the file up to a place of it.

        What others have as their past stays in the file, and the run goes on as a branch of it. One that went back
        behind its own start goes on as a branch of what that start is on.
        """
        _, branch = self._runs[run.run_id]
        is_shared = any(other.start > place for other in self._children(branch))
        if branch.parent is not None and place < branch.start:
            self._go_on_as(run, branch.parent, place)
        elif is_shared:
            self._go_on_as(run, branch.id, place)
        else:
            self._record(run, branch).note_rewind(place)

    def _children(self, branch: Branch) -> list[Branch]:
        return [other for other in self._branches.values() if other.parent == branch.id]

    def _go_on_as(self, run: Run, parent: int, start: tuple[int, int]) -> None:
        """Write a run as another branch from now on; its old line is left to those that begin from it."""
        self._record(run, self._new_branch(parent, start, run.name))
        self._finish(run)
        self._prune()

    def _prune(self) -> None:
        """Delete lines that no run goes on with, and from which no branch begins."""
        present = {branch.id for _, branch in self._runs.values()}
        while left := [
            branch
            for branch in self._branches.values()
            if branch.id not in present and branch.parent is not None and not self._children(branch)
        ]:
            for branch in left:
                self._delete(branch)

    def _delete(self, branch: Branch) -> None:
        del self._branches[branch.id]
        self._saver.ask(lambda store: store.delete_branch(branch.id))

    def rename(self, run: Run) -> None:
        """A run has another name."""
        _, old = self._runs[run.run_id]
        branch = Branch(old.id, old.parent, old.step, old.journaled, run.name)
        self._branches[branch.id] = branch
        self._record(run, branch)
        self._saver.ask(lambda store: store.rename_branch(branch))

    def remove(self, run: Run) -> None:
        """A branch was deleted; where others of the file begin from it, it stays there."""
        self._runs.pop(run.run_id)
        run.live_run.autosave = None
        self._prune()

    def ask(self, job: Callable[[RunStore], None]) -> None:
        """Have something else done with the file, after all that is to be saved up to now."""
        self._saver.ask(job)

    def move(
        self, path: Path, on_moved: Callable[[], None], on_failed: Callable[[RunFileError], None]
    ) -> None:
        """Go on in another file, which then holds all that this one does; a nameless one is removed.

        Args:
            path: the other file; what is there now is replaced.
            on_moved: told when it is there, in the saver's thread.
            on_failed: given what hindered it; then the run goes on where it is. Likewise.
        """

        def end(before: Path) -> None:
            if not self._is_named(before) and not are_same(before, path):
                with suppress(OSError):
                    remove_run(before)
            on_moved()

        self.finish()
        self._saver.move(path, end, on_failed)

    def finish(self) -> None:
        """Have all runs saved as they are now."""
        for run, _ in self._runs.values():
            self._finish(run)

    @staticmethod
    def _finish(run: Run) -> None:
        if run.live_run.autosave is not None:
            run.live_run.autosave.finish()

    def release(self) -> None:
        """Close the file, whose runs are saved in another one now."""
        self._runs.clear()
        self._saver.close()

    def close(self, keeps: bool) -> None:
        """End it, and wait until all is written.

        Args:
            keeps: whether a nameless file is kept.
        """
        if keeps or self.is_named:
            self.finish()
        for run, _ in self._runs.values():
            run.live_run.autosave = None
        has_steps, was_named = self.has_steps, self.is_named
        self._runs.clear()
        self._saver.close()
        # A person's file that was taken away at the last moment is kept in a nameless one.
        if not was_named and not (keeps and has_steps):
            with suppress(OSError):
                remove_run(self.path)


def _branch_of(run: Run, branches: dict[int, Branch], number: int) -> Branch:
    if run.parent is None:
        return Branch(name=run.live_run.trainer.setup.name)
    return Branch(number, branches[run.parent].id, *run.start, run.name)


def _all_of(run: Run, branch: Branch) -> SaveRequest:
    """All of a run to be saved, planned commands included, so that they take effect when the run is gone on with."""
    trainer = run.live_run.trainer
    has_begun = trainer.step_count >= branch.step
    state = Keyframe(trainer.state, trainer.past.misclassified) if has_begun else None
    return SaveRequest(branch, trainer.history.view(), run.live_run.journal_to_be, state, perf_counter())
