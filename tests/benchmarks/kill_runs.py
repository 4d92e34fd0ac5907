"""Kills a run that is kept in a file, again and again at random moments, and goes on with it each time.

    python -m tests.benchmarks.kill_runs [--kills 100] [--preset mnist] [--steps 4000] [--busy] [--seed 0]
    python -m tests.benchmarks.kill_runs --window [--kills 20] [--preset mnist] [--seed 0]

Prints how much training each kill cost, and whether the end is that of a run that nobody killed. With --busy
keyframes are written all the time, so that most kills fall into the writing of one. A preset may be a Setup's
JSON file. With --window the whole program is killed while it trains and saves its run as one file after the other;
then each file that is there must be a run, as far as it goes that of a Trainer which nobody killed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
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
SECONDS_BETWEEN_SAVES = 0.15
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
    from visualnet.core.runfile import autosave
    from visualnet.core.setup.presets import load_preset
    from visualnet.shell import resume as resume_module
    from visualnet.shell.resume import resume, train_recorded

    if is_busy:
        autosave.PAUSE, autosave.SHARE = 0.0, 1.0
    times = np.memmap(clock, np.float64, "r+", shape=(steps + 1,))

    class TimedRecorder(autosave.Autosave):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            times[self._trainer.step_count] = perf_counter()

        def look(self) -> None:
            times[self._trainer.step_count] = perf_counter()
            super().look()

    resume_module.Autosave = TimedRecorder
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
    from visualnet.core.runfile.reader import read_run

    saved = read_run(path).branches[0].keyframes[-1].step
    times = np.fromfile(clock)
    last = int(times.argmax())
    return float(times[last] - times[saved]) if times[saved] and last > saved else 0.0


def undisturbed(preset: str, steps: int) -> object:
    """The parameters' hash of the same run without file and kills."""
    command = [sys.executable, "-m", "visualnet", "train", preset, "--steps", str(steps), "--json"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])["parameters_sha256"]


def window_child(folder: Path, preset: str) -> int:
    """The program, which plays at once and saves its run under another name again and again."""
    from itertools import count

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from visualnet.app.main import make_application, open_window
    from visualnet.app.window.options import WindowOptions
    from visualnet.app.window.window import Window
    from visualnet.core.messages.commands import Play, SaveRunAs
    from visualnet.core.setup.presets import load_preset
    from visualnet.core.sources.launch import launch_engine

    application, numbers, timer = make_application("dark"), count(), QTimer()

    def save() -> None:
        window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Window))
        if window.session.run is not None:
            window.session.send(Play())
            window.session.send(SaveRunAs(folder / f"saved {next(numbers)}.vnet"))

    timer.timeout.connect(save)
    timer.start(round(SECONDS_BETWEEN_SAVES * 1000))
    assert application is not None
    setup = replace(load_preset(preset), epochs=10**6, steps=None)
    return open_window(WindowOptions(setup=setup, engine=launch_engine()))


def kill_window(folder: Path, preset: str, seconds: float) -> list[Path]:
    """Kill the program with its engine so long after its first file is there; the runs that it leaves.

    Raises:
        RuntimeError: when it ends by itself.
    """
    places = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.kill_runs", "--window-child", str(folder), preset],
        cwd=ROOT,
        env={**os.environ, **places, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = monotonic() + 60
    while process.poll() is None and not list(folder.rglob("*.vnet")) and monotonic() < deadline:
        sleep(0.005)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    _, err = process.communicate()
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(err.decode())
    return sorted(folder.rglob("*.vnet"))


def fault_of_left(path: Path) -> str | None:
    """What is wrong with a run that a killed program left; None where it is a fresh Trainer's, as far as it goes."""
    from visualnet.core.runfile.reader import read_run
    from visualnet.core.runfile.restore import JournalPlayer, trainer_after
    from visualnet.core.training.trainer import Trainer

    saved = read_run(path)
    if saved.damage:
        return " ".join(saved.damage)
    back, sentence = trainer_after(saved, 0, saved.branches[0].last_step)
    if sentence is not None:
        return sentence
    fresh = Trainer(saved.setup)
    player = JournalPlayer(fresh, saved.branches[0].journal)
    while fresh.step_count < back.step_count:
        player.apply_due()
        fresh.step()
    same = fresh.parameters_sha256 == back.parameters_sha256
    return None if same else f"{path.name} has other bits at step {back.step_count}"


def kill_windows(preset: str, kills: int, seed: int) -> int:
    """Kill it so many times; how many of its files were not as they must be."""
    random, wrong = Random(seed), 0
    for _ in range(kills):
        with TemporaryDirectory() as folder:
            left = kill_window(Path(folder), preset, random.uniform(0, LONGEST_LIFE))
            faults = [fault for fault in map(fault_of_left, left) if fault is not None]
            wrong += len(faults) if left else 1
            print(f"{len(left)} files left; {'; '.join(faults) or 'all as they must be'}", flush=True)
    return wrong


def main() -> int:
    """Read the options, kill, tell."""
    if "--window-child" in sys.argv:
        folder, preset = sys.argv[sys.argv.index("--window-child") + 1 :]
        return window_child(Path(folder), preset)
    if "--child" in sys.argv:
        path, clock, preset, steps, is_busy = sys.argv[sys.argv.index("--child") + 1 :]
        return child(Path(path), Path(clock), preset, int(steps), is_busy == "1")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--preset", default="mnist")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--window", action="store_true")
    options = parser.parse_args()
    if options.window:
        return int(kill_windows(options.preset, options.kills, options.seed) > 0)
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
