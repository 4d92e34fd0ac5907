"""What is left of a run whose process is killed: with real processes, at random moments."""

import json
import subprocess
import sys

import pytest

from tests.benchmarks.kill_runs import kill_runs, undisturbed


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


def test_killed_and_gone_on_with_ends_as_if_never_killed(tmp_path):
    costs, end = kill_runs(tmp_path, "xor", 60_000, 2, seed=1)
    assert end["parameters_sha256"] == undisturbed("xor", 60_000)
    assert 0 < end["resumed_from_step"] < 60_000
    assert end["resumed_from_step"] + end["steps_run"] == end["steps"] == 60_000
    assert max(costs) <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clock", "run.vnet"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("preset", "steps", "is_busy"), [("xor", 400_000, False), ("mnist", 3000, True)])
def test_twenty_kills_cost_a_second_each_and_no_bit(tmp_path, preset, steps, is_busy):
    costs, end = kill_runs(tmp_path, preset, steps, 20, seed=2, is_busy=is_busy)
    assert end["parameters_sha256"] == undisturbed(preset, steps)
    assert max(costs) <= 1
