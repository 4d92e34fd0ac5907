"""What the worker told, taken at its word: which runs there are, and the line of each. The truth is then asked whether
that can be, and the Trainers whether it is so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.random_runs.truth import Line
from visualnet.core.run import commands as c
from visualnet.core.run import events as e


class Wrong(Exception):  # noqa: N818
    """Something is not as it must be."""


def expect(condition: object, sentence: str) -> None:
    """Raise Wrong unless it is so."""
    if not condition:
        raise Wrong(sentence)


@dataclass(slots=True)
class Told:
    """A run as it was told.

    Attributes:
        run_id: names it.
        name: what it is called.
        parent: the run that it branched from.
        line: what it did.
        planned: commands for steps to come.
        catches_up: whether it may be anywhere on its way.
    """

    run_id: int
    name: str
    parent: int | None
    line: Line
    planned: tuple[tuple[int, c.RunCommand], ...] = ()
    catches_up: bool = False

    @property
    def journal_to_be(self) -> tuple[tuple[int, c.RunCommand], ...]:
        """What took effect, and what is planned."""
        return (*self.line.journal, *self.planned)


@dataclass(slots=True)
class Ledger:
    """All runs of one worker.

    Attributes:
        runs: by their number.
        present: the number of the one that is shown.
        gone: those that were deleted, by their number, which may come back.
        left: lines that files may still hold, though no run is there any more.
        saved: the file of each run that began anew, where a person named one.
        playhead: the step that is shown; None for the live edge.
        pool: lines of a file that is being opened, to know again what was measured by hand.
        planned: what a run that is being started will do at its steps.
    """

    runs: dict[int, Told] = field(default_factory=dict)
    present: int = 0
    gone: dict[int, Told] = field(default_factory=dict)
    left: set[Line] = field(default_factory=set)
    saved: dict[int, Path] = field(default_factory=dict)
    playhead: int | None = None
    pool: tuple[Line, ...] = ()
    planned: tuple[tuple[int, c.RunCommand], ...] = ()

    @property
    def now(self) -> Told:
        """The present run."""
        return self.runs[self.present]

    def root(self, run_id: int) -> int:
        """The run that began anew from which this one comes."""
        known = {**self.gone, **self.runs}
        while (parent := known[run_id].parent) is not None:
            run_id = parent
        return run_id

    def of_root(self, root: int) -> list[Told]:
        """All runs of a file."""
        return [told for told in self.runs.values() if self.root(told.run_id) == root]

    def take(self, events: Iterable[e.Event]) -> None:
        """Write down what was told.

        Raises:
            Wrong: when it is nothing that may be told, or contradicts what was told before.
        """
        for event in events:
            self._take(event)

    def _take(self, event: e.Event) -> None:
        match event:
            case e.WorkerFailed(_, sentence) | e.ReplayMistrusted(_, _, sentence):
                raise Wrong(f"the worker told: {sentence}")
            case e.RunStarted():
                self._start(event)
            case e.BranchCreated(_, run, setup, journal):
                self._branch(run, setup, journal)
            case e.BranchDeleted(_, run_ids):
                for run_id in run_ids:
                    told = self.gone[run_id] = self.runs.pop(run_id)
                    self.left.add(told.line)
            case e.BranchRenamed(_, run_id, name):
                self.runs[run_id].name = name
            case e.Applied(_, step, command):
                self._apply(step, command)
            case e.WentBack(_, step, _, journal):
                told = self.now
                self.left.add(told.line)
                expect(
                    journal == told.line.journal[: len(journal)],
                    f"went back to a journal {journal} that it had not: {told.line.journal}",
                )
                told.line, told.planned = told.line.until(step, len(journal)), ()
            case e.Paused(_, step, reason) if step >= self.now.line.step:
                # One that goes back rests there before it says so.
                self._stand(self.now, step)
                if reason == "goal":
                    self._note_measurement()
            case e.Reported():
                self._note_measurement()
            case e.RunSaved(_, path, run_id):
                self.saved[run_id] = path
            case e.PlayheadMoved(_, step, is_live):
                self.playhead = None if is_live else step

    def _start(self, event: e.RunStarted) -> None:
        self.playhead = None
        told = self.runs.get(event.run_id)
        if told is None:
            line = self._known(Line(event.setup, event.journal, event.step))
            told = Told(event.run_id, event.name, None, line, self.planned)
            self.runs[event.run_id], self.planned = told, ()
        self.present = event.run_id
        self._settle(told, event.journal, event.step)

    def _branch(
        self, run: e.RunSummary, setup: object, journal: tuple[tuple[int, c.RunCommand], ...]
    ) -> None:
        if run.run_id in self.gone:
            told = self.runs[run.run_id] = self.gone.pop(run.run_id)
            expect(
                (told.name, told.parent, told.line.step) == (run.name, run.parent, run.step),
                f"the branch {told} came back as {run}",
            )
            return
        assert run.parent is not None
        parent = self.runs[run.parent]
        expect(setup == parent.line.setup, "a branch has another Setup than its parent")
        begun = tuple(entry for entry in journal if entry[0] <= run.step)
        line = Line(parent.line.setup, begun, run.step)
        shared = [place for place in parent.line.measured if _is_shared(place, run, begun, parent.line)]
        line = self._known(replace(line, measured=tuple(shared)))
        told = Told(run.run_id, run.name, run.parent, line, journal[len(begun) :])
        if not self.pool and (run.step < run.start_step or told.planned or run.step < parent.line.step):
            told.catches_up = True
        self.runs[run.run_id] = told

    def _known(self, line: Line) -> Line:
        """The line as it was when its file was closed."""
        return next(
            (
                one
                for one in self.pool
                if (one.setup, one.journal, one.step) == (line.setup, line.journal, line.step)
            ),
            line,
        )

    def _apply(self, step: int, command: c.RunCommand) -> None:
        told = self.now
        self._stand(told, step)
        told.line = replace(told.line, journal=(*told.line.journal, (step, command)))

    def _stand(self, told: Told, step: int) -> None:
        """It is at this step now."""
        expect(step >= told.line.step, f"{told.name} fell from step {told.line.step} to {step} in silence")
        while told.planned and told.planned[0][0] < step:
            (at, command), *rest = told.planned
            at = max(at, told.line.step)
            told.line = replace(told.line, journal=(*told.line.journal, (at, command)))
            told.planned = tuple(rest)
        told.line = replace(told.line, step=step)

    def _settle(self, told: Told, journal: tuple[tuple[int, c.RunCommand], ...], step: int) -> None:
        """What a Trainer says must be what was told; only what is planned for this very step may have taken effect."""
        self._stand(told, step)
        while len(told.line.journal) < len(journal) and told.planned and told.planned[0][0] <= step:
            (_, command), *rest = told.planned
            told.line = replace(told.line, journal=(*told.line.journal, (step, command)))
            told.planned = tuple(rest)
        expect(
            journal == told.line.journal,
            f"{told.name} (run {told.run_id}) has the commands {journal}, told were {told.line.journal}",
        )

    def settle(self, run_id: int, journal: tuple[tuple[int, c.RunCommand], ...], step: int) -> None:
        """Compare with what a run's Trainer says of itself; at rest none catches up any more."""
        told = self.runs[run_id]
        is_there = told.catches_up or step == told.line.step
        expect(is_there, f"{told.name} (run {run_id}) is at step {step}, told was {told.line.step}")
        told.catches_up = False
        self._settle(told, journal, step)

    def _note_measurement(self) -> None:
        told = self.now
        place = told.line.place
        if place not in told.line.measured:
            told.line = replace(told.line, measured=(*told.line.measured, place))


def _is_shared(
    place: tuple[int, int], run: e.RunSummary, journal: tuple[tuple[int, c.RunCommand], ...], parent: Line
) -> bool:
    """Whether a measurement of the parent lies before what the two do not have in common."""
    common = 0
    while common < min(len(journal), len(parent.journal)) and journal[common] == parent.journal[common]:
        common += 1
    return place <= (run.start_step, common)
