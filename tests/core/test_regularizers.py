"""Rules against overfitting: each formula by hand, together with every optimizer, and back bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.errors import VisualNetError
from visualnet.core.history.history import History
from visualnet.core.history.measurements import Measurement
from visualnet.core.messages.commands import Change, SetParameters
from visualnet.core.nn.blocks import Block
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.nn.regularizers import L1, L2, MaxNorm, NormClip, ParameterAverage, ValueClip, WeightDecay
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.early_stopping import EarlyStopping
from visualnet.core.training.trainer import Trainer

BLOCKS = (Block(1, (2, 3)), Block(9, (2, 1, 2)))
WEIGHTS = np.array([0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0], bool)


def vectors():
    generator = np.random.default_rng(2)
    return generator.normal(size=14), generator.normal(size=14)


def changed(rule, scale=1.0, rate=0.1):
    w, g = vectors()
    g = g * scale
    rule.apply(w, g, scale, rate)
    return w, g / scale


@pytest.mark.parametrize("scale", [1, 0.03])
def test_penalties_add_their_gradient_to_weights_alone(scale):
    w, g = vectors()
    scratch = np.empty(14)
    np.testing.assert_allclose(changed(L1(0.2, BLOCKS, scratch), scale)[1], g + 0.2 * np.sign(w) * WEIGHTS)
    np.testing.assert_allclose(changed(L2(0.2, BLOCKS, scratch), scale)[1], g + 0.2 * w * WEIGHTS)


def test_decay_shortens_weights_alone_and_leaves_gradients():
    w, g = vectors()
    after, same = changed(WeightDecay(0.5, BLOCKS, np.empty(14)), rate=0.1)
    np.testing.assert_allclose(after, np.where(WEIGHTS, 0.95 * w, w))
    np.testing.assert_array_equal(same, g)


@pytest.mark.parametrize("scale", [1, 0.03])
def test_clipping_bounds_numbers_or_the_whole(scale):
    _, g = vectors()
    np.testing.assert_allclose(changed(ValueClip(0.4), scale)[1], np.clip(g, -0.4, 0.4))
    shortened = changed(NormClip(0.4), scale)[1]
    np.testing.assert_allclose(shortened, g * 0.4 / (np.linalg.norm(g) + 1e-6))
    np.testing.assert_allclose(changed(NormClip(100), scale)[1], g)


def test_max_norm_shortens_only_neurons_that_are_too_long():
    w, _ = vectors()
    MaxNorm(1.2, BLOCKS, w.dtype).apply(w)
    expected, _ = vectors()
    rows = [slice(1, 4), slice(4, 7), slice(9, 11), slice(11, 13)]
    lengths = [np.linalg.norm(expected[row]) for row in rows]
    assert min(lengths) < 1.2 < max(lengths)
    for row, length in zip(rows, lengths, strict=True):
        expected[row] *= min(1, 1.2 / length)
    np.testing.assert_allclose(w, expected)


def test_the_average_begins_at_the_first_parameters():
    w, _ = vectors()
    average, expected = ParameterAverage(0.9, w), w.copy()
    for step in range(5):
        w = w + step
        average.update(w)
        expected = 0.9 * expected + 0.1 * w
    np.testing.assert_allclose(average.values, expected)


def test_the_average_stands_in_for_the_parameters_and_leaves_them():
    w, other = vectors()
    average, before = ParameterAverage(0.9, other), w.copy()
    with pytest.raises(ZeroDivisionError), average.in_place_of(w):
        np.testing.assert_array_equal(w, other)
        raise ZeroDivisionError
    np.testing.assert_array_equal(w, before)
    np.testing.assert_array_equal(average.values, other)


def with_rules(setup, **rules):
    return replace(setup, regularization=RegularizationSetup(**rules))


@pytest.mark.parametrize(
    "rules",
    [
        {"l1": 0.02}, {"l2": 0.1}, {"weight_decay": 0.5}, {"clip_value": 0.01}, {"clip_norm": 0.05},
        {"max_norm": 0.5}, {"l1": 0.01, "l2": 0.1, "clip_value": 0.02, "clip_norm": 0.05, "max_norm": 0.7},
    ],
)  # fmt: skip
def test_sgd_under_rules_is_the_recurrence_by_hand(digits, small_setup, rules):
    """SGD takes its gradients scaled already: the rules must not notice."""
    setup = replace(small_setup, optimizer=OptimizerSetup("sgd", 0.3), dtype="float64")
    trainer, plain = Trainer(with_rules(setup, **rules), digits), Trainer(setup, digits)
    weights = [slice(0, 60), slice(65, 80)]
    for _ in range(12):
        w = plain.network.parameters.copy()
        plain.step()
        g = plain.network.gradients / plain.gradient_scale
        for place in weights:
            g[place] += rules.get("l1", 0) * np.sign(w[place]) + rules.get("l2", 0) * w[place]
        limit = rules.get("clip_value", np.inf)
        g = np.clip(g, -limit, limit)
        g *= min(1, rules.get("clip_norm", np.inf) / (np.linalg.norm(g) + 1e-6))
        for place in weights:
            w[place] *= 1 - 0.3 * rules.get("weight_decay", 0)
        w -= 0.3 * g
        for place, inputs in zip(weights, (12, 5), strict=True):
            rows = w[place].reshape(-1, inputs)
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            rows *= np.minimum(1, rules.get("max_norm", np.inf) / lengths)
        plain.network.parameters[...] = w
        trainer.step()
        np.testing.assert_allclose(trainer.network.parameters, w, rtol=1e-10, atol=1e-13)


def test_measurements_are_made_with_the_average_and_change_nothing(digits, small_setup):
    averaged, plain = (
        Trainer(with_rules(small_setup, ema_decay=0.9), digits),
        Trainer(small_setup, digits),
    )
    for _ in range(7):
        averaged.step()
        plain.step()
    loss, _ = averaged.evaluate()
    assert averaged.parameters_sha256 == plain.parameters_sha256
    assert loss != plain.evaluate()[0]
    opened = Trainer(small_setup, digits)
    opened.apply(SetParameters(averaged.state.vectors["ema"].tobytes()))
    assert opened.evaluate()[0] == loss


def test_opened_parameters_begin_a_new_average(digits, small_setup):
    trainer = Trainer(with_rules(small_setup, ema_decay=0.9), digits)
    trainer.step()
    trainer.apply(SetParameters(np.ones(83, np.float32).tobytes()))
    np.testing.assert_array_equal(trainer.state.vectors["ema"], np.ones(83))


def measured(loss, validation=None):
    return Measurement(loss, 0.5, np.empty(0, np.intp), validation)


def test_early_stopping_waits_and_keeps_the_best():
    stopping = EarlyStopping(2, 0.1)
    losses = [1.0, 0.95, 0.8, 0.75, float("nan"), 0.1]
    answers = [stopping.note(step, measured(loss), np.full(2, loss)) for step, loss in enumerate(losses, 1)]
    assert answers == [False, False, False, False, True, False]
    assert (stopping.best_loss, stopping.best.tolist()) == (0.8, [0.8, 0.8])


def test_a_step_is_counted_once():
    stopping = EarlyStopping(2, 0)
    for _ in range(5):
        stopping.note(3, measured(1.0), np.ones(2))
    assert not stopping.is_stopped


@pytest.fixture
def overfitting(small_setup):
    """A run whose test loss soon grows: labels are noise."""
    generator = np.random.default_rng(1)

    def split(count):
        return Split(generator.normal(size=(count, 12)), generator.integers(0, 3, count))

    setup = with_rules(small_setup, patience=3)
    setup = replace(setup, optimizer=OptimizerSetup("adam", 0.03), epochs=500)
    return setup, Dataset("noise", split(60), split(60), (12,), ("a", "b", "c"))


def test_a_run_stops_early_at_the_best_parameters_that_were_measured(overfitting):
    setup, data = overfitting
    trainer = Trainer(setup, data)
    measured = {}
    while not trainer.is_finished:
        trainer.step()
        trainer.evaluate() if trainer.is_evaluating else None
        if trainer.history.last_test_step == trainer.step_count and not trainer.is_finished:
            measured[trainer.evaluate()[0]] = trainer.parameters_sha256
    assert trainer.finish_reason == "early-stopping"
    assert trainer.step_count < 200
    assert trainer.parameters_sha256 == measured[min(measured)]
    assert trainer.evaluate()[0] == min(measured)
    assert len(measured) >= 3


@pytest.fixture
def validated(overfitting):
    """The same run with a validation part of other noise, whose loss turns elsewhere."""
    setup, data = overfitting
    generator = np.random.default_rng(8)
    part = Split(generator.normal(size=(700, 12)), generator.integers(0, 3, 700))
    return setup, replace(data, validation=part)


def test_early_stopping_goes_by_the_validation_part_and_never_by_the_test_set(validated):
    setup, data = validated
    trainer, other = Trainer(setup, data), Trainer(setup, replace(data, test=data.test[:7]))
    for run in (trainer, other):
        while not run.is_finished:
            run.step()
    assert trainer.finish_reason == "early-stopping"
    assert (trainer.step_count, trainer.parameters_sha256) == (other.step_count, other.parameters_sha256)
    view = trainer.history.view()
    np.testing.assert_array_equal(view.tests[:, 0], view.validations[:, 0])
    assert view.validations[-1, 1] == view.validations[:, 1].min()
    judge = Trainer(setup, replace(data, test=data.validation, validation=None))
    judge.restore(replace(trainer.state, step=0, journaled=0))
    assert judge.evaluate() == pytest.approx(tuple(view.validations[-1, 1:]))
    judge = Trainer(setup, replace(data, validation=None))
    judge.restore(replace(trainer.state, step=0, journaled=0))
    assert judge.evaluate() == pytest.approx(tuple(view.tests[-1, 1:]))


def test_a_validation_part_changes_no_step(validated):
    setup, data = validated
    setup = replace(setup, regularization=RegularizationSetup(), epochs=5)
    with_part, without = Trainer(setup, data), Trainer(setup, replace(data, validation=None))
    for _ in range(20):
        assert with_part.step() == without.step()
    np.testing.assert_array_equal(with_part.history.view().tests, without.history.view().tests)
    assert not len(without.history.view().validations)


def test_a_state_of_a_validated_run_stops_at_the_same_step_and_bits(validated):
    setup, data = validated
    trainer, fresh = Trainer(setup, data), Trainer(setup, data)
    for _ in range(9):
        trainer.step()
    fresh.restore(TrainerState.from_bytes(trainer.state.to_bytes()))
    for run in (trainer, fresh):
        while not run.is_finished:
            run.step()
    assert fresh.state.to_bytes() == trainer.state.to_bytes()
    np.testing.assert_array_equal(fresh.history.view().tests[-1], trainer.history.view().tests[-1])


def test_a_plain_loop_stops_at_the_same_step_and_bits(overfitting):
    setup, data = overfitting
    loop, chunks = Trainer(setup, data), Trainer(setup, data)
    while not loop.is_finished:
        loss = loop.step()
    while not chunks.is_finished:
        chunks.step()
        while chunks.is_evaluating:
            chunks.evaluate_chunk()
    assert (loop.step_count, loop.parameters_sha256) == (chunks.step_count, chunks.parameters_sha256)
    assert loss == loop.history.view().loss.values()[-1]


def test_unasked_measurements_do_not_count(overfitting):
    setup, data = overfitting
    curious, plain = Trainer(setup, data), Trainer(setup, data)
    while not plain.is_finished:
        plain.step()
    while not curious.is_finished:
        curious.step()
        curious.evaluate()
    assert curious.step_count == plain.step_count
    assert curious.parameters_sha256 == plain.parameters_sha256


def test_a_stopped_run_can_go_on(overfitting):
    setup, data = overfitting
    trainer = Trainer(setup, data)
    while not trainer.is_finished:
        trainer.step()
    step = trainer.step_count
    trainer.step()
    assert trainer.step_count == step + 1


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 4, 5, 6, 7, 11])
def test_a_state_of_a_run_that_will_stop_stops_at_the_same_step_and_bits(overfitting, moment):
    """Milestones right at a measurement, before it is made and after, among them."""
    setup, data = overfitting
    setup = replace(setup, regularization=replace(setup.regularization, ema_decay=0.5))
    trainer = Trainer(setup, data)
    for _ in range(moment):
        trainer.step()
    states = [trainer.state]
    while trainer.is_evaluating:
        trainer.evaluate_chunk()
    states.append(trainer.state)
    while not trainer.is_finished:
        trainer.step()
    for state in states:
        fresh = Trainer(setup, data)
        fresh.restore(TrainerState.from_bytes(state.to_bytes()))
        while not fresh.is_finished:
            fresh.step()
        assert fresh.state.to_bytes()[:-32] == trainer.state.to_bytes()[:-32]


ALL_RULES = RegularizationSetup(
    l1=1e-4, l2=1e-3, weight_decay=0.01, clip_value=0.5, clip_norm=0.4, max_norm=1.5, ema_decay=0.9, patience=9
)  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("moment", [1, 10, 13])
def test_every_optimizer_under_every_rule_goes_on_with_the_same_bits(
    digits, small_setup, optimizer, dtype, moment
):
    setup = replace(
        small_setup,
        optimizer=OptimizerSetup(optimizer, 0.02),
        schedule=ScheduleSetup("one-cycle", warmup_steps=3),
        regularization=ALL_RULES,
        dtype=dtype,
    )

    def go_on(trainer):
        while trainer.step_count < 25:
            if trainer.step_count == 15:
                trainer.apply(Change(learning_rate=0.01))
                trainer.apply(Change(batch_size=50))
            trainer.step()
        return trainer.state.to_bytes()

    trainer = Trainer(setup, digits)
    for _ in range(moment):
        trainer.step()
    state = trainer.state
    expected = go_on(trainer)
    trainer.restore(state)
    assert go_on(trainer) == expected
    fresh = Trainer(setup, digits)
    fresh.restore(TrainerState.from_bytes(state.to_bytes()))
    restored, wanted = TrainerState.from_bytes(go_on(fresh)), TrainerState.from_bytes(expected)
    assert {name: vector.tobytes() for name, vector in restored.vectors.items()} == {
        name: vector.tobytes() for name, vector in wanted.vectors.items()
    }
    assert restored.scalars == wanted.scalars


def test_a_state_with_an_average_is_not_one_without(digits, small_setup):
    averaged, plain = Trainer(with_rules(small_setup, ema_decay=0.9), digits), Trainer(small_setup, digits)
    for one, other in ((averaged, plain), (plain, averaged)):
        with pytest.raises(VisualNetError, match="another network"):
            one.restore(other.state)


def test_rules_of_no_strength_change_no_bit(digits, small_setup):
    plain, ruled = Trainer(small_setup, digits), Trainer(with_rules(small_setup, clip_norm=1e6), digits)
    for _ in range(12):
        plain.step()
        ruled.step()
    assert plain.parameters_sha256 == ruled.parameters_sha256


def test_a_state_from_before_its_measurement_leads_to_the_same_stop():
    """A file may hold the measurement, and a keyframe of the same step that was taken just before it."""
    circles = load_preset("circles")
    setup = replace(
        circles,
        epochs=200,
        optimizer=replace(circles.optimizer, learning_rate=0.3),
        regularization=replace(circles.regularization, patience=3),
    )
    whole, states = Trainer(setup), []
    while not whole.is_finished:
        whole.step()
        if whole.is_evaluating:
            states.append(whole.state)
    assert whole.finish_reason == "early-stopping"
    view = whole.history.view()
    for state in states:
        trainer = Trainer(setup)
        trainer.past.history = History.of(
            0, view.loss.values(), view.accuracy.values(), view.tests, view.validations, view.commands
        )
        trainer.restore(state)
        while not trainer.is_finished:
            trainer.step()
        ends = [(one.step_count, one.parameters_sha256) for one in (trainer, whole)]
        assert ends[0] == ends[1], state.step
        np.testing.assert_array_equal(trainer.history.view().tests, view.tests)
