"""The thread that trains: the only one that touches a Trainer. Commands come in, the outbox goes out. No Qt.

Everything below ``Worker.run`` runs in the worker thread; ``send`` may be called from any thread. Between
commands the tasks take turns: training, the playhead on its way, branches that catch up, comparisons.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import nullcontext
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
from visualnet.core.messages.inbox import Inbox, Recipient
from visualnet.core.probes.base import Probe
from visualnet.core.runfile.export import export_trainer
from visualnet.core.runs.run_files import RunFiles
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.report import report
from visualnet.core.worker.branching import Branching
from visualnet.core.worker.handlers import Handlers
from visualnet.core.worker.loading import Loading
from visualnet.core.worker.play import Training
from visualnet.core.worker.playhead import Playhead
from visualnet.core.worker.scheduler import FairScheduler
from visualnet.core.worker.sliced_task import SlicedTask
from visualnet.core.worker.undo_history import UndoHistory

log = logging.getLogger(__name__)

UNNOTED = (c.RequestFrame, c.Undo, c.Redo, c.UndoTo)
"""Commands of which nothing is noted that could be undone."""

AT_ONCE = (c.RequestFrame, c.CancelLoading, c.Stop)
"""Commands that are served at once while others wait until the playhead is exactly at its step."""


class Worker(Thread):
    """Trains one run at a time and answers commands between two steps.

    Args:
        outbox: where events and frames go.
        nameless_runs: the folder that keeps runs until they are saved under a name; None: nothing does.
        inbox: where commands wait; None: a queue of its own.
    """

    def __init__(
        self, outbox: Recipient, nameless_runs: Path | None = None, inbox: Inbox | None = None
    ) -> None:
        super().__init__(name="visualnet-worker", daemon=True)
        self._inbox: Inbox = SimpleQueue() if inbox is None else inbox
        self._deferred: deque[c.Command] = deque()
        self._held: deque[c.Command] = deque()
        self._state = WorkerState(outbox)
        self._run_files = RunFiles(self._state, nameless_runs)
        self._training = Training(self._state, self._run_files)
        self._playhead = Playhead(self._state)
        self._branching = Branching(self._state, self._training, self._playhead, self._run_files)
        self._history = UndoHistory(self._state, self._branching, self._run_files)
        self._loading = Loading(self._state, self._inbox, self._deferred)
        self._scheduler = FairScheduler((self._training, self._playhead, *self._branching.tasks))
        self._handlers = self._make_handlers()
        self._is_stopped = False

    def send(self, command: c.Command) -> None:
        """Give the worker something to do; returns at once. Commands keep their order."""
        self._inbox.put(command)

    def stop(self, timeout: float = 10.0, keeps_nameless: bool = True) -> bool:
        """End the thread and wait for it, see Stop; True when it has ended within ``timeout`` seconds."""
        self.send(c.Stop(keeps_nameless))
        self.join(timeout)
        return not self.is_alive()

    def run(self) -> None:
        """Serve commands and train, until Stop."""
        while not self._is_stopped:
            try:
                active = self._scheduler.active
                command = self._next_command(active)
                if command is not None:
                    self._serve(command)
                else:
                    self._scheduler.take_turn(active)
            except Exception as error:
                self._fail(error)

    def _next_command(self, active: list[SlicedTask]) -> c.Command | None:
        """The next command; None when there is none and it is time to go on. Waits where nothing is due."""
        if self._held and self._playhead.is_exact:
            self._deferred.extendleft(reversed(self._held))
            self._held.clear()
        if self._deferred:
            return self._deferred.popleft()
        if not active:
            return self._inbox.get()
        due = min([task.next_due for task in active])
        wait = due - perf_counter() if due else 0.0
        if wait <= 0 and self._inbox.empty():
            return None
        try:
            return self._inbox.get(timeout=max(wait, 0.0))
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
            if not isinstance(error, Cancelled) or self._state.present is None:
                self._state.post(e.CommandRejected(self._state.generation, command, sentence_of(error)))

    def _follow(self, command: c.Command) -> None:
        handler = self._handlers.get(type(command))
        if handler is None:
            raise TypeError(f"nothing serves {type(command).__name__}")
        with self._history.noting(command) if type(command) not in UNNOTED else nullcontext():
            handler(command)

    @staticmethod
    def _needs_exact(command: c.Command) -> bool:
        """Whether a command makes a branch at the playhead, or writes what is there: it has to be exactly there first."""
        makes_branch = isinstance(command, (c.BranchHere, c.OpenParameters, c.RunCommand))
        return makes_branch or isinstance(command, (c.SaveParameters, c.ExportRun))

    def _apply(self, command: c.RunCommand) -> None:
        if self._playhead.is_past:
            self._branching.branch_here(command, None)
        elif command.sets_parameters:
            self._state.apply_planned()
            self._branching.set_parameters(command)
        else:
            self._state.apply_planned()
            settings = self._state.trainer.settings
            self._state.live_run.apply(command)
            self._branching.tell_applied(command)
            self._history.note_setting(command, settings)

    def _make_handlers(self) -> Handlers:
        """What serves each kind of command; the parts bring those that are theirs alone."""
        return {
            **self._training.handlers,
            **self._branching.handlers,
            c.Change: self._apply,
            c.SetParameters: self._apply,
            c.RequestFrame: lambda command: self._show_frame(command.probes),
            c.RequestReport: lambda _: self._report(),
            c.Undo: lambda _: self._history.undo(),
            c.Redo: lambda _: self._history.redo(),
            c.UndoTo: lambda command: self._history.go_to(command.number),
            c.Pause: lambda _: self._pause(),
            c.StepOnce: lambda _: self._step_once(),
            c.ShowPreviousStep: lambda _: self._show_previous_step(),
            c.SetPlayhead: lambda command: self._move_playhead(command.step),
            c.PlayFromHere: lambda command: self._playhead.play(command.speed),
            c.StartRun: self._start_run,
            c.CancelLoading: lambda _: (
                None
            ),  # Nothing is loaded any more; Loading hears of it while something is.
            c.OpenParameters: self._open_parameters,
            c.SaveParameters: self._save_parameters,
            c.OpenRun: self._open_run,
            c.SaveRunAs: self._save_run_as,
            c.ExportRun: self._export,
            c.Stop: self._end,
        }

    def _pause(self) -> None:
        if self._playhead.is_playing:
            self._playhead.stop_playing()
        else:
            self._training.pause("asked")

    def _step_once(self) -> None:
        if self._playhead.is_past:
            self._move_playhead(self._playhead.step + 1)
        else:
            self._training.step_once()

    def _start_run(self, command: c.StartRun) -> None:
        trainer = self._loading.load(command.setup, command.follows_data)
        self._branching.begin(trainer, command.journal)
        if command.play:
            self._training.play()

    def _save_parameters(self, command: c.SaveParameters) -> None:
        write_parameters(command.path, self._playhead.trainer)
        self._state.post(e.ParametersSaved(self._state.generation, command.path, self._playhead.step))

    def _report(self) -> None:
        live_run = self._state.live_run
        # As ``visualnet train`` ends: the test set is measured at this very step.
        live_run.evaluate()
        figures = report(live_run.trainer, live_run.fit_seconds, live_run.evaluation_seconds)
        self._state.post(e.Reported(self._state.generation, figures))

    def _save_run_as(self, command: c.SaveRunAs) -> None:
        self._history.let_go_of(command.path)
        self._run_files.save_as(command)

    def _export(self, command: c.ExportRun) -> None:
        export_trainer(self._state.trainer, self._playhead.trainer, command.path, command.form)
        self._state.post(e.RunExported(self._state.generation, command.path, self._playhead.step))

    def _open_run(self, command: c.OpenRun) -> None:
        self._history.let_go_of(command.path)
        with self._loading.watched() as progress:
            self._branching.open_file(command.path, progress)

    def _end(self, command: c.Stop) -> None:
        self._is_stopped = True
        self._history.clear()
        self._run_files.close(command.keeps_nameless)

    def _move_playhead(self, step: int | None) -> None:
        if step is None or step > self._state.trainer.step_count:
            self._playhead.go_live()
        else:
            self._playhead.move(step)

    def _show_previous_step(self) -> None:
        step = self._playhead.step
        if not self._playhead.is_past:
            self._training.pause("asked")
        self._playhead.move(step - 1)

    def _open_parameters(self, command: c.OpenParameters) -> None:
        """Into this run where the network is the same; otherwise as a new run from the file's own Setup."""
        saved = read_parameters(command.path)
        if self._state.present is not None and saved.belong_to(self._state.trainer):
            self._apply(c.SetParameters(saved.vector_for(self._state.trainer.network)))
            return
        if saved.setup is None:
            raise VisualNetError("That file holds no Setup. Start a run with the same layers, then open it.")
        trainer = self._loading.load(saved.setup)
        trainer.apply(c.SetParameters(saved.vector_for(trainer.network)))
        self._branching.begin(trainer)

    def _show_frame(self, probes: frozenset[Probe]) -> None:
        if self._state.present is None:
            return
        live_run, playhead, generation = self._state.live_run, self._playhead, self._state.generation
        view = TrainerView(playhead.trainer)
        results: dict[Probe, Any] = {}
        seconds: dict[Probe, float] = {}
        with np.errstate(all="ignore"):
            for probe in probes:
                started = thread_time()
                results[probe] = probe.result(view)
                seconds[probe] = thread_time() - started
        speed, history = self._training.steps_per_second, live_run.trainer.history.view()
        is_live, is_exact = not playhead.is_past, playhead.is_exact
        frame = Frame(generation, playhead.step, speed, history, results, is_live, is_exact, seconds)
        self._state.outbox.show(frame)

    def _fail(self, error: Exception) -> None:
        log.exception("The worker met an unforeseen error")
        self._scheduler.cancel()
        sentence = f"{sentence_of(error)} The run is paused."
        self._state.post(e.WorkerFailed(self._state.generation, sentence))
