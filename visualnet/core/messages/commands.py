"""Commands: changes of a run while it trains, and requests to the worker.

All are frozen, picklable values in the imperative. ``RunCommand``s (run_commands.py, given again here) change
the run; those below steer the worker and are forgotten: they change when something happens, never what.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visualnet.core.probes.base import Probe
from visualnet.core.setup.run_commands import Change as Change
from visualnet.core.setup.run_commands import RunCommand as RunCommand
from visualnet.core.setup.run_commands import SetParameters as SetParameters
from visualnet.core.setup.setup import Setup
from visualnet.core.studies.base import Study


class WorkerCommand:
    """Base of what steers the worker."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Play(WorkerCommand):
    """Train until paused, or until the goal."""


@dataclass(frozen=True, slots=True)
class Pause(WorkerCommand):
    """Stop after the step in progress."""


@dataclass(frozen=True, slots=True)
class StepOnce(WorkerCommand):
    """Take one step, then pause."""


@dataclass(frozen=True, slots=True)
class StepEpoch(WorkerCommand):
    """Train to the end of the epoch in progress, then pause."""


@dataclass(frozen=True, slots=True)
class RunTo(WorkerCommand):
    """Train until this many steps are done, then pause."""

    step: int


@dataclass(frozen=True, slots=True)
class SetSpeed(WorkerCommand):
    """Take at most so many steps a second; None: as fast as it goes."""

    steps_per_second: float | None


@dataclass(frozen=True, slots=True)
class StartRun(WorkerCommand):
    """Build this run, then put it in the place of the present one, which stays at hand.

    Attributes:
        setup: what to train.
        play: begin at once.
        follows_data: change its outputs and loss to what its data need, which shows only when they are loaded.
        journal: commands that take effect at their steps, as a link brings them along.
    """

    setup: Setup
    play: bool = False
    follows_data: bool = False
    journal: tuple[tuple[int, RunCommand], ...] = ()


@dataclass(frozen=True, slots=True)
class Rewind(WorkerCommand):
    """Return to the newest kept state at or before this step, paused; None: to the newest of all."""

    step: int | None = None


@dataclass(frozen=True, slots=True)
class SetPlayhead(WorkerCommand):
    """Show the run as it was after this step while its live edge stays where it is; None: show the live edge.

    A newer one cancels an older one that is still on its way.
    """

    step: int | None


@dataclass(frozen=True, slots=True)
class ShowPreviousStep(WorkerCommand):
    """Show the step before the one that is shown; training rests if it was the live edge that was shown."""


@dataclass(frozen=True, slots=True)
class PlayFromHere(WorkerCommand):
    """Show the past from the playhead on, step after step, until Pause or the live edge.

    Attributes:
        speed: steps a second; None: as fast as it goes.
    """

    speed: float | None = None


@dataclass(frozen=True, slots=True)
class BranchHere(WorkerCommand):
    """Make a branch at the playhead and open it, paused; the run that it comes from stays as it is.

    A RunCommand that comes while the playhead is in the past does the same.

    Attributes:
        command: what is to be different from there on; None: nothing yet.
        name: of the branch; None: a name that says where it began.
    """

    command: RunCommand | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OpenBranch(WorkerCommand):
    """Make this run the present one, paused at its live edge."""

    run_id: int


@dataclass(frozen=True, slots=True)
class RenameBranch(WorkerCommand):
    """Call this run so."""

    run_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DeleteBranch(WorkerCommand):
    """Take away a branch and all that branched from it."""

    run_id: int


@dataclass(frozen=True, slots=True)
class EditDraft(WorkerCommand):
    """Keep this as the Setup that somebody means to start, so that the edit has its place in what can be undone.

    Attributes:
        draft: as it is after the edit.
        subject: what was edited, in words.
        before: what that was, in words.
        after: what it is now; empty where the edit is of one piece, and not a step of a gradual change.
    """

    draft: Setup
    subject: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Undo(WorkerCommand):
    """Take back the last thing that was done: a setting, which is set back at the live edge, or whatever became of the
    runs and the draft."""


@dataclass(frozen=True, slots=True)
class Redo(WorkerCommand):
    """Do again what was undone last, unless something else was done since."""


@dataclass(frozen=True, slots=True)
class UndoTo(WorkerCommand):
    """Undo, or do again, until this is the last thing that is done.

    Attributes:
        number: see Done; 0: until nothing is.
    """

    number: int


@dataclass(frozen=True, slots=True)
class CompareWithout(WorkerCommand):
    """Make a branch of the present run in which one command never was, and train it to the same step.

    Attributes:
        index: of the command in the journal.
    """

    index: int


@dataclass(frozen=True, slots=True)
class CancelCatchUp(WorkerCommand):
    """Train the branch that CompareWithout made no further; it stays, as far as it came."""


@dataclass(frozen=True, slots=True)
class StartStudy(WorkerCommand):
    """Post StudyProgressed and, at its end, StudyEnded with the result; no run is changed by it.

    It takes the place of a study of the same kind, and ends without a result when another run becomes the present
    one, or when a run that it looks into goes back or is deleted.
    """

    study: Study


@dataclass(frozen=True, slots=True)
class CancelStudy(WorkerCommand):
    """Give up the study of this kind."""

    kind: type[Study]


@dataclass(frozen=True, slots=True)
class SetKeyframeBudget(WorkerCommand):
    """Let all keyframes together take so many bytes of memory."""

    nbytes: int


@dataclass(frozen=True, slots=True)
class SaveParameters(WorkerCommand):
    """Write the parameters at the playhead and the Setup to a safetensors file."""

    path: Path


@dataclass(frozen=True, slots=True)
class OpenParameters(WorkerCommand):
    """Read parameters from a safetensors file: into this run if they fit, else as a run of their own."""

    path: Path


@dataclass(frozen=True, slots=True)
class SaveRunAs(WorkerCommand):
    """Keep a run and its branches in this file, now and as they go on; what is there is replaced.

    Attributes:
        path: the file.
        run_id: the run; None: the present one.
    """

    path: Path
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenRun(WorkerCommand):
    """Open a run's file in the place of the present run, which stays at hand; the file is written on."""

    path: Path


@dataclass(frozen=True, slots=True)
class ExportRun(WorkerCommand):
    """Write the present run's measurements up to the playhead, ``csv``, or its parameters there too, ``npz``."""

    path: Path
    form: str


@dataclass(frozen=True, slots=True)
class RequestFrame(WorkerCommand):
    """Put one frame into the outbox, with what these probes measure."""

    probes: frozenset[Probe] = frozenset()


@dataclass(frozen=True, slots=True)
class RequestReport(WorkerCommand):
    """Post a Reported event: the run's figures, as ``visualnet train --json`` prints them."""


@dataclass(frozen=True, slots=True)
class CancelLoading(WorkerCommand):
    """Give up the data set that is being loaded; the present run stays."""


@dataclass(frozen=True, slots=True)
class Stop(WorkerCommand):
    """End the thread.

    Attributes:
        keeps_nameless: keep the files of runs that were not saved under a name, for the next start.
    """

    keeps_nameless: bool = True


Command = RunCommand | WorkerCommand
