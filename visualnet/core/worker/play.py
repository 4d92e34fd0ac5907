"""Live training: when the present run takes a step, and when it rests. Worker thread only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runs.run_files import RunFiles
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.handlers import Handlers

log = logging.getLogger(__name__)

SLOWEST = 0.01
"""Steps a second."""

TURN_SECONDS = 0.001
"""Training between two looks at the queue of commands, or one step if that takes longer. A look costs a noticeable
part of a small network's step."""


class Training:
    """A task in slices: trains the present run until it is to stop."""

    def __init__(self, state: WorkerState, run_files: RunFiles) -> None:
        self._state = state
        self._run_files = run_files
        self._stop_when: Callable[[Trainer], str | None] | None = None
        self._target: int | None = None
        self._period = 0.0
        self._next_due = 0.0

    @property
    def is_active(self) -> bool:
        """Whether the run is played."""
        return self._stop_when is not None

    @property
    def steps_per_second(self) -> float:
        """The speed of training, 0 at rest; measurements that a limited speed leaves time for do not count as time saved."""
        if not self.is_active:
            return 0.0
        speed = self._state.live_run.speed.steps_per_second
        return min(speed, 1 / self._period) if self._period else speed

    @property
    def next_due(self) -> float:
        """When the next step may begin."""
        return self._next_due if self._period else 0.0

    def advance(self) -> None:
        """Steps for TURN_SECONDS, one where the speed is limited; or one part of an evaluation that is due."""
        live_run, stop_when = self._state.live_run, self._stop_when
        assert stop_when is not None
        if self._period and not live_run.trainer.is_evaluating:
            self._next_due = max(self._next_due + self._period, perf_counter())
        trainer, was_finished = live_run.trainer, live_run.trainer.is_finished
        known = len(trainer.journal)

        def end_turn_when(trainer: Trainer) -> str | None:
            return stop_when(trainer) or (None if was_finished else trainer.finish_reason)

        try:
            # A command may have set the goal to where the run is already.
            if trainer.is_evaluating or not stop_when(trainer):
                live_run.advance(0.0 if self._period else TURN_SECONDS, end_turn_when)
        except Diverged as error:
            self._state.tell_planned(self._state.run, known)
            self._report_divergence(error)
            return
        is_at_end = (trainer.is_finished and not was_finished) or stop_when(trainer) == "goal"
        if is_at_end and not trainer.is_evaluating:
            # As ``visualnet train`` ends: what the run has come to is measured at its very last step.
            trainer.begin_evaluation()
        if not trainer.is_evaluating:
            # One of this very step may set another goal, which may be passed already.
            live_run.apply_planned()
            if stop_when(trainer) == "goal":
                trainer.begin_evaluation()
        self._state.tell_planned(self._state.run, known)
        reason = stop_when(trainer)
        if reason and not live_run.trainer.is_evaluating:
            self.pause(reason)
        else:
            self._state.tell_timeline_now_and_then()

    @property
    def handlers(self) -> Handlers:
        """What serves the commands about training alone."""
        return {
            c.Play: lambda _: self.play(),
            c.StepEpoch: lambda _: self.step_epoch(),
            c.RunTo: lambda command: self.play_to_step(command.step),
            c.SetSpeed: lambda command: self.set_speed(command.steps_per_second),
        }

    def cancel(self) -> None:
        """Rest after something unforeseen."""
        self._stop_when = self._target = None
        if self._state.present is not None:
            self._state.post(e.Paused(self._state.generation, self._state.trainer.step_count, "failed"))

    def play(self) -> None:
        """Train to the goal; a run that is there already goes on without end, or to another goal that is set meanwhile."""
        trainer = self._state.trainer
        if not trainer.is_finished:
            self._train(lambda trainer: trainer.finish_reason)
            return
        passed = trainer.course.goal
        self._train(
            lambda trainer: "goal" if trainer.course.goal != passed and trainer.course.is_at_goal else None
        )

    def step_once(self) -> None:
        """Take one step; two presses before the first step is done are two steps."""
        self.play_to_step(max(self._target or 0, self._state.trainer.step_count) + 1)

    def step_epoch(self) -> None:
        """Train to the end of the epoch in progress."""
        epochs = self._state.trainer.course.full_epochs
        self._train(lambda trainer: "target" if trainer.course.full_epochs > epochs else None)

    def play_to_step(self, step: int) -> None:
        """Train until so many steps are done."""
        if self._state.trainer.step_count >= step:
            self.pause("target")
        else:
            self._train(lambda trainer: "target" if trainer.step_count >= step else None)
            self._target = step

    def _train(self, stop_when: Callable[[Trainer], str | None]) -> None:
        step = self._state.trainer.step_count
        if not self.is_active:
            self._run_files.ensure(self._state.run)
            self._state.post(e.Resumed(self._state.generation, step))
            self._next_due = perf_counter()
            self._state.live_run.speed.forget()
        self._stop_when, self._target = stop_when, None

    def set_speed(self, speed: float | None) -> None:
        """Limit the steps a second.

        Raises:
            VisualNetError: when it is below SLOWEST.
        """
        self._period = period_of(speed)
        self._next_due = perf_counter()
        if self._state.present is not None:
            self._state.live_run.speed.forget()
        self._state.post(e.SpeedChanged(self._state.generation, speed))

    def pause(self, reason: str) -> None:
        """Rest, and say why."""
        was_playing, self._stop_when, self._target = self.is_active, None, None
        if was_playing or reason == "target":
            self._state.post(e.Paused(self._state.generation, self._state.trainer.step_count, reason))
        if was_playing:
            self._state.live_run.rest()
            self._state.tell_timeline()

    def _report_divergence(self, error: Diverged) -> None:
        diagnosis = error.diagnosis
        log.warning("%s", diagnosis.sentence)
        self.pause("diverged")
        steps = self._state.live_run.kept_steps
        self._state.post(
            e.RunDiverged(self._state.generation, diagnosis.step, diagnosis.layer, diagnosis.sentence, steps)
        )


def period_of(speed: float | None) -> float:
    """Seconds from step to step at so many steps a second; 0 for no limit.

    Raises:
        VisualNetError: when the speed is below SLOWEST.
    """
    if speed is not None and not speed >= SLOWEST:
        raise VisualNetError(f"The speed must be at least {SLOWEST:g} steps a second, not {speed:g}.")
    return 1 / speed if speed else 0.0
