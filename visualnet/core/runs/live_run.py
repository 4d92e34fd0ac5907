"""LiveRun: a run's Trainer with its keyframes, milestones, speed and autosave. Worker thread only.

Clocks live here, outside the Trainer: they decide what is kept and shown, never what is computed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.history.milestones import Milestones
from visualnet.core.replay.keyframes import Keyframe, KeyframeBudget
from visualnet.core.replay.timeline import Timeline
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.setup.run_commands import RunCommand
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.speed import Speed
from visualnet.core.training.trainer import Trainer

OFFER_SPREAD = 4
"""How many times as far back each state lies as the next newer one, among those offered when a run broke."""


class LiveRun:
    """A run's Trainer, with what the worker keeps and measures beside it.

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
        autosave: told of each step and command, where the run is kept in a file.
        forked_at: steps and commands that it has in common with the LiveRun that it was made from.
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
        self.autosave: Autosave | None = None
        self.forked_at = 0, 0
        self.speed = Speed()
        self._milestones = Milestones()
        self._planned = deque(planned)

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
            self._milestones.note_broken(error.diagnosis.step, error.diagnosis.sentence)
            raise
        finally:
            if ended > started:
                self._note_steps(started, ended)

    def _note_steps(self, started: float, ended: float) -> None:
        self.stepped_at = ended
        self.fit_seconds += ended - started
        self.timeline.note_training(ended - started)
        self.speed.note_step(ended - self.evaluation_seconds, self.trainer.step_count)
        if self.autosave is not None:
            self.autosave.look()

    def _evaluate_chunk(self) -> None:
        started = perf_counter()
        self.trainer.evaluate_chunk()
        self.evaluation_seconds += perf_counter() - started
        if not self.trainer.is_evaluating:
            self._note_measurement()

    def _note_measurement(self) -> None:
        """Renew the keyframe and the saved state of this step that were made before it was measured."""
        self.timeline.note_measurement()
        if self.autosave is not None:
            self.autosave.note_measurement()

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

    @property
    def journal_to_be(self) -> tuple[tuple[int, RunCommand], ...]:
        """What took effect, and what is planned."""
        return (*self.trainer.journal, *self._planned)

    def finish_evaluation(self) -> None:
        """Complete a measurement that was interrupted."""
        while self.trainer.is_evaluating:
            self._evaluate_chunk()

    def apply(self, command: RunCommand, is_planned: bool = False) -> None:
        """Let a command take effect.

        Raises:
            SetupError: when its value cannot be; then all stays as it was.
        """
        self.finish_evaluation()
        self.timeline.note_command()
        self.trainer.apply(command)
        if self.autosave is None:
            return
        if self._planned and not is_planned:
            self.autosave.note_other_command()
        else:
            self.autosave.note_command()

    def rest(self) -> None:
        """Call when no step is to follow for now: what is kept in a file is complete up to here."""
        if self.autosave is not None:
            self.autosave.finish()

    def milestones(self) -> Milestones:
        """What is notable in the run so far."""
        self._milestones.update(self.trainer.history.view())
        return self._milestones

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """Steps of sound states that a rewind can return to, oldest first, each much older than the next."""
        offered: list[int] = []
        for keyframe in reversed(list(self.timeline.keyframes)):
            back = self.trainer.step_count - keyframe.step
            is_far = not offered or back >= OFFER_SPREAD * (self.trainer.step_count - offered[-1])
            if (is_far or not keyframe.step) and _is_sound(keyframe):
                offered.append(keyframe.step)
        return tuple(reversed(offered))

    def newest_sound(self, step: int | None) -> Keyframe:
        """The newest sound keyframe at or before a step; None: the newest of all.

        Raises:
            VisualNetError: when there is none that is old enough.
        """
        limit = self.trainer.step_count if step is None else step
        fitting = (kept for kept in reversed(list(self.timeline.keyframes)) if kept.step <= limit)
        keyframe = next(filter(_is_sound, fitting), None)
        if keyframe is None:
            raise VisualNetError(f"No state is kept at or before step {limit:,}.")
        return keyframe

    def forked(self, keyframe: Keyframe | None = None) -> LiveRun:
        """Another LiveRun for the same run, which has all up to a keyframe in common with this one; this one stays as it is.

        Args:
            keyframe: one of this LiveRun's; None: right here, with what is planned.
        """
        planned: tuple[tuple[int, RunCommand], ...] = ()
        if keyframe is None:
            self.finish_evaluation()
            keyframe, planned = self.timeline.present(), tuple(self._planned)
        source = self.trainer
        trainer = Trainer(source.setup, source.dataset)
        past = source.past.until_state(keyframe.state)
        past.misclassified = keyframe.misclassified
        trainer.enter(keyframe.state, past)
        trainer.find_wrong_again()
        keyframes = self.timeline.keyframes
        shared = keyframes.until(*keyframe.place)
        live_run = LiveRun(trainer, keyframes.budget, shared, planned)
        live_run.timeline.be_reproducible_as(self.timeline, keyframe.step)
        live_run.fit_seconds, live_run.evaluation_seconds = self.fit_seconds, self.evaluation_seconds
        live_run.stepped_at, live_run.speed = self.stepped_at, self.speed
        live_run.forked_at = keyframe.place
        return live_run

    def release(self) -> None:
        """Free the memory of its keyframes: the run is gone."""
        self.timeline.keyframes.release()


def _is_sound(keyframe: Keyframe) -> bool:
    return all(np.isfinite(vector).all() for vector in keyframe.state.vectors.values())
