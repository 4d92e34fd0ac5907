"""Past: what led to a Trainer's state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualnet.core.history.history import History
from visualnet.core.history.measured_place import parameters_since
from visualnet.core.history.measurements import Measurement, Measurements

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand
    from visualnet.core.training.checkpoint import TrainerState


@dataclass(slots=True)
class Past:
    """What led to a Trainer's state; written by the Trainer as it goes on.

    Attributes:
        journal: (step, command) for each command that took effect, in order.
        history: losses and accuracies up to its state.
        measurements: made when its steps were first run, up to its state or beyond; they need not be made again.
        misclassified: places of the test examples that the last evaluation found wrong; None where that is not known.
    """

    journal: list[tuple[int, RunCommand]] = field(default_factory=list)
    history: History = field(default_factory=History)
    measurements: Measurements = field(default_factory=Measurements)
    misclassified: NDArray[np.intp] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Its last step, and after how many commands the parameters were what they are: what a measurement is of."""
        step = self.history.step
        return step, parameters_since(self.journal, step)

    @property
    def known(self) -> Measurement | None:
        """What was measured at its place, where that is remembered."""
        return self.measurements.at(self.place)

    @property
    def was_measured(self) -> bool:
        """Whether its place was measured when it was first come to."""
        return self.place in self.measurements

    @property
    def is_measured(self) -> bool:
        """Whether the history has a measurement of its place."""
        return self.history.last_test_place == self.place

    @property
    def lacks_measurement(self) -> bool:
        """Whether a measurement that was made at its place is missing in the history."""
        return self.was_measured and not self.is_measured

    def note(self, loss: float, accuracy: float, validation: tuple[float, float] | None) -> None:
        """Write a measurement of its place into the history."""
        step, commands = self.place
        self.history.append_test(step, loss, accuracy, validation, commands)

    def until(self, step: int, journaled: int) -> Past:
        """What a run that goes on from a step and so many commands has in common with this one, of its own."""
        history, measurements = (
            self.history.until(step, journaled),
            self.measurements.until((step, journaled)),
        )
        return Past(self.journal[:journaled], history, measurements)

    def until_state(self, state: TrainerState) -> Past:
        """What a run that goes on from a state has in common with this one; a history only where this one has it."""
        if self.history.first_step <= state.step <= self.history.step:
            return self.until(state.step, state.journaled)
        return Past(self.journal[: state.journaled], History(state.step))
