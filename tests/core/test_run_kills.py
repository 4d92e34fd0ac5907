"""What is left of a run whose process is killed: with real processes, at random moments."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from random import Random
from time import perf_counter, sleep

import numpy as np
import pytest

from tests.benchmarks.kill_runs import begin, fault_of_left, kill_runs, kill_window, undisturbed
from tests.core.every_setup import every_setup
from tests.core.worker_harness import bits_after
from visualnet.core.runfile.reader import read_run
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.trainer import Trainer

SECONDS = 2.0
"""Training that is killed now and then."""

ENDLESS, STEPS_OF_A_LIFE = 1_000_000, 500
"""Steps that no test waits for, and those after which a process is killed."""


def all_presets_and_optimizers():
    return [name for name in every_setup() if name.startswith(("preset ", "optimizer "))]


def some(count):
    """Other ones for other numbers, the same each time."""
    return Random(count).sample(all_presets_and_optimizers(), count)


def write_long_setup(name, path):
    """The Setup in a file, and steps that take a while; fewer where its training breaks."""
    setup = replace(every_setup()[name], epochs=None, steps=10**9)
    trainer, started = Trainer(setup), perf_counter()
    try:
        while perf_counter() - started < SECONDS / 10:
            trainer.step()
    except Diverged:
        pass
    steps = trainer.step_count * 10 if perf_counter() - started >= SECONDS / 10 else trainer.step_count
    path.write_text(replace(setup, steps=steps).to_json())
    return steps


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "visualnet", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def figures(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_run_with_a_file_has_the_same_bits_and_leaves_one_file(tmp_path):
    kept = figures("train", "xor", "--steps", 3000, "--run", tmp_path / "x.vnet")
    assert kept["parameters_sha256"] == undisturbed("xor", 3000)
    assert [path.name for path in tmp_path.iterdir()] == ["x.vnet"]
    again = figures("resume", tmp_path / "x.vnet")
    assert (again["resumed_from_step"], again["steps_run"]) == (3000, 0)
    assert again["parameters_sha256"] == kept["parameters_sha256"]
    assert (again["train_loss"], again["test_loss"]) == (kept["train_loss"], kept["test_loss"])


def train_to(step, arguments, clock):
    """A process that goes on with the run, when it has taken that step."""
    np.zeros(ENDLESS + 1).tofile(clock)
    times = np.memmap(clock, np.float64, "r")
    process = begin(arguments)
    while not times[step]:
        assert process.poll() is None, process.stderr.read()
        sleep(0.005)
    return process


def kill_with_progress(arguments, path, clock, saved):
    """Train in a process that is killed when its file has a state of a later step; that step."""
    while True:
        process = train_to(saved + STEPS_OF_A_LIFE, arguments, clock)
        process.kill()
        process.communicate()
        reached = read_run(path).branches[0].keyframes[-1].step
        if reached > saved:
            return reached


def kill(tmp_path, name):
    """Kill a run of this Setup twice; it must end as if it never had been."""
    preset, folder = tmp_path / "setup.json", tmp_path / "runs"
    folder.mkdir()
    steps = write_long_setup(name, preset)
    _, end = kill_runs(folder, str(preset), steps, 2, seed=1)
    assert end["resumed_from_step"] + end["steps_run"] == end["steps"] == steps
    assert end["parameters_sha256"] == undisturbed(str(preset), steps)
    assert sorted(path.name for path in folder.iterdir()) == ["clock", "run.vnet"]


def test_killed_and_gone_on_with_goes_on_as_if_never_killed(tmp_path):
    path, clock, setup = tmp_path / "run.vnet", tmp_path / "clock", load_preset("xor")
    arguments = [str(path), str(clock), setup.name, str(ENDLESS), str(int(True))]
    saved = kill_with_progress(arguments, path, clock, 0)
    saved = kill_with_progress(arguments, path, clock, saved)
    process = train_to(saved + STEPS_OF_A_LIFE, arguments, clock)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130, err
    end = json.loads(out.splitlines()[-1])
    assert end["resumed_from_step"] == saved
    assert end["resumed_from_step"] + end["steps_run"] == end["steps"]
    assert end["parameters_sha256"] == bits_after(setup, end["steps"])


@pytest.mark.slow
@pytest.mark.parametrize("name", all_presets_and_optimizers())
def test_whatever_is_trained_may_be_killed(tmp_path, name):
    kill(tmp_path, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", some(4))
def test_the_window_may_be_killed_while_it_saves_its_run_as_one_file_after_the_other(tmp_path, name):
    preset = tmp_path / "setup.json"
    write_long_setup(name, preset)
    left = kill_window(tmp_path / "home", str(preset), 0.7)
    assert left
    assert [fault_of_left(path) for path in left] == [None] * len(left)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("preset", "steps", "is_busy"), [("xor", 400_000, False), ("mnist", 3000, True)])
def test_twenty_kills_cost_a_second_each_and_no_bit(tmp_path, preset, steps, is_busy):
    costs, end = kill_runs(tmp_path, preset, steps, 20, seed=2, is_busy=is_busy)
    assert end["parameters_sha256"] == undisturbed(preset, steps)
    assert max(costs) <= 1
