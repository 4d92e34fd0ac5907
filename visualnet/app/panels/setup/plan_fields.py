"""Fields for the goal and the test interval: a number and what it counts, side by side. GUI thread only."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from math import ceil, floor

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from visualnet.app.session.session import Session
from visualnet.app.text.journal import epochs_of, goal_step
from visualnet.app.theme import GRID
from visualnet.app.widgets.fields import WholeNumberField, choice
from visualnet.core.messages import commands as c
from visualnet.core.setup.run_commands import SettingValue

MORE_EPOCHS = 10
"""Epochs that a run without an end goes on for, when it is given one."""


class PlanField(QWidget):
    """A whole number and a list of what it counts; where that is nothing there is no number.

    Args:
        session: the run.
        name: accessible name.
        idea: tooltip, in two sentences.
        units: what may be counted, the words by name.

    Attributes:
        asked: emitted with the command that the person gives.
    """

    asked = Signal(object)

    def __init__(self, session: Session, name: str, idea: str, units: dict[str, str]) -> None:
        super().__init__()
        self._session = session
        self._shown = ""
        self.number = WholeNumberField()
        self.unit = choice(list(units), units)
        for part, part_name in ((self.number, name), (self.unit, f"{name}: what is counted")):
            part.setAccessibleName(part_name)
            part.setToolTip(idea)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.number, 1)
        row.addWidget(self.unit, 1)
        self.setToolTip(idea)
        self.setFocusProxy(self.unit)
        self.number.entered.connect(self._on_number_entered)
        self.unit.activated.connect(self._on_unit_chosen)

    def show_settings(self, settings: Mapping[str, SettingValue]) -> None:
        """Show what is in force, without telling anybody."""
        number, self._shown = self._read(settings)
        self.unit.setCurrentIndex(self.unit.findData(self._shown))
        self.number.setVisible(number > 0)
        self.number.show_value(number)

    @abstractmethod
    def _read(self, settings: Mapping[str, SettingValue]) -> tuple[int, str]:
        """How many of which unit; 0 where nothing is counted."""

    @abstractmethod
    def _command(self, number: int, unit: str) -> c.RunCommand:
        """The command that asks for so many of this unit."""

    @abstractmethod
    def _number_in(self, unit: str) -> int:
        """How many of this unit come nearest to what is in force."""

    def _on_number_entered(self, number: int) -> None:
        self.asked.emit(self._command(number, self._shown))

    def _on_unit_chosen(self) -> None:
        """The list stays as it was until the run follows."""
        unit = self.unit.currentData()
        self.unit.setCurrentIndex(self.unit.findData(self._shown))
        if unit != self._shown:
            self.asked.emit(self._command(self._number_in(unit), unit))


class GoalField(PlanField):
    """The field of the run's goal."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Goal",
            "Where the run rests by itself; it can go on from there. An epoch is one pass through all examples.\n"
            "A schedule of the rate that is laid out over the run follows it. Acts at once.",
            {"epochs": "epochs", "steps": "steps", "no-end": "no end"},
        )

    def _read(self, settings: Mapping[str, SettingValue]) -> tuple[int, str]:
        epochs, steps = int(settings["epochs"] or 0), int(settings["steps"] or 0)
        return (steps, "steps") if steps else (epochs, "epochs" if epochs else "no-end")

    def _command(self, number: int, unit: str) -> c.RunCommand:
        return c.Change(**{"epochs": None, "steps": None, **({} if unit == "no-end" else {unit: number})})

    def _number_in(self, unit: str) -> int:
        """As many as reach as far as the goal does; where there is none, some epochs more than are done."""
        run, shown = self._session.run, self._session.playhead.step
        assert run is not None
        journal = [entry for entry in self._session.journal if entry[0] <= shown]
        goal, epochs = goal_step(run, journal), epochs_of(run, journal)
        if goal is None:
            goal = epochs.step_of(floor(epochs.at(shown)) + MORE_EPOCHS)
        return goal if unit == "steps" else max(1, ceil(epochs.at(goal)))


class IntervalField(PlanField):
    """The field of the test interval."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Test interval",
            "How often the network is measured on examples that it never learns from.\n"
            "Each test takes time, and early stopping decides by them. Acts at once.",
            {"steps": "steps", "epoch": "epoch"},
        )

    def _read(self, settings: Mapping[str, SettingValue]) -> tuple[int, str]:
        steps = int(settings["evaluate_every"] or 0)
        return steps, "steps" if steps else "epoch"

    def _command(self, number: int, unit: str) -> c.RunCommand:
        return c.Change(evaluate_every=None if unit == "epoch" else number)

    def _number_in(self, unit: str) -> int:
        """The steps of an epoch."""
        run = self._session.run
        assert run is not None
        return ceil(run.data.train_count / (self._session.settings["batch_size"] or 1))
