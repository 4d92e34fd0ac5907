"""Playhead: the step of the present run that is shown, and the replay that leads there. Worker thread only."""

from __future__ import annotations

from time import perf_counter

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import events as e
from visualnet.core.replay.replay import Replay, ReplayDiffers
from visualnet.core.replay.replay_trainer import ReplayTrainer
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.play import period_of
from visualnet.core.worker.sliced_task import SLICE_SECONDS

SECONDS_BETWEEN_NEWS = 0.1


class Playhead:
    """A task in slices: takes a spare Trainer to the step that is asked for, and plays the past from there."""

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._replay_trainer = ReplayTrainer()
        self._replay: Replay | None = None
        self._is_playing = False
        self._period = 0.0
        self._next_due = 0.0
        self._told_at = 0.0

    @property
    def is_past(self) -> bool:
        """Whether a step of the past is shown, not the live edge."""
        return self._replay is not None

    @property
    def is_exact(self) -> bool:
        """Whether what is shown is the step itself and not a state near it."""
        return self._replay is None or self._replay.is_done

    @property
    def is_playing(self) -> bool:
        """Whether the past is played."""
        return self._is_playing

    @property
    def step(self) -> int:
        """The step that is shown."""
        return self._state.trainer.step_count if self._replay is None else self._replay.step

    @property
    def trainer(self) -> Trainer:
        """What to measure: at the step that is shown, or as near as it is yet."""
        return self._state.trainer if self._replay is None else self._replay.trainer

    @property
    def is_active(self) -> bool:
        """Whether the step is still to be reached, or the past is played."""
        return self._is_playing or not self.is_exact

    @property
    def next_due(self) -> float:
        """When the next turn may begin."""
        return self._next_due if self._is_playing and self.is_exact else 0.0

    def move(self, step: int) -> None:
        """Show this step, cut to those there are: at once a state near it, and soon the step itself."""
        step = min(max(step, 0), self._state.trainer.step_count)
        self._is_playing = False
        replay = self._replay
        timeline = self._state.live_run.timeline
        if replay is None or not self._is_on_the_way(replay, step):
            self._replay = timeline.replay(self._replay_trainer.of(self._state.trainer), step)
        else:
            replay.go_on_to(step)
        self._tell()

    def _is_on_the_way(self, replay: Replay, step: int) -> bool:
        """Whether the way to a step is shorter from here than from its keyframe."""
        here, timeline = replay.trainer.step_count, self._state.live_run.timeline
        return here < step and timeline.leads_to(step, here) and timeline.nearest(step - 1).step <= here

    def play(self, speed: float | None) -> None:
        """Play the past from here, at so many steps a second.

        Raises:
            VisualNetError: when the speed cannot be, the live edge is shown, or replay is not to be trusted.
        """
        if not self._state.live_run.timeline.is_reproducible:
            raise VisualNetError("This run's past cannot be played: its steps come out differently here.")
        if self._replay is None:
            raise VisualNetError("The newest step is shown. Go back first, then play from there.")
        self._period = period_of(speed)
        self._next_due = perf_counter()
        self._is_playing = True
        self._tell()

    def stop_playing(self) -> None:
        """Stay at the step that is shown."""
        self._is_playing = False
        self._tell()

    def go_live(self) -> None:
        """Show the live edge."""
        was_past, self._replay, self._is_playing = self.is_past, None, False
        if was_past:
            self._tell()

    def cancel(self) -> None:
        """Show the live edge after something unforeseen."""
        self._replay_trainer.hand_over()
        self.go_live()

    def hand_over(self) -> Trainer:
        """Give away the Trainer that stands at the step, for a branch that begins there."""
        trainer = self.trainer
        self._replay_trainer.hand_over()
        self._replay, self._is_playing = None, False
        return trainer

    def advance(self) -> None:
        """Go on towards the step for one slice; there, play on if that is what was asked."""
        assert self._replay is not None
        try:
            self._go_on(self._replay)
        except ReplayDiffers as error:
            self._state.mark_irreproducible(self._state.run, str(error))
            self.move(self._replay.step)

    def _go_on(self, replay: Replay) -> None:
        if replay.is_done:
            self._play_on(replay)
        elif replay.advance(SLICE_SECONDS):
            self._tell()
        else:
            self._tell_progress(replay)

    def _play_on(self, replay: Replay) -> None:
        """One step of the past; without a limit of speed, a slice of them."""
        deadline, timeline = perf_counter() + SLICE_SECONDS, self._state.live_run.timeline
        while replay.is_done and replay.step < self._state.trainer.step_count:
            if not timeline.leads_to(replay.step + 1, replay.step):
                self.stop_playing()
                return
            replay.go_on_to(replay.step + 1)
            replay.advance(0.0)
            if self._period or perf_counter() >= deadline:
                break
        self._next_due = max(self._next_due + self._period, perf_counter())
        if replay.step >= self._state.trainer.step_count:
            self.go_live()
        else:
            self._tell()

    def _tell(self) -> None:
        where = self.step, not self.is_past, self.is_exact, self._is_playing
        self._state.post(e.PlayheadMoved(self._state.generation, *where))

    def _tell_progress(self, replay: Replay) -> None:
        now = perf_counter()
        if now - self._told_at > SECONDS_BETWEEN_NEWS:
            self._told_at = now
            run_id, step = self._state.run.run_id, replay.trainer.step_count
            self._state.post(e.ReplayProgressed(self._state.generation, run_id, step, replay.step))
