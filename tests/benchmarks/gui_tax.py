"""What the window costs: training speed in the app over headless speed, in one process, alternating.

    python tests/benchmarks/gui_tax.py [--json] [--repeats 5] [--only 30hz]

The window is offscreen, 1400×900, all default panels visible and painting, adaptation off, real MNIST.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))

import rows as bench

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import itertools

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from threadpoolctl import threadpool_info

from visualnet.app.camera import EXAMPLE_STROKE
from visualnet.app.interpreter import collect_garbage_here, share_interpreter
from visualnet.app.main import make_application
from visualnet.app.session import Session
from visualnet.app.settings import Settings
from visualnet.app.window import Window
from visualnet.core.run.commands import RunTo
from visualnet.core.run.presets import load_preset
from visualnet.core.run.setup import Setup
from visualnet.core.run.trainer import Trainer

SIZE = (1400, 900)
SECONDS = 3.0
SLICE = 50
FAST = ("weights", "curves")
KEPT = {30: 0.90, 60: 0.85}
WARM_UP_STEPS = 200


def endless_mnist() -> Setup:
    """The preset without its goal, which would pause the window in the middle of a measurement."""
    return replace(load_preset("mnist"), epochs=None)


class PaintCounter(QObject):
    """Notes when each panel, or any widget inside it, has ended a paint."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.times: dict[str, list[float]] = {}
        self._panel_of: dict[QObject, str] = {}
        for name, dock in window.docks.items():
            if dock.isVisible():
                self.times[name] = []
                for widget in (dock.panel, *dock.panel.findChildren(QWidget)):
                    self._panel_of[widget] = name
                    widget.installEventFilter(self)

    def stop(self) -> None:
        """Watch no longer."""
        for widget in self._panel_of:
            widget.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched in self._panel_of:
            times = self.times[self._panel_of[watched]]
            now = perf_counter()
            # A panel of several widgets is painted once, however many of them take part.
            if not times or now - times[-1] > 0.004:
                times.append(now)
        return False


def headless_speed(trainer: Trainer, seconds: float) -> float:
    """Steps a second without any window."""
    started, steps = perf_counter(), 0
    while perf_counter() - started < seconds:
        for _ in range(SLICE):
            trainer.step()
        steps += SLICE
    return steps / (perf_counter() - started)


class Live:
    """The application, with one window that can be made to train for some seconds."""

    def __init__(self, application: QApplication, frame_rate: int) -> None:
        self._application = application
        self.session = Session(frame_rate, adapts=False)
        self.window = Window(self.session, Settings(None), "dark", asks_before_closing=False)
        self.window.resize(*SIZE)
        self.session.start()
        self.session.start_run(endless_mnist())
        self.window.show()
        self.wait(lambda: self.session.run is not None)
        # Without a drawing the drawing panel has nothing that changes.
        self.window.drawing_pad.draw(EXAMPLE_STROKE)
        self.session.send(RunTo(WARM_UP_STEPS))
        self.wait(lambda: self.session.step >= WARM_UP_STEPS and not self.session.is_playing)

    def wait(self, is_done: object, seconds: float = 60.0) -> None:
        """Let the application work until something holds or the time is over."""
        deadline = perf_counter() + seconds
        while not is_done() and perf_counter() < deadline:  # type: ignore[operator]
            self._application.processEvents()

    def train(self, seconds: float) -> tuple[float, PaintCounter]:
        """Steps a second over some seconds of painting, and the paints."""
        session = self.session
        session.play()
        self.wait(lambda: session.is_playing)
        counter = PaintCounter(self.window)
        started = session.step, perf_counter()
        ended: list[tuple[int, float]] = []

        def end() -> None:
            ended.append((session.step, perf_counter()))
            session.pause()

        QTimer.singleShot(round(seconds * 1000), end)
        loop = QEventLoop()
        session.paused.connect(loop.quit)
        loop.exec()
        session.paused.disconnect(loop.quit)
        counter.stop()
        steps = ended[0][0] - started[0]
        return steps / (ended[0][1] - started[1]), counter


def p99(times: list[float]) -> float:
    """The 99th percentile of the intervals between paints, in seconds."""
    intervals = sorted(b - a for a, b in itertools.pairwise(times))
    return intervals[min(len(intervals) - 1, int(len(intervals) * 0.99))]


def measure_rate(application: QApplication, frame_rate: int, repeats: int) -> list[bench.Row]:
    """Kept speed, paints and evenness at one frame rate."""
    live = Live(application, frame_rate)
    trainer = Trainer(endless_mnist())
    headless_speed(trainer, 0.5)
    live.train(0.5)
    kept, painted, slow, frames = [], [], [], []
    for _ in range(repeats):
        before = headless_speed(trainer, SECONDS / 2)
        speed, counter = live.train(SECONDS)
        after = headless_speed(trainer, SECONDS / 2)
        kept.append(speed / ((before + after) / 2))
        rates = {name: len(times) / SECONDS for name, times in counter.times.items() if name != "setup"}
        painted.append(min(rates[name] for name in FAST) / frame_rate)
        slow.append(min(rates.values()))
        frames.append(max(p99(counter.times[name]) for name in FAST) * frame_rate)
        print(
            f"  {frame_rate} Hz: kept {kept[-1]:.3f}, headless {before:,.0f} and {after:,.0f} steps/s, paints",
            rates,
        )
    live.window.close()
    return [
        bench.judged(f"gui.kept.{frame_rate}hz", median(kept), "of headless", KEPT[frame_rate]),
        bench.judged(f"gui.painted.{frame_rate}hz", median(painted), "of the rate", 0.95),
        bench.judged(f"gui.slowest_panel.{frame_rate}hz", median(slow), "paints/s", 10.0),
        bench.judged(f"gui.frame_p99.{frame_rate}hz", median(frames), "periods", 1.5, "lower"),
    ]


START_UP = """
import time; started = time.time()
import sys
from PySide6.QtCore import QTimer
from visualnet.app.main import open_window
from visualnet.app.window_options import WindowOptions
import visualnet.app.window as w
original = w.Window.paintEvent
def paint(self, event):
    original(self, event)
    print(time.time() - started, flush=True)
    import os; os._exit(0)
w.Window.paintEvent = paint
open_window(WindowOptions())
"""


def measure_start(repeats: int) -> list[bench.Row]:
    """Seconds from a process's first line to the window's first paint."""
    # As for anybody, the first start leaves compiled modules for those after it.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(repeats + 1):
        started = perf_counter()
        subprocess.run(
            [sys.executable, "-c", START_UP], check=True, stdout=subprocess.DEVNULL, env=environment
        )
        times.append(perf_counter() - started)
    return [bench.judged("gui.seconds_to_window", median(times[1:]), "s", 1.5, "lower")]


if __name__ == "__main__":
    bench.run_with_own_kernels()
    options = bench.arguments(__doc__)
    share_interpreter()
    application = make_application("dark")
    collector = collect_garbage_here()
    found: list[bench.Row] = []
    for rate in KEPT:
        if options.only in f"gui.{rate}hz":
            found += measure_rate(application, rate, options.repeats)
    if options.only in "gui.seconds_to_window":
        found += measure_start(options.repeats)
    for info in threadpool_info():
        print(f"  {info['user_api']} {info.get('architecture', '')}, {info['num_threads']} threads")
    bench.print_rows(found, options.json)
