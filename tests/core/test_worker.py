"""The worker as the window uses it: real threads, commands in, events and frames out."""

import itertools
import pickle
import threading
from dataclasses import FrozenInstanceError, dataclass, replace
from time import monotonic

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.core.worker_harness import MOONS, PATIENCE, STEPS_PER_EPOCH, WorkerHarness, bits_after
from tests.random_runs.random_commands import every_command
from visualnet.core.datasets.mnist import bundled_directory
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.outbox import Outbox
from visualnet.core.nn.layers import register_activation
from visualnet.core.probes.base import Probe
from visualnet.core.probes.predictions import DrawingProbe, PredictionsProbe
from visualnet.core.probes.surface import SurfaceProbe
from visualnet.core.probes.weights import WeightsProbe, WeightView
from visualnet.core.replay.keyframes import KeyframeBudget
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.studies.rate_range import RateRange
from visualnet.core.training.rate_finder import learning_rate_range_test
from visualnet.core.training.threads import blas_description
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.worker import Worker

DIGITS = Setup(name="digits", data=DataSetup("mnist", train_size=2000, test_size=600), epochs=None)
PROBES = frozenset(
    {
        PredictionsProbe(20),
        PredictionsProbe(20, only_wrong=True),
        DrawingProbe(bytes(784)),
        SurfaceProbe(16),
        WeightsProbe(0),
        WeightsProbe(0, WeightView.GRADIENTS),
        WeightsProbe(0, WeightView.CHANGE),
    }
)


@pytest.fixture
def harness():
    made = WorkerHarness()
    made.worker.start()
    yield made
    assert made.worker.stop(PATIENCE)


@pytest.fixture
def moons(harness):
    harness.send(c.StartRun(MOONS))
    harness.wait(e.RunStarted)
    return harness


def test_a_run_starts_paused_and_is_described(harness):
    harness.send(c.StartRun(MOONS))
    started = harness.wait(e.RunStarted)
    assert (started.generation, started.step, started.steps_per_epoch) == (1, 0, STEPS_PER_EPOCH)
    assert started.setup == MOONS
    assert started.parameter_count == 2 * 8 + 8 + 8 + 1
    assert [layer.weight_shape for layer in started.layers] == [(8, 2), None, (1, 8)]
    assert (started.data.name, started.data.train_count, started.data.test_count) == ("moons", 200, 200)
    assert started.data.points.shape == (200, 2)
    assert started.settings == {
        "learning_rate": 0.02, "momentum": 0.9, "batch_size": 16, "epochs": started.setup.epochs, "steps": None,
        "evaluate_every": started.setup.evaluate_every,
    }  # fmt: skip
    assert started.draft == MOONS
    assert harness.ask().step == 0
    assert not harness.of_kind(e.Resumed)


def test_play_and_pause(moons):
    moons.send(c.Play())
    assert moons.wait(e.Resumed).step == 0
    while moons.ask().step < 50:
        pass
    moons.send(c.Pause())
    paused = moons.wait(e.Paused)
    assert paused.reason == "asked"
    assert moons.ask().step == paused.step >= 50
    assert moons.ask().step == paused.step
    moons.send(c.Play())
    assert moons.wait(e.Resumed).step == paused.step


def test_a_run_may_play_from_its_start(harness):
    harness.send(c.StartRun(replace(MOONS, steps=20), play=True))
    harness.wait(e.RunStarted)
    harness.wait(e.Resumed)
    paused = harness.wait(e.Paused)
    assert (paused.step, paused.reason) == (20, "goal")


@pytest.mark.parametrize("goal", [{"steps": 25}, {"epochs": 2}])
@pytest.mark.parametrize("data", [MOONS.data, DIGITS.data])
def test_a_run_that_reached_its_goal_is_tested_at_its_last_step_and_once(harness, goal, data):
    setup = replace(MOONS if data == MOONS.data else DIGITS, batch_size=16, evaluate_every=7, **goal)
    harness.send(c.StartRun(setup, play=True))
    paused = harness.wait(e.Paused)
    tested = harness.ask().history.tests[:, 0].tolist()
    assert paused.reason == "goal"
    assert tested == [*range(7, paused.step, 7), paused.step]
    trainer = Trainer(setup)
    for _ in range(paused.step):
        trainer.step()
    assert tuple(harness.frame.history.tests[-1, 1:]) == trainer.evaluate()


@pytest.mark.parametrize("command", [c.StepOnce(), c.StepEpoch(), c.RunTo(2 * STEPS_PER_EPOCH)])
def test_however_a_run_comes_to_its_goal_it_is_tested_there_and_not_at_the_step_beyond(harness, command):
    goal = 2 * STEPS_PER_EPOCH
    harness.send(c.StartRun(replace(MOONS, epochs=2, evaluate_every=7)), c.RunTo(goal - 1))
    harness.wait(e.Paused)
    harness.send(command)
    assert harness.wait(e.Paused).step == goal
    assert harness.ask().history.tests[-1, 0] == goal
    harness.send(c.StepOnce())
    harness.wait(e.Paused)
    assert harness.ask().step == goal + 1
    assert harness.frame.history.tests[-1, 0] == goal


def test_a_run_that_goes_on_beyond_its_goal_is_tested_at_the_goal_itself(harness):
    harness.send(c.StartRun(replace(MOONS, epochs=None, steps=40, evaluate_every=1000)), c.RunTo(400))
    assert harness.wait(e.Paused).step == 400
    assert harness.ask().history.tests[:, 0].tolist() == [40]


def test_the_speed_is_that_of_training_alone_and_none_at_rest(harness):
    harness.send(c.StartRun(replace(DIGITS, evaluate_every=1)), c.SetSpeed(25), c.Play())
    harness.wait(e.Resumed)
    while harness.ask().step < 12:
        pass
    # A busy machine may be slower than what is asked of it, and never faster.
    assert 0 < harness.frame.steps_per_second < 26
    harness.send(c.Pause())
    harness.wait(e.Paused)
    assert harness.ask().steps_per_second == 0


def test_one_step(moons):
    for number in (1, 2, 3):
        moons.send(c.StepOnce())
        assert moons.wait(e.Paused) == e.Paused(1, number, "target")
        assert moons.ask().step == number


def test_steps_asked_for_in_a_row_are_all_taken(moons):
    moons.send(*[c.StepOnce()] * 5)
    while moons.wait(e.Paused).step < 5:
        pass
    assert moons.report()["steps"] == 5


def test_one_epoch_ends_with_its_measurement(moons):
    for number in (1, 2):
        moons.send(c.StepEpoch())
        paused = moons.wait(e.Paused)
        assert (paused.step, paused.reason) == (number * STEPS_PER_EPOCH, "target")
        frame = moons.ask()
        assert frame.history.tests[:, 0].tolist() == [STEPS_PER_EPOCH * k for k in range(1, number + 1)]


def test_run_to_a_step(moons):
    moons.send(c.RunTo(37))
    assert moons.wait(e.Paused) == e.Paused(1, 37, "target")
    moons.send(c.RunTo(20))
    assert moons.wait(e.Paused) == e.Paused(1, 37, "target")


def test_the_goal_pauses_once_and_the_run_goes_on_beyond_it(harness):
    harness.send(c.StartRun(replace(MOONS, steps=30), play=True))
    assert harness.wait(e.Paused).reason == "goal"
    harness.send(c.Play())
    while harness.ask().step < 60:
        pass
    harness.send(c.Pause())
    assert harness.wait(e.Paused).reason == "asked"


def test_the_slowest_run_waits_for_its_next_step_and_answers_meanwhile(moons):
    moons.send(c.SetSpeed(0.01), c.Play())
    assert moons.wait(e.SpeedChanged).steps_per_second == 0.01
    moons.wait(e.Resumed)
    while moons.ask().step < 1:
        pass
    assert [moons.ask().step for _ in range(20)] == [1] * 20
    moons.send(c.Change(learning_rate=0.5))
    assert moons.wait(e.Applied).step == 1
    moons.send(c.SetSpeed(None))
    while moons.ask().step < 200:
        pass


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), 1e-300])
def test_an_impossible_speed_is_rejected(moons, speed):
    moons.send(c.SetSpeed(speed), c.RunTo(30))
    assert "The speed must be at least" in moons.wait(e.CommandRejected).sentence
    assert moons.wait(e.Paused).step == 30


def test_commands_keep_their_order_and_no_event_is_lost(moons):
    moons.send(c.Play())
    rates = [0.001 + 0.00001 * number for number in range(1000)]
    for rate in rates:
        moons.send(c.Change(learning_rate=rate))
    moons.send(c.Pause())
    paused = moons.wait(e.Paused)
    applied = moons.of_kind(e.Applied)
    assert [event.command for event in applied] == [c.Change(learning_rate=rate) for rate in rates]
    assert [event.settings["learning_rate"] for event in applied] == rates
    steps = [event.step for event in applied]
    assert steps == sorted(steps)
    assert steps[-1] <= paused.step


def test_a_journal_replayed_gives_the_same_bits(moons):
    moons.send(c.Play())
    for number, command in enumerate(
        (c.Change(learning_rate=0.05), c.Change(momentum=0.5), c.Change(batch_size=9)), 1
    ):
        while moons.ask().step < 40 * number:
            pass
        moons.send(command)
    moons.send(c.Pause())
    paused = moons.wait(e.Paused)
    journal = {event.step: event.command for event in moons.of_kind(e.Applied)}
    trainer = Trainer(MOONS)
    while trainer.step_count < paused.step:
        if trainer.step_count in journal:
            trainer.apply(journal[trainer.step_count])
        trainer.step()
    assert moons.report()["parameters_sha256"] == trainer.parameters_sha256


@pytest.mark.parametrize(("setup", "steps"), [(MOONS, 4000), (DIGITS, 400)], ids=["moons", "digits"])
def test_frames_asked_for_all_the_time_do_not_change_a_bit(harness, setup, steps):
    harness.send(c.StartRun(setup))
    harness.wait(e.RunStarted)
    harness.send(c.RunTo(steps))
    seen = set()
    while not harness.of_kind(e.Paused):
        frame = harness.ask(*PROBES)
        assert set(frame.results) == PROBES
        assert frame.history.step == frame.step
        seen.add(frame.step)
    assert len(seen) > 1
    figures = harness.report()
    assert figures["steps"] == steps
    assert figures["parameters_sha256"] == bits_after(setup, steps)
    assert figures["fit_seconds"] > 0


def test_a_frame_carries_what_was_asked_and_cannot_be_written(harness):
    harness.send(c.StartRun(DIGITS), c.RunTo(3))
    harness.wait(e.Paused)
    assert harness.ask().results == {}
    wanted = (WeightsProbe(0), PredictionsProbe(6), SurfaceProbe())
    frame = harness.ask(*wanted)
    assert set(frame.results) == set(wanted)
    assert (frame.generation, frame.step, frame.steps_per_second) == (1, 3, 0)
    assert frame.results[WeightsProbe(0)].shape == (10, 784)
    assert frame.results[SurfaceProbe()] is None
    predictions = frame.results[PredictionsProbe(6)]
    arrays = (
        frame.results[WeightsProbe(0)],
        predictions.inputs,
        predictions.scores,
        frame.history.loss.values(),
        frame.history.tests,
    )
    for array in arrays:
        assert not array.flags.writeable
    with pytest.raises(FrozenInstanceError):
        frame.step = 7


def test_of_frames_only_the_latest_waits(moons):
    moons.send(c.RunTo(5), c.RequestFrame(), c.RunTo(9))
    moons.wait(e.Paused)
    last = moons.ask()
    assert last.step == moons.of_kind(e.Paused)[-1].step
    assert moons.outbox.drain().frame is None


def test_messages_can_be_pickled(moons):
    moons.send(c.Change(learning_rate=0.5), c.RunTo(4))
    moons.wait(e.Paused)
    for event in moons.events:
        assert type(pickle.loads(pickle.dumps(event))) is type(event)
    command = c.StartRun(MOONS, play=True)
    assert pickle.loads(pickle.dumps(command)) == command
    assert pickle.loads(pickle.dumps(moons.ask(WeightsProbe(0)))).step == 4


def test_another_run_takes_the_place_and_can_be_undone(moons):
    moons.send(c.RunTo(11))
    moons.wait(e.Paused)
    before = moons.report()["parameters_sha256"]
    moons.send(c.StartRun(replace(MOONS, seed=1)))
    second = moons.wait(e.RunStarted)
    assert (second.generation, second.step) == (2, 0)
    assert moons.ask().generation == 2
    moons.send(c.Undo())
    third = moons.wait(e.RunStarted)
    assert (third.generation, third.step, third.setup) == (3, 11, MOONS)
    assert moons.report()["parameters_sha256"] == before
    moons.send(c.RunTo(60))
    moons.wait(e.Paused)
    assert moons.report()["parameters_sha256"] == bits_after(MOONS, 60)


def test_a_new_run_pauses_the_one_that_plays(moons):
    moons.send(c.Play(), c.StartRun(replace(MOONS, seed=1)))
    moons.wait(e.Resumed)
    paused = moons.wait(e.Paused)
    assert (paused.generation, paused.reason) == (1, "asked")
    assert moons.wait(e.RunStarted).generation == 2
    assert moons.ask().step == 0


@dataclass(frozen=True)
class ThreadsProbe(Probe):
    """How many threads a matrix product of the worker uses."""

    def measure(self, view):
        return {info["num_threads"] for info in blas_description()}


def test_each_run_computes_with_its_own_number_of_threads(moons):
    # That another thread had its own Trainer before must not matter.
    Trainer(MOONS)
    two = replace(MOONS, threads=2)
    threads = ThreadsProbe()
    assert moons.ask(threads).results[threads] == {1}
    moons.send(c.StartRun(replace(two, layers=(LayerSetup("dense", 7),))))
    moons.wait(e.CommandRejected)
    assert moons.ask(threads).results[threads] == {1}
    moons.send(c.StartRun(two))
    moons.wait(e.RunStarted)
    assert moons.ask(threads).results[threads] == {2}
    moons.send(c.Undo())
    moons.wait(e.RunStarted)
    assert moons.ask(threads).results[threads] == {1}


@pytest.mark.parametrize(
    "setup",
    [
        replace(MOONS, data=DataSetup("no such data")),
        replace(MOONS, layers=(LayerSetup("dense", 7),)),
        replace(DIGITS, data=DataSetup("mnist", directory="/no/such/folder")),
        replace(DIGITS, data=DataSetup("mnist", train_size=10**9)),
    ],
    ids=["data", "outputs", "folder", "size"],
)
def test_a_run_that_cannot_be_leaves_the_present_one_as_it_is(moons, setup):
    moons.send(c.RunTo(7), c.StartRun(setup, play=True))
    rejected = moons.wait(e.CommandRejected)
    assert rejected.command == c.StartRun(setup, play=True)
    assert rejected.sentence
    moons.send(c.RunTo(90))
    assert moons.wait(e.Paused).generation == 1
    while moons.ask().step < 90:
        pass
    assert moons.report()["parameters_sha256"] == bits_after(MOONS, 90)
    assert len(moons.of_kind(e.RunStarted)) == 1


def test_rejected_commands_name_themselves_and_training_goes_on(moons):
    moons.send(c.Play(), c.Change(learning_rate=-1), c.Change(beta1=0.5, beta2=0.5), c.Change(batch_size=0))
    rejected = [moons.wait(e.CommandRejected) for _ in range(3)]
    assert [event.command.names for event in rejected] == [
        ("learning_rate",),
        ("beta1", "beta2"),
        ("batch_size",),
    ]
    assert rejected[0].sentence.startswith("learning_rate: must be a number above 0")
    reached = moons.ask().step
    while moons.ask().step <= reached:
        pass
    assert not moons.of_kind(e.Applied)


@pytest.mark.parametrize(
    "command",
    [
        c.Play(),
        c.StepOnce(),
        c.StepEpoch(),
        c.RunTo(3),
        c.Rewind(),
        c.Undo(),
        c.Redo(),
        c.UndoTo(1),
        c.EditDraft(MOONS),
        c.RequestReport(),
        c.Change(learning_rate=0.1),
    ],
)
def test_without_a_run_commands_are_rejected(harness, command):
    harness.send(command)
    rejected = harness.wait(e.CommandRejected)
    assert (rejected.generation, rejected.command) == (0, command)


def test_without_a_run_pause_cancel_and_frames_do_nothing(harness):
    harness.send(c.Pause(), c.CancelLoading(), c.RequestFrame(), c.SetSpeed(None))
    harness.wait(e.SpeedChanged)
    assert len(harness.events) == 1
    assert harness.frame is None


def test_divergence_pauses_and_the_run_goes_on_from_a_kept_state(moons):
    moons.send(c.RunTo(20), c.Change(learning_rate=1e6), c.Play())
    diverged = moons.wait(e.RunDiverged)
    assert diverged.sentence.startswith(f"Training broke at step {diverged.step + 1}: ")
    assert diverged.kept_steps[0] == 0
    assert [event.reason for event in moons.of_kind(e.Paused)][-1] == "diverged"
    assert moons.ask().step == diverged.step

    moons.send(c.Rewind(0))
    back = moons.wait(e.Rewound)
    assert (back.step, back.settings["learning_rate"], back.journal) == (0, 0.02, ())
    assert moons.ask().history.step == 0
    moons.send(c.RunTo(60))
    assert moons.wait(e.Paused).step == 60
    assert moons.report()["parameters_sha256"] == bits_after(MOONS, 60)


def test_there_is_no_way_back_to_before_the_first_kept_state(moons):
    moons.send(c.Play(), c.Rewind(-1))
    assert moons.wait(e.CommandRejected).sentence == "No state is kept at or before step -1."
    reached = moons.ask().step
    while moons.ask().step <= reached:
        pass


def test_a_slot_offers_states_ever_farther_back_and_returns_to_one():
    live_run = LiveRun(Trainer(MOONS), KeyframeBudget())
    deadline = monotonic() + PATIENCE
    while len(live_run.kept_steps) < 4 and monotonic() < deadline:
        live_run.advance()
    steps = live_run.kept_steps
    assert steps[0] == 0
    back = [live_run.trainer.step_count - step for step in steps]
    assert all(farther >= 4 * nearer for farther, nearer in itertools.pairwise(back[1:]))
    live_run = live_run.forked(live_run.newest_sound(steps[-1] - 1))
    reached = live_run.trainer.step_count
    assert steps[-2] <= reached < steps[-1]
    assert live_run.kept_steps[-1] == reached
    assert live_run.trainer.parameters_sha256 == bits_after(MOONS, reached)


@dataclass(frozen=True)
class BrokenProbe(Probe):
    """A defect of ours, in the middle of the worker."""

    def measure(self, view):
        raise RuntimeError("a probe with a defect")


def test_an_exception_in_the_worker_is_a_sentence_and_the_run_stays_usable(moons):
    moons.send(c.RunTo(33), c.RequestFrame(frozenset({BrokenProbe()})))
    failed = moons.wait(e.WorkerFailed)
    assert "RuntimeError: a probe with a defect" in failed.sentence
    moons.send(c.RunTo(80))
    while moons.ask().step < 80:
        pass
    assert moons.report()["parameters_sha256"] == bits_after(MOONS, 80)


def test_an_exception_while_training_pauses(moons):
    def broken(values):
        # The two examples that a new network is tried with pass.
        if values.shape[-1] > 2:
            raise ZeroDivisionError("an activation with a defect")
        return values

    register_activation("defective", broken, np.ones_like)
    layers = (LayerSetup("dense", 4), LayerSetup("defective"), LayerSetup("dense", 1))
    moons.send(c.StartRun(replace(MOONS, layers=layers), play=True))
    failed = moons.wait(e.WorkerFailed)
    assert failed.generation == 2
    assert moons.of_kind(e.Paused)[-1].reason == "failed"
    moons.send(c.Undo(), c.RunTo(5))
    assert moons.wait(e.RunStarted).setup == MOONS
    assert moons.wait(e.Paused).step == 5


def slow_loading():
    """Reads all digits from files each time, in many pieces."""
    return replace(DIGITS, data=DataSetup("mnist", directory=str(bundled_directory())))


def test_loading_shows_progress(harness):
    harness.send(c.StartRun(slow_loading()))
    harness.wait(e.RunStarted)
    progress = harness.of_kind(e.LoadingProgressed)
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert len(fractions) > 4
    assert all(event.activity for event in progress)
    kinds = [type(event) for event in harness.events]
    assert kinds[kinds.index(e.LoadingEnded) :][:2] == [e.LoadingEnded, e.RunStarted]


def test_loading_can_be_cancelled_and_later_commands_are_still_served(moons):
    moons.send(c.StartRun(slow_loading(), play=True), c.Change(learning_rate=0.3), c.CancelLoading())
    moons.wait(e.LoadingEnded)
    assert moons.wait(e.Applied).command == c.Change(learning_rate=0.3)
    moons.send(c.RunTo(4))
    assert moons.wait(e.Paused) == e.Paused(1, 4, "target")
    assert len(moons.of_kind(e.RunStarted)) == 1
    assert not moons.of_kind(e.CommandRejected)


def test_loading_that_fails_ends(moons, tmp_path):
    moons.send(c.StartRun(replace(DIGITS, data=DataSetup("mnist", directory=str(tmp_path)))))
    moons.wait(e.LoadingEnded)
    assert str(tmp_path) in moons.wait(e.CommandRejected).sentence


@pytest.mark.parametrize(
    "before",
    [
        (),
        (c.StartRun(MOONS),),
        (c.StartRun(MOONS, play=True),),
        (c.StartRun(MOONS), c.SetSpeed(0.01), c.Play()),
        (c.StartRun(slow_loading(), play=True),),
        (c.StartRun(slow_loading()), c.StartRun(slow_loading())),
        (c.StartRun(MOONS), c.RequestFrame(frozenset({BrokenProbe()}))),
    ],
    ids=["empty", "paused", "playing", "slow", "loading", "loading twice", "failing"],
)
def test_stop_ends_the_thread(before):
    harness = WorkerHarness()
    harness.worker.start()
    harness.send(*before)
    assert harness.worker.stop(PATIENCE)
    assert harness.worker not in threading.enumerate()


def test_a_hundred_workers_leave_no_thread():
    for _ in range(100):
        worker = Worker(Outbox())
        worker.start()
        worker.send(c.StartRun(MOONS, play=True))
        assert worker.stop(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name == "visualnet-worker"]


def test_saved_parameters_have_the_names_of_a_sequential(moons, tmp_path):
    path = tmp_path / "moons.safetensors"
    moons.send(c.RunTo(10), c.SetSpeed(None))
    moons.wait(e.Paused)
    moons.send(c.SaveParameters(path))
    assert moons.wait(e.ParametersSaved).path == path
    tensors = load_file(path)
    trainer = Trainer(MOONS)
    for _ in range(10):
        trainer.step()
    for index in (0, 2):
        np.testing.assert_array_equal(tensors.pop(f"{index}.weight"), trainer.network.layers[index].weight)
        np.testing.assert_array_equal(tensors.pop(f"{index}.bias"), trainer.network.layers[index].bias)
    assert not tensors
    assert [file.name for file in tmp_path.iterdir()] == ["moons.safetensors"]


def saved(harness, path, steps=10):
    """Train so far and save; the bits that were saved."""
    harness.send(c.RunTo(steps))
    harness.wait(e.Paused)
    harness.send(c.SaveParameters(path))
    harness.wait(e.ParametersSaved)
    return harness.report()["parameters_sha256"]


def test_opened_parameters_go_into_a_run_that_fits(moons, tmp_path):
    bits = saved(moons, tmp_path / "a.safetensors")
    moons.send(c.StartRun(replace(MOONS, seed=9)), c.OpenParameters(tmp_path / "a.safetensors"))
    applied = moons.wait(e.Applied)
    assert isinstance(applied.command, c.SetParameters)
    assert applied.generation == 2
    assert moons.report()["parameters_sha256"] == bits


def test_opened_parameters_that_do_not_fit_come_with_their_own_run(moons, tmp_path):
    bits = saved(moons, tmp_path / "a.safetensors")
    moons.send(c.StartRun(DIGITS), c.OpenParameters(tmp_path / "a.safetensors"))
    assert moons.wait(e.RunStarted).setup == DIGITS
    started = moons.wait(e.RunStarted)
    assert (started.setup, started.step, started.generation) == (MOONS, 0, 3)
    assert moons.report()["parameters_sha256"] == bits


def test_the_same_layers_over_other_inputs_do_not_fit(moons, tmp_path):
    wide = replace(DIGITS, layers=(LayerSetup("dense", 10),), data=replace(DIGITS.data, train_size=50))
    narrow = replace(MOONS, layers=(LayerSetup("dense", 2),))
    moons.send(c.StartRun(wide))
    moons.wait(e.RunStarted)
    bits = saved(moons, tmp_path / "wide.safetensors", 2)
    moons.send(c.StartRun(narrow), c.OpenParameters(tmp_path / "wide.safetensors"))
    moons.wait(e.RunStarted)
    assert moons.wait(e.RunStarted).setup == wide
    assert moons.report()["parameters_sha256"] == bits


def test_parameters_can_be_opened_without_a_run(harness, tmp_path):
    path = tmp_path / "a.safetensors"
    other = WorkerHarness()
    other.worker.start()
    other.send(c.StartRun(MOONS), c.SaveParameters(path))
    other.wait(e.ParametersSaved)
    assert other.worker.stop(PATIENCE)
    harness.send(c.OpenParameters(path))
    assert harness.wait(e.RunStarted).setup == MOONS
    assert harness.report()["parameters_sha256"] == bits_after(MOONS, 0)


def sound_tensors():
    network = Trainer(MOONS).network
    return {
        f"{index}.{name}": np.array(values)
        for index, named in enumerate(network.split(network.parameters))
        for name, values in named.items()
    }


def test_a_state_dict_of_pytorch_s_goes_into_the_run_that_is_there(moons, tmp_path):
    path = tmp_path / "torch.safetensors"
    tensors = {name: values + 1 for name, values in sound_tensors().items()}
    save_file(tensors, path)
    moons.send(c.OpenParameters(path))
    vector = np.concatenate([values.ravel() for values in tensors.values()])
    assert moons.wait(e.Applied).command == c.SetParameters(vector.tobytes())


def test_a_state_dict_of_pytorch_s_makes_no_run(harness, tmp_path):
    path = tmp_path / "torch.safetensors"
    save_file(sound_tensors(), path)
    harness.send(c.OpenParameters(path))
    assert "holds no Setup" in harness.wait(e.CommandRejected).sentence


def write_file(path, damage):
    """A file with one fault."""
    tensors, metadata = sound_tensors(), {"visualnet_setup": MOONS.to_json()}
    match damage:
        case "missing":
            return
        case "folder":
            path.mkdir()
            return
        case "empty" | "noise":
            path.write_bytes(b"" if damage == "empty" else bytes(range(256)) * 9)
            return
        case "foreign":
            tensors, metadata = {f"net.{name}": values for name, values in tensors.items()}, {}
        case "bad setup":
            metadata = {"visualnet_setup": '{"seed": -1}'}
        case "turned":
            tensors["0.weight"] = np.ascontiguousarray(tensors["0.weight"].T)
        case "without a bias":
            del tensors["2.bias"]
        case "one too many":
            tensors["5.weight"] = np.zeros((2, 2), np.float32)
        case "not finite":
            tensors["0.weight"][0, 0] = np.nan
    save_file(tensors, path, metadata)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize(
    "damage",
    [
        "missing",
        "folder",
        "empty",
        "noise",
        "cut",
        "foreign",
        "bad setup",
        "turned",
        "without a bias",
        "one too many",
        "not finite",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(moons, tmp_path, damage):
    path = tmp_path / "x.safetensors"
    write_file(path, damage)
    moons.send(c.OpenParameters(path))
    rejected = moons.wait(e.CommandRejected)
    assert rejected.command == c.OpenParameters(path)
    assert "\n" not in rejected.sentence
    assert moons.ask().generation == 1
    assert moons.report()["parameters_sha256"] == bits_after(MOONS, 0)


@pytest.mark.parametrize("parts", [("no such folder", "x"), ("file", "x")])
def test_a_place_that_cannot_be_written_is_a_sentence(moons, tmp_path, parts):
    (tmp_path / "file").write_text("")
    moons.send(c.SaveParameters(tmp_path.joinpath(*parts)))
    assert "cannot be written" in moons.wait(e.CommandRejected).sentence


def test_saving_replaces_a_file_whole(moons, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_text("something older")
    other = tmp_path / "b"
    other.hardlink_to(path)
    saved(moons, path, 3)
    assert other.read_text() == "something older"
    assert set(load_file(path)) == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_the_outbox_loses_no_event_between_two_threads():
    outbox, count, seen = Outbox(), 20_000, []
    writer = threading.Thread(
        target=lambda: [outbox.post(e.SpeedChanged(0, float(number))) for number in range(count)]
    )
    writer.start()
    while len(seen) < count:
        seen += outbox.drain().events
    writer.join()
    assert [event.steps_per_second for event in seen] == list(range(count))


def test_early_stopping_pauses_and_says_so(harness):
    rules = RegularizationSetup(patience=2, min_delta=1e6)
    harness.send(c.StartRun(replace(MOONS, regularization=rules), play=True))
    harness.wait(e.RunStarted)
    paused = harness.wait(e.Paused)
    assert (paused.step, paused.reason) == (3 * STEPS_PER_EPOCH, "early-stopping")
    harness.send(c.Play(), c.RunTo(5 * STEPS_PER_EPOCH))
    paused = harness.wait(e.Paused)
    assert (paused.step, paused.reason) == (5 * STEPS_PER_EPOCH, "target")


def test_rates_are_tried_beside_the_run_which_stays_bit_for_bit(harness):
    setup = replace(MOONS, batch_size=20)
    harness.send(
        c.StartRun(setup), c.Change(batch_size=10), c.StartStudy(RateRange(1e-4, 10.0, 60)), c.RunTo(30)
    )
    found = harness.wait(e.StudyEnded).result
    assert found == learning_rate_range_test(replace(setup, batch_size=10), 1e-4, 10.0, 60)
    for told in harness.of_kind(e.StudyProgressed):
        assert told.so_far == found.points[: len(told.so_far)]
        assert told.share == len(told.so_far) / 60
    while not harness.of_kind(e.Paused):
        harness.report()
    alone = Trainer(setup)
    alone.apply(c.Change(batch_size=10))
    for _ in range(30):
        alone.step()
    assert harness.report()["parameters_sha256"] == alone.parameters_sha256


def test_rates_are_tried_no_further_when_cancelled_or_when_another_run_comes(harness):
    for end in (c.CancelStudy(RateRange), c.StartRun(MOONS)):
        harness.send(c.StartRun(MOONS), c.StartStudy(RateRange(1e-9, 1e-8, 100_000)))
        harness.wait(e.StudyProgressed)
        harness.send(end, c.RequestReport())
        harness.wait(e.Reported)
        told = len(harness.of_kind(e.StudyProgressed))
        harness.report()
        assert len(harness.of_kind(e.StudyProgressed)) == told


def test_bounds_that_cannot_be_are_rejected_in_a_sentence(moons):
    moons.send(c.StartStudy(RateRange(1.0, 0.1)))
    assert "highest: must be above the lowest rate" in moons.wait(e.CommandRejected).sentence


@pytest.mark.parametrize("rate", [1.05, 1.3, 30.0])
def test_a_float64_run_that_explodes_however_slowly_breaks_and_offers_a_way_back(harness, rate):
    """Its loss passes through all sizes that a float holds, those whose square is none among them."""
    setup = replace(
        MOONS,
        data=DataSetup("sine"),
        layers=(LayerSetup("dense", 1),),
        optimizer=OptimizerSetup("sgd", rate),
        dtype="float64",
    )
    harness.send(c.StartRun(setup))
    harness.send(c.RunTo(20_000))
    broken = harness.wait(e.RunDiverged)
    assert broken.kept_steps
    assert not harness.of_kind(e.WorkerFailed)
    harness.send(c.Rewind(broken.kept_steps[-1]))
    harness.wait(e.Rewound)


def test_every_command_has_what_serves_it(harness):
    assert harness.worker._handlers.keys() == every_command()


def test_a_command_that_nothing_serves_is_told_and_the_worker_goes_on(moons, caplog):
    class Unheard(c.WorkerCommand):
        pass

    moons.send(Unheard())
    assert "nothing serves Unheard" in moons.wait(e.WorkerFailed).sentence
    assert "nothing serves Unheard" in caplog.text
    moons.send(c.RunTo(3))
    assert moons.wait(e.Paused).step == 3
