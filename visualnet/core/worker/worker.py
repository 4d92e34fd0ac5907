"""The thread that trains: the only one that touches a Trainer. Commands come in, the outbox goes out. No Qt.

Everything below ``Worker.run`` runs in the worker thread; ``send`` may be called from any thread. Between
commands the activities take turns: training, the playhead on its way, branches that catch up, comparisons.
"""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from visualnet.core.errors import Cancelled, VisualNetError, sentence_of
from visualnet.core.formats.parameters_file import read_parameters, write_parameters
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Outbox
from visualnet.core.probes.base import Probe
from visualnet.core.runfile.export import export_trainer
from visualnet.core.runs.run_files import Recordings
from visualnet.core.runs.worker_state import Stage
from visualnet.core.studies.sliced_task import Activity
from visualnet.core.training.report import report
from visualnet.core.worker.branching import Branching
from visualnet.core.worker.loading import Loading
from visualnet.core.worker.play import Training
from visualnet.core.worker.playhead import Playhead
from visualnet.core.worker.scheduler import Rounds
from visualnet.core.worker.undo_history import UndoHistory

log = logging.getLogger(__name__)

AT_ONCE = (c.RequestFrame, c.CancelLoading, c.Stop)
"""Commands that do not wait for the playhead."""


class Worker(Thread):
    """Trains one run at a time and answers commands between two steps.

    Args:
        outbox: where events and frames go.
        nameless_runs: the folder that keeps runs until they are saved under a name; None: nothing does.
    """

    def __init__(self, outbox: Outbox, nameless_runs: Path | None = None) -> None:
        super().__init__(name="visualnet-worker", daemon=True)
        self._queue: SimpleQueue[c.Command] = SimpleQueue()
        self._deferred: deque[c.Command] = deque()
        self._held: deque[c.Command] = deque()
        self._stage = Stage(outbox)
        self._recordings = Recordings(self._stage, nameless_runs)
        self._training = Training(self._stage, self._recordings)
        self._playhead = Playhead(self._stage)
        self._branching = Branching(self._stage, self._training, self._playhead, self._recordings)
        self._history = UndoHistory(self._stage, self._branching, self._recordings)
        self._loading = Loading(self._stage, self._queue, self._deferred)
        self._rounds = Rounds((self._training, self._playhead, *self._branching.activities))
        self._is_stopped = False

    def send(self, command: c.Command) -> None:
        """Give the worker something to do; returns at once. Commands keep their order."""
        self._queue.put(command)

    def stop(self, timeout: float = 10.0, keeps_nameless: bool = True) -> bool:
        """End the thread and wait for it, see Stop; True when it has ended within ``timeout`` seconds."""
        self.send(c.Stop(keeps_nameless))
        self.join(timeout)
        return not self.is_alive()

    def run(self) -> None:
        """Serve commands and train, until Stop."""
        while not self._is_stopped:
            try:
                active = self._rounds.active
                command = self._next_command(active)
                if command is not None:
                    self._serve(command)
                else:
                    self._rounds.take_turn(active)
            except Exception as error:
                self._fail(error)

    def _next_command(self, active: list[Activity]) -> c.Command | None:
        """The next command; None when there is none and it is time to go on. Waits where nothing is due."""
        if self._held and self._playhead.is_exact:
            self._deferred.extendleft(reversed(self._held))
            self._held.clear()
        if self._deferred:
            return self._deferred.popleft()
        if not active:
            return self._queue.get()
        due = min([activity.next_due for activity in active])
        wait = due - perf_counter() if due else 0.0
        if wait <= 0 and self._queue.empty():
            return None
        try:
            return self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
        except Empty:
            return None

    def _serve(self, command: c.Command) -> None:
        must_wait = self._held or (self._needs_exact(command) and not self._playhead.is_exact)
        if must_wait and not isinstance(command, AT_ONCE):
            self._held.append(command)
            return
        try:
            self._follow(command)
        except (VisualNetError, OSError, MemoryError) as error:
            if not isinstance(error, VisualNetError):
                log.warning("%s could not be done", type(command).__name__, exc_info=True)
            # Who cancels knows it, and the present run stays; where there is none, somebody has to think of another.
            if not isinstance(error, Cancelled) or self._stage.present is None:
                self._stage.post(e.CommandRejected(self._stage.generation, command, sentence_of(error)))

    def _follow(self, command: c.Command) -> None:
        match command:
            case c.RequestFrame(probes):
                self._show_frame(probes)
            case c.Undo():
                self._history.undo()
            case c.Redo():
                self._history.redo()
            case c.UndoTo(number):
                self._history.go_to(number)
            case c.RunCommand():
                with self._history.noting(command):
                    self._apply(command)
            case _:
                with self._history.noting(command):
                    self._steer(command)

    @staticmethod
    def _needs_exact(command: c.Command) -> bool:
        """Whether a command makes a branch at the playhead, or writes what is there: it has to be exactly there first."""
        makes_branch = isinstance(command, (c.BranchHere, c.OpenParameters, c.RunCommand))
        return makes_branch or isinstance(command, (c.SaveParameters, c.ExportRun))

    def _apply(self, command: c.RunCommand) -> None:
        if self._playhead.is_past:
            self._branching.branch_here(command, None)
        elif command.sets_parameters:
            self._stage.apply_planned()
            self._branching.set_parameters(command)
        else:
            self._stage.apply_planned()
            settings = self._stage.trainer.settings
            self._stage.slot.apply(command)
            self._branching.tell_applied(command)
            self._history.note_setting(command, settings)

    def _steer(self, command: c.Command) -> None:
        match command:
            case c.Play():
                self._training.play()
            case c.Pause() if self._playhead.is_playing:
                self._playhead.stop_playing()
            case c.Pause():
                self._training.pause("asked")
            case c.StepOnce() if self._playhead.is_past:
                self._move_playhead(self._playhead.step + 1)
            case c.StepOnce():
                self._training.step_once()
            case c.StepEpoch():
                self._training.step_epoch()
            case c.RunTo(step):
                self._training.play_to_step(step)
            case c.SetSpeed(speed):
                self._training.set_speed(speed)
            case c.StepBack():
                self._step_back()
            case c.SetPlayhead(step):
                self._move_playhead(step)
            case c.PlayFromHere(speed):
                self._playhead.play(speed)
            case c.GoBack(step):
                self._branching.go_back(step)
            case c.StartRun(setup, play, fits, journal):
                self._branching.begin(self._loading.load(setup, fits), journal)
                if play:
                    self._training.play()
            case c.SaveParameters(path):
                write_parameters(path, self._playhead.trainer)
                self._stage.post(e.ParametersSaved(self._stage.generation, path, self._playhead.step))
            case c.OpenParameters():
                self._open_parameters(command)
            case c.RequestReport():
                slot = self._stage.slot
                # As ``visualnet train`` ends: the test set is measured at this very step.
                slot.evaluate()
                figures = report(slot.trainer, slot.fit_seconds, slot.evaluation_seconds)
                self._stage.post(e.Reported(self._stage.generation, figures))
            case c.SaveRunAs(path):
                self._history.let_go_of(path)
                self._recordings.save_as(command)
            case c.ExportRun(path, form):
                export_trainer(self._stage.trainer, self._playhead.trainer, path, form)
                self._stage.post(e.RunExported(self._stage.generation, path, self._playhead.step))
            case c.OpenRun(path):
                self._history.let_go_of(path)
                with self._loading.watched() as progress:
                    self._branching.open_file(path, progress)
            case c.Stop(keeps_nameless):
                self._is_stopped = True
                self._history.clear()
                self._recordings.close(keeps_nameless)
            case _:
                self._branching.steer(command)

    def _move_playhead(self, step: int | None) -> None:
        if step is None or step > self._stage.trainer.step_count:
            self._playhead.go_live()
        else:
            self._playhead.move(step)

    def _step_back(self) -> None:
        step = self._playhead.step
        if not self._playhead.is_past:
            self._training.pause("asked")
        self._playhead.move(step - 1)

    def _open_parameters(self, command: c.OpenParameters) -> None:
        """Into this run where the network is the same; otherwise as a new run from the file's own Setup."""
        saved = read_parameters(command.path)
        if self._stage.present is not None and saved.belong_to(self._stage.trainer):
            self._apply(c.SetParameters(saved.vector_for(self._stage.trainer.network)))
            return
        if saved.setup is None:
            raise VisualNetError("That file holds no Setup. Start a run with the same layers, then open it.")
        trainer = self._loading.load(saved.setup)
        trainer.apply(c.SetParameters(saved.vector_for(trainer.network)))
        self._branching.begin(trainer)

    def _show_frame(self, probes: frozenset[Probe]) -> None:
        if self._stage.present is None:
            return
        slot, playhead, generation = self._stage.slot, self._playhead, self._stage.generation
        shown = playhead.trainer
        results: dict[Probe, Any] = {}
        seconds: dict[Probe, float] = {}
        with np.errstate(all="ignore"):
            for probe in probes:
                started = thread_time()
                results[probe] = probe.measure(shown)
                seconds[probe] = thread_time() - started
        speed = slot.speed.steps_per_second if self._training.is_active else 0.0
        history = slot.trainer.history.view()
        is_live, is_exact = not playhead.is_past, playhead.is_exact
        frame = Frame(
            generation, playhead.step, shown.epoch, speed, history, results, is_live, is_exact, seconds
        )
        self._stage.outbox.show(frame)

    def _fail(self, error: Exception) -> None:
        log.exception("The worker met an unforeseen error")
        self._rounds.give_up()
        sentence = f"{sentence_of(error)} The run is paused."
        self._stage.post(e.WorkerFailed(self._stage.generation, sentence))
