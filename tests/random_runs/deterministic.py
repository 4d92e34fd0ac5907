"""What makes a real worker do the same each time: a clock that goes by being asked, a queue that tells when the worker
rests, and savers that are waited for.

Nothing of what the worker computes, keeps or writes is replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from random import Random
from shutil import copyfile
from threading import Event, Thread, current_thread
from typing import Any
from unittest.mock import patch

from visualnet.core.messages.commands import Command
from visualnet.core.runfile.file_parts import log_of
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs import run_file_binding

PATIENCE = 10.0
SHORTEST_TICK, LONGEST_TICK = 0.001, 0.5


class NeverIdle(Exception):  # noqa: N818
    """Something did not come to rest in time."""


class SimulatedClock:
    """Each look of one thread lets a random time pass; some looks set off what was planned for them.

    Args:
        random: how much passes.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._mean = 10 ** random.uniform(-2.7, -0.5)
        self._now = 1000.0
        self._alarms: list[tuple[int, Callable[[], None]]] = []
        self._looks = 0
        self.owner: Thread | None = None

    def __call__(self) -> float:
        """Seconds, as perf_counter's."""
        if current_thread() is self.owner:
            self._now += min(max(self._random.expovariate(1 / self._mean), SHORTEST_TICK), LONGEST_TICK)
            self._looks += 1
            while self._alarms and self._alarms[0][0] <= self._looks:
                self._alarms.pop(0)[1]()
        return self._now

    def after(self, looks: int, work: Callable[[], None]) -> None:
        """Plan something for so many looks from now; before those that were planned for the same or a later one."""
        self._alarms.append((self._looks + looks, work))
        self._alarms.sort(key=lambda alarm: alarm[0])

    def set_off(self) -> bool:
        """Do the next thing that was planned, now; False where nothing was."""
        if self._alarms:
            self._alarms.pop(0)[1]()
            return True
        return False

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Let all of ``visualnet.core`` look at this clock."""
        modules = [
            module
            for name, module in sys.modules.items()
            if name.startswith("visualnet.core.") and hasattr(module, "perf_counter")
        ]
        before = [module.perf_counter for module in modules]
        for module in modules:
            module.perf_counter = self
        try:
            yield
        finally:
            for module, clock in zip(modules, before, strict=True):
                module.perf_counter = clock


class IdleQueue(SimpleQueue[Command]):
    """The worker's queue, which tells when the worker waits for a command and has nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self.rests = Event()

    def get(self, block: bool = True, timeout: float | None = None) -> Command:
        """See SimpleQueue."""
        if block and timeout is None and self.empty():
            self.rests.set()
        return super().get(block, timeout)


class SettlingSaver(Saver):
    """A saver that has always begun what it was given, unless its disk is slow."""

    all: list[SettlingSaver]
    """Those of one episode that write."""

    disk: Event
    """Set while the disk of the episode is quick."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        SettlingSaver.all.append(self)

    def put(self, batch: Any) -> None:
        """See Saver."""
        super().put(batch)
        self.settle()

    def ask(self, request: Callable[[RunStore], None]) -> None:
        """See Saver."""
        super().ask(request)
        self.settle()

    def move(self, *arguments: Any) -> None:
        """See Saver."""
        super().move(*arguments)
        self.settle()

    def settle(self) -> None:
        """Wait until all that was given is done, where the disk is quick."""
        if SettlingSaver.disk.is_set() and self.is_alive():
            done = Event()
            super().ask(lambda _: done.set())
            while not done.wait(0.1):
                if not self.is_alive():
                    break

    def close(self) -> None:
        """See Saver."""
        SettlingSaver.disk.set()
        super().close()
        SettlingSaver.all.remove(self)

    def copy_to(self, folder: Path, copies: dict[Path, Path]) -> None:
        """Copy the file with its log, as a kill between two writes would leave them; named in ``copies``."""

        def copy(store: RunStore) -> None:
            target = folder / f"{len(list(folder.iterdir()))}{store.path.suffix}"
            copyfile(store.path, target)
            if log_of(store.path).exists():
                copyfile(log_of(store.path), log_of(target))
            copies[store.path] = target

        self.ask(copy)


@contextmanager
def deterministic(clock: SimulatedClock) -> Iterator[None]:
    """Let workers that are made meanwhile use all of these."""
    SettlingSaver.all, SettlingSaver.disk = [], Event()
    SettlingSaver.disk.set()
    save = RunStore.save

    def save_when_disk_is_quick(store: RunStore, batch: Any) -> None:
        if isinstance(current_thread(), Saver):
            SettlingSaver.disk.wait(PATIENCE)
        save(store, batch)

    with (
        clock.in_force(),
        patch.object(run_file_binding, "Saver", SettlingSaver),
        patch.object(RunStore, "save", save_when_disk_is_quick),
    ):
        yield
