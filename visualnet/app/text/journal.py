"""A run's journal as a person reads it: commands in words, and where its epochs begin. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, inf
from typing import Protocol

from visualnet.core.history.history import Figures, HistoryView
from visualnet.core.messages import commands as c
from visualnet.core.messages.done import Done
from visualnet.core.messages.events import DataSummary
from visualnet.core.nn.schedules import Schedule
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


def epoch_at(step: int, run: Run, journal: Journal) -> float:
    """Epochs done after so many steps, with the batch sizes that were in force."""
    start, epochs, length = next(part for part in reversed(_parts(run, journal)) if part[0] <= step)
    return epochs + (step - start) / length


def averaged_steps(step: int, run: Run, journal: Journal) -> int:
    """Steps that a training figure after ``step`` steps is the mean of: RECENT, or an epoch where that is shorter.

    So nothing is averaged where each batch is all of the data.
    """
    _, _, length = next((part for part in reversed(_parts(run, journal)) if part[0] < step), (0, 0.0, 1))
    return min(RECENT, length)


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
    every = _rounded_up(epoch_at(end, run, journal) / max(most, 1))
    parts = [*_parts(run, journal), (end + 1, epoch_at(end + 1, run, journal), 1)]
    starts = []
    for (start, epochs, length), (_, last, _) in pairwise(parts):
        first = ceil(epochs / every) * every
        starts += [round(start + (epoch - epochs) * length) for epoch in range(first, ceil(last), every)]
    return [step for step in starts if 0 < step <= end]


def step_of_epoch(epoch: float, run: Run, journal: Journal) -> int:
    """The step after which so many epochs are done."""
    start, epochs, length = next(part for part in reversed(_parts(run, journal)) if part[1] <= epoch)
    return round(start + (epoch - epochs) * length)


def goal_step(run: Run, journal: Journal) -> int | None:
    """The step at which the run is to end; None where it has no end."""
    plan = plan_at(inf, run.setup, journal)
    if plan.steps is not None or plan.epochs is None:
        return plan.steps
    return step_of_epoch(plan.epochs, run, journal)


def _parts(run: Run, journal: Journal) -> list[tuple[int, float, int]]:
    """For each batch size that was in force: its first step, the epochs done there, steps an epoch."""
    parts = [(0, 0.0, ceil(run.data.train_count / run.setup.batch_size))]
    for step, command in journal:
        if isinstance(command, c.Change) and "batch_size" in command.names:
            start, epochs, length = parts[-1]
            size = int(dict(command.values)["batch_size"] or 1)
            parts.append((step, epochs + (step - start) / length, ceil(run.data.train_count / size)))
    return parts


def _rounded_up(number: float) -> int:
    """1, 2, 5, 10, 20, ...: the first that is not less."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if factor * unit >= number:
                return factor * unit
        unit *= 10
