"""The files of all runs that the worker holds: one for each run that began anew, with its branches. Worker thread only."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path

from visualnet.core.datasets.dataset import Progress
from visualnet.core.errors import RunFileError, VisualNetError, reason_of
from visualnet.core.messages import events as e
from visualnet.core.messages.commands import SaveRunAs
from visualnet.core.runfile.file_parts import are_same, free_name
from visualnet.core.runfile.nameless import discard, remove_oldest
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.saved_run import SavedRun
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.run_file_binding import Recording, Surroundings
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import Stage
from visualnet.core.setup.presets import RUN_SUFFIX
from visualnet.core.training.environment import Environment


class Recordings:
    """Records each run from its first step on, in a file without a name until a person gives it one.

    Args:
        stage: where the runs are.
        folder: of the nameless files; None: only runs that a person saves or opens are recorded.
    """

    def __init__(self, stage: Stage, folder: Path | None) -> None:
        self._stage = stage
        self._folder = folder
        self._by_root: dict[int, Recording] = {}
        self._refused: set[int] = set()
        self._aside: list[Path] = []
        self._surroundings = Surroundings(
            folder, self._tell_failed, self._tell_recovered, self._refuge, self._tell_rescued
        )
        self._numbers = count(1)

    def ensure(self, run: Run) -> None:
        """Call before a run takes steps: it is recorded from here on, if it was not before."""
        root = self._root(run)
        if self._folder is None or root.run_id in self._by_root or root.run_id in self._refused:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            remove_oldest(self._folder)
            self._create(root, self._nameless(self._folder, root.slot.trainer.setup.name))
        except OSError as error:
            self._refuse(root, f"{self._folder}: no folder can be made there: {reason_of(error)}")
        except RunFileError as error:
            self._refuse(root, str(error))

    def _refuse(self, root: Run, fault: str) -> None:
        self._refused.add(root.run_id)
        self._tell_failed(root.run_id, f"{fault}. The run goes on without being saved.")

    def _root(self, run: Run) -> Run:
        return self._stage.tree.get(self._stage.tree.root(run.run_id))

    def _recording(self, run: Run) -> Recording | None:
        return (
            self._by_root.get(self._stage.tree.root(run.run_id)) if run.run_id in self._stage.tree else None
        )

    def _nameless(self, folder: Path, name: str) -> Path:
        """The name tells what the run is of to who finds it after a crash."""
        kind = re.sub(r"\W+", "-", name)[:40].strip("-") or "run"
        names = (folder / f"{kind}.{os.getpid()}-{number}{RUN_SUFFIX}" for number in self._numbers)
        return next(path for path in names if not path.exists())

    def _create(self, root: Run, path: Path, replaces: bool = False) -> None:
        runs = self._stage.tree.of_root(root.run_id)
        self._by_root[root.run_id] = Recording.create(path, runs, self._surroundings, replaces)
        self._tell_recorded(root.run_id, path)

    def _refuge(self, path: Path) -> Path:
        """Where a run goes on whose file was taken away."""
        if self._folder is None:
            return free_name(path)
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._nameless(self._folder, path.stem.partition(".")[0])

    def _tell_rescued(self, root: int, path: Path, sentence: str) -> None:
        self._tell_recorded(root, path)
        name = None if path.parent == self._folder else path
        self._stage.post(e.RunRescued(self._stage.generation, root, name, sentence))

    def _tell_recorded(self, root: int, path: Path) -> None:
        self._stage.post(e.RunRecorded(self._stage.generation, path, root))

    def _tell_failed(self, root: int, sentence: str) -> None:
        self._stage.post(e.SavingFailed(self._stage.generation, root, sentence))

    def _tell_recovered(self, root: int) -> None:
        self._stage.post(e.SavingRecovered(self._stage.generation, root))

    def note_branch(self, run: Run) -> None:
        """There is one more run, new or brought back."""
        recording = self._recording(run)
        if recording is not None and run not in recording:
            recording.add(run)

    def note_renamed(self, run: Run) -> None:
        """A run has another name."""
        recording = self._recording(run)
        if recording is not None:
            recording.rename(run)

    def note_replaced(self, run: Run, place: tuple[int, int]) -> None:
        """A run goes on in another slot, which has all up to so many steps and commands in common with the one before."""
        recording = self._recording(run)
        if recording is not None:
            recording.note_replaced(run, place)

    def put_aside(self, runs: list[Run]) -> None:
        """These runs, parents first, are no longer at hand; what nobody saved stays in its nameless file."""
        recording = self._by_root.pop(runs[0].run_id, None)
        if recording is None:
            return
        recording.close(keeps=True)
        if not recording.is_named and recording.path.exists():
            self._aside.append(recording.path)
            name = runs[0].slot.trainer.setup.name
            self._stage.post(e.RunPutAside(self._stage.generation, recording.path, name))

    def note_gone(self, runs: list[Run]) -> None:
        """These branches are gone, parents first."""
        for run in reversed(runs):
            for recording in self._by_root.values():
                if run in recording:
                    recording.remove(run)

    def let_go(self, root: Run) -> None:
        """A run that began anew never comes back, nor do its branches: their file is closed."""
        recording = self._by_root.pop(root.run_id, None)
        if recording is not None:
            recording.close(keeps=False)

    def save_as(self, command: SaveRunAs) -> None:
        """Give a run and its branches a file, and go on recording there; RunSaved tells when it is there.

        Where that fails later, the run goes on where it was, and CommandRejected tells why.

        Raises:
            RunFileError: when the file cannot be made.
        """
        path, tree = command.path, self._stage.tree
        root = self._root(self._stage.run if command.run_id is None else tree.get(command.run_id))
        recording = self._by_root.get(root.run_id)
        if recording is not None and not recording.is_lost:
            recording.move(
                path,
                lambda: self._tell_saved(root, path),
                lambda error: self._stage.post(
                    e.CommandRejected(
                        self._stage.generation, command, f"{error}. The run is kept where it was."
                    )
                ),
            )
            return
        self._create(root, path, replaces=True)
        if recording is not None:
            recording.leave()
        self._tell_saved(root, path)

    def _tell_saved(self, root: Run, path: Path) -> None:
        self._stage.post(e.RunSaved(self._stage.generation, path, root.run_id))

    def at_hand(self, path: Path) -> int | None:
        """The run that began anew and is kept in this very file, under whatever name; None where none is."""
        roots = (root for root, recording in self._by_root.items() if are_same(path, recording.path))
        return next(roots, None)

    def open(self, path: Path, progress: Progress) -> tuple[Run, e.RunOpened]:
        """Take in the runs of a file, which is written on from now; one that is damaged is only read.

        Returns:
            The newest of its runs, and what is to be told once it is the present one.

        Raises:
            RunFileError: when it is no run's file, or nothing of it can be read.
            VisualNetError: when its examples cannot be had.
        """
        saved = read_run(path, progress)
        store = RunStore.reopen(saved) if saved.is_writable else None
        try:
            runs, sentences = reopened(saved, self._stage.tree, progress)
        except VisualNetError:
            if store is not None:
                store.close()
            raise
        root = runs[0][0]
        is_named = path.parent != self._folder
        if store is not None:
            branches = [branch.branch for branch in saved.branches.values()]
            recording = Recording(store, root.run_id, branches, self._surroundings)
            self._by_root[root.run_id] = recording
            self._tell_recorded(root.run_id, store.path)
            for run, branch in runs:
                recording.go_on(run, saved, branch)
                self._note_environment(recording, saved, branch.id, run.slot.trainer.step_count)
        name = path if store is not None and is_named else None
        return runs[-1][0], e.RunOpened(self._stage.generation, path, root.run_id, name, sentences)

    @staticmethod
    def _note_environment(recording: Recording, saved: SavedRun, branch: int, step: int) -> None:
        """Record where the steps to come may have other bits than they would have had where the run began."""
        if saved.distrust(branch, step) is not None:
            here = Environment.here(saved.setup.threads)
            recording.ask(lambda store: store.note_environment(branch, step, here))

    def close(self, keeps: bool) -> None:
        """End all recordings, see Recording.close; with those that are not kept go the ones that were put aside."""
        for recording in self._by_root.values():
            recording.close(keeps)
        self._by_root.clear()
        if not keeps:
            for path in self._aside:
                discard(path)
