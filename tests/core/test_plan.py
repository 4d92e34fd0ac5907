"""Goal and test interval may change while a run trains: exactly, for files, states, undo and who looks."""

from dataclasses import replace

import pytest

from tests.core.every_setup import of_points
from tests.core.shell_runs import figures
from tests.core.worker_harness import MOONS, STEPS_PER_EPOCH, WorkerHarness
from visualnet.core.errors import SetupError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.link import Link
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.trainer import Trainer

COSINE = ScheduleSetup("cosine")


@pytest.fixture
def harness():
    made = WorkerHarness()
    made.worker.start()
    yield made
    assert made.worker.stop()


def begun(**changes):
    return Trainer(of_points(steps=20, **changes))


def ended(trainer):
    while not trainer.is_finished:
        trainer.step()
    return trainer


def take(trainer, steps):
    for _ in range(steps):
        trainer.step()
    return trainer


def measured_at(trainer):
    if trainer.is_evaluating:
        trainer.evaluate()
    return [int(step) for step in trainer.history.view().tests[:, 0]]


def test_a_run_ends_at_the_goal_that_was_set_last():
    trainer = take(begun(), 5)
    trainer.apply(c.Change(epochs=2, steps=8))
    assert ended(trainer).step_count == 8
    trainer.apply(c.Change(epochs=4, steps=None))
    assert ended(trainer).step_count == 4 * trainer.steps_per_epoch
    trainer.apply(c.Change(epochs=None, steps=None))
    assert trainer.finish_reason is None
    assert trainer.setup.steps == 20, "what was asked for in the first place stays"


def test_a_schedule_over_the_run_follows_its_goal_from_the_next_step_on():
    trainer, longer = take(begun(schedule=COSINE), 10), begun(schedule=COSINE)
    half = trainer.effective_learning_rate
    assert half == pytest.approx(0.01, rel=0.01)
    trainer.apply(c.Change(epochs=None, steps=40))
    longer.apply(c.Change(epochs=None, steps=40))
    assert trainer.effective_learning_rate == take(longer, 10).effective_learning_rate > half
    stated = begun(schedule=ScheduleSetup("cosine", total_steps=20))
    rates = stated.effective_learning_rate
    stated.apply(c.Change(epochs=None, steps=40))
    assert stated.effective_learning_rate == rates


def test_a_schedule_that_needs_an_end_keeps_the_one_that_it_has():
    trainer = begun(schedule=COSINE)
    with pytest.raises(SetupError, match="the run has no goal to end at"):
        trainer.apply(c.Change(epochs=None, steps=None))
    with pytest.raises(SetupError, match="steps"):
        trainer.apply(c.Change(epochs=None, steps=0))
    assert (trainer.course.goal, trainer.journal) == ((None, 20), [])


def test_the_test_set_is_measured_at_the_interval_in_force():
    trainer = take(begun(evaluate_every=5), 8)
    trainer.apply(c.Change(evaluate_every=3))
    take(trainer, 5)
    trainer.apply(c.Change(evaluate_every=None))
    assert trainer.steps_per_epoch == 4
    assert measured_at(take(trainer, 5)) == [5, 9, 12, 16]


def test_who_looks_after_another_interval_decides_nothing():
    """A measurement that only the new interval would have made due is none that early stopping sees."""
    rules = RegularizationSetup(patience=2)
    curious, plain = (take(begun(regularization=rules, evaluate_every=4), 6) for _ in range(2))
    for trainer in (curious, plain):
        trainer.apply(c.Change(evaluate_every=3))
    curious.evaluate()
    assert curious.state.scalars == plain.state.scalars
    assert ended(curious).state.to_bytes() == ended(plain).state.to_bytes()


@pytest.mark.parametrize(
    "command", [c.Change(epochs=9, steps=None), c.Change(epochs=None, steps=None), c.Change(evaluate_every=3)]
)
def test_a_state_remembers_the_plan_without_a_journal(command):
    trainer = take(begun(evaluate_every=4, regularization=RegularizationSetup(patience=3)), 9)
    before = trainer.state
    trainer.apply(command)
    state = TrainerState.from_bytes(trainer.state.to_bytes())
    other = Trainer(trainer.setup)
    other.restore(state)
    assert other.settings == trainer.settings
    for each in (trainer, other):
        take(each, 12)
        measured_at(each)
    assert other.state.vectors.keys() == trainer.state.vectors.keys()
    assert (other.finish_reason, other.state.scalars, other.parameters_sha256) == (
        trainer.finish_reason,
        trainer.state.scalars,
        trainer.parameters_sha256,
    )
    trainer.restore(before)
    assert trainer.plan == trainer.setup


def test_a_state_with_a_plan_that_cannot_be_is_refused():
    trainer = begun(schedule=COSINE)
    state = trainer.state
    assert trainer.could_be_in(replace(state, settings={**state.settings, "steps": 7}))
    for name, value in (("steps", 0), ("steps", -1), ("epochs", 2.5), ("evaluate_every", 10**13)):
        assert not trainer.could_be_in(replace(state, settings={**state.settings, name: value}))


def test_a_goal_that_is_passed_ends_the_run_at_once_and_it_is_tested_there(harness):
    harness.send(c.StartRun(replace(MOONS, steps=100)), c.SetSpeed(50.0), c.Play())
    while harness.ask().step < 3:
        pass
    harness.send(c.Change(epochs=None, steps=2))
    paused, applied = harness.wait(e.Paused), harness.of_kind(e.Applied)[0]
    assert (paused.reason, paused.step) == ("goal", applied.step)
    assert harness.ask().history.tests[-1][0] == paused.step


def test_beyond_its_goal_a_run_obeys_another_one_and_no_test_interval(harness):
    harness.send(c.StartRun(replace(MOONS, steps=20)), c.Play())
    assert harness.wait(e.Paused).step == 20
    harness.send(c.SetSpeed(100.0), c.Play(), c.Change(evaluate_every=3))
    while harness.ask().step < 23:
        pass
    harness.send(c.Change(epochs=3, steps=None), c.SetSpeed(None))
    paused = harness.wait(e.Paused)
    assert (paused.reason, paused.step) == ("goal", 3 * STEPS_PER_EPOCH)


def test_goal_and_interval_are_set_back(harness):
    harness.send(
        c.StartRun(MOONS),
        c.Change(epochs=None, steps=30),
        c.Change(evaluate_every=7),
        c.Change(epochs=2, steps=None),
    )
    for _ in range(3):
        harness.wait(e.Applied)
    harness.send(c.Undo(), c.Undo(), c.Undo())
    undone = [harness.wait(e.Applied).command for _ in range(3)]
    assert undone == [
        c.Change(epochs=None, steps=30),
        c.Change(evaluate_every=None),
        c.Change(epochs=None, steps=None),
    ]


def test_a_goal_that_is_set_at_the_last_step_is_gone_on_to_in_the_shell(tmp_path):
    path = tmp_path / "run.vnet"
    link = Link(
        of_points(steps=10), ((10, c.Change(epochs=None, steps=25)), (12, c.Change(evaluate_every=6)))
    ).to_text()
    assert figures("train", link, "--run", path)["steps"] == 25
    text = Link(
        of_points(steps=10), ((10, c.Change(epochs=None, steps=12)), (12, c.Change(epochs=None, steps=30)))
    ).to_text()
    other = tmp_path / "other.vnet"
    assert figures("train", text, "--run", other)["steps"] == 30
    assert figures("resume", other)["steps"] == 30


def test_the_window_goes_on_to_a_goal_that_is_set_at_the_last_step(harness):
    harness.send(
        c.StartRun(replace(MOONS, steps=10), play=True, journal=((10, c.Change(epochs=None, steps=25)),))
    )
    paused = harness.wait(e.Paused)
    assert (paused.reason, paused.step) == ("goal", 25)
