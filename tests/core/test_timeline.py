"""Any step of the past again, bit for bit, from keyframes that cost little and stay few."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.messages import commands as c
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.replay.keyframes import Keyframe, KeyframeBudget, Keyframes
from visualnet.core.replay.replay import ReplayDiffers
from visualnet.core.replay.timeline import SHARE, Timeline
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.trainer import Trainer

GENERATOR = np.random.default_rng(5)
DATA = Dataset(
    "points",
    Split(GENERATOR.normal(size=(50, 4)).astype(np.float32), GENERATOR.integers(0, 3, 50)),
    Split(GENERATOR.normal(size=(20, 4)).astype(np.float32), GENERATOR.integers(0, 3, 20)),
    (4,),
    ("a", "b", "c"),
    1.0,
)
SETUP = Setup(
    layers=(LayerSetup("dense", 5), LayerSetup("tanh"), LayerSetup("dense", 3)),
    batch_size=8,
    seed=3,
    epochs=None,
)
STEPS = 60


def look(trainer):
    """All that a panel could see of a step."""
    parts = [
        trainer.step_count,
        trainer.course.epoch,
        trainer.gradient_scale,
        trainer.settings,
        trainer.journal,
        trainer.past.misclassified,
        trainer.network.gradients,
        trainer.finish_reason,
        trainer.state.scalars,
        *trainer.state.vectors.values(),
    ]
    return [np.array(part).tobytes() if isinstance(part, np.ndarray) else repr(part) for part in parts]


def trained(setup, commands, steps=STEPS, keep=lambda step: step % 10 == 0, budget=None):
    """A timeline after so many steps, and what was to be seen after each of them."""
    timeline = Timeline(Trainer(setup, DATA), budget or KeyframeBudget())
    trainer, seen = timeline.trainer, []
    for step in range(steps + 1):
        while trainer.is_evaluating:
            trainer.evaluate_chunk()
        for command in commands.get(step, ()):
            timeline.note_command()
            trainer.apply(command)
        seen.append(look(trainer))
        if step < steps:
            trainer.step()
            timeline.note_training(1e9 if keep(step + 1) else 0.0)
    return timeline, seen


def commands_for(optimizer):
    rates = st.builds(c.Change, learning_rate=st.floats(1e-4, 0.5))
    vectors = st.integers(0, 9).map(lambda seed: c.SetParameters(some_parameters(seed)))
    choices = [rates, st.builds(c.Change, batch_size=st.integers(1, 60)), vectors]
    if optimizer == "momentum":
        choices.append(st.builds(c.Change, momentum=st.floats(0, 0.99)))
    if optimizer == "adam":
        choices.append(st.builds(c.Change, beta1=st.floats(0, 0.99), beta2=st.floats(0, 0.99)))
    return st.dictionaries(
        st.integers(0, STEPS), st.lists(st.one_of(choices), min_size=1, max_size=3), max_size=6
    )


def some_parameters(seed):
    count = len(Trainer(SETUP, DATA).network.parameters)
    return np.random.default_rng(seed).normal(size=count).astype(np.float32).tobytes()


@settings(max_examples=40)
@given(data=st.data())
def test_any_step_is_seen_again_as_it_was(data):
    optimizer = data.draw(st.sampled_from(["sgd", "momentum", "adam"]))
    setup = replace(SETUP, optimizer=OptimizerSetup(optimizer, 0.05))
    every = data.draw(st.integers(3, 40))
    commands = data.draw(commands_for(optimizer))
    timeline, seen = trained(setup, commands, keep=lambda step: step % every == 0)
    other = Trainer(setup, DATA)
    for step in data.draw(st.lists(st.integers(0, STEPS), min_size=1, max_size=8)):
        timeline.replay(other, step).finish()
        assert look(other) == seen[step]
    assert look(timeline.trainer) == seen[STEPS]


RULES = {
    "none": RegularizationSetup(),
    "penalties": RegularizationSetup(l1=0.001, l2=0.01, weight_decay=0.01, clip_norm=1.0, max_norm=2.0),
    "stopping": RegularizationSetup(patience=2),
    "stopping at an average": RegularizationSetup(patience=2, ema_decay=0.9),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("every", [1, 7])
def test_each_optimizer_and_rule_is_seen_again_over_layers_that_remember(optimizer, rules, every):
    layers = (
        *(LayerSetup("dense", 6), LayerSetup("batch-norm"), LayerSetup("relu"), LayerSetup("dropout")),
        LayerSetup("dense", 3),
    )
    setup = replace(
        SETUP,
        layers=layers,
        optimizer=OptimizerSetup(optimizer, 0.2),
        regularization=RULES[rules],
        schedule=ScheduleSetup("cosine", warmup_steps=5, total_steps=STEPS),
        evaluate_every=4,
    )
    commands = {9: [c.Change(batch_size=5)], 30: [c.Change(learning_rate=0.05)]}
    timeline, seen = trained(setup, commands, keep=lambda step: step % every == 0)
    other = Trainer(setup, DATA)
    for step in range(STEPS + 1):
        timeline.replay(other, step).finish()
        assert look(other) == seen[step]


def test_the_past_has_the_gradients_that_led_there():
    timeline, seen = trained(SETUP, {})
    keyframe_step = timeline.keyframes.steps[2]
    assert timeline.at(keyframe_step).network.gradients.any()
    assert look(timeline.at(keyframe_step)) == seen[keyframe_step]
    assert not timeline.at(0).network.gradients.any()


def test_a_replay_goes_on_in_slices_and_ends_where_it_was_to():
    timeline, seen = trained(SETUP, {}, keep=lambda step: False)
    replay = timeline.replay(Trainer(SETUP, DATA), 7)
    slices = 0
    while not replay.advance(seconds=0.0):
        slices += 1
    assert slices >= 6
    assert look(replay.trainer) == seen[7]


def test_nothing_is_measured_on_the_test_set_twice(monkeypatch):
    timeline, seen = trained(SETUP, {})
    other = Trainer(SETUP, DATA)
    monkeypatch.setattr("visualnet.core.training.evaluator.Evaluation", None)
    timeline.replay(other, 33).finish()
    assert look(other) == seen[33]


def test_what_was_forgotten_of_the_test_set_is_measured_again():
    timeline, seen = trained(SETUP, {13: [c.SetParameters(some_parameters(1))]})
    timeline.trainer.past.measurements._results.clear()
    for step in (13, 14, 33):
        assert look(timeline.at(step)) == seen[step]


def test_a_run_goes_back_to_a_keyframe_and_takes_another_way():
    live_run = LiveRun(Trainer(SETUP, DATA), KeyframeBudget(), planned=((15, c.Change(learning_rate=0.5)),))
    while live_run.trainer.step_count < 20:
        live_run.advance()
    timeline = live_run.forked(live_run.timeline.nearest(12)).timeline
    assert timeline.trainer.step_count == timeline.keyframes.steps[-1] <= 12
    assert not timeline.trainer.journal
    assert live_run.trainer.step_count == 20
    expected, fresh = trained(SETUP, {}, steps=20)
    while timeline.trainer.step_count < 20:
        timeline.trainer.step()
    while timeline.trainer.is_evaluating:
        timeline.trainer.evaluate_chunk()
    assert look(timeline.trainer) == fresh[20]
    np.testing.assert_array_equal(
        timeline.trainer.history.view().loss.values(), expected.trainer.history.view().loss.values()
    )


def test_keyframes_take_a_small_share_of_the_time():
    timeline = Timeline(Trainer(SETUP, DATA), KeyframeBudget())
    owed = timeline._owed
    timeline.note_training(owed / SHARE * 0.99)
    assert len(timeline.keyframes) == 1
    timeline.trainer.step()
    timeline.note_training(owed / SHARE * 0.02)
    assert len(timeline.keyframes) == 2


def test_each_command_has_its_keyframe_but_a_flood_of_them_has_few():
    timeline, _ = trained(
        SETUP, {5: [c.Change(learning_rate=0.1)], 9: [c.Change(learning_rate=0.2)]}, keep=lambda step: False
    )
    assert timeline.keyframes.steps == (0, 5, 9)
    timeline._owed = 10.0
    timeline.trainer.step()
    timeline.note_command()
    assert len(timeline.keyframes) == 3


def test_a_replay_that_comes_out_differently_is_noticed_at_the_next_keyframe():
    timeline, _ = trained(SETUP, {}, keep=lambda step: step in (20, 40))
    other = Trainer(replace(SETUP, seed=4), DATA)
    with pytest.raises(ReplayDiffers, match=r"^Step 40 does not come out"):
        timeline.replay(other, 40).finish()


def spoil(timeline, step, vector):
    """Change one number of a vector in the keyframe at this step."""
    kept = timeline.keyframes._kept
    (place,) = [place for place, keyframe in enumerate(kept) if keyframe.step == step]
    values = kept[place].state.vectors[vector].copy()
    values[-1:] += 1
    vectors = {**kept[place].state.vectors, vector: values}
    kept[place] = replace(kept[place], state=replace(kept[place].state, vectors=vectors))


REMEMBERING = replace(
    SETUP,
    layers=(LayerSetup("dense", 5), LayerSetup("batch-norm"), LayerSetup("tanh"), LayerSetup("dense", 3)),
    optimizer=OptimizerSetup("adam", 0.01),
    regularization=RegularizationSetup(patience=1000, ema_decay=0.9),
    evaluate_every=5,
)


VECTORS = ("parameters", "buffers", "mean", "square", "ema")


@pytest.mark.parametrize(
    ("step", "vector"), [(23, "best"), *((step, vector) for step in (23, 40) for vector in VECTORS)]
)
def test_every_vector_of_a_keyframe_is_compared_where_the_test_set_is_measured_too(step, vector):
    timeline, _ = trained(REMEMBERING, {}, keep=lambda step: step in (20, 23, 40, 45))
    assert vector in timeline.nearest(step).state.vectors
    spoil(timeline, step, vector)
    with pytest.raises(ReplayDiffers, match=f"^Step {step} does not"):
        timeline.at(step)


def test_a_keyframe_between_two_commands_of_a_step_is_compared():
    timeline, _ = trained(SETUP, {}, keep=lambda step: step == 20)
    trainer = timeline.trainer
    trainer.apply(c.Change(learning_rate=0.1))
    timeline.keyframes.add(Keyframe(trainer.state))
    trainer.apply(c.Change(learning_rate=0.2))
    spoil(timeline, STEPS, "parameters")
    with pytest.raises(ReplayDiffers):
        timeline.at(STEPS)


def test_where_replay_is_not_trusted_keyframes_are_shown():
    timeline, _ = trained(SETUP, {})
    timeline.is_reproducible = False
    for step, shown in ((0, 0), (9, 0), (10, 10), (37, 30)):
        assert timeline.at(step).step_count == shown


# Thinning


def keyframe(step, journaled=0, size=100, at_command=False):
    state = TrainerState(step, 0, 0, journaled, {}, {}, {"parameters": np.zeros(size, np.float32)})
    return Keyframe(state, None, at_command)


def filled(steps, budget):
    keyframes = Keyframes(budget)
    for step in steps:
        keyframes.add(keyframe(step))
    return keyframes


@given(st.integers(3, 60), st.lists(st.integers(1, 50), min_size=1, max_size=300))
def test_the_budget_holds_and_the_first_and_the_last_stay(count, gaps):
    budget = KeyframeBudget(nbytes=count * keyframe(0).nbytes)
    keyframes = Keyframes(budget)
    for step in np.cumsum(gaps):
        keyframes.add(keyframe(int(step)))
        assert budget.used <= budget.nbytes
        assert budget.used == sum(kept.nbytes for kept in keyframes)
        assert keyframes.steps[0] == gaps[0]
        assert keyframes.steps[-1] == step
        assert keyframes.steps == tuple(sorted(keyframes.steps))


@pytest.mark.parametrize("length", [500, 2000, 20_000])
def test_density_falls_with_age_and_no_gap_is_far_above_the_others(length):
    keyframes = filled(range(length), KeyframeBudget(count=100))
    gaps = np.diff(keyframes.steps)
    oldest, _, _, newest = (part.mean() for part in np.array_split(gaps, 4))
    assert 1.2 < oldest / newest < 4
    assert gaps.max() <= 3 * length / len(keyframes)


def test_keyframes_at_commands_outlast_others():
    keyframes = Keyframes(KeyframeBudget(count=60))
    for step in range(600):
        keyframes.add(keyframe(step, at_command=step % 50 == 25))
    assert {step for step in keyframes.steps if step % 50 == 25} == set(range(25, 600, 50))


def test_a_keyframe_that_two_runs_share_counts_once_and_lives_as_long_as_one_holds_it():
    budget = KeyframeBudget()
    parent = filled(range(0, 50, 10), budget)
    used = budget.used
    branch = Keyframes(budget, parent.until(25, 0))
    assert branch.steps == (0, 10, 20)
    assert budget.used == used
    parent.release()
    assert budget.used == sum(kept.nbytes for kept in branch)


def test_a_smaller_budget_holds_at_once():
    budget = KeyframeBudget()
    keyframes = filled(range(50), budget)
    budget.resize(10 * keyframe(0).nbytes)
    assert len(keyframes) <= 10


def test_the_run_with_most_keyframes_makes_room():
    budget = KeyframeBudget(count=100)
    old, new = filled(range(90), budget), filled(range(30), budget)
    assert len(new) == 30
    assert len(old) + len(new) <= 100


def test_a_keyframe_after_more_commands_is_not_in_the_past_of_one_after_fewer():
    keyframes = Keyframes(KeyframeBudget())
    for step, journaled in ((0, 0), (10, 0), (10, 2), (20, 3)):
        keyframes.add(keyframe(step, journaled))
    assert [kept.place for kept in keyframes.until(10, 1)] == [(0, 0), (10, 0)]
    assert keyframes.newest(9).step == 0
