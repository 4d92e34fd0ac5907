"""What the window costs: training speed in the app over headless speed, alternating, on set-ups that hurt.

    python tests/benchmarks/gui_tax.py [--json] [--repeats 4] [--only xor.60hz]

The window is offscreen, all default panels visible and painting, adaptation off, real MNIST; it is trained by a process
of its own, as the application's is. ``--only thread`` measures the same window over a thread, for comparison.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent))

import rows as bench

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from threadpoolctl import threadpool_info

from visualnet.app.files.settings import Settings
from visualnet.app.interpreter import collect_garbage_here, share_interpreter
from visualnet.app.main import make_application
from visualnet.app.pictures.screenshot import EXAMPLE_STROKE
from visualnet.app.session.session import Session
from visualnet.app.window.window import Window
from visualnet.core.messages.commands import RunTo
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.setup import Setup
from visualnet.core.sources.process import ProcessSource
from visualnet.core.sources.source import Source
from visualnet.core.sources.thread import ThreadSource
from visualnet.core.training.trainer import Trainer

SIZE, LARGE = (1400, 900), (2560, 1440)
SECONDS = 3.0
SLICE = 50
EACH_FRAME, BY_BUDGET = "curves", "weights"
"""The panel that is drawn with each frame, as toolbar and timeline are, and one whose probe waits for its budget."""

WARM_UP_STEPS = 200
SETUPS: dict[str, Callable[[], Setup]] = {
    "mnist-512": lambda: replace(load_preset("mnist"), batch_size=512),
    "mnist-128": lambda: replace(load_preset("mnist"), batch_size=128),
    "mnist-32": lambda: replace(load_preset("mnist"), batch_size=32),
    "original-mnist": lambda: load_preset("original-mnist"),
    "xor": lambda: load_preset("xor"),
    "spiral": lambda: load_preset("spiral"),
    "mnist-conv": lambda: load_preset("mnist-conv"),
}


@dataclass(frozen=True)
class Case:
    """One measurement: which set-up, how often drawn, how large, trained by what."""

    setup: str
    rate: int
    size: tuple[int, int] = SIZE
    source: Callable[[], Source] = ProcessSource

    @property
    def name(self) -> str:
        """As in the rows: ``xor.60hz.2560``."""
        large = ".2560" if self.size == LARGE else ""
        thread = ".thread" if self.source is ThreadSource else ""
        return f"{self.setup}.{self.rate}hz{large}{thread}"

    @property
    def bound(self) -> float | None:
        """Least share of the headless speed."""
        if self.source is ThreadSource:
            return None
        return 0.90 if self.setup in ("xor", "spiral") and self.rate == 60 else 0.95


CASES = (
    *(Case(setup, rate) for setup in SETUPS for rate in (30, 60)),
    Case("mnist-32", 60, LARGE),
    Case("xor", 60, LARGE),
    *(Case(setup, 60, source=ThreadSource) for setup in SETUPS),
)


def endless(name: str) -> Setup:
    """The set-up with a goal too far to pause the window in the middle of a measurement; a schedule needs one."""
    return replace(SETUPS[name](), epochs=None, steps=10**9)


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

    def __init__(self, application: QApplication, case: Case) -> None:
        self._application = application
        if case.source is ThreadSource:
            # As the application does; it holds for the rest of the process, so these cases come last.
            share_interpreter()
        self.source = case.source()
        self.session = Session(case.rate, adapts=False, source=self.source)
        self.window = Window(self.session, Settings(None), "dark", asks_before_closing=False)
        # As fast as it goes, whatever pace a preset brings.
        self.window.transport.keeps_speed = True
        self.window.resize(*case.size)
        self.session.start()
        self.session.start_run(endless(case.setup))
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


def memory(process_id: int) -> float:
    """Megabytes that a process holds."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def measure(application: QApplication, case: Case, repeats: int) -> list[bench.Row]:
    """Kept speed, paints and evenness of one case."""
    live = Live(application, case)
    trainer = Trainer(endless(case.setup))
    headless_speed(trainer, 0.5)
    live.train(0.5)
    kept, painted, frames, weights = [], [], [], []
    for _ in range(repeats):
        before = headless_speed(trainer, SECONDS / 2)
        speed, counter = live.train(SECONDS)
        after = headless_speed(trainer, SECONDS / 2)
        kept.append(speed / ((before + after) / 2))
        rates = {name: len(times) / SECONDS for name, times in counter.times.items() if name != "setup"}
        painted.append(rates[EACH_FRAME] / case.rate)
        weights.append(rates[BY_BUDGET])
        frames.append(p99(counter.times[EACH_FRAME]) * case.rate)
        print(
            f"  {case.name}: kept {kept[-1]:.3f}, headless {before:,.0f} and {after:,.0f} steps/s, paints",
            rates,
        )
    held = memory(os.getpid())
    if isinstance(live.source, ProcessSource):
        held += memory(live.source.process_id)
    live.window.close()
    is_judged = case.bound is not None
    return [
        bench.judged(f"gui.kept.{case.name}", median(kept), "of headless", case.bound),
        bench.judged(f"gui.painted.{case.name}", median(painted), "of the rate", 0.95 if is_judged else None),
        bench.judged(
            f"gui.frame_p99.{case.name}", median(frames), "periods", 1.5 if is_judged else None, "lower"
        ),
        bench.judged(f"gui.weights.{case.name}", median(weights), "paints/s", None),
        bench.judged(f"gui.memory.{case.name}", held, "MB", None, "lower"),
    ]


START_UP = """
import os
from visualnet.core.sources.launch import launch_engine
engine = launch_engine()
from visualnet.app.main import open_window
from visualnet.app.window.options import WindowOptions
import visualnet.app.window.window as w
original = w.Window.paintEvent
def paint(self, event):
    original(self, event)
    engine.kill()
    os._exit(0)
w.Window.paintEvent = paint
open_window(WindowOptions(engine=engine))
"""

BARE = """
import os
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
class Window(QMainWindow):
    def paintEvent(self, event):
        os._exit(0)
application = QApplication([])
window = Window()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.show()
application.exec()
"""


def start_seconds(program: str) -> float:
    """From a process's start to its window's first paint."""
    # As for anybody, the first start leaves compiled modules for those after it.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, env=environment)
    return perf_counter() - started


def measure_start(repeats: int) -> list[bench.Row]:
    """Seconds until there is a window, ours and a bare one in turn."""
    times = [(start_seconds(START_UP), start_seconds(BARE)) for _ in range(repeats + 1)][1:]
    return [
        bench.judged("gui.seconds_to_window", median(ours for ours, _ in times), "s", None, "lower"),
        bench.judged(
            "gui.start_over_bare", median(ours / bare for ours, bare in times), "times", 1.2, "lower"
        ),
    ]


if __name__ == "__main__":
    bench.run_with_own_kernels()
    options = bench.arguments(__doc__)
    application = make_application("dark")
    collector = collect_garbage_here()
    found: list[bench.Row] = []
    for case in CASES:
        if options.only in f"gui.{case.name}" and ("thread" in options.only or case.source is ProcessSource):
            found += measure(application, case, options.repeats)
    if options.only in "gui.start_over_bare":
        found += measure_start(options.repeats)
    for info in threadpool_info():
        print(f"  {info['user_api']} {info.get('architecture', '')}, {info['num_threads']} threads")
    bench.print_rows(found, options.json)
