"""One random sequence of commands for a worker: drawn from a number, run, and made shorter where it fails."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.core.every_setup import random_setup
from tests.random_runs.deterministic import NeverIdle, SettlingSaver, SimulatedClock, deterministic
from tests.random_runs.expected_runs import Mismatch, expect
from tests.random_runs.harness import Harness
from tests.random_runs.oracle import Oracle
from tests.random_runs.random_commands import RANDOM_COMMANDS, WEIGHTS, check_response
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.runfile.file_parts import log_of
from visualnet.core.setup.setup import Setup

SHORTEST, LONGEST = 8, 45
MOTION_LOOKS = 120

KILL, SLOW_DISK, QUICK_DISK = "kill", "slow disk", "quick disk"
OTHER_ACTIONS = {KILL: 2, SLOW_DISK: 1, QUICK_DISK: 1}
"""What may happen beside commands, and how often."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that is done.

    Attributes:
        what: the command's name, or one of OTHER_ACTIONS.
        seed: its arguments are drawn from.
        in_motion: whether it comes while something goes on.
    """

    what: str
    seed: int
    in_motion: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in an episode.

    Attributes:
        sentence: says it.
        done: what had been done until it was seen.
        check: the lines that found it; two faults that were found by the same ones are of one kind.
    """

    sentence: str
    done: tuple[str, ...]
    check: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return "\n".join((self.sentence, *(f"    {line}" for line in self.done)))

    @classmethod
    def of(cls, error: Exception, done: list[str]) -> Fault:
        """The fault that an error tells of."""
        frames = traceback.extract_tb(error.__traceback__)
        check = tuple((frame.name, frame.lineno or 0) for frame in frames[1:])
        return cls(f"{error}", tuple(done), check)


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode that can be run again.

    Attributes:
        seed: of its Setup, its clock and its actions.
        number: which of that seed's.
        kept: the places of the actions that are done; None: all.
        without: names of actions that are left out.
        longest: so many actions at most.
    """

    seed: int
    number: int
    kept: tuple[int, ...] | None = None
    without: tuple[str, ...] = ()
    longest: int = LONGEST

    @property
    def setup(self) -> Setup:
        """What is trained first."""
        return random_setup(self._random("setup"))

    @property
    def actions(self) -> list[Action]:
        """All of them, in order."""
        actions = self._all_actions
        return [actions[place] for place in self._places if actions[place].what not in self.without]

    @property
    def _all_actions(self) -> list[Action]:
        random = self._random("actions")
        kinds = [*(kind.__name__ for kind in RANDOM_COMMANDS), *OTHER_ACTIONS]
        weights = [*(WEIGHTS.get(kind, 1) for kind in RANDOM_COMMANDS), *OTHER_ACTIONS.values()]
        count = random.randint(SHORTEST, self.longest)
        drawn = random.choices(kinds, weights, k=count)
        return [Action(kind, random.getrandbits(32), random.random() < 0.25) for kind in drawn]

    @property
    def _places(self) -> tuple[int, ...]:
        return tuple(range(len(self._all_actions))) if self.kept is None else self.kept

    def _random(self, purpose: str) -> Random:
        return Random(f"{self.seed} {self.number} {purpose}")

    @property
    def command_line(self) -> str:
        """What runs it again."""
        kept = "" if self.kept is None else f" --kept {','.join(map(str, self.kept))}"
        without = f" --without {','.join(self.without)}" if self.without else ""
        longest = f" --longest {self.longest}" if self.longest != LONGEST else ""
        numbers = f"--seed {self.seed} --episode {self.number}"
        return f"python -m tests.benchmarks.random_runs {numbers}{longest}{kept}{without}"

    def fault(self) -> Fault | None:
        """What is wrong in it; None where nothing is."""
        keeps_nameless = self._random("files").random() < 0.8
        return fault_of(self.setup, self.actions, self._random("clock"), keeps_nameless)

    def shortest(self) -> Episode:
        """The same episode without the actions that a fault of the same kind does not need."""
        actions, fault = self._all_actions, self.fault()
        places = [place for place in self._places if actions[place].what not in self.without]
        length = len(places)
        while length:
            start = len(places) - length
            while start >= 0 and len(places) > 1:
                fewer = places[:start] + places[start + length :]
                other = replace(self, kept=tuple(fewer)).fault() if fewer else None
                if fault is not None and other is not None and other.check == fault.check:
                    places = fewer
                start -= length
            length //= 2
        return replace(self, kept=tuple(places))


def fault_of(
    setup: Setup, actions: Iterable[Action | c.Command], random: Random, keeps_nameless: bool = True
) -> Fault | None:
    """What is wrong when a run is begun and one thing done after the other; None where nothing is.

    Args:
        setup: what is trained first.
        actions: what is done; a command comes at rest.
        random: how time goes by.
        keeps_nameless: whether runs are kept from their first step on.
    """
    clock, done = SimulatedClock(random), list[str]()
    with TemporaryDirectory() as folder, _quiet_log(), deterministic(clock):
        harness = Harness(Path(folder), clock, Oracle(), keeps_nameless)
        logger = logging.getLogger("visualnet")
        logger.addHandler(harness.errors)
        try:
            harness.send(c.StartRun(setup))
            for action in actions:
                done.append(_words(action))
                do(harness, action, done)
                is_command = isinstance(action, c.Command)
                harness.check(with_files=is_command or Random(action.seed).random() < 0.5)
            harness.check(with_files=True)
        except (Mismatch, NeverIdle, AssertionError) as error:
            return Fault.of(error, done)
        finally:
            logger.removeHandler(harness.errors)
            with suppress(NeverIdle, Mismatch):
                harness.end(keeps=False)
    return None


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Errors are heard by the harness alone."""
    logger = logging.getLogger("visualnet")
    before = logger.propagate
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = before


def _words(action: Action | c.Command) -> str:
    if isinstance(action, c.Command):
        return f"{action!s:.200}"
    return f"{action.what}{' in motion' if action.in_motion else ''}"


def do(harness: Harness, action: Action | c.Command, done: list[str]) -> None:
    """Do one thing, and see whether it did what it says."""
    if isinstance(action, c.Command):
        _serve(harness, action, Random(0), False, done)
        return
    random = Random(action.seed)
    if action.what == KILL:
        _kill(harness, random, action.in_motion, done)
    elif action.what in OTHER_ACTIONS:
        _set_disk(action.what == QUICK_DISK)
    else:
        maker = next(RANDOM_COMMANDS[kind] for kind in RANDOM_COMMANDS if kind.__name__ == action.what)
        made = maker(harness, random)
        if made is not None:
            *earlier, command = made if isinstance(made, tuple) else (made,)
            for one in earlier:
                done[-1] += f", after {one!s:.200}"
                _serve(harness, one, random, False, done)
            done[-1] += f": {command!s:.200}"
            _serve(harness, command, random, action.in_motion, done)


def _set_disk(is_quick: bool) -> None:
    if is_quick:
        SettlingSaver.disk.set()
        for saver in list(SettlingSaver.all):
            saver.settle()
    else:
        SettlingSaver.disk.clear()


def _serve(harness: Harness, command: c.Command, random: Random, in_motion: bool, done: list[str]) -> None:
    if isinstance(command, c.Stop):
        _stop(harness, command)
    elif isinstance(command, c.OpenRun):
        _open(harness, command)
    elif in_motion or isinstance(command, (c.Play, c.PlayFromHere)):
        _move(harness, command, random, done)
    else:
        _at_rest(harness, command)


def _at_rest(harness: Harness, command: c.Command) -> None:
    expected = harness.expected
    _announce(harness, command)
    before, playhead = replace(expected.now), expected.playhead
    events = harness.send(command)
    expected.planned = ()
    check_response(harness, command, before, playhead, events)


def _announce(harness: Harness, command: c.Command) -> None:
    if isinstance(command, c.StartRun):
        harness.expected.planned = command.journal


def _move(harness: Harness, command: c.Command, random: Random, done: list[str]) -> None:
    """A command while training goes on, or the past is played."""
    _announce(harness, command)
    first: c.Command = random.choice(
        (c.Play(), c.Play(), c.PlayFromHere(), c.RunTo(harness.expected.now.trajectory.step + 60))
    )
    looks = random.randint(1, MOTION_LOOKS)
    if isinstance(command, (c.Play, c.PlayFromHere)):
        first = command
    else:
        harness.send_after(looks, command)
    harness.send_after(looks + random.randint(1, MOTION_LOOKS), c.Pause())
    done[-1] += f" after {first} and {looks} looks"
    harness.send(first)
    harness.send(c.Pause())
    harness.expected.planned = ()


def _open(harness: Harness, command: c.OpenRun) -> None:
    SettlingSaver.disk.set()
    harness.open(command.path)


def _stop(harness: Harness, command: c.Stop) -> None:
    """The end of the program, and its next start, at which all of its files are opened."""
    _set_disk(is_quick=True)
    nameless = {
        binding.path: harness.expected.left(root)
        for root, binding in harness.worker._run_files._by_root.items()
        if not binding.is_named and binding.has_steps and root in harness.tree
    }
    harness.end(command.keeps_nameless)
    for path, left in nameless.items():
        expect(path.exists() == command.keeps_nameless, f"{path.name} is there: {path.exists()}, {command}")
        if command.keeps_nameless:
            harness.closed[path] = left
    logs = [path for path in harness.closed if log_of(path).exists()]
    expect(not logs, f"a log was left beside {logs}")
    harness.begin_again()
    _go_on_somewhere(harness)


def _kill(harness: Harness, random: Random, in_motion: bool, done: list[str]) -> None:
    _set_disk(is_quick=True)
    harness.kill(harness.copies())
    _go_on_somewhere(harness)


def _go_on_somewhere(harness: Harness) -> None:
    """Open what is there, or begin anew."""
    for path in sorted(harness.closed):
        if path.exists() and not harness.expected.runs:
            harness.open(path)
    if not harness.expected.runs:
        events = harness.send(c.StartRun(random_setup(Random(1))))
        expect(any(isinstance(event, e.RunStarted) for event in events), f"no run began: {events}")
