"""The file of a run and of all that branched from it, written while they go on. Worker thread only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter

from visualnet.core.run.batch import Batch
from visualnet.core.run.branch import ROOT, Branch
from visualnet.core.run.branches import Run
from visualnet.core.run.recorder import Recorder
from visualnet.core.run.saved_run import SavedRun
from visualnet.core.run.saver import Saver
from visualnet.core.run.store import RunStore


class Recording:
    """Writes runs into one file: which branch of the file a run is, and what of the file is its past.

    Args:
        store: the file.
        is_named: whether a person gave the file its place; other files are removed when they are discarded.
        branches: those that the file holds already.
        on_trouble: told a sentence when saving fails, in the saver's thread.

    Attributes:
        path: where the file is, or soon will be.
        is_named: see above.
    """

    def __init__(
        self, store: RunStore, is_named: bool, branches: list[Branch], on_trouble: Callable[[str], None]
    ) -> None:
        self.path = store.path
        self.is_named = is_named
        self._runs: dict[int, tuple[Run, Branch]] = {}
        self._branches = {branch.id: branch for branch in branches}
        # A number is never used twice: what is deleted may still wait to be.
        self._numbers = count(max(self._branches) + 1)
        self._saver = Saver(store, on_trouble)
        self._saver.start()

    @staticmethod
    def create(path: Path, root: Run, is_named: bool, on_trouble: Callable[[str], None]) -> Recording:
        """Make the file of a run that began anew, with the oldest state that is kept as its first.

        Raises:
            RunFileError: when there is such a file already, or none can be made there.
        """
        slot = root.slot
        store = RunStore.create(path, slot.trainer, keyframe=next(iter(slot.timeline.keyframes)))
        # Commands of steps to come are part of the run: who goes on with it must find them.
        store.save(Batch(ROOT, slot.trainer.history.view(), slot.journal_to_be, None, perf_counter()))
        recording = Recording(store, is_named, [ROOT], on_trouble)
        recording._record(root, ROOT)
        return recording

    def go_on(self, run: Run, saved: SavedRun, branch: Branch) -> None:
        """Go on writing a branch that was read from the file."""
        self._record(run, branch)
        if run.slot.trainer.step_count < saved.branches[branch.id].last_step:
            self.note_rewind(run)

    def __contains__(self, run: object) -> bool:
        return isinstance(run, Run) and run.run_id in self._runs

    @property
    def has_steps(self) -> bool:
        """Whether any of its runs has gone a step."""
        return any(run.slot.trainer.step_count for run, _ in self._runs.values())

    def add(self, run: Run) -> None:
        """Record one more run, whose parent is recorded."""
        assert run.parent is not None
        _, parent = self._runs[run.parent]
        self._record(run, self._new_branch(parent.id, run.start, run.name))
        if run.slot.recorder is not None:
            run.slot.recorder.note_branch()

    def _new_branch(self, parent: int, start: tuple[int, int], name: str) -> Branch:
        branch = Branch(next(self._numbers), parent, *start, name)
        self._branches[branch.id] = branch
        return branch

    def _record(self, run: Run, branch: Branch) -> None:
        self._runs[run.run_id] = run, branch
        slot = run.slot
        slot.recorder = Recorder(slot.trainer, self._saver, branch, journal=lambda: slot.journal_to_be)

    def note_rewind(self, run: Run) -> None:
        """A run went back. What others have as their past stays in the file, and the run goes on as a branch of it.

        One that went back behind its own start goes on as a branch of what that start is on.
        """
        _, branch = self._runs[run.run_id]
        place = run.slot.trainer.step_count, len(run.slot.trainer.journal)
        is_shared = any(other.start > place for other in self._children(branch))
        if branch.parent is not None and place < branch.start:
            self._go_on_as(run, branch.parent, place)
        elif is_shared:
            self._go_on_as(run, branch.id, place)
        elif run.slot.recorder is not None:
            run.slot.recorder.note_rewind()

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
        run.slot.recorder = None
        self._prune()

    def ask(self, request: Callable[[RunStore], None]) -> None:
        """Have something else done with the file, after all that is to be saved up to now."""
        self._saver.ask(request)

    def move(self, path: Path, on_moved: Callable[[Path], None]) -> None:
        """Go on in another file, which then holds all that this one does; a nameless one is removed.

        Args:
            path: the other file; what is there now is replaced.
            on_moved: told when it is there, in the saver's thread.
        """
        self.finish()
        removes, self.is_named, self.path = not self.is_named, True, path
        self._saver.move(path, removes, on_moved)

    def finish(self) -> None:
        """Have all runs saved as they are now."""
        for run, _ in self._runs.values():
            self._finish(run)

    @staticmethod
    def _finish(run: Run) -> None:
        if run.slot.recorder is not None:
            run.slot.recorder.finish()

    def close(self, keeps: bool) -> None:
        """End it, and wait until all is written.

        Args:
            keeps: whether a nameless file is kept.
        """
        if keeps or self.is_named:
            self.finish()
        for run, _ in self._runs.values():
            run.slot.recorder = None
        has_steps = self.has_steps
        self._runs.clear()
        self._saver.close()
        if not self.is_named and not (keeps and has_steps):
            self.path.unlink(missing_ok=True)
