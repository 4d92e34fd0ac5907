"""Retention of keyframes in a run file: the older they are, the fewer are kept."""

from __future__ import annotations

from dataclasses import dataclass

BUDGET = 64 << 20
SECONDS_APART = 1.0

COMMAND_WORTH = 4.0
"""Weight of a keyframe at a command: it is dropped only if the gap that it leaves, times this, is the smallest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A keyframe in the file.

    Attributes:
        row: its id in the table.
        step: steps done.
        nbytes: its size.
        taken_at: see SaveRequest; minus infinity for one that is to stay.
        at_command: whether a command took effect at its step.
        journaled: commands that had taken effect.
    """

    row: int
    step: int
    nbytes: int
    taken_at: float
    at_command: bool = False
    journaled: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Steps done and commands that had taken effect."""
        return self.step, self.journaled


def replaced(kept: list[Kept], new: Kept) -> list[Kept]:
    """The keyframe that a new one replaces, if any: the last, if it is within SECONDS_APART of the one before it.

    If of these two only the last is at a command, the one before it is replaced instead. So the file always ends
    with the newest state, and its other keyframes are a second apart.
    """
    if len(kept) < 2:
        return []
    last, before = kept[-1], kept[-2]
    is_close = last.taken_at - before.taken_at < SECONDS_APART and new.step > last.step
    if not is_close:
        return []
    prefers_last = last.at_command and not before.at_command and len(kept) > 2
    return [before] if prefers_last else [last]


def exceeding(kept: list[Kept], budget: int = BUDGET) -> list[Kept]:
    """Keyframes to drop so that the rest is within the budget; never the first or the last.

    The one that would leave the smallest gap, as a share of its age, is dropped first, so gaps grow with age.
    """
    rest, dropped = list(kept), []
    total = sum(keyframe.nbytes for keyframe in rest)
    while total > budget and len(rest) > 2:
        index = min(range(1, len(rest) - 1), key=lambda place: _share_of_age(rest, place))
        total -= rest[index].nbytes
        dropped.append(rest.pop(index))
    return dropped


def _share_of_age(kept: list[Kept], index: int) -> float:
    gap = kept[index + 1].step - kept[index - 1].step
    worth = COMMAND_WORTH if kept[index].at_command else 1.0
    return worth * gap / (kept[-1].step - kept[index].step + 1)
