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
from visualnet.core.number_words import number_words
from visualnet.core.setup.plan import plan_at, plan_settings
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
    match command:
        case c.SetLearningRate(value):
            return f"rate {number_words(value, 6)}"
        case c.SetMomentum(value):
            return f"momentum {number_words(value, 6)}"
        case c.SetBatchSize(value):
            return f"batch {value:,}"
        case c.SetBetas(beta1, beta2):
            return f"betas {number_words(beta1, 6)}, {number_words(beta2, 6)}"
        case c.SetGoal(_, steps) if steps is not None:
            return f"goal {steps:,} step{'s' * (steps > 1)}"
        case c.SetGoal(epochs):
            return "no goal" if epochs is None else f"goal {epochs:,} epoch{'s' * (epochs > 1)}"
        case c.SetTestInterval(steps):
            return f"test every {'epoch' if steps is None else 'step' if steps == 1 else f'{steps:,} steps'}"
        case _:
            return "parameters"


def done_words(done: Done) -> str:
    """Something that was done, to follow "Undo": ``learning rate 0.1 → 0.01``, ``branch at step 37: rate 0.5``."""
    match done:
        case Done("setting", before=c.RunCommand() as before, after=c.RunCommand() as after):
            return _change_words(command_words(before), command_words(after))
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


_LONG_NAMES = {"rate": "learning rate", "batch": "batch size"}


def _change_words(before: str, after: str) -> str:
    """One setting and another of its kind, with the name of both only once."""
    name, _, value = after.partition(" ")
    kind, _, value_before = before.partition(" ")
    words = f"{_LONG_NAMES.get(kind, kind)} {value_before}"
    return f"{words} → {value if kind == name else after}"


def settings_at(step: int, setup: Setup, journal: Journal) -> dict[str, float]:
    """Learning rate, momentum, betas, batch size, goal and test interval that the step after ``step`` was taken with."""
    settings = {**setup.optimizer.make().settings, "batch_size": float(setup.batch_size)}
    for changed, command in journal:
        if changed <= step:
            settings |= _changed_by(command)
    return settings | plan_settings(plan_at(step, setup, journal))


def schedule_at(step: int, run: Run, journal: Journal) -> Schedule | None:
    """How the rate of this run changes by itself from this step on; None where it does not."""
    plan, count = plan_at(step, run.setup, journal), run.data.train_count
    return plan.schedule.make(plan.planned_steps(count), ceil(count / plan.batch_size))


def _changed_by(command: c.RunCommand) -> dict[str, float]:
    match command:
        case c.SetLearningRate(value):
            return {"learning_rate": value}
        case c.SetMomentum(value):
            return {"momentum": value}
        case c.SetBetas(beta1, beta2):
            return {"beta1": beta1, "beta2": beta2}
        case c.SetBatchSize(value):
            return {"batch_size": value}
        case _:
            return {}


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
        if isinstance(command, c.SetBatchSize):
            start, epochs, length = parts[-1]
            parts.append((step, epochs + (step - start) / length, ceil(run.data.train_count / command.value)))
    return parts


def _rounded_up(number: float) -> int:
    """1, 2, 5, 10, 20, ...: the first that is not less."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if factor * unit >= number:
                return factor * unit
        unit *= 10
