"""Undo and Redo, exact for everything that can be done: runs, branches, files, settings and the draft in one order."""

from dataclasses import replace

import pytest

from tests.core.every_setup import VALUES
from tests.core.worker_harness import MOONS, PATIENCE, WorkerHarness
from tests.random_runs.random_commands import every_command
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker import undo_history

LEAVES_ALL_AS_IT_IS = {
    c.Play, c.Pause, c.StepOnce, c.StepEpoch, c.RunTo, c.SetSpeed, c.SetPlayhead, c.ShowPreviousStep, c.PlayFromHere,
    c.CancelCatchUp, c.StartStudy, c.CancelStudy, c.SetKeyframeBudget, c.SaveParameters, c.SaveRunAs, c.ExportRun,
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
def start(start_worker):
    """A function that starts a worker which keeps its runs in files, with a run in it."""

    def started(setup=MOONS):
        harness = start_worker()
        harness.send(c.StartRun(setup))
        harness.wait(e.RunStarted)
        return harness

    return started


@pytest.fixture
def harness(start):
    """Forty steps, a branch at step 20 with ten of its own, and the first run present again."""
    harness = start()
    run_to(harness, 40)
    harness.send(c.SetPlayhead(20), c.Change(learning_rate=0.05))
    harness.wait(e.BranchOpened)
    run_to(harness, 30)
    harness.send(c.OpenBranch(1))
    harness.wait(e.BranchOpened)
    return harness


def run_to(harness, step):
    harness.send(c.RunTo(step))
    harness.wait(e.Paused)


def look(harness):
    """Everything that the worker holds, when it has followed all that it was sent."""
    harness.ask()
    state = harness.worker._state
    runs = {
        run.run_id: (
            run.name,
            run.parent,
            run.start,
            run.live_run.journal_to_be,
            run.live_run.trainer.state.to_bytes(),
            run.live_run.trainer.history.view().loss.values(0, run.live_run.trainer.step_count).tolist(),
        )
        for run in state.tree.all
    }
    return state.run.run_id, state.draft, runs


def history(harness):
    harness.look()
    changed = harness.of_kind(e.UndoHistoryChanged)
    return changed[-1] if changed else None


def some_parameters(harness):
    return (0.1 * Trainer(OTHER).network.parameters).astype("float32").tobytes()


def saved_parameters(harness, tmp_path, setup):
    """A file of parameters that another worker has saved."""
    path = tmp_path / "other.safetensors"
    other = WorkerHarness()
    other.worker.start()
    other.send(c.StartRun(setup), c.RunTo(5))
    other.wait(e.Paused)
    other.send(c.SaveParameters(path))
    other.wait(e.ParametersSaved)
    assert other.worker.stop()
    return path


def saved_run(tmp_path):
    path = tmp_path / "other.vnet"
    other = WorkerHarness()
    other.worker.start()
    other.send(c.StartRun(OTHER), c.RunTo(15))
    other.wait(e.Paused)
    other.send(c.SaveRunAs(path), c.SetPlayhead(5), c.BranchHere())
    other.wait(e.BranchOpened)
    assert other.worker.stop()
    return path


DONE = {
    "a new run": (c.StartRun, lambda harness, folder: [c.StartRun(OTHER)]),
    "the same run anew": (c.StartRun, lambda harness, folder: [c.StartRun(MOONS)]),
    "a file": (c.OpenRun, lambda harness, folder: [c.OpenRun(saved_run(folder))]),
    "parameters that fit": (c.OpenParameters, lambda harness, folder: [c.OpenParameters(saved_parameters(harness, folder, OTHER))]),
    "parameters of another network": (
        c.OpenParameters,
        lambda harness, folder: [c.OpenParameters(saved_parameters(harness, folder, OTHER.with_hidden((5,))))],
    ),
    "given parameters": (c.SetParameters, lambda harness, folder: [c.SetParameters(some_parameters(harness))]),
    "a branch": (c.BranchHere, lambda harness, folder: [c.SetPlayhead(10), c.BranchHere(name="here")]),
    "a change in the past": (c.Change, lambda harness, folder: [c.SetPlayhead(10), c.Change(batch_size=5)]),
    "without a change": (c.CompareWithout, lambda harness, folder: [c.OpenBranch(BRANCH), c.CompareWithout(0)]),
    "another run shown": (c.OpenBranch, lambda harness, folder: [c.OpenBranch(BRANCH)]),
    "a name": (c.RenameBranch, lambda harness, folder: [c.RenameBranch(BRANCH, "bold")]),
    "a deletion": (c.DeleteBranch, lambda harness, folder: [c.DeleteBranch(BRANCH)]),
    "the deletion of what is shown": (c.DeleteBranch, lambda harness, folder: [c.OpenBranch(BRANCH), c.DeleteBranch(BRANCH)]),
    "the way back": (c.Rewind, lambda harness, folder: [c.Rewind(0)]),
    "the way back behind a branch's start": (c.Rewind, lambda harness, folder: [c.OpenBranch(BRANCH), c.Rewind(0)]),
    "a draft": (c.EditDraft, lambda harness, folder: [c.EditDraft(OTHER, "seed", "0", "8")]),
    "a setting": (c.Change, lambda harness, folder: [c.Change(learning_rate=0.3)]),
}  # fmt: skip
"""Whatever can be done: the command that does it, and what it takes."""


def test_every_command_is_one_that_can_be_undone_or_leaves_all_as_it_is():
    undone = {command for command, _ in DONE.values()}
    assert undone | LEAVES_ALL_AS_IT_IS == every_command()
    assert not undone & LEAVES_ALL_AS_IT_IS


def step(harness):
    reached = harness.ask().step
    harness.send(c.StepOnce())
    while harness.ask().step == reached:
        pass


def settle(harness):
    """Wait until a branch that catches up is there."""
    for _ in range(1000):
        harness.ask()
        if not harness.worker._branching._catch_up.is_active:
            return
    raise AssertionError(f"no branch was there within {PATIENCE} s")


@pytest.mark.parametrize("what", [what for what in DONE if what != "a setting"])
def test_what_is_done_is_undone_and_done_again_to_the_bit(harness, tmp_path, what):
    *first, last = DONE[what][1](harness, tmp_path)
    harness.send(*first)
    before = look(harness)
    harness.send(last)
    settle(harness)
    after = look(harness)
    assert after != before
    for _ in range(2):
        harness.send(c.Undo())
        assert look(harness) == before
        harness.send(c.Redo())
        assert look(harness) == after
    assert not harness.of_kind(e.CommandRejected)
    assert not harness.of_kind(e.WorkerFailed)


@pytest.mark.parametrize("what", [what for what in DONE if what != "a setting"])
def test_a_run_goes_on_as_ever_after_undo_and_keeps_what_it_learnt_until_redo(harness, tmp_path, what):
    harness.send(*DONE[what][1](harness, tmp_path))
    settle(harness)
    step(harness)
    harness.send(c.Undo())
    step(harness)
    undone = look(harness)
    present, _, runs = undone
    harness.send(c.Redo(), c.Undo())
    assert look(harness) == undone
    trainer, journal = Trainer(harness.worker._state.trainer.setup), list(runs[present][3])
    while trainer.step_count < harness.worker._state.trainer.step_count:
        while journal and journal[0][0] == trainer.step_count:
            trainer.apply(journal.pop(0)[1])
        trainer.step()
    assert trainer.parameters_sha256 == harness.report()["parameters_sha256"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_settings_of_each_optimizer_are_set_back_by_commands(start, optimizer):
    layers = (LayerSetup("dropout", rate=0.1), *MOONS.layers)
    harness = start(replace(MOONS, layers=layers, optimizer=OptimizerSetup(optimizer, 0.01)))
    run_to(harness, 5)
    first = harness.worker._state.trainer.settings
    commands = [c.Change(**{name: VALUES[name]}) for name in first]
    seen = []
    for command in commands:
        harness.send(command)
        harness.ask()
        seen.append(harness.worker._state.trainer.settings)
    assert {name for name in first if seen[-1][name] != first[name]} == first.keys()
    for settings in reversed([first, *seen[:-1]]):
        harness.send(c.Undo())
        harness.ask()
        assert harness.worker._state.trainer.settings == settings
    for settings in seen:
        harness.send(c.Redo())
        harness.ask()
        assert harness.worker._state.trainer.settings == settings
    done = [done.after for done in history(harness).done]
    assert done == commands
    assert len(harness.worker._state.trainer.journal) == 3 * len(commands)


def test_everything_has_one_order_in_which_one_can_go_anywhere(harness, tmp_path):
    harness.send(
        c.Change(learning_rate=0.3),
        c.EditDraft(OTHER, "seed", "0", "8"),
        c.RenameBranch(BRANCH, "bold"),
        c.StartRun(OTHER),
    )
    harness.send(c.Change(momentum=0.1), c.SetPlayhead(0), c.BranchHere())
    after = look(harness)
    kinds = [done.kind for done in history(harness).done]
    assert kinds == ["branch", "switch", "setting", "draft", "name", "run", "setting", "branch"]
    numbers = [done.number for done in history(harness).done]
    assert numbers == sorted(set(numbers))
    harness.send(c.UndoTo(0))
    assert list(look(harness)[2]) == [1]
    assert history(harness).count == 0
    harness.send(c.UndoTo(numbers[-1]))
    present, draft, runs = look(harness)
    assert (present, draft, list(runs)) == (after[0], after[1], list(after[2]))
    assert history(harness).count == len(numbers)
    harness.send(c.UndoTo(numbers[3]))
    harness.ask()
    assert history(harness).count == 4


def test_something_new_ends_what_could_be_done_again_and_nothing_else_does(harness):
    harness.send(c.RenameBranch(BRANCH, "bold"), c.Change(momentum=0.5), c.Undo())
    run_to(harness, 50)
    harness.send(c.SetPlayhead(3), c.SetPlayhead(None), c.SetSpeed(None), c.Redo())
    harness.ask()
    assert harness.worker._state.trainer.settings["momentum"] == 0.5
    harness.send(c.Undo(), c.EditDraft(OTHER, "seed"), c.Redo())
    assert harness.wait(e.CommandRejected).sentence == "There is nothing to do again."


def test_a_drag_of_many_commands_is_undone_in_one(harness, monkeypatch):
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", PATIENCE)
    rate = harness.worker._state.trainer.settings["learning_rate"]
    before = len(history(harness).done)
    harness.send(c.Change(momentum=0.5), *(c.Change(learning_rate=rate) for rate in (0.2, 0.3, 0.4)))
    harness.send(
        *(c.EditDraft(replace(MOONS, seed=seed), "seed", f"{seed - 1}", f"{seed}") for seed in (1, 2, 3))
    )
    harness.ask()
    _, rates, seeds = history(harness).done[before:]
    assert (rates.before, rates.after) == (c.Change(learning_rate=rate), c.Change(learning_rate=0.4))
    assert (seeds.before, seeds.after) == ("0", "3")
    harness.send(c.Undo(), c.Undo())
    harness.ask()
    state = harness.worker._state
    assert (state.draft, state.trainer.settings["learning_rate"], state.trainer.settings["momentum"]) == (
        MOONS,
        rate,
        0.5,
    )


def test_what_is_dragged_there_and_back_was_not_done(harness, monkeypatch):
    monkeypatch.setattr(undo_history, "SECONDS_IN_A_GESTURE", PATIENCE)
    before = history(harness).done
    rate = harness.worker._state.trainer.settings["learning_rate"]
    harness.send(c.Change(learning_rate=0.2), c.Change(learning_rate=rate))
    harness.ask()
    assert history(harness).done == before


def test_what_had_no_room_never_comes_back_and_what_nothing_leads_to_is_freed(harness, monkeypatch, tmp_path):
    for seed in range(6):
        harness.send(c.StartRun(replace(MOONS, seed=seed)), c.StepOnce())
    harness.send(c.UndoTo(0))
    present, _, runs = look(harness)
    assert present not in (1, BRANCH)
    assert list(runs) == [present]
    harness.send(c.EditDraft(OTHER, "seed"))
    harness.ask()
    state = harness.worker._state
    held = {keyframe for run in state.tree.all for keyframe in run.live_run.timeline.keyframes}
    assert state.tree.budget.used == sum(keyframe.nbytes for keyframe in held)
    assert list(harness.worker._run_files._by_root) == [present]


def test_the_oldest_is_final_where_too_much_is_kept(harness, monkeypatch):
    monkeypatch.setattr(undo_history, "MOST", 5)
    for number in range(8):
        harness.send(c.RenameBranch(BRANCH, f"name {number}"))
    harness.ask()
    assert [done.after for done in history(harness).done] == [f"name {number}" for number in range(3, 8)]
    monkeypatch.setattr(undo_history, "MOST_HOLDING", 2)
    for _ in range(4):
        harness.send(c.Rewind(0))
        run_to(harness, 5)
    harness.ask()
    assert len(history(harness).done) == 2


def test_a_draft_stays_while_runs_of_its_setup_are_shown(harness):
    harness.send(c.EditDraft(OTHER, "seed"), c.SetPlayhead(3), c.BranchHere())
    assert look(harness)[1] == OTHER
    harness.send(c.StartRun(replace(MOONS, seed=5)))
    assert look(harness)[1].seed == 5
    harness.send(c.Undo())
    assert look(harness)[1] == OTHER
    assert harness.of_kind(e.RunStarted)[-1].draft == OTHER


def test_a_file_that_an_undone_run_keeps_can_be_opened_again(harness, tmp_path):
    path = saved_run(tmp_path)
    harness.send(c.OpenRun(path))
    harness.wait(e.RunOpened)
    harness.send(c.Undo(), c.OpenRun(path))
    harness.wait(e.RunOpened)
    harness.send(c.Undo(), c.Redo())
    assert look(harness)[0] > 4
    assert not harness.of_kind(e.CommandRejected)
