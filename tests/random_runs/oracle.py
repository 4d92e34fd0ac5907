"""What must be so: a run's trajectory as a value, and what a fresh Trainer makes of it, step after step, without a shortcut."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.core.every_setup import dataset_of
from visualnet.core.history.measured_place import parameters_since
from visualnet.core.setup.plan import plan_at
from visualnet.core.setup.run_commands import Change, RunCommand
from visualnet.core.setup.setup import Setup
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.trainer import Trainer

Entry = tuple[int, RunCommand]
Place = tuple[int, int]
"""Steps done, and commands that had taken effect."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All that a run follows from, up to where it is.

    Attributes:
        setup: what is trained.
        journal: commands that took effect, with their steps.
        step: steps done.
        measured: where a person asked for a measurement on the test set.
    """

    setup: Setup
    journal: tuple[Entry, ...] = ()
    step: int = 0
    measured: tuple[Place, ...] = ()

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.step, len(self.journal)

    @property
    def measured_place(self) -> Place:
        """What a measurement made now is of: commands that set no parameters do not change it."""
        return self.step, parameters_since(self.journal, self.step)

    @property
    def before_its_measurement(self) -> Trajectory:
        """It without what was measured at its last step."""
        return replace(self, measured=tuple(place for place in self.measured if place != self.measured_place))

    def goal_at(self, step: int) -> int | None:
        """The step that ends the plan which is in force after so many steps; None where it has no end."""
        plan = plan_at(step, self.setup, self.journal)
        if plan.steps is not None or plan.epochs is None:
            return plan.steps
        sizes = {at: values["batch_size"] for at, values in self._changes if "batch_size" in values}
        size, done = self.setup.batch_size, 0
        for _ in range(plan.epochs):
            left = len(dataset_of(self.setup.data).train)
            while left > 0:
                size, done = sizes.get(done, size), done + 1
                left -= size
        return done

    def is_ended_by_command(self, place: Place) -> bool:
        """Whether a command set the goal to this place, or before it, where a run that trains is measured: nobody is
        told of that when the next command lets it go on at once."""
        step, _ = place
        goal = self.goal_at(step)
        return goal is not None and goal <= step and any(at == step for at, _ in self._changes)

    @property
    def _changes(self) -> list[tuple[int, dict[str, Any]]]:
        return [(at, dict(command.values)) for at, command in self.journal if isinstance(command, Change)]

    def until(self, step: int, journaled: int | None = None) -> Trajectory:
        """What it was after so many steps, and so many commands; None: all of those steps."""
        if journaled is None:
            journaled = sum(at <= step for at, _ in self.journal)
        measured = tuple(place for place in self.measured if place <= (step, journaled))
        return replace(self, journal=self.journal[:journaled], step=step, measured=measured)

    def begins(self, other: Trajectory) -> bool:
        """Whether another trajectory goes on from this one, or is this one."""
        return (
            self.setup == other.setup
            and self.step <= other.step
            and self.journal == other.journal[: len(self.journal)]
            and all(at >= self.step for at, _ in other.journal[len(self.journal) :])
        )


def snapshot(trainer: Trainer, with_gradients: bool = False) -> dict[str, Any]:
    """Everything that can be told of a Trainer between two steps, as plain values that compare bit for bit."""
    state, view = trainer.state, trainer.history.view()
    values: dict[str, Any] = {
        "step": state.step,
        "epoch": state.epoch,
        "consumed": state.consumed,
        "settings": repr(sorted(state.settings.items())),
        "products": repr(sorted(state.scalars.items())),
        "journal": tuple(trainer.journal),
        "is measured": not trainer.is_evaluating,
        "finish": trainer.finish_reason,
        "rate": repr(trainer.effective_learning_rate),
        "first step": view.first_step,
        "loss": _digest(view.loss.values()),
        "accuracy": _digest(view.accuracy.values()),
        "tests": _rows(view.tests),
        "validations": _rows(view.validations),
        "wrong": None if trainer.past.misclassified is None else trainer.past.misclassified.tolist(),
    }
    for name, vector in state.vectors.items():
        values[f"vector {name}"] = _digest(vector)
    if with_gradients:
        values["gradients"] = _digest(trainer.network.gradients)
        values["gradient scale"] = trainer.gradient_scale
    return values


def differences(real: dict[str, Any], right: dict[str, Any]) -> str:
    """What of two such tellings is not the same, in words; empty where nothing is."""
    names = [name for name in {**real, **right} if real.get(name) != right.get(name)]
    return "; ".join(f"{name} is {real.get(name)!s:.300}, not {right.get(name)!s:.300}" for name in names)


def _digest(values: Any) -> str:
    return f"{values.dtype}{values.shape} {hashlib.sha256(np.ascontiguousarray(values)).hexdigest()[:16]}"


def _rows(values: Any) -> list[str]:
    return [repr(tuple(float(value) for value in row)) for row in values]


@dataclass(slots=True)
class _Fresh:
    """A Trainer that began anew, and what it has done; a trajectory that goes on from there needs no other."""

    trainer: Trainer
    trajectory: Trajectory


@dataclass(slots=True)
class Oracle:
    """Answers what a trajectory looks like."""

    _fresh: list[_Fresh] = field(default_factory=list)
    _known: dict[tuple[Trajectory, bool, bool], dict[str, Any]] = field(default_factory=dict)

    def of(self, trajectory: Trajectory, is_measured: bool, with_gradients: bool = False) -> dict[str, Any]:
        """What a fresh Trainer with the same journal is.

        Args:
            trajectory: what it does.
            is_measured: whether a measurement that is due at its last step is made.
            with_gradients: of its last step.
        """
        # What it will have measured on its way, as a branch that catches up, is nothing yet.
        trajectory = trajectory.until(*trajectory.place)
        key = trajectory, is_measured, with_gradients
        if key not in self._known:
            trainer = self._trainer(trajectory, is_measured)
            if is_measured:
                _measure(trainer)
            self._known[key] = snapshot(trainer, with_gradients)
        return self._known[key]

    def _trainer(self, trajectory: Trajectory, may_be_measured: bool) -> Trainer:
        """A Trainer there; a measurement that is due may be yet to be made, or must be."""
        fitting = (one for one in self._fresh if one.trajectory.begins(trajectory))
        fresh = next(
            (one for one in fitting if may_be_measured or one.trajectory.step < trajectory.step), None
        )
        if fresh is not None and not set(fresh.trajectory.measured) <= set(trajectory.measured):
            fresh = None
        if fresh is None or any(
            place not in fresh.trajectory.measured and place < fresh.trajectory.place
            for place in trajectory.measured
        ):
            fresh = _Fresh(
                Trainer(trajectory.setup, dataset_of(trajectory.setup.data)), Trajectory(trajectory.setup)
            )
            self._fresh = [fresh, *self._fresh[:20]]
        fresh.trainer.claim_threads()
        _go_on(fresh, trajectory)
        return fresh.trainer


def _go_on(fresh: _Fresh, trajectory: Trajectory) -> None:
    """Do what the trajectory does more than was done."""
    trainer = fresh.trainer
    commands = trajectory.journal[len(fresh.trajectory.journal) :]
    asked = [place for place in trajectory.measured if place not in fresh.trajectory.measured]
    for step, command in (*commands, (trajectory.step, None)):
        while asked and asked[0] <= (step, len(trainer.journal)):
            _step_to(trainer, asked.pop(0)[0])
            trainer.evaluate()
        _step_to(trainer, step)
        if command is not None:
            trainer.apply(command)
    fresh.trajectory = trajectory


def _step_to(trainer: Trainer, step: int) -> None:
    while trainer.step_count < step:
        try:
            trainer.step()
        except Diverged as error:
            raise AssertionError(f"no step {step} can be: {error}") from None


def _measure(trainer: Trainer) -> None:
    while trainer.is_evaluating:
        trainer.evaluate_chunk()
