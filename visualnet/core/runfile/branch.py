"""Branch: one line of steps in a run file, the root or one that begins at a step of another."""

from __future__ import annotations

from dataclasses import dataclass

MAXIMUM_NAME = 2000
"""Characters; as many as the name of a Setup may have."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch in a run file: where it begins, and its name.

    Attributes:
        id: 0 for the root.
        parent: the branch that it shares its past with; None for the root.
        step: steps of the parent that are its past too.
        journaled: commands of the parent that are its past too.
        name: for the person; of the root, where it is empty, the Setup's.
    """

    id: int = 0
    parent: int | None = None
    step: int = 0
    journaled: int = 0
    name: str = ""

    @property
    def start(self) -> tuple[int, int]:
        """Steps and commands of the parent that are its past too."""
        return self.step, self.journaled


ROOT = Branch()
