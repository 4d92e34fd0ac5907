"""What keeping a run in a file costs: share of training speed, and bytes.

python tests/benchmarks/save_cost.py [--json] [--repeats 5]
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))

import rows as bench

from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

BOUND = 0.02
SECONDS = 3.0
"""Of training in each measurement: several keyframes."""


def steps_a_second(trainer: Trainer, autosave: Autosave | None) -> float:
    """Speed over some seconds of training, evaluations included, as the shell trains."""
    first, started = trainer.step_count, perf_counter()
    while perf_counter() - started < SECONDS:
        trainer.step()
        if trainer.is_evaluating:
            trainer.evaluate()
        if autosave is not None:
            autosave.look()
    return (trainer.step_count - first) / (perf_counter() - started)


def save_cost_rows(repeats: int = 5) -> list[bench.Row]:
    """``timeline.save_cost``: share of speed that is lost, and bytes of file for 1,000 steps, as information."""
    setup = replace(load_preset("mnist"), epochs=None)
    plain, kept = Trainer(setup), Trainer(setup)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.vnet"
        troubles: list[str] = []
        saver = Saver(RunStore.create(path, kept), troubles.append)
        saver.start()
        autosave = Autosave(kept, saver)
        ratios = []
        for repeat in range(repeats):
            # Now one first, now the other: what drifts on the machine meets both alike.
            speeds = {}
            for is_kept in (False, True) if repeat % 2 == 0 else (True, False):
                trainer = kept if is_kept else plain
                speeds[is_kept] = steps_a_second(trainer, autosave if is_kept else None)
            ratios.append(speeds[True] / speeds[False])
        autosave.finish()
        saver.close()
        if troubles:
            raise RuntimeError(troubles[0])
        bytes_per_1000 = path.stat().st_size / kept.step_count * 1000
    return [
        bench.judged("timeline.save_cost", 1 - median(ratios), "of speed", BOUND, "lower"),
        bench.judged("timeline.file_bytes.mnist", bytes_per_1000, "B/1,000 steps", None, "lower"),
        bench.judged("timeline.file_bytes.xor", _bytes_of_small_steps(), "B/1,000 steps", None, "lower"),
    ]


def _bytes_of_small_steps() -> float:
    """The file of a small network's run of 100,000 steps, for 1,000 of them."""
    trainer = Trainer(replace(load_preset("xor"), epochs=None))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.vnet"
        saver = Saver(RunStore.create(path, trainer), print)
        saver.start()
        autosave = Autosave(trainer, saver)
        for _ in range(100_000):
            trainer.step()
            autosave.look()
        autosave.finish()
        saver.close()
        return path.stat().st_size / 100


if __name__ == "__main__":
    bench.run_with_own_kernels()
    options = bench.arguments(__doc__)
    bench.print_rows(save_cost_rows(options.repeats), options.json)
