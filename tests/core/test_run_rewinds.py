"""Going back, and branches of what went back: the file says what the runs say, at every place of step and commands."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from tests.benchmarks.fuzz_run_files import batch_of
from tests.core.every_setup import of_points, run_to
from tests.core.worker_harness import MOONS, PATIENCE, WorkerHarness
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.replay.keyframes import Keyframe, KeyframeBudget
from visualnet.core.replay.timeline import Timeline
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.file_parts import copy_run
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import trainer_after
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import RunTree
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.training.report import per_epoch
from visualnet.core.training.trainer import Trainer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.vnet"


def as_a_value(trainer):
    """All that a run is: its bits, its history, its measurements and its commands."""
    view = trainer.history.view()
    figures = (view.loss.values(), view.accuracy.values(), view.tests, view.validations)
    return (
        (trainer.step_count, trainer.parameters_sha256, trainer.state.to_bytes()),
        [values.tolist() for values in figures],
        tuple(trainer.journal),
    )


def save(store, trainer, taken_at, rewound_to=None):
    store.save(replace(batch_of(trainer, ROOT, taken_at), rewound_to=rewound_to))


def trainer_in(path):
    ((run, _),), sentences = reopened(read_run(path), RunTree())
    assert sentences == ()
    return run.live_run.trainer


def test_what_went_back_to_before_a_command_is_reopened_without_it(path):
    trainer = Trainer(MOONS)
    store = RunStore.create(path, trainer)
    run_to(trainer, 30)
    before = Keyframe(trainer.state, trainer.past.misclassified)
    save(store, trainer, 1.0)
    trainer.apply(c.Change(learning_rate=5.0))
    save(store, trainer, 9.0)
    trainer.restore(before.state)
    save(store, trainer, 20.0, rewound_to=(30, 0))
    trainer.apply(c.Change(learning_rate=0.001))
    save(store, trainer, 30.0)
    store.close()
    assert trainer_in(path).settings["learning_rate"] == 0.001
    assert as_a_value(trainer_in(path)) == as_a_value(trainer)


@pytest.mark.parametrize("goal", [0, 3, 17, 20, 33])
@pytest.mark.parametrize(
    "commands",
    [(), (c.Change(learning_rate=0.01),), (c.SetParameters(bytes(33 * 4)), c.Change(batch_size=3))],
)
def test_a_file_that_was_cut_back_is_that_of_a_run_that_never_went_on(path, goal, commands):
    """Whatever was written in between, and whether it was measured at the step gone back to."""
    trainer = Trainer(replace(MOONS, evaluate_every=10))
    store = RunStore.create(path, trainer)
    states = {}
    for step in (3, 17, 20, 33, 41):
        run_to(trainer, step)
        states[step] = trainer.state
        save(store, trainer, float(step))
        for command in commands:
            trainer.apply(command)
            trainer.evaluate()
            save(store, trainer, step + 0.5)
    trainer.restore(states.get(goal) or Trainer(trainer.setup).state)
    trainer.evaluate()
    save(store, trainer, 99.0, rewound_to=(goal, len(trainer.journal)))
    store.close()
    again = trainer_in(path)
    assert as_a_value(again) == as_a_value(trainer)
    assert len(again.history.view().tests) == len(np.unique(again.history.view().tests, axis=0))


def not_yet_measured():
    """A Trainer at a step whose measurement is due."""
    trainer = Trainer(replace(MOONS, evaluate_every=10))
    while not trainer.is_evaluating:
        trainer.step()
    return trainer


def test_a_measurement_that_another_trainer_makes_of_it_meanwhile_is_had_once():
    trainer = not_yet_measured()
    Timeline(trainer, KeyframeBudget()).at(10)
    trainer.evaluate()
    assert trainer.history.view().tests[:, 0].tolist() == [10]


def test_a_state_that_the_file_holds_already_is_saved_anew_when_it_is_measured(path):
    save(store := RunStore.create(path, not_yet_measured()), trainer := not_yet_measured(), 1.0)
    saver = Saver(store, pytest.fail)
    saver.start()
    autosave = Autosave(trainer, saver)
    trainer.evaluate()
    autosave.note_measurement()
    saver.close()
    assert np.array_equal(trainer_in(path).past.misclassified, trainer.past.misclassified)


def test_going_back_keeps_the_very_losses_that_memory_has_only_as_means(path, monkeypatch):
    from visualnet.core.history import history

    trainer = Trainer(MOONS)
    store = RunStore.create(path, trainer)
    run_to(trainer, 100)
    state = trainer.state
    monkeypatch.setattr(history, "RAW_CHUNKS", 1)
    losses = [trainer.step() for _ in range(2 * history.CHUNK)]
    save(store, trainer, 1.0)
    expected = read_losses(store, trainer)
    assert len(losses) == len(expected) - 100
    trainer.restore(state)
    save(store, trainer, 2.0, rewound_to=(100, 0))
    store.close()
    assert read_run(path).branches[0].loss.tobytes() == expected[:100].tobytes()


def read_losses(store, trainer):
    """What the file holds of a run, read from a copy."""
    copy = store.path.with_name("copy.vnet")
    store.save_copy(copy)
    return read_run(copy).branches[0].loss


@pytest.mark.parametrize("has_validation", [False, True])
def test_both_measurements_of_the_step_at_which_early_stopping_ended_are_reopened(path, has_validation):
    setup = of_points(regularization=RegularizationSetup(patience=1), steps=None, epochs=400)
    share = 0.2 if has_validation else 0.0
    trainer = Trainer(replace(setup, data=replace(setup.data, validation_share=share)))
    store = RunStore.create(path, trainer)
    while not trainer.is_finished:
        trainer.step()
        save(store, trainer, float(trainer.step_count))
        if trainer.is_evaluating:
            trainer.evaluate()
    assert trainer.finish_reason == "early-stopping"
    steps = trainer.history.view().tests[:, 0]
    assert len(steps) == len(np.unique(steps)) + 1
    # It goes on beyond its goal: what comes later is read too.
    for _ in range(3):
        trainer.step()
        save(store, trainer, 1e6)
        trainer.evaluate()
    save(store, trainer, 2e6)
    store.close()
    assert as_a_value(trainer_in(path)) == as_a_value(trainer)


def run_to_step(harness, step):
    harness.send(c.RunTo(step))
    harness.wait(e.Paused)


def trees(harness):
    """Each run of a worker as a value; ask only while it is at rest."""
    harness.ask()
    tree = harness.worker._state.tree
    return {run.run_id: (run.name, as_a_value(run.live_run.trainer)) for run in tree._runs.values()}


def reopened_values(start_worker, path):
    harness = start_worker()
    harness.send(c.OpenRun(path))
    harness.wait(e.RunOpened)
    return list(trees(harness).values())


def branch_at(harness, step, command=None):
    harness.send(c.SetPlayhead(step), c.BranchHere(command))
    return harness.wait(e.BranchOpened).run_id


def test_going_back_at_the_step_where_a_branch_begins_leaves_the_branch_its_command(start_worker, path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to_step(harness, 60)
    harness.send(c.Change(learning_rate=0.5), c.SaveRunAs(path))
    run_to_step(harness, 80)
    branch = branch_at(harness, 60)
    run_to_step(harness, 75)
    harness.send(c.OpenBranch(1), c.Rewind(60))
    harness.wait(e.Rewound)
    harness.send(c.Change(learning_rate=0.001))
    run_to_step(harness, 90)
    live = trees(harness)
    assert live[branch][1][2] == ((60, c.Change(learning_rate=0.5)),)
    assert live[1][1][2] == ((60, c.Change(learning_rate=0.001)),)
    assert harness.worker.stop()
    values = reopened_values(start_worker, path)
    assert all(value in values for value in live.values())


@pytest.mark.parametrize("who", ["branch", "parent", "both"])
@pytest.mark.parametrize("how", ["deleted and brought back", "saved for the first time"])
def test_a_branch_is_recorded_anew_with_its_present_start(start_worker, tmp_path, path, who, how):
    harness = start_worker()
    if how == "saved for the first time":
        harness = WorkerHarness()
        harness.worker.start()
    harness.send(c.StartRun(MOONS))
    run_to_step(harness, 20)
    harness.send(c.Change(batch_size=7))
    run_to_step(harness, 60)
    if how != "saved for the first time":
        harness.send(c.SaveRunAs(path))
        harness.wait(e.RunSaved)
    branch = branch_at(harness, 50, c.Change(learning_rate=0.3))
    run_to_step(harness, 70)
    if who in ("branch", "both"):
        harness.send(c.Rewind(20))
        harness.wait(e.Rewound)
        harness.send(c.Change(learning_rate=0.2))
        run_to_step(harness, 30)
    if who in ("parent", "both"):
        harness.send(c.OpenBranch(1), c.Rewind(10))
        harness.wait(e.Rewound)
        harness.send(c.Change(learning_rate=0.1))
        run_to_step(harness, 65)
    if how == "deleted and brought back":
        harness.send(c.DeleteBranch(branch), c.Undo())
    else:
        harness.send(c.SaveRunAs(path))
        harness.wait(e.RunSaved)
    live = trees(harness)
    assert harness.worker.stop()
    values = reopened_values(start_worker, path)
    assert all(value[1] in [other for _, other in values] for value in live.values())


def test_a_deleted_branch_leaves_nothing_in_the_file_though_it_went_back(start_worker, path):
    harness = start_worker()
    harness.send(c.StartRun(MOONS))
    run_to_step(harness, 50)
    harness.send(c.SaveRunAs(path))
    harness.wait(e.RunSaved)
    branch = branch_at(harness, 30, c.Change(learning_rate=0.3))
    run_to_step(harness, 60)
    inner = branch_at(harness, 45, c.Change(learning_rate=0.1))
    harness.send(c.OpenBranch(branch), c.Rewind(40))
    harness.wait(e.Rewound)
    run_to_step(harness, 47)
    assert inner in trees(harness)
    harness.send(c.DeleteBranch(branch))
    harness.wait(e.BranchDeleted)
    assert harness.worker.stop()
    assert list(read_run(path).branches) == [0]


def test_each_measurement_of_one_step_is_told_with_its_own_validation():
    setup = of_points(regularization=RegularizationSetup(patience=1), steps=None, epochs=400)
    trainer = Trainer(setup)
    while not trainer.is_finished:
        trainer.step()
    view = trainer.history.view()
    assert view.tests[-1, 0] == view.tests[-2, 0]
    told = [
        [entry["step"], entry["validation_loss"], entry["validation_accuracy"]]
        for entry in per_epoch(trainer)
    ]
    assert told == view.validations.tolist()


@pytest.mark.parametrize("is_measured", [(True, False), (False, True), (True, True)])
def test_what_was_measured_before_and_after_parameters_were_set_at_one_step_is_known_apart(path, is_measured):
    setup = replace(MOONS, evaluate_every=1000)
    trainer = Trainer(setup)
    store = RunStore.create(path, trainer)
    run_to(trainer, 20)
    states = []
    for is_asked in is_measured:
        if is_asked:
            trainer.evaluate()
        states.append(trainer.state)
        save(store, trainer, 10.0 * len(states))
        trainer.apply(c.SetParameters(trainer.start_parameters.tobytes()))
    save(store, trainer, 99.0)
    branch = Trainer(setup)
    branch.enter(states[0], trainer.past.until(20, 0))
    store.save(replace(batch_of(branch, Branch(1, 0, 20, 0, "other"), 99.0), keyframe=None))
    store.close()
    assert as_a_value(trainer_of(path, 0)) == as_a_value(trainer)
    assert as_a_value(trainer_of(path, 1)) == as_a_value(branch)
    assert len(branch.history.view().tests) == is_measured[0]


def trainer_of(path, branch):
    trainer, sentence = trainer_after(read_run(path), branch, None)
    assert sentence is None
    return trainer


@pytest.mark.parametrize("asked", ["before", "after", "both"])
def test_a_measurement_asked_for_at_the_step_gone_back_to_is_in_the_file(start_worker, tmp_path, path, asked):
    harness = start_worker()
    harness.send(c.StartRun(replace(MOONS, evaluate_every=1000)), c.SaveRunAs(path))
    run_to_step(harness, 40)
    harness.send(c.Change(learning_rate=0.1))
    if asked != "after":
        harness.report()
    run_to_step(harness, 70)
    harness.send(c.Rewind(40))
    back = harness.wait(e.Rewound).step
    if asked != "before":
        harness.report()
    live = trees(harness)[1]
    done = Event()
    harness.worker._run_files._by_root[1].ask(lambda _: done.set())
    assert done.wait(PATIENCE)
    copy_run(path, tmp_path / "killed.vnet")
    assert reopened_values(start_worker, tmp_path / "killed.vnet") == [live]
    assert (live[1][1][2][-1][0] == back) == (asked != "before" or back == 40)


def test_a_run_that_was_killed_while_its_last_test_was_made_is_tested_when_it_goes_on(path):
    trainer = Trainer(replace(MOONS, steps=5))
    while not trainer.is_finished:
        trainer.step()
    save(store := RunStore.create(path, Trainer(trainer.setup)), trainer, 1.0)
    store.close()
    again = trainer_in(path)
    assert again.is_evaluating
    again.step()
    assert again.history.view().tests[:, 0].tolist() == [5]
