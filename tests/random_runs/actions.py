"""Every command that there is, as somebody might give it to a worker that is in some state: with arguments that fit
what is there, and sometimes with some that do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.core.every_setup import random_setup
from tests.random_runs.ledger import Told, expect
from tests.random_runs.truth import Line
from tests.random_runs.world import WHOLE, World
from visualnet.core.errors import VisualNetError
from visualnet.core.run import commands as c
from visualnet.core.run import events as e
from visualnet.core.run.link import Link
from visualnet.core.run.presets import RUN_SUFFIX
from visualnet.core.run.trainer import Trainer

LONGEST_WAY = 40
Maker = Callable[[World, Random], c.Command | None]


def every_command() -> set[type]:
    """All that can be sent to a worker."""
    kinds = (*c.RunCommand.__subclasses__(), *c.WorkerCommand.__subclasses__())
    # A dataclass with slots is made twice, and the first may still be there.
    return {getattr(c, kind.__name__) for kind in kinds}


def _rate(world: World, random: Random) -> c.Command:
    return c.SetLearningRate(random.choice((1e-4, 0.003, 0.02, 0.1, 0.5, -1.0)))


def _momentum(world: World, random: Random) -> c.Command:
    return c.SetMomentum(random.choice((0.0, 0.5, 0.9, 0.99, 1.0)))


def _betas(world: World, random: Random) -> c.Command:
    return c.SetBetas(random.choice((0.0, 0.5, 0.9)), random.choice((0.0, 0.9, 0.999)))


def _batch_size(world: World, random: Random) -> c.Command:
    return c.SetBatchSize(random.choice((1, 2, 5, 16, 100)))


def _parameters(world: World, random: Random) -> c.Command:
    """The first parameters, those of another seed, or bytes of the wrong length."""
    setup = world.ledger.now.line.setup
    if random.random() < 0.1:
        return c.SetParameters(bytes(12))
    trainer = Trainer(replace(setup, seed=random.choice((setup.seed, 7))), world.oracle.dataset(setup))
    return c.SetParameters(trainer.network.parameters.tobytes())


def _run_to(world: World, random: Random) -> c.Command:
    return c.RunTo(world.ledger.now.line.step + random.randint(0, LONGEST_WAY))


def _past_step(world: World, random: Random) -> int:
    """Any step, one at a command, one where a branch begins, or one of a measurement."""
    told = world.ledger.now
    starts = [world.run(one.run_id).start_step for one in world.ledger.runs.values()]
    tests = world.run(told.run_id).slot.trainer.history.view().tests[:, 0]
    notable = [*(step for step, _ in told.line.journal), *starts, *(int(step) for step in tests), 0]
    steps = [step for step in notable if step <= told.line.step]
    return random.choice(steps) if random.random() < 0.5 else random.randint(0, told.line.step)


def _go_back(world: World, random: Random) -> c.Command:
    return c.GoBack(None if random.random() < 0.2 else _past_step(world, random))


def _playhead(world: World, random: Random) -> c.Command:
    return c.SetPlayhead(None if random.random() < 0.15 else _past_step(world, random))


def _branch_here(world: World, random: Random) -> c.Command:
    change = random.choice((None, _rate, _batch_size, _momentum))
    name = random.choice((None, "what if", "ä 学"))
    return c.BranchHere(None if change is None else change(world, random), name)  # type: ignore[arg-type]


def _any_run(world: World, random: Random) -> int:
    return random.choice([*world.ledger.runs, *([99] if random.random() < 0.05 else [])])


def _any_branch(world: World, random: Random) -> int:
    branches = [told.run_id for told in world.ledger.runs.values() if told.parent is not None]
    return random.choice(branches) if branches and random.random() < 0.95 else _any_run(world, random)


def _undo_delete(world: World, random: Random) -> c.Command:
    return c.UndoDelete(random.choice([None, *world.ledger.gone]))


def _start(world: World, random: Random) -> c.Command:
    """Anew with the same Setup, with another, or from a link."""
    told = world.ledger.now
    kind = random.random()
    if kind < 0.4:
        return c.StartRun(told.line.setup, play=False)
    if kind < 0.7:
        return c.StartRun(random_setup(random), fits=random.random() < 0.5)
    try:
        link = Link.from_text(Link(told.line.setup, told.journal_to_be).to_text())
    except VisualNetError:
        return c.StartRun(told.line.setup)
    return c.StartRun(link.setup, journal=link.journal)


def _without(world: World, random: Random) -> c.Command:
    return c.CompareWithout(random.randint(0, len(world.ledger.now.line.journal)))


def _compare(world: World, random: Random) -> c.Command:
    a, b = _any_run(world, random), _any_run(world, random)
    known = world.ledger.runs
    if a not in known or b not in known or random.random() < 0.4:
        return c.CompareRuns(a, b, probes=WHOLE)
    most = known[a].line.step, known[b].line.step
    count = random.randint(1, 4)
    pairs = (sorted(random.randint(0, last) for _ in range(count)) for last in most)
    return c.CompareRuns(a, b, tuple(zip(*pairs, strict=True)), WHOLE)


def _save_as(world: World, random: Random) -> c.Command:
    """A new name, or one that is there."""
    there = [*world.closed, *world.ledger.saved.values()]
    if there and random.random() < 0.3:
        path = random.choice(there)
    else:
        path = world.folder / f"saved {len(list(world.folder.glob('*' + RUN_SUFFIX)))}{RUN_SUFFIX}"
    run_id = random.choice(
        [None, *(told.run_id for told in world.ledger.runs.values() if told.parent is None)]
    )
    return c.SaveRunAs(path, run_id)


def _open(world: World, random: Random) -> c.Command | None:
    there = sorted(path for path in (*world.closed, *world.ledger.saved.values()) if path.exists())
    return c.OpenRun(random.choice(there)) if there else None


def _export(world: World, random: Random) -> c.Command:
    form = random.choice(("csv", "npz"))
    return c.ExportRun(world.folder / f"exported.{form}", form)


def _save_parameters(world: World, random: Random) -> c.Command:
    return c.SaveParameters(world.folder / f"{random.randint(0, 2)}.safetensors")


def _open_parameters(world: World, random: Random) -> c.Command | None:
    there = sorted(world.folder.glob("*.safetensors"))
    return c.OpenParameters(random.choice(there)) if there else None


def _rates(world: World, random: Random) -> c.Command:
    return c.TryRates(1e-5, 1.0, random.randint(10, 30))


ACTIONS: dict[type, Maker] = {
    c.SetLearningRate: _rate,
    c.SetMomentum: _momentum,
    c.SetBetas: _betas,
    c.SetBatchSize: _batch_size,
    c.SetParameters: _parameters,
    c.Play: lambda world, random: c.Play(),
    c.Pause: lambda world, random: c.Pause(),
    c.StepOnce: lambda world, random: c.StepOnce(),
    c.StepEpoch: lambda world, random: c.StepEpoch(),
    c.RunTo: _run_to,
    c.SetSpeed: lambda world, random: c.SetSpeed(random.choice((None, 1e4, 1e6, 1e-9))),
    c.StartRun: _start,
    c.BringBack: lambda world, random: c.BringBack(),
    c.GoBack: _go_back,
    c.SetPlayhead: _playhead,
    c.StepBack: lambda world, random: c.StepBack(),
    c.PlayFromHere: lambda world, random: c.PlayFromHere(random.choice((None, 1e5))),
    c.BranchHere: _branch_here,
    c.OpenBranch: lambda world, random: c.OpenBranch(_any_run(world, random)),
    c.RenameBranch: lambda world, random: c.RenameBranch(
        _any_run(world, random), f"name {random.randint(0, 9)}"
    ),
    c.DeleteBranch: lambda world, random: c.DeleteBranch(_any_branch(world, random)),
    c.UndoDelete: _undo_delete,
    c.UndoSetting: lambda world, random: c.UndoSetting(),
    c.CompareWithout: _without,
    c.CompareRuns: _compare,
    c.CancelComparison: lambda world, random: c.CancelComparison(),
    c.TryRates: _rates,
    c.CancelRates: lambda world, random: c.CancelRates(),
    c.SetKeyframeBudget: lambda world, random: c.SetKeyframeBudget(
        random.choice((20_000, 200_000, 256 << 20))
    ),
    c.SaveParameters: _save_parameters,
    c.OpenParameters: _open_parameters,
    c.SaveRunAs: _save_as,
    c.OpenRun: _open,
    c.ExportRun: _export,
    c.RequestFrame: lambda world, random: c.RequestFrame(WHOLE),
    c.RequestReport: lambda world, random: c.RequestReport(),
    c.CancelLoading: lambda world, random: c.CancelLoading(),
    c.Stop: lambda world, random: c.Stop(random.random() < 0.5),
}
"""How each command may come."""

OFTEN: dict[type, int] = {
    c.RunTo: 8,
    c.SetPlayhead: 4,
    c.GoBack: 4,
    c.OpenBranch: 3,
    c.DeleteBranch: 2,
    c.UndoDelete: 2,
    c.SaveRunAs: 3,
    c.OpenRun: 2,
    c.BranchHere: 2,
    c.SetLearningRate: 3,
    c.CompareWithout: 2,
}
"""What comes more often than the others."""


def check_answer(
    world: World, command: c.Command, before: Told, playhead: int | None, told: list[e.Event]
) -> None:
    """Whether a command that came at rest did what it says.

    Args:
        world: where it was served.
        command: what was sent.
        before: the present run before.
        playhead: the step that was shown.
        told: what was told since.
    """
    if any(isinstance(event, e.CommandRejected) for event in told):
        _check_refusal(world, command, before, playhead, told)
        return
    now = world.ledger.now
    match command:
        case c.RunCommand() if playhead is None:
            expect(now.line.journal[-1:] == ((before.line.step, command),), f"{command} did not take effect")
        case c.RunCommand():
            _check_branch(now, before.line, playhead, command)
        case c.BranchHere(change, name):
            assert playhead is not None
            _check_branch(now, before.line, playhead, change)
            expect(name is None or now.name == name, f"the branch is called {now.name}, not {name}")
        case c.RunTo(step):
            finish = world.oracle.of(now.line, is_measured=True)["finish"]
            broke = any(isinstance(event, e.Diverged) for event in told)
            expect(
                broke or now.line.step == max(step, before.line.step),
                f"ran to {now.line.step}, not {step} ({finish})",
            )
        case c.SetPlayhead(step) if step is not None and step <= now.line.step:
            expect(world.ledger.playhead == step, f"the playhead is at {world.ledger.playhead}, not {step}")
        case c.GoBack(step):
            limit = before.line.step if step is None else step
            expect(now.line.step <= limit, f"went back to {now.line.step}, asked was {step}")
        case c.CompareWithout(index):
            made = next(event for event in told if isinstance(event, e.BranchCreated))
            journal = before.journal_to_be[: len(before.line.journal)]
            right = (*journal[:index], *journal[index + 1 :])
            expect(
                made.journal == right, f"without command {index} the commands are {made.journal}, not {right}"
            )
        case c.DeleteBranch(run_id):
            expect(run_id not in world.ledger.runs, f"branch {run_id} is still there")
        case c.OpenBranch(run_id):
            expect(world.ledger.present == run_id, f"run {world.ledger.present} is present, not {run_id}")
        case c.StartRun(setup):
            expect(now.line.step == 0, "a run that begins anew is not at step 0")
            expect(setup.seed == now.line.setup.seed, "another Setup was started")
        case c.CompareRuns():
            _check_comparison(world, command, told)
        case _:
            pass


def _check_branch(now: Told, parent: Line, playhead: int, change: c.RunCommand | None) -> None:
    right = parent.until(playhead)
    more = () if change is None else ((playhead, change),)
    expect(
        (now.line.step, now.line.journal) == (playhead, (*right.journal, *more)),
        f"the branch is at {now.line.step} with {now.line.journal}, not at {playhead} with {right.journal} and {change}",
    )


def _check_comparison(world: World, command: c.CompareRuns, told: list[e.Event]) -> None:
    compared = next((event for event in told if isinstance(event, e.RunsCompared)), None)
    expect(compared is not None, "the comparison never ended")
    assert compared is not None
    runs = world.ledger.runs
    last = min(runs[command.a].line.step, runs[command.b].line.step)
    steps = command.steps or ((last, last),)
    expect(compared.steps == steps, f"compared were {compared.steps}, not {steps}")
    for run_id, results, place in ((command.a, compared.results_a, 0), (command.b, compared.results_b, 1)):
        (seen,) = results.values()
        line = runs[run_id].line.until(steps[-1][place])
        right = world.oracle.of(line, seen["is measured"])
        for name in right:
            if name.startswith("vector "):
                expect(
                    seen[name] == right[name], f"compared was another {name} of run {run_id} at {line.place}"
                )


def _check_refusal(
    world: World, command: c.Command, before: Told, playhead: int | None, told: list[e.Event]
) -> None:
    """A command that changes the run is refused where a fresh Trainer refuses it, and only there."""
    if isinstance(command, c.RunCommand):
        line = before.line if playhead is None else before.line.until(playhead)
        trainer = Trainer(line.setup, world.oracle.dataset(line.setup))
        try:
            trainer.apply(command)
        except VisualNetError:
            return
        sentences = [event.sentence for event in told if isinstance(event, e.CommandRejected)]
        expect(
            any("runs already" in sentence for sentence in sentences), f"{command} was refused: {sentences}"
        )
