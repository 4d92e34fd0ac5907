"""FrameLoop: drains the worker's outbox on a timer, asks for frames and gives them to the panels. GUI thread only."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer

from visualnet.app.faults import attempt
from visualnet.app.session.adaptive_frame_rate import AdaptiveFrameRate
from visualnet.app.session.frame_receiver import FrameReceiver
from visualnet.app.session.playhead import PlayheadControl
from visualnet.app.session.probe_budget import ProbeBudget
from visualnet.core.messages.commands import Command, RequestFrame
from visualnet.core.messages.events import Event, RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Drained
from visualnet.core.probes.base import Probe

RETRY_SECONDS, PATIENT_PERIODS = 0.003, 2.0
"""If the frame that was asked for has not come by its tick, the outbox is drained again every RETRY_SECONDS, for at
most PATIENT_PERIODS of the frame rate."""


class FrameOwner(Protocol):
    """What a FrameLoop asks of its session."""

    run: RunStarted | None
    is_playing: bool
    playhead: PlayheadControl

    @property
    def is_moving(self) -> bool:
        """Whether the step that is shown changes by itself."""

    def send(self, command: Command) -> None:
        """Hand a command to the worker."""

    def drain(self) -> Drained:
        """What the worker has to tell."""

    def take_event(self, event: Event) -> None:
        """Hear of an event."""

    def take_frame(self, frame: Frame) -> None:
        """Get the frame that was asked for, and let ``show`` give it to the panels."""


class FrameLoop(QObject):
    """A timer whose ticks drain the outbox, and the panels that get frames at them.

    Args:
        owner: the session.
        frame_rate: ticks a second.
        adapts: lower the frame rate when the GUI thread cannot keep up.
        parent: for Qt.
    """

    def __init__(self, owner: FrameOwner, frame_rate: int, adapts: bool, parent: QObject) -> None:
        super().__init__(parent)
        self._owner = owner
        self._panels: list[FrameReceiver] = []
        self._due: list[FrameReceiver] = []
        self._stale: set[FrameReceiver] = set()
        self._late: set[FrameReceiver] = set()
        self._bars_are_stale = False
        self._frame_is_asked = False
        self._tick = 0
        self._adapts = adapts
        self._pace = AdaptiveFrameRate(frame_rate)
        self._budget = ProbeBudget()
        self._next_tick = self._wakes_at = perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timer_tick)

    @property
    def frame_rate(self) -> int:
        """Ticks a second at present."""
        return self._pace.rate

    @property
    def panels(self) -> Sequence[FrameReceiver]:
        """All panels, visible or not."""
        return self._panels

    def start(self) -> None:
        """Begin to tick."""
        self._wake_after(0.0, perf_counter())

    def stop(self) -> None:
        """Tick no more, and let the panels go."""
        self._timer.stop()
        self._panels.clear()

    def add_panel(self, panel: FrameReceiver) -> None:
        """Give this panel frames whenever it is visible."""
        self._panels.append(panel)
        panel.wants_frame.connect(self._on_panel_wants_frame)

    def forget_request(self) -> None:
        """The frame that was asked for will not come."""
        self._frame_is_asked = False

    def mark_all_stale(self) -> None:
        """What every panel and the bars show is out of date."""
        self._stale.update(self._panels)
        self._bars_are_stale = True

    def show(self, frame: Frame) -> None:
        """Give a frame to the panels that it was asked for."""
        for panel in self._due:
            # What was hidden meanwhile may have been so because this run is not for it.
            if panel.isVisible():
                attempt(panel.show_frame, frame)

    def look_soon(self) -> None:
        """Drain the outbox soon if nothing trains or plays: an answer is to a person's action, and slows no training."""
        now = perf_counter()
        is_at_rest = not (self._owner.is_moving or self._owner.is_playing)
        if is_at_rest and self._timer.isActive() and now + RETRY_SECONDS < self._wakes_at:
            self._next_tick = now
            self._wake_after(RETRY_SECONDS, now)

    def _on_timer_tick(self) -> None:
        now = perf_counter()
        drained = self._owner.drain()
        frame_is_late = self._frame_is_asked and drained.frame is None and not drained.events
        if frame_is_late and now < self._next_tick + PATIENT_PERIODS / self.frame_rate:
            self._wake_after(RETRY_SECONDS, now)
            return
        self._judge_pace(now)
        self._plan_tick(now)
        self._tick += 1
        for event in drained.events:
            self._owner.take_event(event)
        if drained.frame is not None:
            self._frame_is_asked = False
            self._budget.note(drained.frame.seconds, now)
            attempt(self._owner.take_frame, drained.frame)
        if not self._frame_is_asked and self._owner.run is not None:
            self._ask_for_frame(now)
        if self._frame_is_asked:
            self.look_soon()

    def _plan_tick(self, now: float) -> None:
        """The next tick a period after this one was due, so that one late frame delays no other."""
        self._next_tick = max(self._next_tick + 1 / self.frame_rate, now)
        self._wake_after(self._next_tick - now, now)

    def _wake_after(self, seconds: float, now: float) -> None:
        self._wakes_at = now + seconds
        self._timer.start(round(1000 * seconds))

    def _ask_for_frame(self, now: float) -> None:
        """Ask for a frame with the probes of the panels that are due, or without any for toolbar and timeline."""
        self._due = self._panels_due(now)
        if not (self._due or self._owner.is_moving or self._owner.is_playing or self._bars_are_stale):
            return
        self._bars_are_stale = False
        self._stale.difference_update(self._due)
        probes: set[Probe] = set()
        for panel in self._due:
            attempt(lambda panel=panel: probes.update(panel.probes()))
        self._frame_is_asked = True
        self._owner.send(RequestFrame(frozenset(probes)))

    def _panels_due(self, now: float) -> list[FrameReceiver]:
        """The visible panels to draw next. While the run trains, one waits until the budget allows its probes."""
        due = [panel for panel in self._panels if panel.isVisible() and self._is_due(panel)]
        if not (self._owner.is_playing and self._owner.playhead.is_live):
            return due
        self._late.update(due)
        allowed = [
            panel
            for panel in self._panels
            if panel in self._late and panel.isVisible() and self._budget.allows(panel.probes(), now)
        ]
        self._late.difference_update(allowed)
        return allowed

    def _is_due(self, panel: FrameReceiver) -> bool:
        """Whether a panel is to be drawn: at its own rate while what it shows moves, else when it is out of date."""
        if not (self._owner.is_moving or (self._owner.is_playing and panel.shows_live_edge)):
            return panel in self._stale
        if panel.frames_per_second is None:
            return True
        every = max(1, round(self.frame_rate / panel.frames_per_second))
        return (self._tick + self._panels.index(panel)) % every == 0

    def _on_panel_wants_frame(self) -> None:
        panel: object = self.sender()
        self._stale.update(p for p in self._panels if p is panel)

    def _judge_pace(self, now: float) -> None:
        """Note whether this tick came later than the timer was set for; waiting for the worker's frame does not count."""
        if self._adapts:
            self._pace.note_tick(is_late=now - self._wakes_at > 0.5 / self.frame_rate)
