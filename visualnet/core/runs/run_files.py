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
from visualnet.core.runs.run_file_binding import RunFileBinding, Surroundings
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.presets import RUN_SUFFIX
from visualnet.core.training.environment import Environment


class RunFiles:
    """The bindings of all runs to files. A run is saved from its first step on, unnamed until a person names its file.

    Args:
        state: where the runs are.
        folder: of the nameless files; None: only runs that a person saves or opens are recorded.
    """

    def __init__(self, state: WorkerState, folder: Path | None) -> None:
        self._state = state
        self._folder = folder
        self._by_root: dict[int, RunFileBinding] = {}
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
            self._create(root, self._nameless(self._folder, root.live_run.trainer.setup.name))
        except OSError as error:
            self._refuse(root, f"{self._folder}: no folder can be made there: {reason_of(error)}")
        except RunFileError as error:
            self._refuse(root, str(error))

    def _refuse(self, root: Run, fault: str) -> None:
        self._refused.add(root.run_id)
        self._tell_failed(root.run_id, f"{fault}. The run goes on without being saved.")

    def _root(self, run: Run) -> Run:
        return self._state.tree.get(self._state.tree.root(run.run_id))

    def _binding(self, run: Run) -> RunFileBinding | None:
        return (
            self._by_root.get(self._state.tree.root(run.run_id)) if run.run_id in self._state.tree else None
        )

    def _nameless(self, folder: Path, name: str) -> Path:
        """The name tells what the run is of to who finds it after a crash."""
        kind = re.sub(r"\W+", "-", name)[:40].strip("-") or "run"
        names = (folder / f"{kind}.{os.getpid()}-{number}{RUN_SUFFIX}" for number in self._numbers)
        return next(path for path in names if not path.exists())

    def _create(self, root: Run, path: Path, replaces: bool = False) -> None:
        runs = self._state.tree.of_root(root.run_id)
        self._by_root[root.run_id] = RunFileBinding.create(path, runs, self._surroundings, replaces)
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
        self._state.post(e.RunRescued(self._state.generation, root, name, sentence))

    def _tell_recorded(self, root: int, path: Path) -> None:
        self._state.post(e.RunRecorded(self._state.generation, path, root))

    def _tell_failed(self, root: int, sentence: str) -> None:
        self._state.post(e.SavingFailed(self._state.generation, root, sentence))

    def _tell_recovered(self, root: int) -> None:
        self._state.post(e.SavingRecovered(self._state.generation, root))

    def note_branch(self, run: Run) -> None:
        """There is one more run, new or brought back."""
        binding = self._binding(run)
        if binding is not None and run not in binding:
            binding.add(run)

    def note_renamed(self, run: Run) -> None:
        """A run has another name."""
        binding = self._binding(run)
        if binding is not None:
            binding.rename(run)

    def note_replaced(self, run: Run, place: tuple[int, int]) -> None:
        """A run goes on in another LiveRun, which has all up to so many steps and commands in common with the one before."""
        binding = self._binding(run)
        if binding is not None:
            binding.note_replaced(run, place)

    def put_aside(self, runs: list[Run]) -> None:
        """These runs, parents first, are no longer at hand; what nobody saved stays in its nameless file."""
        binding = self._by_root.pop(runs[0].run_id, None)
        if binding is None:
            return
        binding.close(keeps=True)
        if not binding.is_named and binding.path.exists():
            self._aside.append(binding.path)
            name = runs[0].live_run.trainer.setup.name
            self._state.post(e.RunPutAside(self._state.generation, binding.path, name))

    def note_gone(self, runs: list[Run]) -> None:
        """These branches are gone, parents first."""
        for run in reversed(runs):
            for binding in self._by_root.values():
                if run in binding:
                    binding.remove(run)

    def let_go(self, root: Run) -> None:
        """A run that began anew never comes back, nor do its branches: their file is closed."""
        binding = self._by_root.pop(root.run_id, None)
        if binding is not None:
            binding.close(keeps=False)

    def save_as(self, command: SaveRunAs) -> None:
        """Give a run and its branches a file, and go on saving there; RunSaved tells when it is there.

        Where that fails later, the run goes on where it was, and CommandRejected tells why.

        Raises:
            RunFileError: when the file cannot be made.
        """
        path, tree = command.path, self._state.tree
        root = self._root(self._state.run if command.run_id is None else tree.get(command.run_id))
        binding = self._by_root.get(root.run_id)
        if binding is not None and not binding.is_lost:
            binding.move(
                path,
                lambda: self._tell_saved(root, path),
                lambda error: self._state.post(
                    e.CommandRejected(
                        self._state.generation, command, f"{error}. The run is kept where it was."
                    )
                ),
            )
            return
        self._create(root, path, replaces=True)
        if binding is not None:
            binding.release()
        self._tell_saved(root, path)

    def _tell_saved(self, root: Run, path: Path) -> None:
        self._state.post(e.RunSaved(self._state.generation, path, root.run_id))

    def at_hand(self, path: Path) -> int | None:
        """The run that began anew and is kept in this very file, under whatever name; None where none is."""
        roots = (root for root, binding in self._by_root.items() if are_same(path, binding.path))
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
            runs, sentences = reopened(saved, self._state.tree, progress)
        except VisualNetError:
            if store is not None:
                store.close()
            raise
        root = runs[0][0]
        is_named = path.parent != self._folder
        if store is not None:
            branches = [branch.branch for branch in saved.branches.values()]
            binding = RunFileBinding(store, root.run_id, branches, self._surroundings)
            self._by_root[root.run_id] = binding
            self._tell_recorded(root.run_id, store.path)
            for run, branch in runs:
                binding.go_on(run, saved, branch)
                self._note_environment(binding, saved, branch.id, run.live_run.trainer.step_count)
        name = path if store is not None and is_named else None
        return runs[-1][0], e.RunOpened(self._state.generation, path, root.run_id, name, sentences)

    @staticmethod
    def _note_environment(binding: RunFileBinding, saved: SavedRun, branch: int, step: int) -> None:
        """Record where the steps to come may have other bits than they would have had where the run began."""
        if saved.why_irreproducible(branch, step) is not None:
            here = Environment.here(saved.setup.threads)
            binding.ask(lambda store: store.note_environment(branch, step, here))

    def close(self, keeps: bool) -> None:
        """Close all files, see RunFileBinding.close; with those that are not kept go the ones that were put aside."""
        for binding in self._by_root.values():
            binding.close(keeps)
        self._by_root.clear()
        if not keeps:
            for path in self._aside:
                discard(path)
