"""A worker with its files, what is known of it, and how it is compared with what must be so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tests.random_runs.deterministic import PATIENCE, IdleQueue, NeverIdle, SettlingSaver, SimulatedClock
from tests.random_runs.expected_runs import ExpectedRun, ExpectedRuns, Mismatch, expect
from tests.random_runs.oracle import Oracle, Trajectory, differences, snapshot
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Outbox
from visualnet.core.probes.base import Probe
from visualnet.core.runfile.file_parts import log_of
from visualnet.core.runfile.reader import read_run
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import Run, RunTree
from visualnet.core.training.model_view import ModelView, TrainerView
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.worker import Worker


@dataclass(frozen=True, slots=True)
class SnapshotProbe(Probe):
    """Everything of the Trainer that is shown."""

    def measure(self, view: ModelView) -> Any:
        """See Probe."""
        assert isinstance(view, TrainerView)
        return snapshot(view._trainer, with_gradients=True)


T = TypeVar("T")
SNAPSHOT = frozenset({SnapshotProbe()})


class ErrorLog(logging.Handler):
    """What was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See Handler."""
        self.records.append(logging.Formatter().format(record))


class Harness:
    """A worker, the folder of its files, and what they must hold.

    Args:
        folder: empty, for everything.
        clock: what the worker looks at.
        oracle: knows what is right.
        keeps_nameless: whether runs are kept from their first step on.
    """

    def __init__(self, folder: Path, clock: SimulatedClock, oracle: Oracle, keeps_nameless: bool) -> None:
        self.folder, self.clock, self.oracle = folder, clock, oracle
        self.nameless = folder / "nameless" if keeps_nameless else None
        self.expected = ExpectedRuns(self.oracle)
        self.closed: dict[Path, tuple[ExpectedRun, ...]] = {}
        """Files that nobody writes, and the runs that they hold."""
        self.saved_parameters: list[tuple[Path, Trajectory]] = []
        self.frame: Frame | None = None
        self.errors = ErrorLog()
        self._start()

    def _start(self) -> None:
        self.outbox = Outbox()
        self._queue = IdleQueue()
        self.worker = Worker(self.outbox, self.nameless, self._queue)
        self.clock.owner = self.worker
        self.worker.start()
        self._await_rest()

    def _await_rest(self) -> None:
        if not self._queue.rests.wait(PATIENCE):
            raise NeverIdle("the worker does not come to rest")
        while self.clock.set_off():
            if not self._queue.rests.wait(PATIENCE):
                raise NeverIdle("the worker does not come to rest")

    @property
    def tree(self) -> RunTree:
        """The worker's runs; only while it rests."""
        return self.worker._state.tree

    def run(self, run_id: int) -> Run:
        """One of them."""
        return self.tree.get(run_id)

    def send(self, *commands: c.Command) -> list[e.Event]:
        """Have commands served; what was told until the worker rested again."""
        self._queue.rests.clear()
        for command in commands:
            self.worker.send(command)
        self._await_rest()
        return self.listen()

    def send_after(self, looks: int, command: c.Command) -> None:
        """Have a command served while something else goes on."""

        def send() -> None:
            self._queue.rests.clear()
            self.worker.send(command)

        self.clock.after(looks, send)

    def listen(self) -> list[e.Event]:
        """What was told since the last time."""
        batch = self.outbox.drain()
        events = list(batch.events)
        self.frame = batch.frame or self.frame
        self.expected.take(events)
        self._note_closed()
        return events

    def _note_closed(self) -> None:
        """Files of runs that are at hand no longer, which rest where they were when they left."""
        for root, path in list(self.expected.saved.items()):
            if root not in self.expected.runs:
                self.expected.saved_before[root] = self.expected.saved.pop(root)
                self.closed[path] = self.expected.left(root)
        for path in self.expected.saved.values():
            self.closed.pop(path, None)

    def end(self, keeps: bool) -> None:
        """Stop the worker; what it wrote is closed."""
        SettlingSaver.disk.set()
        if not self.worker.stop(PATIENCE, keeps):
            raise NeverIdle("the worker does not stop")
        self.listen()

    def begin_again(self) -> None:
        """Another worker beside the same files."""
        for root, path in self.expected.saved.items():
            if root in self.expected.runs:
                self.closed[path] = self.expected.left(root)
        former = self.expected.former
        self.expected = ExpectedRuns(self.oracle, former=former)
        self._start()

    # How it is compared.

    def check(self, with_files: bool) -> None:
        """Compare all that is there with what must be.

        Raises:
            Mismatch: with what is not so.
        """
        self.listen()
        expect(not self.errors.records, f"an error was logged: {'; '.join(self.errors.records)}")
        real = {run.run_id: run for run in self.tree._runs.values()}
        expect(
            real.keys() == self.expected.runs.keys(),
            f"there are the runs {sorted(real)}, expected were {sorted(self.expected.runs)}",
        )
        for run_id, run in real.items():
            self._check_run(run, self.expected.runs[run_id])
        if self.expected.runs:
            self._check_frame()
            if with_files:
                self._check_files()
            self.worker._state.trainer.claim_threads()

    def _check_run(self, run: Run, expected: ExpectedRun) -> None:
        trainer = run.live_run.trainer
        journal, step = tuple(trainer.journal), trainer.step_count
        tested = tuple(trainer.history.test_places)
        self.expected.settle(run.run_id, journal, step, tested, trainer.is_evaluating)
        expect(run.name == expected.name, f"the run is called {run.name!r}, expected was {expected.name!r}")
        expect(
            run.live_run.journal_to_be == expected.journal_to_be,
            f"{expected.name} will have the commands {run.live_run.journal_to_be}, expected were {expected.journal_to_be}",
        )
        self._compare(trainer, expected.trajectory, f"{expected.name} (run {run.run_id})")
        kept = list(run.live_run.timeline.keyframes)
        for keyframe in kept:
            fits = keyframe.place <= expected.trajectory.place
            expect(
                fits, f"{expected.name} keeps a state of {keyframe.place}, beyond {expected.trajectory.place}"
            )

    def _compare_any(self, trainer: Trainer, left: list[ExpectedRun], name: str) -> None:
        """One of these may be what it is; it may have been left before the measurement at its last step was made."""
        here = Trajectory(trainer.setup, tuple(trainer.journal), trainer.step_count)
        gone_on = [self.expected.gone_on(one, here).trajectory for one in reversed(left)]
        _first_right(
            (*gone_on, *(trajectory.before_its_measurement for trajectory in gone_on)),
            lambda trajectory: self._compare(trainer, trajectory, name),
        )

    def _compare(self, trainer: Trainer, trajectory: Trajectory, name: str) -> None:
        right = self.oracle.of(trajectory, is_measured=not trainer.is_evaluating)
        if right["finish"] == "goal" and trainer.is_evaluating:
            # What is measured because the goal is reached is no part of the steps.
            right = right | {"is measured": False}
        wrong = differences(snapshot(trainer), right)
        expect(not wrong, f"{name} at {trajectory.place}: {wrong}")

    def _check_frame(self) -> None:
        """What a panel is shown."""
        self.frame = None
        self.send(c.RequestFrame(SNAPSHOT))
        frame = self.frame
        expect(frame is not None, "no frame came")
        assert frame is not None
        (shown,) = frame.results.values()
        expected, playhead = self.expected.now, self.expected.playhead
        expect(frame.is_exact, "the playhead never became exact")
        expect(
            frame.is_live == (playhead is None),
            f"the frame says live {frame.is_live}, expected was {playhead}",
        )
        step = expected.trajectory.step if playhead is None else playhead
        expect(frame.step == step, f"the frame shows step {frame.step}, expected was {step}")
        if playhead is not None:
            trajectory = expected.trajectory.until(playhead)
            right = self.oracle.of(trajectory, shown["is measured"], with_gradients=True)
            if playhead == 0:
                right = right | {"gradients": shown["gradients"]}
            # The second Trainer has no history of its own.
            own = ("first step", "loss", "accuracy", "tests", "validations", "finish")
            wrong = differences(*({k: v for k, v in one.items() if k not in own} for one in (shown, right)))
            expect(not wrong, f"the playhead at {trajectory.place}: {wrong}")

    def _check_files(self) -> None:
        """What each file would say, if the program were killed now."""
        if not SettlingSaver.disk.is_set():
            return
        for path, copy in self.copies().items():
            root = self._root_of(path)
            if root is not None:
                self._check_copy(copy, self.expected.of_root(root))
            copy.unlink()
            log_of(copy).unlink(missing_ok=True)

    def copies(self) -> dict[Path, Path]:
        """A copy of each file that is written, as a kill would leave it now."""
        folder = self.folder / "copies"
        folder.mkdir(exist_ok=True)
        made: dict[Path, Path] = {}
        for saver in list(SettlingSaver.all):
            saver.copy_to(folder, made)
        return made

    def _root_of(self, path: Path) -> int | None:
        """The run whose file this is."""
        run_files = self.worker._run_files._by_root
        return next((root for root, binding in run_files.items() if binding.path == path), None)

    def _check_copy(self, copy: Path, expected: list[ExpectedRun]) -> None:
        """A file holds all of these runs and nothing that never was."""
        opened = self._opened(copy)
        for one in expected:
            fitting = [
                (run, trajectory)
                for run, trajectory in opened
                # A run that went back behind what its branches have in common with it is a branch of its old line.
                if (one.parent is None or run.parent is not None) and self._is_of(one, run, trajectory)
            ]
            expect(
                fitting,
                f"the file does not hold {one.name!r} at {one.trajectory.place} with {one.journal_to_be}, but "
                f"{[(run.name, trajectory.place, run.live_run.journal_to_be) for run, trajectory in opened]}",
            )
            # Its old line, which branches may hold, is at the same place perhaps, with other bits.
            opened.remove(_first_right(fitting, partial(self._compare_reopened, one)))
        for run, trajectory in opened:
            left = [one for one in self.expected.former if one.may_be(trajectory)]
            expect(
                left,
                f"the file holds a branch {run.name!r} at {trajectory.place} that never was: {trajectory.journal}",
            )
            self._compare_any(run.live_run.trainer, left, f"what was left of {run.name!r}, reopened,")

    def _compare_reopened(self, expected: ExpectedRun, opened: tuple[Run, Trajectory]) -> None:
        run, _ = opened
        name = f"{expected.name!r} (run {expected.run_id}), reopened,"
        self._compare(run.live_run.trainer, self._due_applied(expected, run), name)

    def _is_of(self, expected: ExpectedRun, run: Run, trajectory: Trajectory) -> bool:
        journal = (*expected.trajectory.journal, *expected.planned)
        return (
            run.live_run.journal_to_be == journal
            and trajectory.step == expected.trajectory.step
            and run.name == expected.name
        )

    @staticmethod
    def _due_applied(expected: ExpectedRun, run: Run) -> Trajectory:
        """Reopened, what was planned for this very step has taken effect."""
        journal = tuple(run.live_run.trainer.journal)
        return Trajectory(
            expected.trajectory.setup, journal, expected.trajectory.step, expected.trajectory.measured
        )

    def _opened(self, path: Path) -> list[tuple[Run, Trajectory]]:
        saved = read_run(path)
        runs, sentences = reopened(saved, RunTree())
        expect(not sentences, f"the reopened file says: {' '.join(sentences)}")
        made = []
        for run, _ in runs:
            trainer = run.live_run.trainer
            made.append((run, Trajectory(trainer.setup, tuple(trainer.journal), trainer.step_count)))
        return made

    # How it is killed.

    def kill(self, copies: dict[Path, Path]) -> None:
        """Go on in another process, as it were, with nothing but these copies of the files."""
        left = {path: self.expected.left(root) if (root := self._root_of(path)) else () for path in copies}
        former = list(self.expected.former)
        self.end(keeps=False)
        closed = dict(self.closed)
        self.expected = ExpectedRuns(self.oracle, former=former)
        for path, copy in copies.items():
            for part in (path, log_of(path)):
                part.unlink(missing_ok=True)
            copy.rename(path)
            if log_of(copy).exists():
                log_of(copy).rename(log_of(path))
            closed[path] = left[path]
        self.closed = closed
        self._start()
        for path in copies:
            self.open(path)

    def _tell_alike_apart(self, expected: ExpectedRun) -> None:
        """A run and its old line, which branches may hold, can be at one place: they differ in what was measured."""
        trainer, here = self.run(expected.run_id).live_run.trainer, expected.trajectory
        alike = [
            self.expected.gone_on(left, here)
            for left in self.expected.alike(expected)
            if left.trajectory.step == here.step
        ]
        with suppress(Mismatch):
            expected.put_back(
                _first_right(alike, lambda left: self._compare(trainer, left.trajectory, left.name))
            )

    def open(self, path: Path) -> list[e.Event]:
        """Open a file that nobody writes."""
        self.expected.is_opening, self.expected.reopening = True, self.closed.get(path, ())
        is_known = path in self.closed
        events = self.send(c.OpenRun(path))
        opened = [event for event in events if isinstance(event, e.RunOpened)]
        expect(opened or not is_known, f"{path.name} could not be opened: {events}")
        if opened:
            expect(not opened[0].sentences, f"opening said: {' '.join(opened[0].sentences)}")
            for expected in self.expected.of_root(opened[0].run_id):
                self._tell_alike_apart(expected)
            there = [expected.trajectory for expected in self.expected.of_root(opened[0].run_id)]
            for left in self.expected.reopening:
                place, measured = left.trajectory.place, set(left.trajectory.measured)
                alike = (one for one in there if left.may_be(one) and one.step == left.trajectory.step)
                expect(
                    any(measured <= set(one.measured) for one in alike),
                    f"{path.name} lost the trajectory at {place}; it holds {[one.place for one in there]}",
                )
            if opened[0].kept_in is not None:
                self.expected.saved[opened[0].run_id] = path
            self.closed.pop(path, None)
        self.expected.is_opening, self.expected.reopening = False, ()
        return events


def _first_right(candidates: Iterable[T], check: Callable[[T], None]) -> T:
    """The first of which a check finds nothing wrong.

    Raises:
        Mismatch: what is wrong with the last, where something is with all.
    """
    fault = Mismatch("there is nothing that it could be")
    for candidate in candidates:
        try:
            check(candidate)
        except Mismatch as found:
            fault = found
        else:
            return candidate
    raise fault
