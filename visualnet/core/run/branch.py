"""One line of a run's steps: the root, or what began at a step of another line."""

from __future__ import annotations

from dataclasses import dataclass

MAXIMUM_NAME = 200


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a line of steps begins.

    Attributes:
        id: 0 for the root.
        parent: the branch that it shares its past with; None for the root.
        step: steps of the parent that are its past too.
        journaled: commands of the parent that are its past too.
        name: for the person.
    """

    id: int = 0
    parent: int | None = None
    step: int = 0
    journaled: int = 0
    name: str = "main"

    @property
    def start(self) -> tuple[int, int]:
        """Steps and commands of the parent that are its past too."""
        return self.step, self.journaled


ROOT = Branch()
