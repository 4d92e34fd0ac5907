"""One random story of a worker: drawn from a number, told, and made shorter where it fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.core.every_setup import random_setup
from tests.random_runs.actions import ACTIONS, OFTEN, check_answer
from tests.random_runs.ledger import Wrong, expect
from tests.random_runs.stage_props import Clock, PatientSaver, Stuck, props
from tests.random_runs.truth import Oracle
from tests.random_runs.world import World
from visualnet.core.run import commands as c
from visualnet.core.run import events as e
from visualnet.core.run.file_parts import log_of

SHORTEST, LONGEST = 8, 45
MOTION_LOOKS = 300

KILL, SLOW_DISK, QUICK_DISK = "kill", "slow disk", "quick disk"
BESIDES = {KILL: 2, SLOW_DISK: 1, QUICK_DISK: 1}
"""What may happen beside commands, and how often."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done.

    Attributes:
        what: the command's name, or one of BESIDES.
        seed: its arguments are drawn from.
        in_motion: whether it comes while something goes on.
    """

    what: str
    seed: int
    in_motion: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """A story that can be told again.

    Attributes:
        seed: of its Setup, its clock and its deeds.
        number: which of that seed's.
        kept: the places of the deeds that are done; None: all.
        without: names of deeds that are left out.
        longest: so many deeds at most.
    """

    seed: int
    number: int
    kept: tuple[int, ...] | None = None
    without: tuple[str, ...] = ()
    longest: int = LONGEST

    @property
    def deeds(self) -> list[Deed]:
        """All of them, in order."""
        deeds = self._all_deeds
        return [deeds[place] for place in self._places if deeds[place].what not in self.without]

    @property
    def _all_deeds(self) -> list[Deed]:
        random = self._random("deeds")
        kinds = [*(kind.__name__ for kind in ACTIONS), *BESIDES]
        weights = [*(OFTEN.get(kind, 1) for kind in ACTIONS), *BESIDES.values()]
        count = random.randint(SHORTEST, self.longest)
        drawn = random.choices(kinds, weights, k=count)
        return [Deed(kind, random.getrandbits(32), random.random() < 0.25) for kind in drawn]

    @property
    def _places(self) -> tuple[int, ...]:
        return tuple(range(len(self._all_deeds))) if self.kept is None else self.kept

    def _random(self, purpose: str) -> Random:
        return Random(f"{self.seed} {self.number} {purpose}")

    @property
    def command_line(self) -> str:
        """What tells it again."""
        kept = "" if self.kept is None else f" --kept {','.join(map(str, self.kept))}"
        without = f" --without {','.join(self.without)}" if self.without else ""
        longest = f" --longest {self.longest}" if self.longest != LONGEST else ""
        numbers = f"--seed {self.seed} --episode {self.number}"
        return f"python -m tests.benchmarks.random_runs {numbers}{longest}{kept}{without}"

    def fault(self) -> str | None:
        """What is wrong in it; None where nothing is."""
        done: list[str] = []
        with TemporaryDirectory() as folder, _quiet_log():
            clock = Clock(self._random("clock"))
            with props(clock):
                return self._tell(Path(folder), clock, done)

    def _tell(self, folder: Path, clock: Clock, done: list[str]) -> str | None:
        random = self._random("setup")
        world = World(folder, clock, Oracle(), keeps_nameless=random.random() < 0.8)
        logger = logging.getLogger("visualnet")
        logger.addHandler(world.faults)
        try:
            world.send(c.StartRun(random_setup(random)))
            for deed in self.deeds:
                done.append(_words(deed))
                do(world, deed, done)
                world.check(with_files=Random(deed.seed).random() < 0.5)
            world.check(with_files=True)
        except (Wrong, Stuck, AssertionError) as error:
            return f"{error}\n" + "\n".join(f"    {line}" for line in done)
        finally:
            logger.removeHandler(world.faults)
            with suppress(Stuck, Wrong):
                world.end(keeps=False)
        return None

    def shortest(self) -> Episode:
        """The same story without the deeds that its fault does not need."""
        deeds = self._all_deeds
        places = [place for place in self._places if deeds[place].what not in self.without]
        length = len(places)
        while length:
            start = len(places) - length
            while start >= 0 and len(places) > 1:
                fewer = places[:start] + places[start + length :]
                if fewer and replace(self, kept=tuple(fewer)).fault() is not None:
                    places = fewer
                start -= length
            length //= 2
        return replace(self, kept=tuple(places))


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Errors are heard by the world alone."""
    logger = logging.getLogger("visualnet")
    before = logger.propagate
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = before


def _words(deed: Deed) -> str:
    return f"{deed.what}{' in motion' if deed.in_motion else ''}"


def do(world: World, deed: Deed, done: list[str]) -> None:
    """Do one thing, and see whether it did what it says."""
    random = Random(deed.seed)
    if deed.what == KILL:
        _kill(world, random, deed.in_motion, done)
    elif deed.what in BESIDES:
        _set_disk(deed.what == QUICK_DISK)
    else:
        maker = next(ACTIONS[kind] for kind in ACTIONS if kind.__name__ == deed.what)
        command = maker(world, random)
        if command is not None:
            done[-1] += f": {command!s:.200}"
            _serve(world, command, random, deed.in_motion, done)


def _set_disk(is_quick: bool) -> None:
    if is_quick:
        PatientSaver.disk.set()
        for saver in list(PatientSaver.all):
            saver.settle()
    else:
        PatientSaver.disk.clear()


def _serve(world: World, command: c.Command, random: Random, in_motion: bool, done: list[str]) -> None:
    if isinstance(command, c.Stop):
        _stop(world, command)
    elif isinstance(command, c.OpenRun):
        _open(world, command)
    elif in_motion or isinstance(command, (c.Play, c.PlayFromHere)):
        _move(world, command, random, done)
    else:
        _at_rest(world, command)


def _at_rest(world: World, command: c.Command) -> None:
    ledger = world.ledger
    _announce(world, command)
    before, playhead = replace(ledger.now), ledger.playhead
    told = world.send(command)
    ledger.planned = ()
    check_answer(world, command, before, playhead, told)


def _announce(world: World, command: c.Command) -> None:
    if isinstance(command, c.StartRun):
        world.ledger.planned = command.journal


def _move(world: World, command: c.Command, random: Random, done: list[str]) -> None:
    """A command while training goes on, or the past is played."""
    _announce(world, command)
    first: c.Command = random.choice(
        (c.Play(), c.Play(), c.PlayFromHere(), c.RunTo(world.ledger.now.line.step + 60))
    )
    looks = random.randint(1, MOTION_LOOKS)
    if isinstance(command, (c.Play, c.PlayFromHere)):
        first = command
    else:
        world.send_after(looks, command)
    world.send_after(looks + random.randint(1, MOTION_LOOKS), c.Pause())
    done[-1] += f" after {first} and {looks} looks"
    world.send(first)
    world.send(c.Pause())
    world.ledger.planned = ()


def _open(world: World, command: c.OpenRun) -> None:
    PatientSaver.disk.set()
    world.open(command.path)


def _stop(world: World, command: c.Stop) -> None:
    """The end of the program, and its next start, at which all of its files are opened."""
    PatientSaver.disk.set()
    files = world._files()
    nameless = {
        recording.path: root
        for root, recording in world.worker._recordings._by_root.items()
        if not recording.is_named and recording.has_steps
    }
    left = set(world.ledger.left)
    world.end(command.keeps_nameless)
    for path, root in nameless.items():
        expect(path.exists() == command.keeps_nameless, f"{path.name} is there: {path.exists()}, {command}")
        if command.keeps_nameless:
            world.closed[path] = files[root]
    logs = [path for path in world.closed if log_of(path).exists()]
    expect(not logs, f"a log was left beside {logs}")
    world.begin_again()
    world.ledger.left = left
    _go_on_somewhere(world)


def _kill(world: World, random: Random, in_motion: bool, done: list[str]) -> None:
    copies: dict[Path, Path]
    if not PatientSaver.disk.is_set():
        _set_disk(is_quick=True)
    copies = world.copies()
    world.kill(copies)
    _go_on_somewhere(world)


def _go_on_somewhere(world: World) -> None:
    """Open what is there, or begin anew."""
    for path in sorted(world.closed):
        if path.exists() and not world.ledger.runs:
            world.open(path)
    if not world.ledger.runs:
        told = world.send(c.StartRun(random_setup(Random(1))))
        expect(any(isinstance(event, e.RunStarted) for event in told), f"no run began: {told}")
