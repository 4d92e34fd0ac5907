"""A run's journal as a person reads it: commands in words, and where it stands in its epochs. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Protocol

from visualnet.core.history.history import Figures, HistoryView
from visualnet.core.messages import commands as c
from visualnet.core.messages.done import Done
from visualnet.core.messages.events import DataSummary
from visualnet.core.nn.schedules import Schedule
from visualnet.core.setup.epochs import Epochs
from visualnet.core.setup.plan import plan_at
from visualnet.core.setup.run_commands import PLANNED, SettingValue
from visualnet.core.setup.settings import SETTINGS, first_settings
from visualnet.core.setup.setup import Setup

RECENT = 50
"""Steps that a training figure is a mean over, at most: a single batch says little."""

Journal = Sequence[tuple[int, c.RunCommand]]


class Run(Protocol):
    """A run, as far as its journal depends on it: its Setup and its data."""

    @property
    def setup(self) -> Setup: ...

    @property
    def data(self) -> DataSummary: ...


def command_words(command: c.RunCommand) -> str:
    """A command as a word or two."""
    if not isinstance(command, c.Change):
        return "parameters"
    values = dict(command.values)
    words = [
        f"{_SHORT_NAMES.get(name, SETTINGS[name].name)} {SETTINGS[name].words(value)}"
        for name, value in values.items()
        if name not in PLANNED
    ]
    if "epochs" in values or "steps" in values:
        words.append(_goal_words(values.get("epochs"), values.get("steps")))
    if "evaluate_every" in values:
        words.append(_interval_words(values["evaluate_every"]))
    return ", ".join(words)


def _goal_words(epochs: SettingValue, steps: SettingValue) -> str:
    if epochs is None and steps is None:
        return "no goal"
    count, unit = (steps, "step") if steps is not None else (epochs, "epoch")
    return f"goal {count:,} {unit}{'s' * (count != 1)}"


def _interval_words(steps: SettingValue) -> str:
    return f"test every {'epoch' if steps is None else 'step' if steps == 1 else f'{steps:,} steps'}"


def done_words(done: Done) -> str:
    """Something that was done, to follow "Undo": ``learning rate 0.1 → 0.01``, ``branch at step 37: rate 0.5``."""
    match done:
        case Done("setting", before=c.RunCommand() as before, after=c.RunCommand() as after):
            return _change_words(before, after)
        case Done("parameters"):
            return "opened parameters"
        case Done("run", subject=name):
            return f"new run of {name}"
        case Done("file", subject=name):
            return f"opening of {name}"
        case Done("switch", subject=name):
            return f"change to {name}"
        case Done("branch", before=int() as step, after=c.RunCommand() as command):
            return f"branch at step {step:,}: {command_words(command)}"
        case Done("branch", before=int() as step):
            return f"branch at step {step:,}"
        case Done("deletion", subject=name):
            return f"deletion of {name}"
        case Done("name", before=before, after=after):
            return f"name {before} → {after}"
        case Done("return", before=int() as before, after=int() as after):
            return f"return from step {before:,} to step {after:,}"
    values = f" {done.before} → {done.after}" if done.after else ""
    return f"{done.subject}{values}"


_SHORT_NAMES = {"learning_rate": "rate", "batch_size": "batch"}
"""Of settings, where there is little room."""


def _change_words(before: c.RunCommand, after: c.RunCommand) -> str:
    """Some settings and others in their place, with the name of both only once."""
    if isinstance(before, c.Change) and isinstance(after, c.Change) and PLANNED.isdisjoint(after.names):
        return ", ".join(
            f"{SETTINGS[name].name} {SETTINGS[name].words(value_before)} → {SETTINGS[name].words(value)}"
            for (name, value_before), (_, value) in zip(before.values, after.values, strict=True)
        )
    kind, _, _ = command_words(before).partition(" ")
    name, _, value = command_words(after).partition(" ")
    return f"{command_words(before)} → {value if kind == name else command_words(after)}"


def settings_at(step: int, setup: Setup, journal: Journal) -> dict[str, SettingValue]:
    """All settings that the step after ``step`` was taken with."""
    settings = first_settings(setup)
    for changed, command in journal:
        if changed <= step and isinstance(command, c.Change):
            settings |= dict(command.values)
    return settings


def schedule_at(step: int, run: Run, journal: Journal) -> Schedule | None:
    """How the rate of this run changes by itself from this step on; None where it does not."""
    plan, count = plan_at(step, run.setup, journal), run.data.train_count
    return plan.schedule.make(plan.planned_steps(count), ceil(count / plan.batch_size))


def epochs_of(run: Run, journal: Journal) -> Epochs:
    """The epochs of a run, with the batch sizes that were in force."""
    return Epochs.of(run.data.train_count, run.setup.batch_size, journal)


def averaged_steps(step: int, run: Run, journal: Journal) -> int:
    """Steps that a training figure after ``step`` steps is the mean of: RECENT, or an epoch where that is shorter.

    So nothing is averaged where each batch is all of the data.
    """
    return min(RECENT, epochs_of(run, journal).stretch(step - 1).steps_per_epoch)


def figures_at(history: HistoryView, step: int, run: Run, journal: Journal) -> Figures:
    """A run's figures after ``step`` steps: legend, toolbar and tables all ask here."""
    return history.figures_at(step, averaged_steps(step, run, journal))


def epoch_starts(run: Run, journal: Journal, end: int, most: int) -> list[int]:
    """The steps after which an epoch was full, up to ``end``.

    Args:
        run: the run.
        journal: what was changed in it.
        end: a step.
        most: where there are more, only every second, fifth or tenth and so on.
    """
    epochs = epochs_of(run, journal)
    return epochs.starts(_rounded_up(epochs.at(end) / max(most, 1)), end)


def goal_step(run: Run, journal: Journal) -> int | None:
    """The step at which the run is to end; None where it has no end."""
    plan = plan_at(inf, run.setup, journal)
    if plan.steps is not None or plan.epochs is None:
        return plan.steps
    return epochs_of(run, journal).step_of(plan.epochs)


def _rounded_up(number: float) -> int:
    """1, 2, 5, 10, 20, ...: the first that is not less."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if factor * unit >= number:
                return factor * unit
        unit *= 10
