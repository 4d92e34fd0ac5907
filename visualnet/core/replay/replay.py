"""Replay: running steps of a run's past again, in slices. A clock only ends a slice."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from visualnet.core.errors import VisualNetError
from visualnet.core.history.history import History
from visualnet.core.history.measurements import Measurements
from visualnet.core.replay.keyframes import Keyframe, Keyframes
from visualnet.core.replay.same_state import agree
from visualnet.core.setup.run_commands import RunCommand
from visualnet.core.training.past import Past
from visualnet.core.training.trainer import Trainer

Journal = Sequence[tuple[int, RunCommand]]


class ReplayDiffers(VisualNetError):  # noqa: N818
    """The error that a step, run again, gave another state than before: on another machine or with other versions."""

    def __init__(self, step: int) -> None:
        super().__init__(
            f"Step {step:,} does not come out as it did when it was first run, so this run's past is shown "
            "only where a state of it was kept."
        )


class Replay:
    """The way of a spare Trainer to a step of a run: into a keyframe, and through the steps after it.

    After step n means: n steps are done and every command of that step has taken effect, so the next is step
    n + 1. Gradients are those that led here, of step n, as the run itself held them; zero after step 0.

    Args:
        trainer: of the run's Setup and data; its own past is lost.
        keyframe: where to start.
        journal: of the run, which may grow meanwhile; commands take effect at their steps again.
        step: where to arrive, at or after the keyframe's.
        measurements: of the run, so that nothing is measured on the test set twice.
        keyframes: of the run; each that is crossed is compared with what comes out here.
    """

    def __init__(
        self,
        trainer: Trainer,
        keyframe: Keyframe,
        journal: Journal,
        step: int,
        measurements: Measurements,
        keyframes: Keyframes,
    ) -> None:
        self.trainer = trainer
        self.first_step = keyframe.step
        self.step = step
        self._journal = journal
        self._keyframes = keyframes
        behind = list(journal[: keyframe.state.journaled])
        past = Past(behind, History(keyframe.step), measurements, keyframe.misclassified)
        trainer.enter(keyframe.state, past)
        self._apply_due()

    @property
    def is_done(self) -> bool:
        """Whether the Trainer is at its step, with all commands and measurements that the run has there by now."""
        trainer = self.trainer
        is_behind = trainer.is_evaluating or self._is_command_due
        return trainer.step_count >= self.step and not is_behind and not trainer.past.lacks_measurement

    @property
    def _is_command_due(self) -> bool:
        applied = len(self.trainer.journal)
        return applied < len(self._journal) and self._journal[applied][0] <= self.trainer.step_count

    def go_on_to(self, step: int) -> None:
        """Set another goal, at or after where the Trainer is now."""
        self.step = step

    def advance(self, seconds: float) -> bool:
        """Go on for about so long, at least by one step or part of an evaluation; True when done.

        Raises:
            ReplayDiffers: when a keyframe that is crossed holds something else.
        """
        deadline = perf_counter() + seconds
        while not self.is_done:
            self._advance()
            if perf_counter() >= deadline:
                break
        return self.is_done

    def finish(self) -> Trainer:
        """Go all the way."""
        while not self.is_done:
            self._advance()
        return self.trainer

    def _advance(self) -> None:
        if self.trainer.is_evaluating:
            self.trainer.evaluate_chunk()
        elif self._is_command_due:
            # The run itself was given commands since the last step here.
            self._apply_due()
        elif self.trainer.step_count >= self.step:
            self.trainer.begin_evaluation()
        else:
            self.trainer.step()
            self._compare()
            self._apply_due()

    def _compare(self) -> None:
        """Compare with the keyframe that was kept after this step and these commands, if there is one."""
        trainer = self.trainer
        kept = self._keyframes.at(trainer.step_count, len(trainer.journal))
        if kept is not None and not agree(trainer.state, kept.state):
            raise ReplayDiffers(trainer.step_count)

    def _apply_due(self) -> None:
        """Apply the commands of this step that have not taken effect yet."""
        while self._is_command_due:
            self.trainer.apply(self._journal[len(self.trainer.journal)][1])
            self._compare()
