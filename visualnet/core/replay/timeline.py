"""Timeline: the keyframes of one run, and replay from them to any of its steps, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from visualnet.core.history.gaps import Gap, are_between, until
from visualnet.core.replay.keyframes import Keyframe, KeyframeBudget, Keyframes
from visualnet.core.replay.replay import Replay
from visualnet.core.training.trainer import Trainer

SHARE = 0.02
"""Share of the training time that making keyframes may take, apart from what they push out of the CPU's caches."""

COMMAND_ADVANCE = 0.05
"""Seconds by which keyframes at commands may exceed SHARE, so that each of a few commands in a row has one."""


class Timeline:
    """The keyframes of a Trainer, added while it trains, and the way of a spare Trainer to any of its steps.

    Args:
        trainer: the run, at its first or at any other step.
        budget: the memory for keyframes, shared with other runs.
        shared: keyframes up to here that a branch has in common with its parent.

    Attributes:
        trainer: the run.
        keyframes: its states in memory.
        is_reproducible: whether its steps come out again as they did; set False where they were run elsewhere.
        gaps: steps of which there is no record, so that nothing tells whether they come out as they did.
    """

    def __init__(self, trainer: Trainer, budget: KeyframeBudget, shared: Iterable[Keyframe] = ()) -> None:
        self.trainer = trainer
        self.keyframes = Keyframes(budget, shared)
        self.is_reproducible = True
        self.gaps: tuple[Gap, ...] = ()
        self._owed = 0.0
        if not len(self.keyframes) or self.keyframes.last.place != self._place:
            self._keep()

    @property
    def _place(self) -> tuple[int, int]:
        return self.trainer.step_count, len(self.trainer.journal)

    def note_training(self, seconds: float) -> None:
        """Call after each step with the time that it took: keeps a keyframe when time enough was spent."""
        self._owed -= SHARE * seconds
        if self._owed <= 0:
            self._owed = 0.0
            self._keep()

    def note_command(self) -> None:
        """Call before a command takes effect: keeps the state that it changes, unless too many come."""
        if self._owed < COMMAND_ADVANCE and self.keyframes.last.step != self.trainer.step_count:
            self._keep(at_command=True)

    def note_measurement(self) -> None:
        """Call when this step was measured: a keyframe that was kept of it before is renewed with the result."""
        if self.keyframes.last.place == self._place:
            self.keyframes.renew(self.trainer.past.misclassified)

    def _keep(self, at_command: bool = False) -> None:
        started = perf_counter()
        self.keyframes.add(self.present(at_command))
        self._owed += perf_counter() - started

    def present(self, at_command: bool = False) -> Keyframe:
        """The run as it is now."""
        return Keyframe(self.trainer.state, self.trainer.past.misclassified, at_command)

    def nearest(self, step: int) -> Keyframe:
        """The newest keyframe at or before a step: what can be shown at once."""
        return self.keyframes.newest(step)

    def be_reproducible_as(self, other: Timeline, step: int) -> None:
        """Take over from another timeline, which has all up to a step in common with this one, what is reproducible."""
        self.is_reproducible, self.gaps = other.is_reproducible, until(other.gaps, step)

    def leads_to(self, step: int, start: int) -> bool:
        """Whether a replay from ``start`` to ``step`` gives the run's own states."""
        return self.is_reproducible and not are_between(self.gaps, start, step)

    def replay(self, trainer: Trainer, step: int) -> Replay:
        """The way to a step for a spare Trainer of the same Setup and data.

        It starts before the step, so that the step's gradients are those of the run. Where replay is not to be
        trusted, or there is no record of the steps between, it is the way to the newest keyframe at or before the
        step, whose gradients are not known.

        Args:
            trainer: to bring there; not this run's own.
            step: from 0 to where this run is.
        """
        start, goal, run = self.nearest(max(0, step - 1)), step, self.trainer
        if not self.leads_to(step, start.step):
            start = self.nearest(step)
            goal = start.step
        return Replay(trainer, start, run.journal, goal, run.past.measurements, self.keyframes)

    def at(self, step: int) -> Trainer:
        """A Trainer of its own after this step, all at once; see Replay for what that means."""
        other = Trainer(self.trainer.setup, self.trainer.dataset)
        return self.replay(other, step).finish()
