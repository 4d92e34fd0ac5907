"""Random sequences of commands for the worker with its files; see tests/random_runs."""

from tests.random_runs.episode import Episode
from tests.random_runs.random_commands import RANDOM_COMMANDS, every_command
from visualnet.core.run.trainer import Trainer


def first_that_fails(**options):
    episodes = (Episode(0, number, **options) for number in range(20))
    return next(episode for episode in episodes if episode.fault() is not None)


def test_each_command_has_a_way_to_come():
    assert RANDOM_COMMANDS.keys() == every_command()


def test_a_bit_that_is_altered_is_found_and_the_sequence_made_short(monkeypatch):
    restore = Trainer._load

    def restore_almost(trainer, state):
        restore(trainer, state)
        trainer.network.parameters[0] *= 1.0001

    monkeypatch.setattr(Trainer, "_load", restore_almost)
    found = first_that_fails(longest=10)
    fault = found.fault()
    assert found.fault().splitlines()[0] == fault.splitlines()[0]
    shortest = found.shortest()
    assert shortest.fault() is not None
    assert len(shortest.actions) <= 3
