"""What somebody did, as a value that others can tell of: one line of the history that Undo goes back through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualnet.core.run import commands as c

if TYPE_CHECKING:
    from visualnet.core.run.arrangement import Arrangement

Value = str | int | c.RunCommand | None


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


def describe(command: c.Command, before: Arrangement, after: Arrangement) -> Done:
    """What a command did.

    Args:
        command: any that made another arrangement of the runs.
        before: the one before.
        after: the one that it made.
    """
    assert before.present is not None
    assert after.present is not None
    present = after.present
    came = [run for run in after.runs if run not in before.runs]
    match command:
        case c.EditDraft(_, subject, old, new):
            return Done("draft", present.run_id, subject, old, new)
        case c.RenameBranch(run_id):
            names = {standing.run.run_id: standing.name for standing in before.standings}
            run = next(run for run in after.runs if run.run_id == run_id)
            return Done("name", run_id, run.name, names[run_id], run.name)
        case c.DeleteBranch(run_id):
            name = next(run.name for run in before.runs if run.run_id == run_id)
            return Done("deletion", run_id, name, len(before.runs) - len(after.runs))
        case c.GoBack():
            slots = {standing.run: standing.slot for standing in before.standings}
            steps = slots[present].trainer.step_count, present.slot.trainer.step_count
            return Done("return", present.run_id, present.name, *steps)
        case c.OpenRun(path) if came:
            return Done("file", present.run_id, path.name)
    if not came:
        is_switch = present is not before.present
        return Done("switch" if is_switch else "parameters", present.run_id, present.name)
    run = came[0]
    if run.parent is None:
        return Done("run", run.run_id, run.name)
    change = command.command if isinstance(command, c.BranchHere) else command
    setting = change if isinstance(change, c.RunCommand) and not change.sets_parameters else None
    return Done("branch", run.run_id, run.name, run.start_step, setting)
