"""What Ctrl+Z takes back, followed over what the worker says."""

import pytest

from visualnet.app.runs import Runs
from visualnet.app.undo_list import UndoList
from visualnet.core.run import commands as c
from visualnet.core.run import events as e
from visualnet.core.run.presets import load_preset

SETUP = load_preset("xor")
DATA = e.DataSummary("xor", (2,), ("0", "1"), 4, 4, None, None)


@pytest.fixture
def books(qapp):
    """A function that tells of an event, and the list and the runs that hear it."""
    undo, runs = UndoList(), Runs()

    def tell(*events):
        for event in events:
            undo.note(event, runs)
            runs.note(event)

    return tell, undo, runs


def started(run_id, can_bring_back=False):
    return e.RunStarted(1, SETUP, DATA, (), 9, 1, 0, {}, (), can_bring_back, run_id, f"run {run_id}")


def applied(command, undoable):
    return e.Applied(1, 5, command, {}, 1, undoable)


def created(run_id, parent, step=7):
    return e.BranchCreated(1, e.RunSummary(run_id, f"run {run_id}", parent, step, step), SETUP, ())


def words(undo, runs):
    entry = undo.next(runs.present)
    return None if entry is None else entry.words


def test_a_gesture_is_one_entry_with_its_newest_words(books):
    tell, undo, runs = books
    tell(started(1), applied(c.SetLearningRate(0.1), 1), applied(c.SetLearningRate(0.2), 1))
    assert words(undo, runs) == "rate 0.2"
    tell(applied(c.SetMomentum(0.5), 2))
    assert words(undo, runs) == "momentum 0.5"
    tell(applied(c.SetMomentum(0.9), 1))
    assert words(undo, runs) == "rate 0.2"
    tell(applied(c.SetLearningRate(0.05), 0))
    assert words(undo, runs) is None


def test_a_setting_is_offered_only_in_its_own_run(books):
    tell, undo, runs = books
    tell(started(1), applied(c.SetLearningRate(0.1), 1), created(2, 1), started(2))
    assert words(undo, runs) == "branch at step 7"
    assert undo.take(2).command == c.DeleteBranch(2)
    assert words(undo, runs) is None
    tell(started(1), e.BranchDeleted(1, (2,)))
    assert words(undo, runs) == "rate 0.1"


def test_a_branch_that_is_opened_later_was_not_made_by_a_change(books):
    tell, undo, runs = books
    tell(started(1), created(2, 1), e.ReplayProgressed(1, 2, 9, 9), started(2))
    assert words(undo, runs) is None


def test_what_was_deleted_by_hand_comes_back_and_what_had_no_room_does_not(books):
    tell, undo, runs = books
    tell(started(1), created(2, 1), started(2), started(1), e.BranchDeleted(1, (2,)))
    assert undo.next(1).command == c.UndoDelete(2)
    assert words(undo, runs) == "deletion of run 2"
    undo.take(1)
    tell(started(3, can_bring_back=True), e.BranchDeleted(1, (1,)))
    assert words(undo, runs) == "new run"
    undo.take(3)
    assert words(undo, runs) is None


def test_going_back_after_a_break_forgets_the_settings(books):
    tell, undo, runs = books
    tell(started(1), applied(c.SetLearningRate(9.0), 1), e.WentBack(1, 0, {}, ()))
    assert words(undo, runs) is None
    assert runs.get(1).journal == []
