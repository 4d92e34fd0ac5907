"""Kills a run that is kept in a file, again and again at random moments, and goes on with it each time.

    python -m tests.benchmarks.kill_runs [--kills 100] [--preset mnist] [--steps 4000] [--busy] [--seed 0]

Prints how much training each kill cost, and whether the end is that of a run that nobody killed. With --busy
keyframes are written all the time, so that most kills fall into the writing of one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep
from typing import Any

import numpy as np

LONGEST_LIFE = 1.5
ROOT = Path(__file__).parents[2]


def begin(arguments: list[str]) -> subprocess.Popen[str]:
    """This script as the process that trains."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.kill_runs", "--child", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def child(path: Path, clock: Path, preset: str, steps: int, is_busy: bool) -> int:
    """Train or resume; write the time of each step into a file that outlives the process."""
    from visualnet.core.run import recorder
    from visualnet.core.run.presets import load_preset
    from visualnet.shell import resume as resume_module
    from visualnet.shell.resume import resume, train_recorded

    if is_busy:
        recorder.PAUSE, recorder.SHARE = 0.0, 1.0
    times = np.memmap(clock, np.float64, "r+", shape=(steps + 1,))

    class TimedRecorder(recorder.Recorder):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            times[self._trainer.step_count] = perf_counter()

        def look(self) -> None:
            times[self._trainer.step_count] = perf_counter()
            super().look()

    resume_module.Recorder = TimedRecorder
    if path.exists():
        return resume(path, 0, True, None)
    return train_recorded(replace(load_preset(preset), steps=steps), path, True, None)


def kill_runs(
    folder: Path, preset: str, steps: int, kills: int, seed: int, is_busy: bool = False
) -> tuple[list[float], dict[str, object]]:
    """Seconds of training that each kill cost, and the figures of the run's end."""
    random, path, clock = Random(seed), folder / "run.vnet", folder / "clock"
    np.zeros(steps + 1).tofile(clock)
    arguments = [str(path), str(clock), preset, str(steps), str(int(is_busy))]
    costs: list[float] = []
    for _ in range(kills):
        process = begin(arguments)
        is_new = not path.exists()
        deadline = monotonic() + 60
        while is_new and not path.exists() and process.poll() is None and monotonic() < deadline:
            sleep(0.005)
        try:
            process.wait(random.uniform(0.0 if is_new else 0.3, LONGEST_LIFE))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        costs.append(cost_of_kill(path, clock))
    process = begin(arguments)
    out, err = process.communicate(timeout=600)
    if process.returncode:
        raise RuntimeError(err)
    return costs, json.loads(out.splitlines()[-1])


def cost_of_kill(path: Path, clock: Path) -> float:
    """Seconds from the step that the file ends with to the last step that was done."""
    from visualnet.core.run.run_reader import read_run

    saved = read_run(path).branches[0].keyframes[-1].step
    times = np.fromfile(clock)
    last = int(times.argmax())
    return float(times[last] - times[saved]) if times[saved] and last > saved else 0.0


def undisturbed(preset: str, steps: int) -> object:
    """The parameters' hash of the same run without file and kills."""
    command = [sys.executable, "-m", "visualnet", "train", preset, "--steps", str(steps), "--json"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])["parameters_sha256"]


def main() -> int:
    """Read the options, kill, tell."""
    if "--child" in sys.argv:
        path, clock, preset, steps, is_busy = sys.argv[sys.argv.index("--child") + 1 :]
        return child(Path(path), Path(clock), preset, int(steps), is_busy == "1")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--preset", default="mnist")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        costs, figures = kill_runs(
            Path(folder), options.preset, options.steps, options.kills, options.seed, options.busy
        )
        left = sorted(path.name for path in Path(folder).iterdir())
    is_same = figures["parameters_sha256"] == undisturbed(options.preset, options.steps)
    print(
        f"{len(costs)} kills, dearest {max(costs):.2f} s of training, resumed last at {figures['resumed_from_step']:,}"
    )
    print(f"the end is {'the same' if is_same else 'ANOTHER'}; files left: {', '.join(left)}")
    return 0 if is_same and max(costs) <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
