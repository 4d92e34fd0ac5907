"""A Trainer in the worker's hands, with what the worker measures and keeps beside it. Worker thread only.

Clocks live here, outside the Trainer: they decide what is kept and shown, never what is computed.
"""

from __future__ import annotations

from collections import deque
from time import perf_counter

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.run.state import TrainerState
from visualnet.core.run.trainer import Trainer

KEPT_STATES = 8
SECONDS_BETWEEN_KEPT_STATES = 1.0
SECONDS_OF_SPEED = 0.5


class RunSlot:
    """One run and its surroundings.

    Attributes:
        trainer: the run.
        fit_seconds: spent in training steps.
        evaluation_seconds: spent measuring on the test set.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.fit_seconds = 0.0
        self.evaluation_seconds = 0.0
        self._kept: deque[TrainerState] = deque([trainer.state], maxlen=KEPT_STATES)
        self._kept_at = perf_counter()
        self._speed_marks: deque[tuple[float, int]] = deque(maxlen=64)

    def step(self) -> None:
        """Take one step; once a second, keep the state before it."""
        if perf_counter() - self._kept_at > SECONDS_BETWEEN_KEPT_STATES:
            self._keep()
            self._kept_at = perf_counter()
        started = perf_counter()
        self.trainer.step()
        self.fit_seconds += perf_counter() - started

    def evaluate_chunk(self) -> None:
        """Do one part of the evaluation that is due."""
        started = perf_counter()
        self.trainer.evaluate_chunk()
        self.evaluation_seconds += perf_counter() - started

    def evaluate(self) -> None:
        """Measure on the test set at this step, where that is not done yet."""
        started = perf_counter()
        self.trainer.evaluate()
        self.evaluation_seconds += perf_counter() - started

    def _keep(self) -> None:
        state = self.trainer.state
        if all(np.isfinite(vector).all() for vector in state.vectors.values()):
            self._kept.append(state)

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """Steps that go_back can return to, oldest first."""
        return tuple(state.step for state in self._kept)

    def go_back(self, step: int | None) -> None:
        """Return to the newest kept state at or before a step; None: to the newest of all.

        Raises:
            VisualNetError: when no state is kept that is old enough.
        """
        fitting = [state for state in self._kept if step is None or state.step <= step]
        if not fitting:
            raise VisualNetError(f"No state is kept at or before step {step:,}.")
        self.trainer.restore(fitting[-1])
        while self._kept[-1] is not fitting[-1]:
            self._kept.pop()

    def steps_per_second(self) -> float:
        """Speed over about the last half second; 0 until two marks exist."""
        now, step = perf_counter(), self.trainer.step_count
        marks = self._speed_marks
        marks.append((now, step))
        while len(marks) > 2 and now - marks[1][0] > SECONDS_OF_SPEED:
            marks.popleft()
        then, step_then = marks[0]
        return (step - step_then) / (now - then) if now > then and step >= step_then else 0.0
