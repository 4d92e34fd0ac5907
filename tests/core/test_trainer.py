"""The run as a machine: the same bits, whatever happens around it."""

import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.errors import SetupError, VisualNetError
from visualnet.core.messages.commands import Change, SetParameters
from visualnet.core.nn.layers import register_activation
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import TrainingOrder
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.report import per_epoch, report
from visualnet.core.training.trainer import Trainer


def take(trainer, steps):
    for _ in range(steps):
        trainer.step()
    return trainer.parameters_sha256


def with_optimizer(setup, name):
    return replace(setup, optimizer=OptimizerSetup(name, 0.05))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_setup_gives_the_same_bits(digits, small_setup, optimizer, dtype):
    setup = replace(with_optimizer(small_setup, optimizer), dtype=dtype)
    first, second = Trainer(setup, digits), Trainer(setup, digits)
    assert take(first, 25) == take(second, 25)
    assert first.network.dtype == dtype
    np.testing.assert_array_equal(first.history.view().loss.values(), second.history.view().loss.values())


@pytest.mark.parametrize("change", [{"seed": 4}, {"batch_size": 31}, {"shuffle": False}])
def test_another_setup_gives_other_bits(digits, small_setup, change):
    assert take(Trainer(small_setup, digits), 5) != take(Trainer(replace(small_setup, **change), digits), 5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("moment", [0, 1, 9, 10, 17])
def test_a_restored_state_goes_on_with_the_same_bits(digits, small_setup, optimizer, moment):
    setup = with_optimizer(small_setup, optimizer)
    trainer = Trainer(setup, digits)
    take(trainer, moment)
    state = trainer.state
    expected = take(trainer, 15)
    losses = trainer.history.view().loss.values()

    trainer.restore(state)
    assert trainer.step_count == moment
    assert take(trainer, 15) == expected
    np.testing.assert_array_equal(trainer.history.view().loss.values(), losses)

    other = Trainer(setup, digits)
    other.restore(TrainerState.from_bytes(state.to_bytes()))
    assert take(other, 15) == expected
    np.testing.assert_array_equal(other.history.view().loss.values(), losses[moment:])


CONTINUE = """
import sys
from pathlib import Path
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.trainer import Trainer

trainer = Trainer(Setup.from_json(Path(sys.argv[1]).read_text("utf-8")))
trainer.restore(TrainerState.from_bytes(Path(sys.argv[2]).read_bytes()))
for _ in range(40):
    trainer.step()
print(trainer.parameters_sha256)
"""


def test_a_new_process_goes_on_with_the_same_bits(tmp_path):
    setup = load_preset("mnist")
    setup = replace(setup, data=replace(setup.data, train_size=1000, test_size=100))
    trainer = Trainer(setup)
    take(trainer, 30)
    (tmp_path / "setup.json").write_text(setup.to_json(), "utf-8")
    (tmp_path / "state").write_bytes(trainer.state.to_bytes())
    expected = take(trainer, 40)
    command = [sys.executable, "-c", CONTINUE, str(tmp_path / "setup.json"), str(tmp_path / "state")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == expected


def test_a_state_is_a_copy_and_survives_pickling(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    take(trainer, 3)
    state = trainer.state
    before = state.to_bytes()
    take(trainer, 3)
    assert state.to_bytes() == before
    assert pickle.loads(pickle.dumps(state)).to_bytes() == before
    with pytest.raises(ValueError, match="read-only"):
        state.vectors["parameters"][0] = 1


def test_a_state_of_another_network_is_refused_and_changes_nothing(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    take(trainer, 3)
    before = trainer.state.to_bytes()
    others = (
        small_setup.with_hidden((6,)),
        replace(small_setup, dtype="float64"),
        with_optimizer(small_setup, "sgd"),
    )
    for other in others:
        with pytest.raises(VisualNetError, match="another network, number type or optimizer"):
            trainer.restore(Trainer(other, digits).state)
    assert trainer.state.to_bytes() == before


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_state_bytes_are_a_sentence(data):
    sound = SOUND_STATE
    damage = data.draw(st.sampled_from(["cut", "flip", "other"]))
    if damage == "cut":
        damaged = sound[: data.draw(st.integers(0, len(sound) - 1))]
    elif damage == "flip":
        place = data.draw(st.integers(0, len(sound) - 1))
        damaged = sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :]
    else:
        damaged = data.draw(st.binary(max_size=200))
    with pytest.raises(
        VisualNetError, match=r"The saved state is damaged, or it is not one of VisualNet's\."
    ):
        TrainerState.from_bytes(damaged)


SOUND_STATE = TrainerState(
    3, 0, 96, 0, {"learning_rate": 0.1}, {}, {"parameters": np.arange(5, dtype=np.float32)}
).to_bytes()

COMMANDS = {
    2: Change(learning_rate=0.02),
    5: Change(beta1=0.8, beta2=0.9),
    13: Change(batch_size=50),
    20: Change(beta1=0.95, beta2=0.99),
    21: Change(batch_size=7),
}


def take_with_commands(trainer, stop):
    while trainer.step_count < stop:
        if trainer.step_count in COMMANDS and trainer.step_count not in dict(trainer.journal):
            trainer.apply(COMMANDS[trainer.step_count])
        trainer.step()
    return trainer.parameters_sha256


def test_commands_at_the_same_steps_give_the_same_bits(digits, small_setup):
    first, second = Trainer(small_setup, digits), Trainer(small_setup, digits)
    assert take_with_commands(first, 40) == take_with_commands(second, 40)
    assert first.journal == list(COMMANDS.items())
    changed = {"learning_rate": 0.02, "beta1": 0.95, "beta2": 0.99, "batch_size": 7}
    assert {name: first.settings[name] for name in changed} == changed
    assert first.parameters_sha256 != take(Trainer(small_setup, digits), 40)


@pytest.mark.parametrize("moment", [4, 12, 18, 30])
def test_commands_after_a_restored_state_can_be_given_again(digits, small_setup, moment):
    trainer = Trainer(small_setup, digits)
    take_with_commands(trainer, moment)
    state = trainer.state
    expected = take_with_commands(trainer, 40)
    trainer.restore(state)
    assert trainer.journal == [entry for entry in COMMANDS.items() if entry[0] < moment]
    assert take_with_commands(trainer, 40) == expected


def test_a_command_given_right_after_a_state_is_not_part_of_it(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    trainer.apply(Change(learning_rate=0.5))
    state = trainer.state
    trainer.apply(Change(learning_rate=0.7))
    trainer.restore(state)
    assert trainer.settings["learning_rate"] == 0.5
    assert trainer.journal == [(0, Change(learning_rate=0.5))]


@pytest.mark.parametrize(
    "command",
    [
        Change(learning_rate=0),
        Change(learning_rate=-1),
        Change(learning_rate=float("nan")),
        Change(learning_rate=float("inf")),
        Change(learning_rate="fast"),
        Change(momentum=0.5),
        Change(beta1=0.5, beta2=1),
        Change(beta1=-0.1, beta2=0.5),
        Change(batch_size=0),
        Change(batch_size=1.5),
        Change(batch_size=10**9),
        SetParameters(b""),
        SetParameters(b"\0" * 7),
        SetParameters(np.full(83, np.nan, np.float32).tobytes()),
    ],
)
def test_a_rejected_command_changes_nothing(digits, small_setup, command):
    trainer, other = Trainer(small_setup, digits), Trainer(small_setup, digits)
    take(trainer, 4)
    before = trainer.state.to_bytes()
    with pytest.raises(SetupError):
        trainer.apply(command)
    assert trainer.state.to_bytes() == before
    assert trainer.journal == []
    take(other, 4)
    assert take(trainer, 10) == take(other, 10)


def test_parameters_can_be_set(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    values = np.linspace(-1, 1, len(trainer.network.parameters), dtype=np.float32)
    trainer.apply(SetParameters(values.tobytes()))
    np.testing.assert_array_equal(trainer.network.parameters, values)


def test_each_set_of_parameters_is_measured_though_the_step_is_the_same(digits, small_setup):
    trainer, other = (Trainer(replace(small_setup, seed=seed), digits) for seed in (3, 4))
    take(trainer, 12)
    own, measured = trainer.network.parameters.tobytes(), trainer.evaluate()
    before, wrong = trainer.state, trainer.past.misclassified
    trainer.apply(Change(learning_rate=0.5))
    assert trainer.evaluate() == measured
    assert len(trainer.history.view().tests) == 2, "a rate changes no parameter"
    trainer.apply(SetParameters(other.network.parameters.tobytes()))
    assert trainer.evaluate() == other.evaluate() != measured
    assert trainer.past.misclassified.tolist() == other.past.misclassified.tolist()
    trainer.apply(SetParameters(own))
    assert trainer.evaluate() == measured
    assert trainer.past.misclassified.tolist() == wrong.tolist()
    trainer.restore(before)
    assert trainer.evaluate() == measured


def seen_in_an_epoch(digits, sizes):
    """Place of each example in the order in which an epoch of these batch sizes shows it."""
    numbered = Split(np.arange(300, dtype=float)[:, np.newaxis], np.arange(300))
    data = Dataset("numbers", numbered, numbered, (1,), ())
    order, seen = TrainingOrder(data, np.dtype(np.float64), True, 0), []
    for size in sizes:
        inputs, targets = order.next(size)
        np.testing.assert_array_equal(inputs[0], targets)
        seen.append(targets.copy())
        order.advance(len(targets))
    assert (order.epoch, order.consumed) == (1, 0)
    return seen


def test_each_example_is_seen_once_an_epoch_whatever_the_batch_sizes(digits):
    even, mixed = seen_in_an_epoch(digits, [100] * 3), seen_in_an_epoch(digits, [1, 64, 200, 64])
    np.testing.assert_array_equal(np.concatenate(even), np.concatenate(mixed))
    assert sorted(np.concatenate(even)) == list(range(300))
    assert [len(part) for part in mixed] == [1, 64, 200, 35]


def test_a_new_batch_size_inside_an_epoch_goes_on_where_it_was(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    take(trainer, 3)
    assert trainer.course.epoch == 96 / 300
    trainer.apply(Change(batch_size=100))
    take(trainer, 2)
    assert trainer.course.epoch == 296 / 300
    take(trainer, 1)
    assert (trainer.course.epoch, trainer.course.full_epochs, trainer.steps_per_epoch) == (1, 1, 3)


def test_the_last_short_batch_is_kept(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    assert trainer.steps_per_epoch == 10
    take(trainer, 9)
    assert (trainer.course.epoch, trainer.course.full_epochs) == (288 / 300, 0)
    trainer.step()
    assert trainer.course.epoch == 1
    accuracies = trainer.history.view().accuracy.values()
    np.testing.assert_allclose(accuracies * ([32] * 9 + [12]), np.round(accuracies * ([32] * 9 + [12])))


def test_evaluation_does_not_change_bits(digits, small_setup):
    busy, quiet = Trainer(small_setup, digits), Trainer(small_setup, digits)
    for _ in range(25):
        busy.step()
        busy.evaluate()
        quiet.step()
    assert busy.parameters_sha256 == quiet.parameters_sha256
    assert take(busy, 10) == take(quiet, 10)


def test_evaluation_equals_a_measurement_by_hand(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    take(trainer, 5)
    loss, accuracy = trainer.evaluate()
    logits = trainer.network.predict(digits.test.inputs / 255).astype(float)
    right = logits.argmax(axis=1) == digits.test.targets
    assert accuracy == right.mean()
    chosen = logits[np.arange(70), digits.test.targets]
    assert loss == pytest.approx(np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen), rel=1e-5)
    np.testing.assert_array_equal(trainer.past.misclassified, np.flatnonzero(~right))


def test_evaluation_in_chunks_counts_every_example(small_setup):
    generator = np.random.default_rng(0)
    split = Split(generator.normal(size=(1203, 4)), generator.integers(0, 3, 1203))
    trainer = Trainer(small_setup, Dataset("many", split, split, (4,), ("a", "b", "c")))
    trainer.begin_evaluation()
    chunks = 0
    while trainer.is_evaluating:
        trainer.evaluate_chunk()
        chunks += 1
    assert chunks == 3
    predicted = trainer.network.predict(split.inputs).argmax(axis=1)
    assert trainer.history.view().tests[0, 2] == np.mean(predicted == split.targets)


@pytest.mark.parametrize(("every", "expected"), [(None, [10, 20]), (4, [4, 8, 12, 16, 20]), (25, [])])
def test_the_setup_says_when_the_test_set_is_measured(digits, small_setup, every, expected):
    trainer = Trainer(replace(small_setup, evaluate_every=every), digits)
    take(trainer, 21)
    assert trainer.history.view().tests[:, 0].tolist() == expected


def test_an_evaluation_that_is_due_sees_the_parameters_of_its_step(digits, small_setup):
    waiting, prompt = Trainer(small_setup, digits), Trainer(small_setup, digits)
    take(waiting, 10)
    take(prompt, 10)
    assert waiting.is_evaluating
    expected = prompt.evaluate()
    waiting.apply(SetParameters(np.zeros(83, np.float32).tobytes()))
    assert tuple(waiting.history.view().tests[0, 1:]) == expected


@pytest.mark.parametrize(
    ("goal", "steps"),
    [({"epochs": 2}, 20), ({"epochs": 2, "steps": 7}, 7), ({"steps": 33, "epochs": None}, 33)],
)
def test_the_goal(digits, small_setup, goal, steps):
    trainer = Trainer(replace(small_setup, **goal), digits)
    while not trainer.is_finished:
        trainer.step()
    assert trainer.step_count == steps


def test_without_a_goal_a_run_never_finishes(digits, small_setup):
    trainer = Trainer(replace(small_setup, epochs=None), digits)
    take(trainer, 50)
    assert not trainer.is_finished


def diverged(trainer):
    """Step until it breaks; returns the error. Nothing of the broken step may have been applied."""
    with pytest.raises(Diverged) as caught:
        for _ in range(200):
            before, steps = trainer.state.to_bytes(), trainer.step_count
            trainer.step()
    assert trainer.state.to_bytes() == before
    assert trainer.step_count == steps == trainer.history.step
    return caught.value


def test_a_broken_weight_is_found_in_its_layer(digits, small_setup):
    for index, name in ((0, "weight"), (0, "bias"), (2, "weight"), (2, "bias")):
        trainer = Trainer(small_setup, digits)
        take(trainer, 2)
        trainer.network.split(trainer.network.parameters)[index][name].flat[1] = np.nan
        error = diverged(trainer)
        assert (error.diagnosis.layer, error.diagnosis.part, error.diagnosis.step) == (index, name, 2)
        layer = ("Layer 1", "", "Outputs")[index]
        assert f"numbers that are not finite in the {name} of {layer}." in str(error)
        assert str(error).startswith("Training broke at step 3:")


def test_an_overflow_is_found_in_the_layer_that_gives_it(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    trainer.network.layers[2].weight[...] = 3e38
    trainer.network.layers[0].bias[...] = 100
    diagnosis = diverged(trainer).diagnosis
    assert (diagnosis.layer, diagnosis.part) == (2, "output")


def test_an_activation_that_gives_nan_is_named(digits, small_setup):
    register_activation("broken-root", lambda x: np.sqrt(x - 1e6), np.ones_like)
    layers = (LayerSetup("dense", 4), LayerSetup("broken-root"), LayerSetup("dense", 3))
    error = diverged(Trainer(replace(small_setup, layers=layers), digits))
    assert (error.diagnosis.layer, error.diagnosis.part) == (1, "output")
    assert "not finite in what comes out of Layer 1, broken-root." in str(error)


def test_broken_input_is_named(small_setup):
    split = Split(np.array([[0.0, np.inf], [1.0, 1.0]]), np.array([0, 1]))
    data = Dataset("broken", split, split, (2,), ("a", "b"))
    setup = Setup(layers=(LayerSetup("dense", 2),), shuffle=False)
    error = diverged(Trainer(setup, data))
    assert (error.diagnosis.layer, error.diagnosis.part) == (None, "input")
    assert "not finite in the input data." in str(error)


def test_a_loss_that_overflows_alone_is_named(digits, small_setup):
    setup = replace(small_setup, layers=(LayerSetup("dense", 3),), loss="mse")
    trainer = Trainer(setup, digits)
    trainer.network.layers[0].bias[...] = 1e30
    assert diverged(trainer).diagnosis.part == "loss"


def test_a_run_that_really_diverges_can_go_on_from_an_earlier_state(digits, small_setup):
    setup = replace(small_setup, loss="mse", layers=(LayerSetup("dense", 8), LayerSetup("dense", 3)))
    trainer = Trainer(replace(setup, optimizer=OptimizerSetup("sgd", 1.0)), digits)
    state = trainer.state
    trainer.apply(Change(learning_rate=1000.0))
    error = diverged(trainer)
    assert error.diagnosis.step > 0
    trainer.restore(state)
    trainer.apply(Change(learning_rate=0.01))
    take(trainer, 100)
    assert trainer.history.view().loss.values()[-1] < trainer.history.view().loss.values()[0]


@pytest.mark.parametrize(
    ("units", "loss", "message"),
    [
        (4, "cross-entropy", "must end with 3 outputs for cross-entropy on digits, not 4"),
        (1, "cross-entropy", "must end with 3 outputs"),
        (1, "mse", "must end with 3 outputs"),
        (1, "binary-cross-entropy", "must end with 3 outputs"),
        (2, "hinge", "must end with 3 outputs for hinge on digits, not 2"),
    ],
)
def test_outputs_that_do_not_fit_the_data_are_a_sentence(digits, small_setup, units, loss, message):
    with pytest.raises(SetupError, match=message):
        Trainer(replace(small_setup, layers=(LayerSetup("dense", units),), loss=loss), digits)


def test_two_classes_may_have_one_output_under_squared_error():
    split = Split(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 1]))
    data = Dataset("or", split, split, (2,), ("0", "1"))
    one = Trainer(Setup(layers=(LayerSetup("dense", 1),), loss="mse"), data)
    two = Trainer(Setup(layers=(LayerSetup("dense", 2),), loss="mse"), data)
    expected = np.mean((one.network.predict(split.inputs)[:, 0] - split.targets) ** 2)
    assert one.step() == pytest.approx(expected, rel=1e-5)
    expected = np.mean((two.network.predict(split.inputs) - np.eye(2)[split.targets]) ** 2)
    assert two.step() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["cross-entropy", "binary-cross-entropy", "hinge"])
def test_a_loss_for_classes_refuses_values_and_says_what_fits(loss):
    split = Split(np.ones((4, 1)), np.ones((4, 1)))
    data = Dataset("lines", split, split, (1,), ())
    with pytest.raises(SetupError, match=f"loss: {loss} compares classes.* use mse, mae, huber"):
        Trainer(Setup(layers=(LayerSetup("dense", 1),), loss=loss), data)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_learns_to_tell_two_classes_apart(loss):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    points = generator.normal(size=(60, 2)) + 4 * labels[:, np.newaxis]
    split = Split(points, labels)
    data = Dataset("two", split, split, (2,), ("0", "1"))
    for outputs in LOSSES[loss].output_counts(2):
        setup = Setup(
            layers=(LayerSetup("dense", outputs),), loss=loss, optimizer=OptimizerSetup("adam", 0.05)
        )
        trainer = Trainer(setup, data)
        take(trainer, 200)
        assert trainer.evaluate()[1] > 0.95
        assert trainer.history.view().accuracy.values()[-1] > 0.95


def test_the_setup_s_smoothing_reaches_training_and_evaluation(digits, small_setup):
    plain, smoothed = Trainer(small_setup, digits), Trainer(replace(small_setup, label_smoothing=0.1), digits)
    assert plain.step() != smoothed.step()
    logits = smoothed.network.predict(digits.test.inputs / 255).astype(float)
    logarithms = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = 0.9 * np.eye(3)[digits.test.targets] + 0.1 / 3
    assert smoothed.evaluate()[0] == pytest.approx(-(targets * logarithms).sum(axis=1).mean(), rel=1e-5)


def test_values_can_be_learnt_as_well_as_classes():
    inputs = np.linspace(-1, 1, 40)[:, np.newaxis]
    split = Split(inputs, np.concatenate([2 * inputs, 1 - inputs], axis=1))
    data = Dataset("lines", split, split, (1,), ())
    setup = Setup(
        layers=(LayerSetup("dense", 2),), loss="mse", optimizer=OptimizerSetup("sgd", 0.5), batch_size=8
    )
    trainer = Trainer(setup, data)
    take(trainer, 300)
    loss, accuracy = trainer.evaluate()
    assert loss < 1e-6
    assert np.isnan(accuracy)
    np.testing.assert_allclose(trainer.network.layers[0].weight, [[2], [-1]], atol=1e-3)


def test_the_report_names_what_was_reached(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    take(trainer, 15)
    loss, accuracy = trainer.evaluate()
    figures = report(trainer, 0.5, 0.25)
    losses = trainer.history.view().loss.values()
    assert figures["train_loss"] == pytest.approx(losses[:10].mean())
    expected = {
        "preset": "small",
        "seed": 3,
        "steps": 15,
        "epochs": round(1 + 160 / 300, 6),
        "test_loss": loss,
        "test_accuracy": accuracy,
        "tested_at_step": 15,
        "fit_seconds": 0.5,
        "evaluation_seconds": 0.25,
        "steps_per_second": 30,
        "parameters": 83,
        "parameters_sha256": trainer.parameters_sha256,
    }
    assert {name: figures[name] for name in expected} == expected
    assert [entry["step"] for entry in per_epoch(trainer)] == [10, 15]
    assert per_epoch(trainer)[1]["train_loss"] == pytest.approx(losses[10:].mean())


def test_the_report_of_nothing_has_no_figures(digits, small_setup):
    figures = report(Trainer(small_setup, digits), 0.0, 0.0)
    for name in ("train_loss", "test_loss", "test_accuracy", "tested_at_step", "steps_per_second"):
        assert figures[name] is None
