"""Which keyframes of a run's file go, so that it stays small: the older, the fewer."""

from __future__ import annotations

from dataclasses import dataclass

BUDGET = 64 << 20
SECONDS_APART = 1.0

COMMAND_WORTH = 4.0
"""A keyframe at a command goes only where it leaves a gap so many times smaller than another."""


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
    """The last keyframe, where a new one makes it needless: closer than a second to the one before it.

    That one goes in its place where only the last is at a command.

    The last one is thus never older than the pause between two savings, and others are a second apart.
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

    Dropped is, again and again, the one whose gap is the smallest share of its age: so gaps grow with age.
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
