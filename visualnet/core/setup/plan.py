"""The plan of a run: its goal and its test interval, the fields of its Setup that commands may change meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from visualnet.core.errors import SetupError
from visualnet.core.setup.setup import Setup

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand

PLANNED = ("epochs", "steps", "evaluate_every")
"""Fields of a Setup; as settings they are numbers, and 0 stands for None."""


def plan_settings(plan: Setup) -> dict[str, float]:
    """The plan as numbers, by name."""
    return {name: getattr(plan, name) or 0 for name in PLANNED}


def plan_of(setup: Setup, settings: Mapping[str, float]) -> Setup:
    """The Setup with the planned fields that stand among these settings; others of them are no business of it.

    Raises:
        SetupError: when it cannot be.
    """
    planned: dict[str, Any] = {name: settings[name] or None for name in PLANNED if name in settings}
    return replace(setup, **planned)


def changed_settings(plan: Setup, setup: Setup) -> dict[str, float]:
    """What of the plan is not as the Setup says, as numbers by name."""
    before = plan_settings(setup)
    return {name: value for name, value in plan_settings(plan).items() if value != before[name]}


def plan_at(step: float, setup: Setup, journal: Iterable[tuple[int, RunCommand]]) -> Setup:
    """The plan that the step after ``step`` is taken with, by the commands up to there."""
    for changed, command in journal:
        if changed <= step:
            # Whoever wrote a file may have put in what was never followed.
            with suppress(SetupError):
                setup = command.plan_after(setup)
    return setup
