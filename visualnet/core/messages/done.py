"""Done: something that can be undone, as a value: one line of the undo history."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.setup.run_commands import RunCommand

Value = str | int | RunCommand | None


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done and can be undone.

    Attributes:
        kind: ``setting``, ``parameters``, ``run``, ``file``, ``switch``, ``branch``, ``deletion``, ``name``, ``return``
            or ``draft``.
        run_id: the run that it was done to, or that came of it.
        subject: the name of that run, or what of it or of the draft is another now.
        before: what that was; of a deletion, how many runs are gone; of a branch, the step at which it begins.
        after: what it is now; of a branch, the setting that is another from there on.
        number: names it; what was done later has a greater one.
    """

    kind: str
    run_id: int
    subject: str = ""
    before: Value = None
    after: Value = None
    number: int = 0

    def goes_on_with(self, other: Done) -> bool:
        """Whether both may be parts of one movement, such as a slider's drag: the same became another once more."""
        is_gradual = self.kind in ("setting", "draft") and bool(self.after and other.after)
        return is_gradual and (self.kind, self.run_id, self.subject) == (
            other.kind,
            other.run_id,
            other.subject,
        )
