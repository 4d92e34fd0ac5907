"""Every command that there is, as somebody might give it to a worker that is in some state: with arguments that fit
what is there, and sometimes with some that do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from tests.core.every_setup import dataset_of, random_setup
from tests.random_runs.expected_runs import ExpectedRun, expect
from tests.random_runs.harness import SNAPSHOT, Harness
from tests.random_runs.oracle import Trajectory
from visualnet.core.errors import VisualNetError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.link import Link
from visualnet.core.setup.presets import RUN_SUFFIX
from visualnet.core.setup.settings import SETTINGS
from visualnet.core.studies.base import Study
from visualnet.core.studies.compare_runs import CompareRuns, RunComparison
from visualnet.core.studies.rate_range import RateRange
from visualnet.core.training.trainer import Trainer

LONGEST_WAY = 40
MEANT = 0.8
"""How often a command that could do nothing comes after one that gives it something to do."""

Maker = Callable[[Harness, Random], c.Command | tuple[c.Command, ...] | None]
"""A command, those that it comes after before it; None where there can be none."""


def every_command() -> set[type]:
    """All that can be sent to a worker."""
    kinds = (*c.RunCommand.__subclasses__(), *c.WorkerCommand.__subclasses__())
    # A dataclass with slots is made twice, and the first may still be there.
    # Tests have kinds of their own.
    return {getattr(c, kind.__name__) for kind in kinds if kind.__module__.startswith("visualnet.")}


VALUES: dict[str, tuple[Any, ...]] = {
    "learning_rate": (1e-4, 0.003, 0.02, 0.1, 0.5, -1.0),
    "momentum": (0.0, 0.5, 0.9, 0.99, 1.0),
    "beta1": (0.0, 0.5, 0.9),
    "beta2": (0.0, 0.9, 0.999),
    "batch_size": (1, 2, 5, 16, 100),
    "dropout": (0.0, 0.2, 0.7, None, 1.0),
    "epochs": (None, 2),
    "steps": (5, 25, 60, 90, None, 0),
    "evaluate_every": (None, 1, 3, 10, 0),
}
"""Of each setting some that can be, and some that cannot."""


def _rate(harness: Harness, random: Random) -> c.Change:
    return c.Change(learning_rate=random.choice(VALUES["learning_rate"]))


def _change(harness: Harness, random: Random) -> c.Change:
    """Of a setting, or of some at once; those of the run most often."""
    known = list(harness.run(harness.expected.present).live_run.trainer.settings)
    names = random.sample(known if random.random() < 0.9 else list(SETTINGS), random.choice((1, 1, 1, 2)))
    return c.Change(**{name: random.choice(VALUES[name]) for name in names})


def _parameters(harness: Harness, random: Random) -> c.Command:
    """The first parameters, those of another seed, or bytes of the wrong length."""
    setup = harness.expected.now.trajectory.setup
    if random.random() < 0.1:
        return c.SetParameters(bytes(12))
    trainer = Trainer(replace(setup, seed=random.choice((setup.seed, 7))), dataset_of(setup.data))
    return c.SetParameters(trainer.network.parameters.tobytes())


def _run_to(harness: Harness, random: Random) -> c.Command:
    return c.RunTo(harness.expected.now.trajectory.step + random.randint(0, LONGEST_WAY))


def _past_step(harness: Harness, random: Random) -> int:
    """Any step, one at a command, one where a branch begins, or one of a measurement."""
    expected = harness.expected.now
    starts = [harness.run(one.run_id).start_step for one in harness.expected.runs.values()]
    tests = harness.run(expected.run_id).live_run.trainer.history.view().tests[:, 0]
    notable = [*(step for step, _ in expected.trajectory.journal), *starts, *(int(step) for step in tests), 0]
    steps = [step for step in notable if step <= expected.trajectory.step]
    return random.choice(steps) if random.random() < 0.5 else random.randint(0, expected.trajectory.step)


def _go_back(harness: Harness, random: Random) -> c.Command:
    return c.Rewind(None if random.random() < 0.2 else _past_step(harness, random))


def _playhead(harness: Harness, random: Random) -> c.Command:
    return c.SetPlayhead(None if random.random() < 0.15 else _past_step(harness, random))


def _branch_here(harness: Harness, random: Random) -> tuple[c.Command, ...]:
    change = random.choice((None, _rate, _change))
    name = random.choice((None, "what if", "ä 学"))
    branch = c.BranchHere(None if change is None else change(harness, random), name)  # type: ignore[arg-type]
    if harness.expected.playhead is None and random.random() < MEANT:
        return c.SetPlayhead(_past_step(harness, random)), branch
    return (branch,)


def _any_run(harness: Harness, random: Random) -> int:
    return random.choice([*harness.expected.runs, *([99] if random.random() < 0.05 else [])])


def _any_branch(harness: Harness, random: Random) -> int:
    branches = [expected.run_id for expected in harness.expected.runs.values() if expected.parent is not None]
    return random.choice(branches) if branches and random.random() < 0.95 else _any_run(harness, random)


def _something(harness: Harness, random: Random) -> c.Command:
    """Anything that can be undone."""
    doings: tuple[Callable[[Harness, Random], c.Command], ...] = (
        _rate, _change, _parameters, _start, _edit_draft,
        lambda harness, random: c.Rewind(random.choice((None, 0, 10))),
        lambda harness, random: c.DeleteBranch(_any_branch(harness, random)),
        lambda harness, random: c.OpenBranch(_any_run(harness, random)),
    )  # fmt: skip
    return random.choice(doings)(harness, random)


def _undo(harness: Harness, random: Random) -> tuple[c.Command, ...]:
    is_meant = not harness.expected.done and random.random() < MEANT
    return (_something(harness, random), c.Undo()) if is_meant else (c.Undo(),)


def _redo(harness: Harness, random: Random) -> tuple[c.Command, ...]:
    is_meant = random.random() < MEANT
    return (_something(harness, random), c.Undo(), c.Redo()) if is_meant else (c.Redo(),)


def _undo_to(harness: Harness, random: Random) -> c.Command:
    return c.UndoTo(random.choice([0, 99, *(one.number for one in harness.expected.done)]))


def _edit_draft(harness: Harness, random: Random) -> c.Command:
    seed = random.randint(0, 3)
    draft = replace(harness.expected.now.trajectory.setup, seed=seed)
    return c.EditDraft(draft, "seed", "another", random.choice(("", str(seed))))


def _start(harness: Harness, random: Random) -> c.Command:
    """Anew with the same Setup, with another, or from a link."""
    expected = harness.expected.now
    kind = random.random()
    if kind < 0.4:
        return c.StartRun(expected.trajectory.setup, play=False)
    if kind < 0.7:
        return c.StartRun(random_setup(random), follows_data=random.random() < 0.5)
    try:
        link = Link.from_text(Link(expected.trajectory.setup, expected.journal_to_be).to_text())
    except VisualNetError:
        return c.StartRun(expected.trajectory.setup)
    return c.StartRun(link.setup, journal=link.journal)


def _without(harness: Harness, random: Random) -> tuple[c.Command, ...]:
    journal = harness.expected.now.trajectory.journal
    if not journal and random.random() < MEANT:
        return _rate(harness, random), _run_to(harness, random), c.CompareWithout(0)
    return (c.CompareWithout(random.randint(0, len(journal))),)


def _compare(harness: Harness, random: Random) -> CompareRuns:
    a, b = _any_run(harness, random), _any_run(harness, random)
    known = harness.expected.runs
    if a not in known or b not in known or random.random() < 0.4:
        return CompareRuns(a, b, probes=SNAPSHOT)
    most = known[a].trajectory.step, known[b].trajectory.step
    count = random.randint(1, 4)
    pairs = (sorted(random.randint(0, last) for _ in range(count)) for last in most)
    return CompareRuns(a, b, tuple(zip(*pairs, strict=True)), SNAPSHOT)


def _save_as(harness: Harness, random: Random) -> c.Command:
    """A new name, or one that is there."""
    there = [*harness.closed, *harness.expected.saved.values()]
    path = random.choice(there) if there and random.random() < 0.3 else None
    run_id = random.choice(
        [None, *(expected.run_id for expected in harness.expected.runs.values() if expected.parent is None)]
    )
    # On a slow disk a file is not there yet, and its name is taken all the same.
    return c.SaveRunAs(path or harness.folder / f"saved {random.randrange(1000)}{RUN_SUFFIX}", run_id)


def _open(harness: Harness, random: Random) -> c.Command | None:
    there = sorted(path for path in (*harness.closed, *harness.expected.saved.values()) if path.exists())
    return c.OpenRun(random.choice(there)) if there else None


def _export(harness: Harness, random: Random) -> c.Command:
    form = random.choice(("csv", "npz"))
    return c.ExportRun(harness.folder / f"exported.{form}", form)


def _save_parameters(harness: Harness, random: Random) -> c.Command:
    return c.SaveParameters(harness.folder / f"{random.randint(0, 2)}.safetensors")


def _open_parameters(harness: Harness, random: Random) -> c.Command | None:
    there = sorted(harness.folder.glob("*.safetensors"))
    return c.OpenParameters(random.choice(there)) if there else None


def _rates(harness: Harness, random: Random) -> RateRange:
    return RateRange(1e-5, 1.0, random.randint(35, 60))


RANDOM_STUDIES: dict[type[Study], Callable[[Harness, Random], Study]] = {
    CompareRuns: _compare,
    RateRange: _rates,
}
"""How each study may come."""


def _study(harness: Harness, random: Random) -> c.Command:
    return c.StartStudy(random.choice(list(RANDOM_STUDIES.values()))(harness, random))


RANDOM_COMMANDS: dict[type, Maker] = {
    c.Change: _change,
    c.SetParameters: _parameters,
    c.Play: lambda harness, random: c.Play(),
    c.Pause: lambda harness, random: c.Pause(),
    c.StepOnce: lambda harness, random: c.StepOnce(),
    c.StepEpoch: lambda harness, random: c.StepEpoch(),
    c.RunTo: _run_to,
    c.SetSpeed: lambda harness, random: c.SetSpeed(random.choice((None, 1e4, 1e6, 1e-9))),
    c.StartRun: _start,
    c.Rewind: _go_back,
    c.SetPlayhead: _playhead,
    c.ShowPreviousStep: lambda harness, random: c.ShowPreviousStep(),
    c.PlayFromHere: lambda harness, random: c.PlayFromHere(random.choice((None, 1e5))),
    c.BranchHere: _branch_here,
    c.OpenBranch: lambda harness, random: c.OpenBranch(_any_run(harness, random)),
    c.RenameBranch: lambda harness, random: c.RenameBranch(
        _any_run(harness, random), f"name {random.randint(0, 9)}"
    ),
    c.DeleteBranch: lambda harness, random: c.DeleteBranch(_any_branch(harness, random)),
    c.EditDraft: _edit_draft,
    c.Undo: _undo,
    c.Redo: _redo,
    c.UndoTo: _undo_to,
    c.CompareWithout: _without,
    c.CancelCatchUp: lambda harness, random: c.CancelCatchUp(),
    c.StartStudy: _study,
    c.CancelStudy: lambda harness, random: c.CancelStudy(random.choice(list(RANDOM_STUDIES))),
    c.SetKeyframeBudget: lambda harness, random: c.SetKeyframeBudget(
        random.choice((20_000, 200_000, 256 << 20))
    ),
    c.SaveParameters: _save_parameters,
    c.OpenParameters: _open_parameters,
    c.SaveRunAs: _save_as,
    c.OpenRun: _open,
    c.ExportRun: _export,
    c.RequestFrame: lambda harness, random: c.RequestFrame(SNAPSHOT),
    c.RequestReport: lambda harness, random: c.RequestReport(),
    c.CancelLoading: lambda harness, random: c.CancelLoading(),
    c.Stop: lambda harness, random: c.Stop(random.random() < 0.5),
}
"""How each command may come."""

WEIGHTS: dict[type, int] = {
    c.RunTo: 8,
    c.SetPlayhead: 4,
    c.Rewind: 4,
    c.OpenBranch: 3,
    c.DeleteBranch: 2,
    c.Undo: 5,
    c.Redo: 4,
    c.SaveRunAs: 3,
    c.OpenRun: 2,
    c.BranchHere: 2,
    c.Change: 8,
    c.CompareWithout: 2,
}
"""What comes more often than the others."""


def check_response(
    harness: Harness, command: c.Command, before: ExpectedRun, playhead: int | None, events: list[e.Event]
) -> None:
    """Whether a command that came at rest did what it says.

    Args:
        harness: where it was served.
        command: what was sent.
        before: the present run before.
        playhead: the step that was shown.
        events: what was told since.
    """
    if any(isinstance(event, e.CommandRejected) for event in events):
        _check_refusal(harness, command, before, playhead, events)
        return
    now = harness.expected.now
    match command:
        case c.RunCommand() if playhead is None:
            expect(
                now.trajectory.journal[-1:] == ((before.trajectory.step, command),),
                f"{command} did not take effect",
            )
        case c.RunCommand():
            _check_branch(now, before.trajectory, playhead, command)
        case c.BranchHere(change, name):
            assert playhead is not None
            _check_branch(now, before.trajectory, playhead, change)
            # Where another run has that name, a number tells them apart.
            is_called = name is None or re.fullmatch(rf"{re.escape(name)}( \(\d+\))?", now.name)
            expect(is_called, f"the branch is called {now.name}, not {name}")
        case c.RunTo(step):
            finish = harness.oracle.of(now.trajectory, is_measured=True)["finish"]
            broke = any(isinstance(event, e.RunDiverged) for event in events)
            expect(
                broke or now.trajectory.step == max(step, before.trajectory.step),
                f"ran to {now.trajectory.step}, not {step} ({finish})",
            )
        case c.SetPlayhead(step) if step is not None and step <= now.trajectory.step:
            expect(
                harness.expected.playhead == step,
                f"the playhead is at {harness.expected.playhead}, not {step}",
            )
        case c.Rewind(step):
            limit = before.trajectory.step if step is None else step
            expect(now.trajectory.step <= limit, f"went back to {now.trajectory.step}, asked was {step}")
        case c.CompareWithout(index):
            made = next(event for event in events if isinstance(event, e.BranchCreated))
            journal = before.journal_to_be[: len(before.trajectory.journal)]
            right = (*journal[:index], *journal[index + 1 :])
            expect(
                made.journal == right, f"without command {index} the commands are {made.journal}, not {right}"
            )
        case c.DeleteBranch(run_id):
            expect(run_id not in harness.expected.runs, f"branch {run_id} is still there")
        case c.OpenBranch(run_id):
            expect(
                harness.expected.present == run_id, f"run {harness.expected.present} is present, not {run_id}"
            )
        case c.StartRun(setup):
            expect(now.trajectory.step == 0, "a run that begins anew is not at step 0")
            expect(setup.seed == now.trajectory.setup.seed, "another Setup was started")
        case c.StartStudy(study):
            _check_study(harness, study, events)
        case _:
            pass


def _check_branch(now: ExpectedRun, parent: Trajectory, playhead: int, change: c.RunCommand | None) -> None:
    right = parent.until(playhead)
    more = () if change is None else ((playhead, change),)
    expect(
        (now.trajectory.step, now.trajectory.journal) == (playhead, (*right.journal, *more)),
        f"the branch is at {now.trajectory.step} with {now.trajectory.journal}, not at {playhead} with {right.journal} and {change}",
    )


def _check_study(harness: Harness, study: Study, events: list[e.Event]) -> None:
    ended = next((event for event in events if isinstance(event, e.StudyEnded)), None)
    expect(ended is not None, "the study never ended")
    assert ended is not None
    if isinstance(study, CompareRuns):
        _check_comparison(harness, study, ended.result)


def _check_comparison(harness: Harness, command: CompareRuns, compared: RunComparison) -> None:
    runs = harness.expected.runs
    last = min(runs[command.a].trajectory.step, runs[command.b].trajectory.step)
    steps = command.steps or ((last, last),)
    expect(compared.steps == steps, f"compared were {compared.steps}, not {steps}")
    for run_id, results, place in ((command.a, compared.results_a, 0), (command.b, compared.results_b, 1)):
        (seen,) = results.values()
        trajectory = runs[run_id].trajectory.until(steps[-1][place])
        right = harness.oracle.of(trajectory, seen["is measured"])
        for name in right:
            if name.startswith("vector "):
                expect(
                    seen[name] == right[name],
                    f"compared was another {name} of run {run_id} at {trajectory.place}",
                )


def _check_refusal(
    harness: Harness, command: c.Command, before: ExpectedRun, playhead: int | None, events: list[e.Event]
) -> None:
    """A command that changes the run is refused where a fresh Trainer refuses it, and only there."""
    if isinstance(command, c.RunCommand):
        trajectory = before.trajectory if playhead is None else before.trajectory.until(playhead)
        trainer = Trainer(trajectory.setup, dataset_of(trajectory.setup.data))
        try:
            trainer.apply(command)
        except VisualNetError:
            return
        sentences = [event.sentence for event in events if isinstance(event, e.CommandRejected)]
        expect(
            any("runs already" in sentence for sentence in sentences), f"{command} was refused: {sentences}"
        )
