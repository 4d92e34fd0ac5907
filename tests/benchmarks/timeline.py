"""How near the past is, and what it costs: seconds to any step, a share of training, memory, drawing.

    python tests/benchmarks/timeline.py [--json] [--repeats 5] [--only scrub]

A scrub is what the window does: a playhead command, and frames asked for until one shows the very step. The
worker is headless, real MNIST, one BLAS thread; the curves, and the window that shows the nearest keyframe, are
drawn offscreen.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

sys.path.insert(0, str(Path(__file__).parent))

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import rows as bench
from save_cost import save_cost_rows
from threadpoolctl import threadpool_info

from visualnet.core.history.history import Column
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Outbox
from visualnet.core.probes.predictions import PredictionsProbe
from visualnet.core.probes.weights import WeightsProbe, WeightView
from visualnet.core.replay.keyframes import KeyframeBudget
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.worker import Worker

SCRUBS = 200
WINDOW_STEPS, DRAGS = 2000, 60
PROBES = frozenset({WeightsProbe(0), WeightsProbe(0, WeightView.GRADIENTS), PredictionsProbe(40)})
COST_SECONDS = 0.5
COST_ROUNDS = 12
SHORT_RUN, LONG_RUN = 200_000, 2_000_000
FRAMES_PER_SECOND = 30
SHORT_CURVE, LONG_CURVE = 10**3, 10**7
DRAWINGS = 50


def lenet() -> Setup:
    """A LeNet-like network: two convolutions with pooling, two dense layers, Adam, ten epochs of MNIST."""
    layers = [
        {"kind": "conv2d", "channels": 6, "kernel": 5}, {"kind": "relu"}, {"kind": "max-pool2d"},
        {"kind": "conv2d", "channels": 16, "kernel": 5}, {"kind": "relu"}, {"kind": "max-pool2d"},
        {"kind": "flatten"}, {"kind": "dense", "units": 64}, {"kind": "relu"}, {"kind": "dense", "units": 10},
    ]  # fmt: skip
    optimizer = {"name": "adam", "learning_rate": 0.001}
    plain = {
        "data": {"name": "mnist"},
        "layers": layers,
        "optimizer": optimizer,
        "batch_size": 64,
        "epochs": 10,
    }
    return Setup.from_dict(plain)


class WorkerHarness:
    """A worker, and somebody who looks at its outbox as often as a window would."""

    def __init__(self) -> None:
        self._outbox = Outbox()
        self.worker = Worker(self._outbox)
        self.worker.start()
        self.events: list[e.Event] = []

    def look(self) -> Frame | None:
        """What came since the last look."""
        batch = self._outbox.drain()
        self.events = list(batch.events)
        return batch.frame

    def train(self, setup: Setup) -> int:
        """Train to the goal; the steps that were done."""
        self.worker.send(c.StartRun(setup, play=True))
        while True:
            self.look()
            for event in self.events:
                if isinstance(event, e.Paused):
                    return event.step
            sleep(1 / FRAMES_PER_SECOND)

    def frame(self) -> Frame:
        """The frame that answers this very request."""
        self.worker.send(c.RequestFrame(PROBES))
        while (frame := self.look()) is None:
            sleep(0.0002)
        return frame

    def scrub(self, step: int) -> float:
        """Seconds until the exact frame of a step."""
        started = perf_counter()
        self.worker.send(c.SetPlayhead(step))
        while not self.frame().is_exact:
            pass
        return perf_counter() - started


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return float(np.quantile(values, share))


def measure_scrub(name: str, setup: Setup, bound: float) -> list[bench.Row]:
    """Seconds to a random step of a finished run, training paused."""
    harness = WorkerHarness()
    last = harness.train(setup)
    steps = np.random.default_rng(0).integers(0, last + 1, SCRUBS)
    times = [harness.scrub(int(step)) for step in steps]
    harness.worker.stop()
    print(f"  {name}: median {median(times):.3f} s, {last:,} steps")
    return [bench.judged(f"timeline.scrub_p95.{name}", percentile(times, 0.95), "s", bound, "lower")]


def measure_nearest() -> list[bench.Row]:
    """Milliseconds from a drag of the playhead until the window has drawn a state near that step."""
    from gui_tax import Case, Live
    from PySide6.QtCore import QEvent, QObject

    from visualnet.app.interpreter import collect_garbage_here
    from visualnet.app.main import make_application

    class Paints(QObject):
        """Notes when the weights were painted."""

        last = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                self.last = perf_counter()
            return False

    application, _collector = make_application("dark"), collect_garbage_here()
    live = Live(application, Case("mnist-512", FRAMES_PER_SECOND))
    session, paints = live.session, Paints()
    session.send(c.RunTo(WINDOW_STEPS))
    live.wait(lambda: session.step >= WINDOW_STEPS and not session.is_playing)
    weights = live.window.docks["weights"].panel
    for widget in (weights, *weights.findChildren(QObject)):
        widget.installEventFilter(paints)
    shown: dict[int, float] = {}
    session.frame_shown.connect(lambda frame: shown.setdefault(frame.step, perf_counter()))
    times, generator = [], np.random.default_rng(0)
    for step in generator.permutation(WINDOW_STEPS)[:DRAGS]:
        # A hand does not keep time with the window.
        resting = perf_counter() + generator.uniform(0.3, 0.4)
        live.wait(lambda until=resting: perf_counter() > until)
        shown.clear()
        started = perf_counter()
        session.playhead.move(int(step))
        live.wait(lambda step=int(step): paints.last > shown.get(step, float("inf")))
        times.append(1000 * (paints.last - started))
    live.window.close()
    print(f"  window: median {median(times):.0f} ms, at most {max(times):.0f} ms")
    return [bench.judged("timeline.nearest_ms", percentile(times, 0.95), "ms", 50.0, "lower")]


def steps_taken(live_run: LiveRun, seconds: float) -> int:
    """How many steps a run takes in so many seconds."""
    started, first = perf_counter(), live_run.trainer.step_count
    while perf_counter() - started < seconds:
        live_run.advance()
    return live_run.trainer.step_count - first


def measure_cost(repeats: int) -> list[bench.Row]:
    """The share of training's speed that keyframes take, alternating with a run that keeps none."""
    setup = replace(load_preset("mnist"), epochs=None, evaluate_every=10**9)
    first = Trainer(setup)
    kept, bare = LiveRun(first, KeyframeBudget()), LiveRun(Trainer(setup, first.dataset), KeyframeBudget())
    bare.timeline.note_training = lambda seconds: None  # type: ignore[method-assign]
    for live_run in (kept, bare):
        steps_taken(live_run, COST_SECONDS)
    ratios = []
    for round_number in range(COST_ROUNDS * repeats):
        order = (kept, bare) if round_number % 2 else (bare, kept)
        steps = {live_run: steps_taken(live_run, COST_SECONDS) for live_run in order}
        ratios.append(1 - steps[kept] / steps[bare])
    return [bench.judged("timeline.keyframe_cost", median(ratios), "of training", 0.03, "lower")]


def resident_bytes() -> int:
    """What this process has in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def train_long() -> None:
    """Train ``xor`` as the window does and print what is in memory after the short and after the long run."""
    harness = WorkerHarness()
    for steps in (SHORT_RUN, LONG_RUN):
        setup = replace(load_preset("xor"), epochs=None, steps=None)
        harness.worker.send(c.StartRun(setup) if steps == SHORT_RUN else c.Pause())
        harness.worker.send(c.RunTo(steps))
        while not any(isinstance(event, e.Paused) and event.step == steps for event in harness.events):
            harness.worker.send(c.RequestFrame())
            sleep(1 / FRAMES_PER_SECOND)
            harness.look()
        print(resident_bytes(), flush=True)
    harness.worker.stop()


def measure_memory() -> list[bench.Row]:
    """Growth of a process's memory between a short and a long run of ``xor``."""
    command = [sys.executable, __file__, "--train-long"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    short, long = map(int, result.stdout.split())
    print(f"  {short / 2**20:.1f} MB after {SHORT_RUN:,} steps, {long / 2**20:.1f} MB after {LONG_RUN:,}")
    return [bench.judged("timeline.rss_growth", long / short - 1, "of memory", 0.05, "lower")]


def measure_curve(repeats: int) -> list[bench.Row]:
    """Seconds to draw a curve of ten million points over those for one of a thousand: whole, and as while training."""
    from visualnet.app.main import make_application
    from visualnet.app.theme import DARK
    from visualnet.app.widgets.curve_plot import CurvePlot

    _application = make_application("dark")
    values = np.random.default_rng(0).normal(1.0, 0.1, LONG_CURVE)
    columns = []
    for count in (LONG_CURVE, SHORT_CURVE):
        column = Column()
        column.extend(values[:count])
        columns.append(column)

    def ratio(is_live: bool) -> float:
        drawings = []
        for column in columns:
            plot = CurvePlot(DARK, "Loss", is_share=False, hint="")
            plot.resize(700, 220)
            plot.is_live = is_live
            plot.show()

            def draw(plot: CurvePlot = plot, column: Column = column) -> None:
                for _ in range(DRAWINGS):
                    plot.show_column(column.view(), 0, np.empty((0, 2)))
                    plot.grab()

            drawings.append(draw)
        return 1 / bench.alternating_ratio(*drawings, repeats)

    return [
        bench.judged("timeline.curve_1e7", ratio(is_live=False), "of 10³ points", 1.5, "lower"),
        bench.judged("timeline.curve_1e7.live", ratio(is_live=True), "of 10³ points", 1.5, "lower"),
    ]


def measure(only: str, repeats: int) -> list[bench.Row]:
    """All rows whose name holds this text."""
    found: list[bench.Row] = []
    if only in "timeline.scrub_p95.mnist":
        found += measure_scrub("mnist", load_preset("mnist"), 0.1)
    if only in "timeline.scrub_p95.conv":
        found += measure_scrub("conv", lenet(), 1.0)
    if only in "timeline.nearest_ms":
        found += measure_nearest()
    if only in "timeline.keyframe_cost":
        found += measure_cost(repeats)
    if only in "timeline.save_cost" or only in "timeline.file_bytes":
        found += save_cost_rows(repeats)
    if only in "timeline.rss_growth":
        found += measure_memory()
    if only in "timeline.curve_1e7":
        found += measure_curve(repeats)
    return found


if __name__ == "__main__":
    bench.run_with_own_kernels()
    if "--train-long" in sys.argv:
        train_long()
        sys.exit()
    options = bench.arguments(__doc__)
    rows = measure(options.only, options.repeats)
    for info in threadpool_info():
        print(f"  {info['user_api']} {info.get('architecture', '')}, {info['num_threads']} threads")
    bench.print_rows(rows, options.json)
