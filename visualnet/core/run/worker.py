"""The thread that trains: the only one that touches a Trainer. Commands come in, the outbox goes out. No Qt.

Everything below ``Worker.run`` runs in the worker thread; ``send`` may be called from any thread.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter

import numpy as np

from visualnet.core.errors import Cancelled, VisualNetError
from visualnet.core.run import commands as c
from visualnet.core.run import events as e
from visualnet.core.run.fit import fitted
from visualnet.core.run.frame import Frame, Probe
from visualnet.core.run.outbox import Outbox
from visualnet.core.run.parameters_file import read_parameters, write_parameters
from visualnet.core.run.report import report
from visualnet.core.run.run_slot import RunSlot
from visualnet.core.run.setup import Setup
from visualnet.core.run.summary import run_started
from visualnet.core.run.trainer import Diverged, Trainer

log = logging.getLogger(__name__)

RUNS_TO_BRING_BACK = 4
"""How many earlier runs BringBack can return to, one after the other."""

SLOWEST = 0.01
"""Steps a second."""


class Worker(Thread):
    """Trains one run at a time and answers commands between two steps.

    Args:
        outbox: where events and frames go.
    """

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(name="visualnet-worker", daemon=True)
        self._outbox = outbox
        self._queue: SimpleQueue[c.Command] = SimpleQueue()
        self._deferred: deque[c.Command] = deque()
        self._slot: RunSlot | None = None
        self._earlier: deque[RunSlot] = deque(maxlen=RUNS_TO_BRING_BACK)
        self._generation = 0
        self._stop_when: Callable[[Trainer], str | None] | None = None
        self._target: int | None = None
        self._is_stopped = False
        self._period = 0.0
        self._next_due = 0.0

    def send(self, command: c.Command) -> None:
        """Give the worker something to do; returns at once. Commands keep their order."""
        self._queue.put(command)

    def stop(self, timeout: float = 10.0) -> bool:
        """End the thread and wait for it; True when it has ended within ``timeout`` seconds."""
        self.send(c.Stop())
        self.join(timeout)
        return not self.is_alive()

    def run(self) -> None:
        """Serve commands and train, until Stop."""
        while not self._is_stopped:
            try:
                command = self._next_command()
                if command is not None:
                    self._serve(command)
                else:
                    self._advance()
            except Exception as error:
                self._fail(error)

    @property
    def _is_playing(self) -> bool:
        return self._stop_when is not None

    def _next_command(self) -> c.Command | None:
        """The next command; None when there is none and it is time to train. Waits where nothing is due."""
        if self._deferred:
            return self._deferred.popleft()
        if not self._is_playing:
            return self._queue.get()
        wait = self._next_due - perf_counter() if self._period else 0.0
        if wait <= 0 and self._queue.empty():
            return None
        try:
            return self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
        except Empty:
            return None

    def _advance(self) -> None:
        """One training step, or one part of an evaluation that is due."""
        slot = self._slot
        assert slot is not None and self._stop_when is not None
        if slot.trainer.is_evaluating:
            slot.evaluate_chunk()
        else:
            if self._period:
                self._next_due = max(self._next_due + self._period, perf_counter())
            try:
                slot.step()
            except Diverged as error:
                self._report_divergence(error)
                return
        reason = self._stop_when(slot.trainer)
        if reason and not slot.trainer.is_evaluating:
            self._pause(reason)

    def _serve(self, command: c.Command) -> None:
        try:
            if isinstance(command, c.RunCommand):
                self._apply(command)
            else:
                self._steer(command)
        except VisualNetError as error:
            if not isinstance(error, Cancelled):
                self._post(e.CommandRejected(self._generation, command, str(error)))

    def _steer(self, command: c.Command) -> None:
        match command:
            case c.RequestFrame(probes):
                self._show_frame(probes)
            case c.Play():
                self._play()
            case c.Pause():
                self._pause("asked")
            case c.StepOnce():
                # Two presses before the first step is done are two steps.
                self._play_to_step(max(self._target or 0, self._trainer.step_count) + 1)
            case c.StepEpoch():
                epochs = self._trainer.full_epochs
                self._train(lambda trainer: "target" if trainer.full_epochs > epochs else None)
            case c.RunTo(step):
                self._play_to_step(step)
            case c.SetSpeed(speed):
                self._set_speed(speed)
            case c.StartRun(setup, play, fits):
                self._replace(RunSlot(self._load(setup, fits)))
                if play:
                    self._play()
            case c.BringBack():
                self._bring_back()
            case c.GoBack(step):
                self._go_back(step)
            case c.SaveParameters(path):
                write_parameters(path, self._trainer)
                self._post(e.ParametersSaved(self._generation, path))
            case c.OpenParameters(path):
                self._open_parameters(path)
            case c.RequestReport():
                self._post(e.Reported(self._generation, self._report()))
            case c.Stop():
                self._is_stopped = True

    @property
    def _trainer(self) -> Trainer:
        if self._slot is None:
            raise VisualNetError("There is no run yet. Choose a preset first.")
        return self._slot.trainer

    def _train(self, stop_when: Callable[[Trainer], str | None]) -> None:
        trainer = self._trainer
        if not self._is_playing:
            self._post(e.Resumed(self._generation, trainer.step_count))
            self._next_due = perf_counter()
        self._stop_when, self._target = stop_when, None

    def _play(self) -> None:
        """Train to the goal; a run that is there already goes on without end."""
        beyond = self._trainer.is_finished
        self._train(lambda trainer: None if beyond else trainer.finish_reason)

    def _play_to_step(self, step: int) -> None:
        if self._trainer.step_count >= step:
            self._pause("target")
        else:
            self._train(lambda trainer: "target" if trainer.step_count >= step else None)
            self._target = step

    def _set_speed(self, speed: float | None) -> None:
        if speed is not None and not speed >= SLOWEST:
            raise VisualNetError(f"The speed must be at least {SLOWEST:g} steps a second, not {speed:g}.")
        self._period = 1 / speed if speed else 0.0
        self._next_due = perf_counter()
        self._post(e.SpeedChanged(self._generation, speed))

    def _pause(self, reason: str) -> None:
        was_playing, self._stop_when, self._target = self._is_playing, None, None
        if was_playing or reason == "target":
            self._post(e.Paused(self._generation, self._trainer.step_count, reason))

    def _apply(self, command: c.RunCommand) -> None:
        trainer = self._trainer
        trainer.apply(command)
        applied = e.Applied(
            self._generation, trainer.step_count, command, trainer.settings, trainer.steps_per_epoch
        )
        self._post(applied)

    def _replace(self, slot: RunSlot) -> None:
        """Put a finished new run in the place of the present one, which is kept."""
        self._pause("asked")
        if self._slot is not None:
            self._earlier.append(self._slot)
        self._enter(slot)

    def _enter(self, slot: RunSlot) -> None:
        self._slot = slot
        slot.trainer.claim_threads()
        self._generation += 1
        self._post(run_started(self._generation, slot.trainer, bool(self._earlier)))

    def _bring_back(self) -> None:
        if not self._earlier:
            raise VisualNetError("There is no earlier run to bring back.")
        self._pause("asked")
        self._enter(self._earlier.pop())

    def _go_back(self, step: int | None) -> None:
        trainer = self._trainer
        assert self._slot is not None
        self._slot.go_back(step)
        self._pause("asked")
        self._post(e.WentBack(self._generation, trainer.step_count, trainer.settings, tuple(trainer.journal)))

    def _open_parameters(self, path: Path) -> None:
        """Into this run where the network is the same; otherwise as a new run from the file's own Setup."""
        saved = read_parameters(path)
        if self._slot is not None and saved.fits(self._trainer):
            self._apply(c.SetParameters(saved.vector_for(self._trainer.network)))
            return
        trainer = self._load(saved.setup)
        trainer.apply(c.SetParameters(saved.vector_for(trainer.network)))
        self._replace(RunSlot(trainer))

    def _load(self, setup: Setup, fits: bool = False) -> Trainer:
        """The Trainer of this Setup; loading its data can be followed, and cancelled."""
        try:
            dataset = setup.data.load(self._on_progress)
            return Trainer(fitted(setup, dataset) if fits else setup, dataset)
        finally:
            self._post(e.LoadingEnded(self._generation))
            if self._slot is not None:
                # The new Trainer claimed its threads, and the present run may yet go on.
                self._slot.trainer.claim_threads()

    def _on_progress(self, fraction: float, activity: str) -> None:
        """Tell how loading goes; listen for a cancel, and keep the other commands for later."""
        self._post(e.LoadingProgressed(self._generation, fraction, activity))
        while not self._queue.empty():
            command = self._queue.get()
            if isinstance(command, c.Stop):
                self._deferred.append(command)
            if isinstance(command, (c.CancelLoading, c.Stop)):
                raise Cancelled("Loading was cancelled; the present run stays.")
            self._deferred.append(command)

    def _show_frame(self, probes: frozenset[Probe]) -> None:
        if self._slot is None:
            return
        trainer = self._slot.trainer
        with np.errstate(all="ignore"):
            results = {probe: probe.measure(trainer) for probe in probes}
        speed = self._slot.steps_per_second() if self._is_playing else 0.0
        frame = Frame(
            self._generation, trainer.step_count, trainer.epoch, speed, trainer.history.view(), results
        )
        self._outbox.show(frame)

    def _report(self) -> dict[str, object]:
        """As ``visualnet train`` ends: the test set is measured at this very step, if it is not yet."""
        trainer = self._trainer
        assert self._slot is not None
        self._slot.evaluate()
        return report(trainer, self._slot.fit_seconds, self._slot.evaluation_seconds)

    def _report_divergence(self, error: Diverged) -> None:
        assert self._slot is not None
        diagnosis = error.diagnosis
        log.warning("%s", diagnosis.sentence)
        self._pause("diverged")
        steps = self._slot.kept_steps
        self._post(e.Diverged(self._generation, diagnosis.step, diagnosis.layer, diagnosis.sentence, steps))

    def _fail(self, error: Exception) -> None:
        log.exception("The worker met an unforeseen error")
        self._stop_when = self._target = None
        if self._slot is not None:
            self._post(e.Paused(self._generation, self._slot.trainer.step_count, "failed"))
        sentence = (
            f"Something went wrong inside VisualNet ({type(error).__name__}: {error}). The run is paused."
        )
        self._post(e.WorkerFailed(self._generation, sentence))

    def _post(self, event: e.Event) -> None:
        self._outbox.post(event)
