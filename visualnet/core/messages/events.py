"""Events: what happened, as the worker tells it, in frozen, picklable values named in the past tense.

Each names the generation of the run that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from visualnet.core.history.milestones import Milestone
from visualnet.core.messages.commands import Command, RunCommand
from visualnet.core.messages.done import Done
from visualnet.core.setup.run_commands import SettingValue
from visualnet.core.setup.setup import Setup
from visualnet.core.studies.base import Study
from visualnet.core.training.model_view import LayerSummary


@dataclass(frozen=True, slots=True, eq=False)
class DataSummary:
    """The data set of the present run, as far as the window shows it.

    Attributes:
        name: as in the Setup.
        input_shape: of one example.
        classes: class names; empty for regression.
        train_count: training examples.
        test_count: test examples.
        points: (count, 2) training inputs of 2-D data, (count, 1) of a curve, else None; read-only.
        point_labels: (count,) their labels, or (count, outputs) their values, else None; read-only.
        validation_count: examples of the validation part; 0 where there is none, and the test set has to serve.
        test_points: likewise of the test part, (count, 2) or (count, 1).
        test_point_labels: likewise.
        column_names: of the inputs of such data and of their target, as a person's table calls them; else none.
    """

    name: str
    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    train_count: int
    test_count: int
    points: NDArray[Any] | None
    point_labels: NDArray[Any] | None
    validation_count: int = 0
    test_points: NDArray[Any] | None = None
    test_point_labels: NDArray[Any] | None = None
    column_names: tuple[str, ...] = ()

    @property
    def input_count(self) -> int:
        """Numbers in one example."""
        return prod(self.input_shape)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events.

    Attributes:
        generation: counts the networks that the worker has held, from 1; 0 before the first.
    """

    generation: int


@dataclass(frozen=True, slots=True)
class LatestEvent(Event):
    """Base of events that tell the whole state of something: of several of a kind that wait only the newest is kept."""

    @property
    def subject(self) -> object:
        """What it is about, where there are several: one about another does not take its place."""
        return None


@dataclass(frozen=True, slots=True)
class LoadingProgressed(Event):
    """A data set is being loaded: the fraction done, and what is being done."""

    fraction: float
    activity: str


@dataclass(frozen=True, slots=True)
class LoadingEnded(Event):
    """Loading is over; cancelled or failed if no RunStarted follows."""


@dataclass(frozen=True, slots=True, eq=False)
class RunStarted(Event):
    """A network was built (or brought back) and is now the present run, paused at ``step``.

    Attributes:
        draft: the Setup that somebody means to start; the run's own where nothing was edited.
        run_id: names the run for as long as the worker lives.
        name: what the run is called.
        gives_probabilities: whether the scores of the classes are probabilities that add up to one.
    """

    setup: Setup
    data: DataSummary
    layers: tuple[LayerSummary, ...]
    parameter_count: int
    steps_per_epoch: int
    step: int
    settings: dict[str, SettingValue]
    journal: tuple[tuple[int, RunCommand], ...]
    draft: Setup
    run_id: int = 0
    name: str = ""
    gives_probabilities: bool = True


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """Training goes on from this step."""

    step: int


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """Training rests after this step.

    Attributes:
        reason: ``asked``, ``target`` (a single step, an epoch, RunTo), ``goal`` (the Setup's),
            ``early-stopping``, ``diverged`` or ``failed``.
    """

    step: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Applied(Event):
    """A command took effect before step ``step`` + 1; ``settings`` are those in force since."""

    step: int
    command: RunCommand
    settings: dict[str, SettingValue]
    steps_per_epoch: int


@dataclass(frozen=True, slots=True)
class SpeedChanged(Event):
    """The speed limit is now this many steps a second; None: as fast as it goes."""

    steps_per_second: float | None


@dataclass(frozen=True, slots=True)
class CommandRejected(Event):
    """A command could not be followed and changed nothing; the sentence says why."""

    command: Command
    sentence: str


@dataclass(frozen=True, slots=True)
class RunDiverged(Event):
    """The loss was not finite; nothing of that step was applied.

    Attributes:
        step: steps done.
        layer: index of the layer that broke first, or None.
        sentence: what broke, and what to do.
        kept_steps: steps to which Rewind can return, oldest first.
    """

    step: int
    layer: int | None
    sentence: str
    kept_steps: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rewound(Event):
    """The run is again as it was after ``step`` steps, or, where that is undone, as it was before it went back."""

    step: int
    settings: dict[str, SettingValue]
    journal: tuple[tuple[int, RunCommand], ...]


@dataclass(frozen=True, slots=True)
class DraftChanged(LatestEvent):
    """The Setup that somebody means to start is another.

    Attributes:
        draft: as it is now.
        edits: how many EditDrafts have been followed: who sent more knows it better.
    """

    draft: Setup
    edits: int


@dataclass(frozen=True, slots=True)
class UndoHistoryChanged(LatestEvent):
    """What can be undone, and what can be done again.

    Attributes:
        done: everything, oldest first.
        count: how many of them, from the oldest on, are not undone.
    """

    done: tuple[Done, ...]
    count: int


@dataclass(frozen=True, slots=True)
class PlayheadMoved(LatestEvent):
    """The step that is shown is now this one.

    Attributes:
        is_live: whether it is the live edge, and goes on with it.
        is_exact: False while a nearby state stands in for it, whose gradients are not known; True soon after.
        is_playing: whether the past is played from there.
    """

    step: int
    is_live: bool
    is_exact: bool
    is_playing: bool = False


@dataclass(frozen=True, slots=True)
class ReplayProgressed(LatestEvent):
    """Steps are being run again, or a branch catches up with its parent; told only where it takes a while.

    Attributes:
        run_id: whose steps.
        step: steps done.
        goal: steps to do; reached when ``step`` is the same.
    """

    run_id: int
    step: int
    goal: int


@dataclass(frozen=True, slots=True)
class ReplayIrreproducible(Event):
    """A run's steps do not come out again as they did: from now on only its keyframes are shown.

    Attributes:
        run_id: whose steps.
        sentence: what is so.
    """

    run_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class TimelineChanged(LatestEvent):
    """What the timeline of the present run shows.

    Attributes:
        run_id: the present run.
        keyframes: steps whose state is in memory, in order.
        marks: steps at which commands took effect, in order, each once.
        milestones: what is notable, in order.
    """

    run_id: int
    keyframes: tuple[int, ...]
    marks: tuple[int, ...]
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in the tree of runs.

    Attributes:
        run_id: names it.
        name: what it is called.
        parent: the run that it branched from, None where it began anew.
        start_step: the step at which it left its parent, 0 where it has none.
        step: its live edge.
    """

    run_id: int
    name: str
    parent: int | None
    start_step: int
    step: int


@dataclass(frozen=True, slots=True)
class BranchCreated(Event):
    """There is one more branch, new or brought back.

    Attributes:
        run: the branch.
        setup: what it trains.
        journal: its commands, those too that are still to take effect while it catches up.
    """

    run: RunSummary
    setup: Setup
    journal: tuple[tuple[int, RunCommand], ...]


@dataclass(frozen=True, slots=True)
class BranchOpened(Event):
    """Another run is now the present one; its RunStarted came just before."""

    run_id: int


@dataclass(frozen=True, slots=True)
class BranchRenamed(Event):
    """A run has another name."""

    run_id: int
    name: str


@dataclass(frozen=True, slots=True)
class BranchDeleted(Event):
    """These runs are gone: a branch and what branched from it."""

    run_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StudyProgressed(LatestEvent):
    """A study goes on.

    Attributes:
        study: as it was started.
        share: of it that is done, in 0..1.
        so_far: what it knows by now, where a part says something already; else None.
    """

    study: Study
    share: float
    so_far: Any

    @property
    def subject(self) -> type[Study]:
        """See LatestEvent."""
        return type(self.study)


@dataclass(frozen=True, slots=True, eq=False)
class StudyEnded(Event):
    """A study is complete; one that was cancelled never is.

    Attributes:
        study: as it was started.
        result: what it says.
    """

    study: Study
    result: Any


@dataclass(frozen=True, slots=True)
class ParametersSaved(Event):
    """The parameters after this step lie in this file."""

    path: Path
    step: int


@dataclass(frozen=True, slots=True)
class RunRecorded(Event):
    """A run and its branches are written into this file as they go on.

    Attributes:
        run_id: the run that began anew.
    """

    path: Path
    run_id: int


@dataclass(frozen=True, slots=True)
class RunSaved(Event):
    """A run and its branches are kept in this file from now on.

    Attributes:
        run_id: the run that began anew.
    """

    path: Path
    run_id: int


@dataclass(frozen=True, slots=True)
class RunRescued(Event):
    """A run's file was deleted or replaced by somebody else; the run goes on in another.

    Attributes:
        run_id: the run that began anew.
        kept_in: the other file; None: one without a name.
        sentence: for the person.
    """

    run_id: int
    kept_in: Path | None
    sentence: str


@dataclass(frozen=True, slots=True)
class RunPutAside(Event):
    """The oldest run that began anew is no longer at hand; its nameless file stays.

    Attributes:
        name: of its Setup.
    """

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class RunOpened(Event):
    """The present run and its branches were read from a file; their RunStarted and BranchCreated came before.

    Attributes:
        path: what was read.
        run_id: the run that began anew.
        kept_in: the file that a person named and that the run is kept in; None: it has none yet.
        sentences: what could not be read, or is not to be trusted.
    """

    path: Path
    run_id: int
    kept_in: Path | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunShown(Event):
    """The run of the file that was to be opened was at hand; it, or a branch of it, is the present run.

    Attributes:
        run_id: the run that began anew.
    """

    run_id: int


@dataclass(frozen=True, slots=True)
class RunExported(Event):
    """What was asked for, up to this step, lies in this file."""

    path: Path
    step: int


@dataclass(frozen=True, slots=True)
class SavingFailed(Event):
    """What happens in a run, and in its branches, does not reach its file; the sentence says why.

    Attributes:
        run_id: the run that began anew.
        sentence: for the person.
    """

    run_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class SavingRecovered(Event):
    """All of a run that could not be saved for a while is in its file now.

    Attributes:
        run_id: the run that began anew.
    """

    run_id: int


@dataclass(frozen=True, slots=True, eq=False)
class Reported(Event):
    """The run's figures, as ``visualnet train --json`` prints them."""

    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerFailed(Event):
    """Something unforeseen went wrong in the worker; the run stays, paused, and the log has the traceback."""

    sentence: str


@dataclass(frozen=True, slots=True)
class EngineEnded(Event):
    """The process that trained is gone, and with it all that no file holds; the sentence says what is known."""

    sentence: str
