"""The Session: takes in what the worker tells, and sends commands.

Panels talk to nothing else. GUI thread only; it never waits for the worker. A control shows a new value when a
signal says that the command took effect, not before.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

from PySide6.QtCore import QObject, Signal, SignalInstance

from visualnet.app.faults import attempt
from visualnet.app.session.figure_pace import FigurePace
from visualnet.app.session.frame_loop import FrameLoop
from visualnet.app.session.frame_receiver import FrameReceiver
from visualnet.app.session.playhead import PlayheadControl
from visualnet.app.session.runs import Runs
from visualnet.app.session.undo_history import UndoHistory
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Drained
from visualnet.core.runfile.save_request import Journal
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.run_commands import SettingValue
from visualnet.core.setup.setup import Setup
from visualnet.core.sources.source import Source
from visualnet.core.sources.thread import ThreadSource

log = logging.getLogger(__name__)

NEVER_SHOWN = (
    e.Resumed,
    e.LoadingProgressed,
    e.TimelineChanged,
    e.ReplayProgressed,
    e.StudyProgressed,
    e.StudyEnded,
    e.DraftChanged,
    e.UndoHistoryChanged,
)
"""Events that make no panel's picture out of date."""


class Session(QObject):
    """The worker's runs as the window knows them, and the panels that show them.

    Args:
        frame_rate: ticks a second.
        adapts: lower the frame rate when the GUI thread cannot keep up.
        nameless_runs: the folder that keeps runs until they are saved under a name; None: nothing does.
        source: who trains; None: a thread of this process.

    Attributes:
        run: the present run as it started, or None before the first.
        step: steps done, as far as the window knows: the live edge, wherever the playhead is.
        playhead: the step that is shown.
        runs: all runs that there are, of which branches grow.
        draft: the Setup that is being edited; the present run's own where nothing was.
        history: what was done, and can be undone.
        is_playing: whether the worker trains.
        is_loading: whether a data set is being loaded.
        settings: learning rate, momentum, batch size and so on, as acknowledged.
        speed: limit in steps a second, None for none.
        latest: the last frame that came.
    """

    run_started = Signal(object)  # RunStarted
    playing_changed = Signal(bool)
    paused = Signal(object)  # Paused
    applied = Signal(object)  # Applied: a command took effect
    rewound = Signal(object)  # Rewound
    rejected = Signal(object)  # CommandRejected
    diverged = Signal(object)  # Diverged
    failed = Signal(object)  # WorkerFailed
    loading_changed = Signal(bool)
    loading_progressed = Signal(object)  # LoadingProgressed
    parameters_saved = Signal(object)  # ParametersSaved
    reported = Signal(object)  # Reported
    frame_shown = Signal(object)  # Frame
    timeline_changed = Signal(object)  # TimelineChanged
    branched = Signal(object)  # BranchCreated
    branch_deleted = Signal(object)  # BranchDeleted
    draft_changed = Signal()
    study_progressed = Signal(object)  # StudyProgressed
    study_ended = Signal(object)  # StudyEnded
    run_saved = Signal(object)  # RunSaved
    run_put_aside = Signal(object)  # RunPutAside
    run_rescued = Signal(object)  # RunRescued
    run_opened = Signal(object)  # RunOpened
    run_shown = Signal(object)  # RunShown
    saving_failed = Signal(object)  # SavingFailed
    saving_recovered = Signal(object)  # SavingRecovered
    exported = Signal(object)  # RunExported
    irreproducible = Signal(object)  # ReplayIrreproducible
    engine_ended = Signal(object)  # EngineEnded
    replay_progressed = Signal(object)  # ReplayProgressed

    def __init__(
        self,
        frame_rate: int = 30,
        adapts: bool = True,
        parent: QObject | None = None,
        nameless_runs: Path | None = None,
        source: Source | None = None,
    ) -> None:
        super().__init__(parent)
        self.run: e.RunStarted | None = None
        self.step = 0
        self.is_playing = False
        self.is_loading = False
        self.settings: dict[str, SettingValue] = {}
        self.speed: float | None = None
        self.latest: Frame | None = None
        self.playhead = PlayheadControl(self.send, self)
        self.runs = Runs(self)
        self.figure_pace = FigurePace(self)
        self.draft: Setup | None = None
        self.history = UndoHistory(self.send, self)
        self._edits = 0
        self._signals = self._signals_by_event()
        self.nameless_runs = nameless_runs
        self._source = source or ThreadSource(nameless_runs)
        self._frames = FrameLoop(self, frame_rate, adapts, self)

    @property
    def frame_rate(self) -> int:
        """Ticks a second at present."""
        return self._frames.frame_rate

    def start(self) -> None:
        """Start the worker and the timer."""
        self._source.start()
        self._frames.start()

    def shut_down(self, keeps_nameless: bool = True) -> bool:
        """End the worker; True when it has ended. The session is of no use afterwards.

        Args:
            keeps_nameless: keep runs that were not saved under a name, for the next start.
        """
        self._frames.stop()
        return self._source.stop(keeps_nameless=keeps_nameless)

    def go_on_with(self, source: Source) -> None:
        """Talk to another source from now on, which knows none of the runs so far; the next run that starts is shown."""
        self._source.stop()
        self._source = source
        self._edits = 0
        self.history.forget_all()
        self.runs.forget_all()
        self._set_loading(False)
        self._frames.forget_request()
        source.start()

    def add_panel(self, panel: FrameReceiver) -> None:
        """Give this panel frames whenever it is visible."""
        self._frames.add_panel(panel)

    # What a person can do

    def send(self, command: c.Command) -> None:
        """Hand a command to the worker; its effect arrives as a signal."""
        self._source.send(command)
        self._frames.look_soon()

    def play(self) -> None:
        """Train to the goal; from there, without end."""
        self.send(c.Play())

    def pause(self) -> None:
        """Rest after the step in progress."""
        self.send(c.Pause())

    def toggle(self) -> None:
        """Play or pause, whichever it is not; in the past, play this again from here."""
        if self.is_moving:
            self.pause()
        elif self.playhead.is_live:
            self.play()
        else:
            self.playhead.play(self.speed)

    @property
    def is_moving(self) -> bool:
        """Whether the step that is shown changes by itself: the run trains, or its past is played."""
        return self.is_playing if self.playhead.is_live else self.playhead.is_playing

    def start_run(
        self, setup: Setup, play: bool = False, follows_data: bool = False, journal: Journal = ()
    ) -> None:
        """Build another run and put it in the place of the present one, which Undo returns to.

        Args:
            setup: what to train.
            play: begin at once.
            follows_data: let outputs and loss follow the data, of which one learns more when they are loaded.
            journal: commands that take effect at their steps.
        """
        self.send(c.StartRun(setup, play, follows_data, journal))

    def open_preset(self, name: str) -> None:
        """Start this preset; the present run can be brought back."""
        self.start_run(load_preset(name))

    def restart(self) -> None:
        """The same run from step 0: same seed, so the same course."""
        if self.run is not None:
            self.start_run(self.run.setup, play=self.is_playing)

    def new_seed(self) -> None:
        """The same Setup with other first values and another order of the examples."""
        if self.run is not None:
            self.start_run(
                replace(self.run.setup, seed=SystemRandom().randrange(1_000_000)), play=self.is_playing
            )

    @property
    def unsaved_steps(self) -> dict[int, int]:
        """Steps of runs that no named file holds, with their branches, by the run that began anew."""
        unsaved: dict[int, int] = {}
        for record in self.runs.all:
            root, step = self.runs.root(record.run_id), record.step
            if record.run_id == self.runs.present:
                step = max(step, self.step)
            if root not in self.runs.files and step > record.start_step:
                unsaved[root] = unsaved.get(root, 0) + step - record.start_step
        return unsaved

    @property
    def journal(self) -> list[tuple[int, c.RunCommand]]:
        """What was changed in the present run, each with the step at which it took effect."""
        return self.runs.get(self.runs.present).journal if self.runs.present else []

    def edit_draft(self, draft: Setup, subject: str, before: str = "", after: str = "") -> None:
        """Show another draft at once; the worker gives the edit its place in what can be undone.

        Args:
            draft: as it is now.
            subject: what was edited, in words.
            before: what that was, in words.
            after: what it is now; empty where the edit is of one piece.
        """
        is_other = draft != self.draft
        self._set_draft(draft)
        if is_other:
            self._edits += 1
            self.send(c.EditDraft(draft, subject, before, after))

    def _set_draft(self, draft: Setup) -> None:
        self.draft = draft
        self.draft_changed.emit()

    # From the worker to the panels

    def drain(self) -> Drained:
        """What the worker has to tell; for the frame loop."""
        return self._source.drain()

    def take_frame(self, frame: Frame) -> None:
        """Show a frame, unless it is of a run that is present no more; for the frame loop."""
        if self.run is None or frame.generation != self.run.generation:
            self._frames.mark_all_stale()
            return
        self.latest = frame
        self.runs.note_history(self.runs.present, frame.history, is_resting=not self.is_playing)
        if self.is_playing:
            # At rest the step is known from the event that said so; this frame may be older.
            self._note_step(frame.history.step)
        self._frames.show(frame)
        self.frame_shown.emit(frame)
        if frame.history.step == self.step:
            self.figure_pace.note(frame, self.is_playing)

    def take_event(self, event: e.Event) -> None:
        """Hear of an event; for the frame loop."""
        attempt(self.runs.note, event)
        attempt(self._tell, event)

    def _tell(self, event: e.Event) -> None:
        self._note_own(event)
        signal = self._signals.get(type(event))
        if signal is not None:
            signal.emit(event)
        if not isinstance(event, NEVER_SHOWN) and not (
            isinstance(event, e.PlayheadMoved) and event.is_playing
        ):
            self._frames.mark_all_stale()

    def _note_own(self, event: e.Event) -> None:
        """Bring what the session itself says up to date, before anybody hears of the event."""
        match event:
            case e.RunStarted():
                self._on_run_started(event)
            case e.Resumed():
                self._set_playing(True)
            case e.Paused():
                self._note_step(event.step)
                # The figures are those of the frame that comes now.
                self.figure_pace.forget()
                self._set_playing(False)
            case e.Applied():
                self.settings = event.settings
            case e.Rewound():
                self.settings = event.settings
                self._note_step(event.step)
            case e.DraftChanged(_, draft, edits):
                if edits == self._edits and draft != self.draft:
                    # The worker has heard of every edit, and has undone one or done it again.
                    self._set_draft(draft)
            case e.UndoHistoryChanged():
                self.history.note(event)
            case e.PlayheadMoved():
                self.playhead.note(event)
            case e.LoadingProgressed():
                self._set_loading(True)
            case e.LoadingEnded():
                self._set_loading(False)
            case e.EngineEnded():
                self._set_playing(False)
                self._set_loading(False)
            case e.SpeedChanged():
                self._on_speed_changed(event.steps_per_second)

    def _signals_by_event(self) -> dict[type[e.Event], SignalInstance]:
        """The signals that hand an event on as it came."""
        return {
            e.RunStarted: self.run_started,
            e.Paused: self.paused,
            e.Applied: self.applied,
            e.Rewound: self.rewound,
            e.BranchCreated: self.branched,
            e.BranchDeleted: self.branch_deleted,
            e.RunRescued: self.run_rescued,
            e.RunPutAside: self.run_put_aside,
            e.RunSaved: self.run_saved,
            e.RunOpened: self.run_opened,
            e.RunShown: self.run_shown,
            e.SavingFailed: self.saving_failed,
            e.SavingRecovered: self.saving_recovered,
            e.RunExported: self.exported,
            e.ReplayIrreproducible: self.irreproducible,
            e.StudyProgressed: self.study_progressed,
            e.StudyEnded: self.study_ended,
            e.ReplayProgressed: self.replay_progressed,
            e.TimelineChanged: self.timeline_changed,
            e.LoadingProgressed: self.loading_progressed,
            e.CommandRejected: self.rejected,
            e.RunDiverged: self.diverged,
            e.EngineEnded: self.engine_ended,
            e.WorkerFailed: self.failed,
            e.ParametersSaved: self.parameters_saved,
            e.Reported: self.reported,
        }

    def _note_step(self, step: int) -> None:
        self.step = step
        self.playhead.note_live_edge(step)

    def _on_speed_changed(self, speed: float | None) -> None:
        self.speed = speed
        if self.playhead.is_playing:
            self.playhead.play(speed)

    def _on_run_started(self, event: e.RunStarted) -> None:
        self.run = event
        self.step = event.step
        self.settings = event.settings
        self.draft = event.draft
        self.latest = None
        self.figure_pace.forget()
        self.playhead.reset(event.step)
        self._set_playing(False)
        for panel in self._frames.panels:
            attempt(panel.show_run, event)

    def _set_playing(self, is_playing: bool) -> None:
        if is_playing != self.is_playing:
            self.is_playing = is_playing
            self.playing_changed.emit(is_playing)

    def _set_loading(self, is_loading: bool) -> None:
        if is_loading != self.is_loading:
            self.is_loading = is_loading
            self.loading_changed.emit(is_loading)
