"""The plan of a run: its goal and its test interval, the fields of its Setup that commands may change meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from visualnet.core.errors import SetupError
from visualnet.core.setup.setup import Setup

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand


def plan_at(step: float, setup: Setup, journal: Iterable[tuple[int, RunCommand]]) -> Setup:
    """The plan that the step after ``step`` is taken with, by the commands up to there."""
    for changed, command in journal:
        if changed <= step:
            # Whoever wrote a file may have put in what was never followed.
            with suppress(SetupError):
                setup = command.plan_after(setup)
    return setup
