"""Undo and Redo, exact for everything that can be done: runs, branches, files, settings and the draft in one order."""

from dataclasses import replace

import pytest

from tests.core.desk import MOONS, PATIENCE, Desk
from tests.random_runs.random_commands import every_command
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker import undo_history

LEAVES_ALL_AS_IT_IS = {
    c.Play, c.Pause, c.StepOnce, c.StepEpoch, c.RunTo, c.SetSpeed, c.SetPlayhead, c.StepBack, c.PlayFromHere, c.CompareRuns,
    c.CancelComparison, c.TryRates, c.CancelRates, c.SetKeyframeBudget, c.SaveParameters, c.SaveRunAs, c.ExportRun,
    c.RequestFrame, c.RequestReport, c.CancelLoading, c.Stop, c.Undo, c.Redo, c.UndoTo,
}  # fmt: skip
"""Commands with which nothing is done that could be undone: a run learns, is looked at, or is written."""

BRANCH = 2
OTHER = replace(MOONS, seed=8)


@pytest.fixture(autouse=True)
def each_change_alone(monkeypatch):
    """No two commands are of one gesture, however soon they follow each other."""
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", -1.0)


@pytest.fixture
def start(tmp_path):
    """A function that starts a worker which keeps its runs in files."""
    made = []

    def started(setup=MOONS):
        desk = Desk(tmp_path / "nameless")
        desk.worker.start()
        made.append(desk)
        desk.send(c.StartRun(setup))
        desk.wait(e.RunStarted)
        return desk

    yield started
    for desk in made:
        assert desk.worker.stop()


@pytest.fixture
def desk(start):
    """Forty steps, a branch at step 20 with ten of its own, and the first run present again."""
    desk = start()
    run_to(desk, 40)
    desk.send(c.SetPlayhead(20), c.SetLearningRate(0.05))
    desk.wait(e.BranchOpened)
    run_to(desk, 30)
    desk.send(c.OpenBranch(1))
    desk.wait(e.BranchOpened)
    return desk


def run_to(desk, step):
    desk.send(c.RunTo(step))
    desk.wait(e.Paused)


def look(desk):
    """Everything that the worker holds, when it has followed all that it was sent."""
    desk.ask()
    stage = desk.worker._stage
    runs = {
        run.run_id: (
            run.name,
            run.parent,
            run.start,
            run.slot.journal_to_be,
            run.slot.trainer.state.to_bytes(),
            run.slot.trainer.history.view().loss.values(0, run.slot.trainer.step_count).tolist(),
        )
        for run in stage.tree.all
    }
    return stage.run.run_id, stage.draft, runs


def history(desk):
    desk.look()
    changed = desk.of_kind(e.UndoHistoryChanged)
    return changed[-1] if changed else None


def some_parameters(desk):
    return (0.1 * Trainer(OTHER).network.parameters).astype("float32").tobytes()


def saved_parameters(desk, tmp_path, setup):
    """A file of parameters that another worker has saved."""
    path = tmp_path / "other.safetensors"
    other = Desk()
    other.worker.start()
    other.send(c.StartRun(setup), c.RunTo(5))
    other.wait(e.Paused)
    other.send(c.SaveParameters(path))
    other.wait(e.ParametersSaved)
    assert other.worker.stop()
    return path


def saved_run(tmp_path):
    path = tmp_path / "other.vnet"
    other = Desk()
    other.worker.start()
    other.send(c.StartRun(OTHER), c.RunTo(15))
    other.wait(e.Paused)
    other.send(c.SaveRunAs(path), c.SetPlayhead(5), c.BranchHere())
    other.wait(e.BranchOpened)
    assert other.worker.stop()
    return path


DONE = {
    "a new run": (c.StartRun, lambda desk, folder: [c.StartRun(OTHER)]),
    "the same run anew": (c.StartRun, lambda desk, folder: [c.StartRun(MOONS)]),
    "a file": (c.OpenRun, lambda desk, folder: [c.OpenRun(saved_run(folder))]),
    "parameters that fit": (c.OpenParameters, lambda desk, folder: [c.OpenParameters(saved_parameters(desk, folder, OTHER))]),
    "parameters of another network": (
        c.OpenParameters,
        lambda desk, folder: [c.OpenParameters(saved_parameters(desk, folder, OTHER.with_hidden((5,))))],
    ),
    "given parameters": (c.SetParameters, lambda desk, folder: [c.SetParameters(some_parameters(desk))]),
    "a branch": (c.BranchHere, lambda desk, folder: [c.SetPlayhead(10), c.BranchHere(name="here")]),
    "a change in the past": (c.SetBatchSize, lambda desk, folder: [c.SetPlayhead(10), c.SetBatchSize(5)]),
    "without a change": (c.CompareWithout, lambda desk, folder: [c.OpenBranch(BRANCH), c.CompareWithout(0)]),
    "another run shown": (c.OpenBranch, lambda desk, folder: [c.OpenBranch(BRANCH)]),
    "a name": (c.RenameBranch, lambda desk, folder: [c.RenameBranch(BRANCH, "bold")]),
    "a deletion": (c.DeleteBranch, lambda desk, folder: [c.DeleteBranch(BRANCH)]),
    "the deletion of what is shown": (c.DeleteBranch, lambda desk, folder: [c.OpenBranch(BRANCH), c.DeleteBranch(BRANCH)]),
    "the way back": (c.GoBack, lambda desk, folder: [c.GoBack(0)]),
    "the way back behind a branch's start": (c.GoBack, lambda desk, folder: [c.OpenBranch(BRANCH), c.GoBack(0)]),
    "a draft": (c.EditDraft, lambda desk, folder: [c.EditDraft(OTHER, "seed", "0", "8")]),
    "a learning rate": (c.SetLearningRate, lambda desk, folder: [c.SetLearningRate(0.3)]),
    "a momentum": (c.SetMomentum, lambda desk, folder: [c.SetMomentum(0.3)]),
    "a batch size": (c.SetBatchSize, lambda desk, folder: [c.SetBatchSize(7)]),
    "a goal": (c.SetGoal, lambda desk, folder: [c.SetGoal(3)]),
    "a test interval": (c.SetTestInterval, lambda desk, folder: [c.SetTestInterval(5)]),
}  # fmt: skip
"""Whatever can be done: the command that does it, and what it takes."""

SETTINGS = {c.SetLearningRate, c.SetMomentum, c.SetBetas, c.SetBatchSize, c.SetGoal, c.SetTestInterval}


def test_every_command_is_one_that_can_be_undone_or_leaves_all_as_it_is():
    undone = {command for command, _ in DONE.values()} | {c.SetBetas}
    assert undone | LEAVES_ALL_AS_IT_IS == every_command()
    assert not undone & LEAVES_ALL_AS_IT_IS


def step(desk):
    reached = desk.ask().step
    desk.send(c.StepOnce())
    while desk.ask().step == reached:
        pass


def settle(desk):
    """Wait until a branch that catches up is there."""
    for _ in range(1000):
        desk.ask()
        if not desk.worker._branching._catch_up.is_active:
            return
    raise AssertionError(f"no branch was there within {PATIENCE} s")


@pytest.mark.parametrize("what", [what for what in DONE if DONE[what][0] not in SETTINGS or "past" in what])
def test_what_is_done_is_undone_and_done_again_to_the_bit(desk, tmp_path, what):
    *first, last = DONE[what][1](desk, tmp_path)
    desk.send(*first)
    before = look(desk)
    desk.send(last)
    settle(desk)
    after = look(desk)
    assert after != before
    for _ in range(2):
        desk.send(c.Undo())
        assert look(desk) == before
        desk.send(c.Redo())
        assert look(desk) == after
    assert not desk.of_kind(e.CommandRejected)
    assert not desk.of_kind(e.WorkerFailed)


@pytest.mark.parametrize("what", [what for what in DONE if DONE[what][0] not in SETTINGS])
def test_a_run_goes_on_as_ever_after_undo_and_keeps_what_it_learnt_until_redo(desk, tmp_path, what):
    desk.send(*DONE[what][1](desk, tmp_path))
    settle(desk)
    step(desk)
    desk.send(c.Undo())
    step(desk)
    undone = look(desk)
    present, _, runs = undone
    desk.send(c.Redo(), c.Undo())
    assert look(desk) == undone
    trainer, journal = Trainer(desk.worker._stage.trainer.setup), list(runs[present][3])
    while trainer.step_count < desk.worker._stage.trainer.step_count:
        while journal and journal[0][0] == trainer.step_count:
            trainer.apply(journal.pop(0)[1])
        trainer.step()
    assert trainer.parameters_sha256 == desk.report()["parameters_sha256"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_settings_of_each_optimizer_are_set_back_by_commands(start, optimizer):
    desk = start(replace(MOONS, optimizer=OptimizerSetup(optimizer, 0.01)))
    run_to(desk, 5)
    first = desk.worker._stage.trainer.settings
    commands = [c.SetLearningRate(0.5), c.SetBatchSize(3), c.SetGoal(5, 77), c.SetTestInterval(5)]
    commands += [c.SetMomentum(0.25)] if "momentum" in first else []
    commands += [c.SetBetas(0.5, 0.75)] if "beta1" in first else []
    seen = []
    for command in commands:
        desk.send(command)
        desk.ask()
        seen.append(desk.worker._stage.trainer.settings)
    assert {name for name in first if seen[-1][name] != first[name]} == first.keys()
    for settings in reversed([first, *seen[:-1]]):
        desk.send(c.Undo())
        desk.ask()
        assert desk.worker._stage.trainer.settings == settings
    for settings in seen:
        desk.send(c.Redo())
        desk.ask()
        assert desk.worker._stage.trainer.settings == settings
    done = [done.after for done in history(desk).done]
    assert done == commands
    assert len(desk.worker._stage.trainer.journal) == 3 * len(commands)


def test_everything_has_one_order_in_which_one_can_go_anywhere(desk, tmp_path):
    desk.send(
        c.SetLearningRate(0.3),
        c.EditDraft(OTHER, "seed", "0", "8"),
        c.RenameBranch(BRANCH, "bold"),
        c.StartRun(OTHER),
    )
    desk.send(c.SetMomentum(0.1), c.SetPlayhead(0), c.BranchHere())
    after = look(desk)
    kinds = [done.kind for done in history(desk).done]
    assert kinds == ["branch", "switch", "setting", "draft", "name", "run", "setting", "branch"]
    numbers = [done.number for done in history(desk).done]
    assert numbers == sorted(set(numbers))
    desk.send(c.UndoTo(0))
    assert list(look(desk)[2]) == [1]
    assert history(desk).count == 0
    desk.send(c.UndoTo(numbers[-1]))
    present, draft, runs = look(desk)
    assert (present, draft, list(runs)) == (after[0], after[1], list(after[2]))
    assert history(desk).count == len(numbers)
    desk.send(c.UndoTo(numbers[3]))
    desk.ask()
    assert history(desk).count == 4


def test_something_new_ends_what_could_be_done_again_and_nothing_else_does(desk):
    desk.send(c.RenameBranch(BRANCH, "bold"), c.SetMomentum(0.5), c.Undo())
    run_to(desk, 50)
    desk.send(c.SetPlayhead(3), c.SetPlayhead(None), c.SetSpeed(None), c.Redo())
    desk.ask()
    assert desk.worker._stage.trainer.settings["momentum"] == 0.5
    desk.send(c.Undo(), c.EditDraft(OTHER, "seed"), c.Redo())
    assert desk.wait(e.CommandRejected).sentence == "There is nothing to do again."


def test_a_drag_of_many_commands_is_undone_in_one(desk, monkeypatch):
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", PATIENCE)
    rate = desk.worker._stage.trainer.settings["learning_rate"]
    before = len(history(desk).done)
    desk.send(c.SetMomentum(0.5), *(c.SetLearningRate(rate) for rate in (0.2, 0.3, 0.4)))
    desk.send(
        *(c.EditDraft(replace(MOONS, seed=seed), "seed", f"{seed - 1}", f"{seed}") for seed in (1, 2, 3))
    )
    desk.ask()
    _, rates, seeds = history(desk).done[before:]
    assert (rates.before, rates.after) == (c.SetLearningRate(rate), c.SetLearningRate(0.4))
    assert (seeds.before, seeds.after) == ("0", "3")
    desk.send(c.Undo(), c.Undo())
    desk.ask()
    stage = desk.worker._stage
    assert (stage.draft, stage.trainer.settings["learning_rate"], stage.trainer.settings["momentum"]) == (
        MOONS,
        rate,
        0.5,
    )


def test_what_is_dragged_there_and_back_was_not_done(desk, monkeypatch):
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", PATIENCE)
    before = history(desk).done
    rate = desk.worker._stage.trainer.settings["learning_rate"]
    desk.send(c.SetLearningRate(0.2), c.SetLearningRate(rate))
    desk.ask()
    assert history(desk).done == before


def test_what_had_no_room_never_comes_back_and_what_nothing_leads_to_is_freed(desk, monkeypatch, tmp_path):
    for seed in range(6):
        desk.send(c.StartRun(replace(MOONS, seed=seed)), c.StepOnce())
    desk.send(c.UndoTo(0))
    present, _, runs = look(desk)
    assert present not in (1, BRANCH)
    assert list(runs) == [present]
    desk.send(c.EditDraft(OTHER, "seed"))
    desk.ask()
    stage = desk.worker._stage
    held = {keyframe for run in stage.tree.all for keyframe in run.slot.timeline.keyframes}
    assert stage.tree.budget.used == sum(keyframe.nbytes for keyframe in held)
    assert list(desk.worker._recordings._by_root) == [present]


def test_the_oldest_is_final_where_too_much_is_kept(desk, monkeypatch):
    monkeypatch.setattr(undo_history, "MOST", 5)
    for number in range(8):
        desk.send(c.RenameBranch(BRANCH, f"name {number}"))
    desk.ask()
    assert [done.after for done in history(desk).done] == [f"name {number}" for number in range(3, 8)]
    monkeypatch.setattr(undo_history, "MOST_HOLDING", 2)
    for _ in range(4):
        desk.send(c.GoBack(0))
        run_to(desk, 5)
    desk.ask()
    assert len(history(desk).done) == 2


def test_a_draft_stays_while_runs_of_its_setup_are_shown(desk):
    desk.send(c.EditDraft(OTHER, "seed"), c.SetPlayhead(3), c.BranchHere())
    assert look(desk)[1] == OTHER
    desk.send(c.StartRun(replace(MOONS, seed=5)))
    assert look(desk)[1].seed == 5
    desk.send(c.Undo())
    assert look(desk)[1] == OTHER
    assert desk.of_kind(e.RunStarted)[-1].draft == OTHER


def test_a_file_that_an_undone_run_keeps_can_be_opened_again(desk, tmp_path):
    path = saved_run(tmp_path)
    desk.send(c.OpenRun(path))
    desk.wait(e.RunOpened)
    desk.send(c.Undo(), c.OpenRun(path))
    desk.wait(e.RunOpened)
    desk.send(c.Undo(), c.Redo())
    assert look(desk)[0] > 4
    assert not desk.of_kind(e.CommandRejected)
