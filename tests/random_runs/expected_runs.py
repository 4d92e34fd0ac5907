"""The runs that there must be, and the trajectory of each, as the worker's events tell: what its Trainers and files are
compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.random_runs.oracle import Oracle, Place, Trajectory
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.done import Done

Planned = tuple[tuple[int, c.RunCommand], ...]


class Mismatch(Exception):  # noqa: N818
    """Something is not as it must be."""


def expect(condition: object, sentence: str) -> None:
    """Raise Mismatch unless it is so."""
    if not condition:
        raise Mismatch(sentence)


@dataclass(slots=True)
class ExpectedRun:
    """A run as events tell of it.

    Attributes:
        run_id: names it.
        name: what it is called.
        parent: the run that it branched from.
        trajectory: what it did.
        planned: commands for steps to come.
        catches_up: whether it may be anywhere on its way.
        pending: where a measurement is due that was not made yet because the run rests.
    """

    run_id: int
    name: str
    parent: int | None
    trajectory: Trajectory
    planned: tuple[tuple[int, c.RunCommand], ...] = ()
    catches_up: bool = False
    pending: Place | None = None

    @property
    def journal_to_be(self) -> tuple[tuple[int, c.RunCommand], ...]:
        """What took effect, and what is planned."""
        return (*self.trajectory.journal, *self.planned)

    @property
    def as_left(self) -> ExpectedRun:
        """It as it is now, which stays so."""
        return replace(self)

    def may_be(self, trajectory: Trajectory) -> bool:
        """Whether it is there, or was on its way there when it was left: what is planned for the very step may have
        taken effect, and what is planned for an earlier one has."""
        count = len(trajectory.journal)
        journal, to_come = self.journal_to_be[:count], self.journal_to_be[count:]
        return (
            self.trajectory.setup == trajectory.setup
            and self.trajectory.step <= trajectory.step
            and len(self.trajectory.journal) <= len(trajectory.journal)
            and journal == trajectory.journal
            and all(step >= trajectory.step for step, _ in to_come)
        )

    def put_back(self, left: ExpectedRun) -> None:
        """It is again as it was when it was left."""
        self.trajectory, self.planned, self.pending = left.trajectory, left.planned, left.pending


@dataclass(slots=True)
class ExpectedRuns:
    """All runs of one worker.

    Attributes:
        oracle: knows which of them early stopping ended.
        runs: by their number.
        present: the number of the one that is shown.
        deleted: those that were deleted, by their number, which may come back.
        gone: with which branches each that began anew was deleted.
        done: what can be undone or done again.
        count: how many of that are not undone.
        others: of each thing that was done and let its run go on in another line, by its number, the run as it was on
            the other side of it.
        crossed: numbers of such things that are undone or done again now, in order.
        former: runs as they were left, which files may still hold, though no run is there any more.
        saved: the file of each run that began anew, where a person named one.
        saved_before: the same of those that are gone.
        playhead: the step that is shown; None for the live edge.
        is_opening: whether a file is being opened, of whose runs is known what was measured by hand, and what is planned.
        reopening: those that it must hold.
        planned: what a run that is being started will do at its steps.
    """

    oracle: Oracle
    runs: dict[int, ExpectedRun] = field(default_factory=dict)
    present: int = 0
    deleted: dict[int, ExpectedRun] = field(default_factory=dict)
    gone: dict[int, tuple[int, ...]] = field(default_factory=dict)
    done: tuple[Done, ...] = ()
    count: int = 0
    others: dict[int, ExpectedRun] = field(default_factory=dict)
    crossed: list[int] = field(default_factory=list)
    former: list[ExpectedRun] = field(default_factory=list)
    saved: dict[int, Path] = field(default_factory=dict)
    saved_before: dict[int, Path] = field(default_factory=dict)
    playhead: int | None = None
    is_opening: bool = False
    reopening: tuple[ExpectedRun, ...] = ()
    planned: tuple[tuple[int, c.RunCommand], ...] = ()

    @property
    def now(self) -> ExpectedRun:
        """The present run."""
        return self.runs[self.present]

    def root(self, run_id: int) -> int:
        """The run that began anew from which this one comes."""
        known = {**self.deleted, **self.runs}
        while (parent := known[run_id].parent) is not None:
            run_id = parent
        return run_id

    def of_root(self, root: int) -> list[ExpectedRun]:
        """All runs of a file."""
        return [expected for expected in self.runs.values() if self.root(expected.run_id) == root]

    def left(self, root: int) -> tuple[ExpectedRun, ...]:
        """The same as they are now, or were when they left."""
        is_gone = root in self.deleted
        runs = [self.deleted[run_id] for run_id in self.gone[root]] if is_gone else self.of_root(root)
        return tuple(expected.as_left for expected in runs)

    def take(self, events: Iterable[e.Event]) -> None:
        """Follow what was told.

        Raises:
            Mismatch: when it is nothing that may be told, or contradicts what was told before.
        """
        events = list(events)
        for event in events:
            if isinstance(event, e.UndoHistoryChanged):
                # It is the last of its kind, and told after what it is about.
                self._note_done(event.done, event.count)
        for event in events:
            self._take(event)

    def _note_done(self, done: tuple[Done, ...], count: int) -> None:
        """Note what was done, or what of it was undone or done again."""
        between = done[min(count, self.count) : max(count, self.count)] if done == self.done else ()
        crossed = [one.number for one in between if one.kind in ("return", "parameters")]
        self.crossed = crossed if count > self.count else crossed[::-1]
        self.done, self.count = done, count

    def _take(self, event: e.Event) -> None:
        match event:
            case e.WorkerFailed(_, sentence) | e.ReplayIrreproducible(_, _, sentence):
                raise Mismatch(f"the worker told: {sentence}")
            case e.RunStarted():
                self._start(event)
            case e.BranchCreated(_, run, setup, journal):
                self._branch(run, setup, journal)
            case e.BranchDeleted(_, run_ids):
                for run_id in run_ids:
                    self.gone[run_id] = tuple(one for one in run_ids if self.root(one) == run_id)
                for run_id in run_ids:
                    expected = self.deleted[run_id] = self.runs.pop(run_id)
                    self.former.append(expected.as_left)
            case e.BranchRenamed(_, run_id, name):
                self.runs[run_id].name = name
            case e.Applied(_, step, command):
                self._apply(step, command)
            case e.Rewound(_, step, _, journal):
                self._go_back(step, journal)
            case e.Paused(_, step, reason) if step >= self.now.trajectory.step:
                # One that goes back rests there before it says so.
                self._move(self.now, step)
                if reason == "goal":
                    # It may have been set to where the run was already.
                    self._note_measurement(self.now, self.now.trajectory.measured_place)
            case e.Reported(_, report):
                self._move(self.now, report["steps"])
                self._note_measurement(self.now, self.now.trajectory.measured_place)
            case e.RunSaved(_, path, run_id):
                # The file before stays where it is.
                self.former += self.left(run_id)
                self.saved[run_id] = path
            case e.PlayheadMoved(_, step, is_live):
                self.playhead = None if is_live else step

    def _go_back(self, step: int, journal: Planned) -> None:
        """Also to where it was before it went back, or before it got other parameters."""
        expected, left = self.now, self.now.as_left
        self.former.append(left)
        if self.crossed:
            number = self.crossed.pop(0)
            expected.put_back(self.others[number])
            self.others[number] = left
            self._settle(expected, journal, step)
            return
        self.others[self.done[-1].number] = left
        before = left.trajectory
        expect(
            journal == before.journal[: len(journal)],
            f"went back to a journal {journal} that it had not: {before.journal}",
        )
        expected.trajectory, expected.planned = before.until(step, len(journal)), ()
        expected.pending = None

    def _start(self, event: e.RunStarted) -> None:
        self.playhead = None
        if event.run_id in self.deleted:
            self.runs[event.run_id] = self.deleted.pop(event.run_id)
            if event.run_id in self.saved_before:
                self.saved[event.run_id] = self.saved_before.pop(event.run_id)
        expected = self.runs.get(event.run_id)
        if expected is None:
            trajectory = Trajectory(event.setup, event.journal, event.step)
            expected = self._known(ExpectedRun(event.run_id, event.name, None, trajectory, self.planned))
            self.runs[event.run_id], self.planned = expected, ()
        self.present = event.run_id
        self._settle(expected, event.journal, event.step)

    def _branch(
        self, run: e.RunSummary, setup: object, journal: tuple[tuple[int, c.RunCommand], ...]
    ) -> None:
        if run.run_id in self.deleted:
            expected = self.runs[run.run_id] = self.deleted.pop(run.run_id)
            expect(
                (expected.name, expected.parent, expected.trajectory.step)
                == (run.name, run.parent, run.step),
                f"the branch {expected} came back as {run}",
            )
            return
        assert run.parent is not None
        parent = self.runs[run.parent]
        expect(setup == parent.trajectory.setup, "a branch has another Setup than its parent")
        begun = tuple(entry for entry in journal if entry[0] <= run.step)
        trajectory = Trajectory(parent.trajectory.setup, begun, run.step)
        # It may still be on its way to where it begins.
        until = tuple(entry for entry in journal if entry[0] <= run.start_step)
        shared = [
            place for place in parent.trajectory.measured if _is_shared(place, run, until, parent.trajectory)
        ]
        trajectory = replace(trajectory, measured=tuple(shared))
        expected = ExpectedRun(run.run_id, run.name, run.parent, trajectory, journal[len(begun) :])
        expected = self._known(expected)
        expected.catches_up = not self.is_opening
        self.runs[run.run_id] = expected

    def _known(self, expected: ExpectedRun) -> ExpectedRun:
        """A run as it was when its file was closed, or when what is left of it there was left."""
        if not self.is_opening:
            return expected
        left = next(iter(self.alike(expected)), None)
        if left is not None:
            expected.put_back(self.gone_on(left, expected.trajectory))
        return expected

    def alike(self, expected: ExpectedRun) -> list[ExpectedRun]:
        """What a run may be of all that was left, that of its name and step first: others can have the same bits."""
        left = [one for one in (*self.reopening, *reversed(self.former)) if one.may_be(expected.trajectory)]
        place = expected.name, expected.trajectory.step
        return sorted(left, key=lambda one: (one.name, one.trajectory.step) != place)

    def gone_on(self, left: ExpectedRun, trajectory: Trajectory) -> ExpectedRun:
        """A run that was left while training went on, where it really was."""
        expected = left.as_left
        self._move(expected, trajectory.step)
        self._settle(expected, trajectory.journal, trajectory.step)
        return expected

    def _apply(self, step: int, command: c.RunCommand) -> None:
        expected = self.now
        self._move(expected, step)
        self._make_pending(expected)
        if expected.planned and expected.planned[0][0] <= step and expected.planned[0][1] == command:
            expected.planned = expected.planned[1:]
        elif command.sets_parameters:
            self.others[self.done[-1].number] = expected.as_left
        expected.trajectory = replace(
            expected.trajectory, journal=(*expected.trajectory.journal, (step, command))
        )

    def _move(self, expected: ExpectedRun, step: int) -> None:
        """Training has brought it to a step; at its goal it was measured, unless early stopping had ended it before."""
        goal = expected.trajectory.goal_at(step)
        if step > expected.trajectory.step:
            self._make_pending(expected)
        if goal is not None and expected.trajectory.step < goal <= step:
            self._stand(expected, goal)
            if self.oracle.of(expected.trajectory, is_measured=True)["finish"] == "goal":
                self._note_measurement(expected, expected.trajectory.measured_place)
        self._stand(expected, step)

    def _make_pending(self, expected: ExpectedRun) -> None:
        if expected.pending is not None:
            self._note_measurement(expected, expected.pending)
            expected.pending = None

    def _stand(self, expected: ExpectedRun, step: int) -> None:
        """It is at this step now."""
        expect(
            step >= expected.trajectory.step,
            f"{expected.name} fell from step {expected.trajectory.step} to {step} in silence",
        )
        while expected.planned and expected.planned[0][0] < step:
            (at, command), *rest = expected.planned
            at = max(at, expected.trajectory.step)
            expected.trajectory = replace(
                expected.trajectory, journal=(*expected.trajectory.journal, (at, command))
            )
            expected.planned = tuple(rest)
        expected.trajectory = replace(expected.trajectory, step=step)

    def _settle(
        self, expected: ExpectedRun, journal: tuple[tuple[int, c.RunCommand], ...], step: int
    ) -> None:
        """What a Trainer says must be what was told; only what is planned for this very step may have taken effect."""
        self._stand(expected, step)
        while (
            len(expected.trajectory.journal) < len(journal)
            and expected.planned
            and expected.planned[0][0] <= step
        ):
            (_, command), *rest = expected.planned
            expected.trajectory = replace(
                expected.trajectory, journal=(*expected.trajectory.journal, (step, command))
            )
            expected.planned = tuple(rest)
        expect(
            journal == expected.trajectory.journal,
            f"{expected.name} (run {expected.run_id}) has the commands {journal}, expected were {expected.trajectory.journal}",
        )

    def settle(
        self,
        run_id: int,
        journal: tuple[tuple[int, c.RunCommand], ...],
        step: int,
        tested: tuple[Place, ...],
        is_evaluating: bool,
    ) -> None:
        """Compare with what a run's Trainer says of itself; at rest none catches up any more."""
        expected = self.runs[run_id]
        is_there = expected.catches_up or step == expected.trajectory.step
        expect(
            is_there,
            f"{expected.name} (run {run_id}) is at step {step}, expected was {expected.trajectory.step}",
        )
        expected.catches_up = False
        self._settle(expected, journal, step)
        if is_evaluating:
            expected.pending = expected.trajectory.measured_place
            expected.trajectory = expected.trajectory.before_its_measurement
        else:
            self._make_pending(expected)
        for one in tested:
            if expected.trajectory.is_ended_by_command(one):
                self._note_measurement(expected, one)

    @staticmethod
    def _note_measurement(expected: ExpectedRun, place: Place) -> None:
        if place not in expected.trajectory.measured:
            measured = sorted((*expected.trajectory.measured, place))
            expected.trajectory = replace(expected.trajectory, measured=tuple(measured))


def _is_shared(
    place: tuple[int, int],
    run: e.RunSummary,
    journal: tuple[tuple[int, c.RunCommand], ...],
    parent: Trajectory,
) -> bool:
    """Whether a measurement of the parent lies before what the two do not have in common."""
    common = 0
    while common < min(len(journal), len(parent.journal)) and journal[common] == parent.journal[common]:
        common += 1
    return place <= (run.start_step, common)
