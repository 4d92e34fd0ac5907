"""Random sequences of commands for the worker with its files; see tests/random_runs."""

from random import Random

import pytest

from tests.core.every_setup import all_parts, of_points, parts_of
from tests.random_runs.episode import KILL, OTHER_ACTIONS, QUICK_DISK, SLOW_DISK, Action, Episode, fault_of
from tests.random_runs.random_commands import RANDOM_COMMANDS, RANDOM_STUDIES, every_command
from visualnet.core.messages import commands as c
from visualnet.core.studies import STUDIES
from visualnet.core.training.trainer import Trainer

QUICK, SHORT, LONG = 12, 50, 500
"""Episodes that the quick suite carries out; those in which all that can be done is drawn; those of the slow suite."""


def first_that_fails(**options):
    episodes = (Episode(0, number, **options) for number in range(20))
    return next(episode for episode in episodes if episode.fault() is not None)


def test_each_command_has_a_way_to_come():
    assert RANDOM_COMMANDS.keys() == every_command()
    assert RANDOM_STUDIES.keys() == {*STUDIES}


def test_each_entry_of_each_table_of_the_engine_is_drawn():
    missing = all_parts()
    for number in range(LONG):
        missing -= parts_of(Episode(0, number).setup)
        if not missing:
            break
    assert not missing


def test_all_that_can_be_done_is_drawn():
    drawn = {action.what for number in range(SHORT) for action in Episode(0, number).actions}
    assert drawn == {*(command.__name__ for command in every_command()), *OTHER_ACTIONS}


def first_fault(first, count):
    """Of so many episodes the first that fails, as short as it can be; None where none does."""
    for number in range(first, first + count):
        episode = Episode(0, number)
        if episode.fault() is not None:
            shortest = episode.shortest()
            return f"{shortest.command_line}\n{shortest.fault()}"
    return None


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("first", "count"),
    [(0, QUICK), *(pytest.param(n, SHORT, marks=pytest.mark.slow) for n in range(0, LONG, SHORT))],
)
def test_random_sequences_of_commands_leave_what_a_fresh_trainer_makes(first, count):
    fault = first_fault(first, count)
    assert fault is None, fault


def test_a_bit_that_is_altered_is_found_and_the_sequence_made_short(monkeypatch):
    restore = Trainer._load

    def restore_almost(trainer, state):
        restore(trainer, state)
        trainer.network.parameters[0] *= 1.0001

    monkeypatch.setattr(Trainer, "_load", restore_almost)
    found = first_that_fails(longest=10)
    fault, shortest = found.fault(), found.shortest()
    assert found.fault().check == fault.check == shortest.fault().check
    assert len(shortest.actions) <= 3


SETUP = of_points(evaluate_every=7)
NUMBERS = Trainer(SETUP).network.parameters.nbytes
WITHOUT = c.CompareWithout(0)
WITH_PLANS = c.StartRun(SETUP, journal=((0, c.Change(batch_size=2)), (40, c.Change(learning_rate=0.01))))
KILLED, SLOW, FAST = (Action(what, 0) for what in (KILL, SLOW_DISK, QUICK_DISK))


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param((c.RequestReport(), c.Rewind(0)), id="back to a step that was measured later"),
        pytest.param((c.RequestReport(), c.SetPlayhead(0)), id="shown where it was measured later"),
        pytest.param((c.SetPlayhead(0), c.RequestReport()), id="measured where the playhead stands"),
        pytest.param(
            (c.RunTo(22), c.RequestReport(), c.RunTo(30), c.SetPlayhead(25), c.BranchHere()),
            id="shown and branched after a measurement that was asked for",
        ),
        pytest.param(
            (c.RunTo(20), SLOW, c.RunTo(60), c.Rewind(None), FAST),
            id="back while measurements wait for the disk",
        ),
        pytest.param(
            (c.RunTo(20), c.SetPlayhead(8), c.Change(learning_rate=0.01), KILLED, c.RunTo(30)),
            id="a branch without a measurement of its own is reopened",
        ),
        pytest.param(
            (c.Rewind(0), c.RequestReport(), c.Rewind(0), c.Undo(), c.Undo(), c.Redo()),
            id="back and forth between lines of which one was measured",
        ),
        pytest.param(
            (c.RunTo(23), c.RequestReport(), c.RunTo(40), c.Change(learning_rate=0.01), c.RunTo(45), WITHOUT),
            id="without a command, before which a measurement was asked for",
        ),
        pytest.param(
            (c.RunTo(22), c.RequestReport(), c.RunTo(40), KILLED, c.SetPlayhead(25)),
            id="shown after a measurement that was asked for before the run was reopened",
        ),
        pytest.param(
            (c.RunTo(9), c.SetPlayhead(0), c.BranchHere(c.Change(batch_size=2)), c.OpenBranch(1), c.Rewind(0))
            + (c.RequestReport(),),
            id="measured where a branch has begun",
        ),
        pytest.param(
            (c.SetPlayhead(0), c.BranchHere(c.Change(learning_rate=-1.0)), c.RequestReport()),
            id="measured where a branch was refused",
        ),
        pytest.param(
            (WITH_PLANS, c.Change(batch_size=2), c.RunTo(9)), id="a command before those that are due"
        ),
        pytest.param((WITH_PLANS, KILLED, c.RunTo(60)), id="reopened with commands for steps to come"),
        pytest.param(
            (WITH_PLANS, c.SetParameters(bytes(NUMBERS)), c.Undo(), c.RunTo(60)),
            id="commands for steps to come when other parameters are taken back",
        ),
        pytest.param(
            (c.StartRun(SETUP), c.RequestReport(), c.Undo(), KILLED), id="an undone run is reopened"
        ),
        pytest.param(
            (
                c.RunTo(70),
                c.Change(batch_size=2),
                c.RunTo(97),
                c.Change(epochs=2, steps=5),
                c.Play(),
                c.CompareWithout(1),
            ),
            id="without the goal at which it was measured",
        ),
    ],
)
def test_what_once_failed_is_right(actions):
    fault = fault_of(SETUP, actions, Random(0))
    assert fault is None, str(fault)
