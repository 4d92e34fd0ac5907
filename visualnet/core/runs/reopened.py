"""Runs in the tree made from a run file: each branch with its past, at the last step that can be restored."""

from __future__ import annotations

from collections.abc import Iterator

from visualnet.core.datasets.dataset import Progress, no_progress
from visualnet.core.errors import RunFileError
from visualnet.core.history.gaps import gaps_of
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import Branch
from visualnet.core.runfile.restore import JournalPlayer, fitting_keyframes, trainer_after
from visualnet.core.runfile.save_request import is_at_command
from visualnet.core.runfile.saved_run import SavedRun
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.runs.tree import Run, RunTree


def reopened(
    saved: SavedRun, tree: RunTree, progress: Progress = no_progress
) -> tuple[list[tuple[Run, Branch]], tuple[str, ...]]:
    """Take the branches of a file into the tree.

    Args:
        saved: the file as it was read.
        tree: to take them into.
        progress: told how far it is; may raise Cancelled.

    Returns:
        Each run with the branch of the file that it is, parents first; and sentences for the person.

    Raises:
        RunFileError: when no state of the root is left.
        DataError: when the examples cannot be had.
        Cancelled: raised by ``progress``; then the tree is as it was.
    """
    sentences = list(_limits(saved))
    runs: dict[int, Run] = {}
    try:
        for id_ in sorted(saved.branches):
            branch = saved.branches[id_].branch
            if branch.parent is None or branch.parent in runs:
                parent = None if branch.parent is None else runs[branch.parent]
                live_run, sentence = _live_run(saved, branch, tree, progress)
                runs[id_] = tree.take_in(branch.name, parent, branch, live_run)
                if sentence is not None:
                    sentences.append(sentence)
    except Exception:
        if runs:
            tree.drop(runs[0])
        raise
    return [(run, saved.branches[id_].branch) for id_, run in runs.items()], tuple(sentences)


def _limits(saved: SavedRun) -> Iterator[str]:
    """What a person should know of a file before they go on with it: what is damaged, and what cannot be done."""
    yield from saved.damage
    if not saved.is_writable:
        yield f"The file {saved.obstacle}, so it stays as it is; save the run as another file to keep what was read."
    difference = saved.why_irreproducible(0, 0)
    if difference is not None:
        yield f"The run was computed elsewhere ({difference}): its past is shown only where a state of it was kept."


def _live_run(
    saved: SavedRun, branch: Branch, tree: RunTree, progress: Progress
) -> tuple[LiveRun, str | None]:
    past, last_step = saved.past_of(branch.id), saved.branches[branch.id].last_step
    trainer, sentence = trainer_after(saved, branch.id, last_step, progress)
    JournalPlayer(trainer, past.journal).apply_due()
    if trainer.finish_reason == "goal" and trainer.course.is_just_at_goal:
        # Killed while it was measured, it is so when it goes on.
        trainer.begin_evaluation()
    step, journaled = trainer.step_count, len(trainer.journal)
    keyframes = [
        Keyframe(keyframe.state, keyframe.misclassified, is_at_command(past.journal, keyframe.step))
        for keyframe in fitting_keyframes(saved, trainer, past)
        if keyframe.step <= step and keyframe.state.journaled <= journaled
    ]
    if not keyframes:
        raise RunFileError(saved.path, "holds no state that the run could go on from")
    live_run = LiveRun(trainer, tree.budget, keyframes, past.journal[journaled:])
    # What was run again on the way here is known again.
    view = trainer.history.view()
    live_run.timeline.gaps = gaps_of(view.first_step, view.loss.values())
    live_run.timeline.is_reproducible = saved.why_irreproducible(branch.id, keyframes[0].step) is None
    return live_run, sentence
