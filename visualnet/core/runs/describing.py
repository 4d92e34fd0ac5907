"""Descriptions of what a command did, from the runs before and after it. Worker thread only."""

from __future__ import annotations

from visualnet.core.messages import commands as c
from visualnet.core.messages.done import Done
from visualnet.core.runs.arrangement import Arrangement


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
        case c.Rewind():
            live_runs = {standing.run: standing.live_run for standing in before.standings}
            steps = live_runs[present].trainer.step_count, present.live_run.trainer.step_count
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
