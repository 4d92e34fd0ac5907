"""The place of a measurement: a step and a number of commands, since commands may set parameters without a step."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand


def parameters_since(journal: Sequence[tuple[int, RunCommand]], step: int) -> int:
    """The number of commands after which no later command of that step has set parameters."""
    first = bisect_left(journal, step, key=lambda entry: entry[0])
    last = bisect_right(journal, step, key=lambda entry: entry[0])
    return next((at for at in range(last, first, -1) if journal[at - 1][1].sets_parameters), first)
