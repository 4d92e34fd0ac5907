"""A Trainer in the worker's hands, with what the worker measures and keeps beside it. Worker thread only.

Clocks live here, outside the Trainer: they decide what is kept and shown, never what is computed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from time import perf_counter

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.run.commands import RunCommand
from visualnet.core.run.keyframes import Keyframe, KeyframeBudget
from visualnet.core.run.moments import Moments
from visualnet.core.run.recorder import Recorder
from visualnet.core.run.speed import Speed
from visualnet.core.run.timeline import Timeline
from visualnet.core.run.trainer import Diverged, Trainer
from visualnet.core.run.undo import inverse

OFFER_SPREAD = 4
"""Of the states to return to when a run broke, each lies so many times as far back as the one after it."""

SECONDS_IN_A_GESTURE = 0.6


class RunSlot:
    """One run and its surroundings.

    Args:
        trainer: the run.
        budget: the memory for keyframes, shared with other runs.
        shared: keyframes that a branch has in common with its parent.
        planned: commands that are to take effect at their steps, in order.

    Attributes:
        trainer: the run.
        timeline: its past.
        fit_seconds: spent in training steps.
        evaluation_seconds: spent measuring on the test set.
        stepped_at: when the last step ended, in perf_counter's seconds.
        speed: of training, while it is played.
        recorder: told of each step and command, where the run is kept in a file.
    """

    def __init__(
        self,
        trainer: Trainer,
        budget: KeyframeBudget,
        shared: Iterable[Keyframe] = (),
        planned: Iterable[tuple[int, RunCommand]] = (),
    ) -> None:
        self.trainer = trainer
        self.timeline = Timeline(trainer, budget, shared)
        self.fit_seconds = 0.0
        self.evaluation_seconds = 0.0
        self.stepped_at = 0.0
        self.recorder: Recorder | None = None
        self.speed = Speed()
        self._moments = Moments()
        self._planned = deque(planned)
        self._undo: list[RunCommand] = []
        self._applied_at = -inf

    @property
    def place(self) -> tuple[int, int]:
        """Steps done, and commands that took effect."""
        return self.trainer.step_count, len(self.trainer.journal)

    def advance(
        self, seconds: float = 0.0, stop_when: Callable[[Trainer], str | None] = lambda trainer: None
    ) -> None:
        """Training steps for some time, at least one; or one part of an evaluation that is due.

        Steps end early where an evaluation or a planned command is due. What is looked at after steps is looked at
        once, after the last one: a small network's step takes less time than that.

        Args:
            seconds: no step begins later than so many after the first.
            stop_when: asked after each step; no other is taken where it gives a reason.

        Raises:
            Diverged: see Trainer.step.
        """
        if self.trainer.is_evaluating:
            self._evaluate_chunk()
        else:
            self.apply_planned()
            self._step(seconds, stop_when)

    def _step(self, seconds: float, stop_when: Callable[[Trainer], str | None]) -> None:
        trainer, planned = self.trainer, self._planned
        started = ended = perf_counter()
        try:
            while True:
                trainer.step()
                ended = perf_counter()
                is_command_due = planned and planned[0][0] <= trainer.step_count
                if (
                    ended - started >= seconds
                    or trainer.is_evaluating
                    or is_command_due
                    or stop_when(trainer)
                ):
                    break
        except Diverged as error:
            self._moments.note_broken(error.diagnosis.step, error.diagnosis.sentence)
            raise
        finally:
            if ended > started:
                self._note_steps(started, ended)

    def _note_steps(self, started: float, ended: float) -> None:
        self.stepped_at = ended
        self.fit_seconds += ended - started
        self.timeline.note_training(ended - started)
        self.speed.note_step(ended - self.evaluation_seconds, self.trainer.step_count)
        if self.recorder is not None:
            self.recorder.look()

    def _evaluate_chunk(self) -> None:
        started = perf_counter()
        self.trainer.evaluate_chunk()
        self.evaluation_seconds += perf_counter() - started
        if not self.trainer.is_evaluating:
            self._note_measurement()

    def _note_measurement(self) -> None:
        """What was kept of this very step before it was measured is kept anew."""
        self.timeline.note_measurement()
        if self.recorder is not None:
            self.recorder.note_measurement()

    def evaluate(self) -> None:
        """Measure on the test set at this step, where that is not done yet; what is kept in a file holds it at once."""
        started = perf_counter()
        self.trainer.evaluate()
        self.evaluation_seconds += perf_counter() - started
        self._note_measurement()
        self.rest()

    def apply_planned(self) -> None:
        """Let planned commands take effect whose step is reached."""
        while self._planned and self._planned[0][0] <= self.trainer.step_count:
            self.apply(self._planned.popleft()[1], is_planned=True)

    def apply(self, command: RunCommand, is_planned: bool = False) -> None:
        """Let a command take effect, and remember how to undo it.

        Raises:
            SetupError: when its value cannot be; then all stays as it was.
        """
        before = self.trainer.settings
        self._apply(command, is_planned)
        undoing = inverse(command, before)
        if undoing is not None:
            self._remember(undoing)

    def _remember(self, undoing: RunCommand) -> None:
        """Commands of one kind in quick succession, as when a slider is dragged, are taken back in one."""
        now = perf_counter()
        is_same_gesture = self._undo and type(self._undo[-1]) is type(undoing)
        if not is_same_gesture or now - self._applied_at > SECONDS_IN_A_GESTURE:
            self._undo.append(undoing)
        self._applied_at = now

    @property
    def undoable(self) -> int:
        """How many changes undo_setting can take back."""
        return len(self._undo)

    @property
    def journal_to_be(self) -> tuple[tuple[int, RunCommand], ...]:
        """What took effect, and what is planned."""
        return (*self.trainer.journal, *self._planned)

    def finish_evaluation(self) -> None:
        """Complete a measurement that was interrupted."""
        while self.trainer.is_evaluating:
            self._evaluate_chunk()

    def _apply(self, command: RunCommand, is_planned: bool = False) -> None:
        self.finish_evaluation()
        self.timeline.note_command()
        self.trainer.apply(command)
        if self.recorder is None:
            return
        if self._planned and not is_planned:
            self.recorder.note_other_command()
        else:
            self.recorder.note_command()

    def rest(self) -> None:
        """Call when no step is to follow for now: what is kept in a file is complete up to here."""
        if self.recorder is not None:
            self.recorder.finish()

    def undo_setting(self) -> RunCommand:
        """Apply the inverse of the last setting that was not undone yet; the command that did it.

        Raises:
            VisualNetError: when no setting was changed.
        """
        if not self._undo:
            raise VisualNetError("No setting was changed that could be set back.")
        command = self._undo.pop()
        self._applied_at = -inf
        self._apply(command)
        return command

    def moments(self) -> Moments:
        """What is notable in the run so far."""
        self._moments.update(self.trainer.history.view())
        return self._moments

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """Steps of sound states that go_back can return to, oldest first, each much older than the next."""
        offered: list[int] = []
        for keyframe in reversed(list(self.timeline.keyframes)):
            back = self.trainer.step_count - keyframe.step
            is_far = not offered or back >= OFFER_SPREAD * (self.trainer.step_count - offered[-1])
            if (is_far or not keyframe.step) and _is_sound(keyframe):
                offered.append(keyframe.step)
        return tuple(reversed(offered))

    def go_back(self, step: int | None) -> None:
        """Return to the newest sound keyframe at or before a step; None: to the newest of all.

        Raises:
            VisualNetError: when there is none that is old enough.
        """
        limit = self.trainer.step_count if step is None else step
        fitting = (kept for kept in reversed(list(self.timeline.keyframes)) if kept.step <= limit)
        keyframe = next(filter(_is_sound, fitting), None)
        if keyframe is None:
            raise VisualNetError(f"No state is kept at or before step {limit:,}.")
        self.timeline.go_back_to(keyframe)
        self._moments = Moments()
        self._undo.clear()
        self._planned.clear()

    def leave(self) -> None:
        """Free the memory of its keyframes: the run is gone."""
        self.timeline.keyframes.leave()


def _is_sound(keyframe: Keyframe) -> bool:
    return all(np.isfinite(vector).all() for vector in keyframe.state.vectors.values())
