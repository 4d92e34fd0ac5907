"""UndoHistory: everything that was done, in order, for undo and redo. Worker thread only.

For each command the arrangements of runs and draft before and after it are kept, by reference, so no command needs an
inverse of its own. Only a setting has one: it stays in the journal, and is set back by one more command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from math import inf
from pathlib import Path
from time import perf_counter

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.done import Done
from visualnet.core.runs.arrangement import Arrangement
from visualnet.core.runs.describing import describe
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.runs.run_files import RunFiles
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.run_commands import SettingValue
from visualnet.core.worker.branching import Branching

MOST = 100
"""Entries that are kept, at most; what was done before them is final."""

MOST_HOLDING = 6
"""Entries that are kept, at most, among those that hold runs in memory which are not shown."""

SECONDS_IN_A_GESTURE = 0.6
"""Changes of one thing that follow each other within this time, as when a slider is dragged, are undone as one."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing that was done: between two arrangements, or by a setting that takes the place of another."""

    done: Done
    before: Arrangement
    after: Arrangement
    settings: tuple[c.RunCommand, c.RunCommand] | None = None

    def with_later(self, later: _Entry) -> _Entry:
        """Both as one."""
        done = replace(self.done, after=later.done.after)
        settings = self.settings and later.settings and (self.settings[0], later.settings[1])
        return _Entry(done, self.before, later.after, settings)

    @property
    def is_nothing(self) -> bool:
        """Whether all is as it was before."""
        return self.before == self.after and (self.settings is None or self.settings[0] == self.settings[1])

    def without(self, runs: list[Run]) -> _Entry:
        """As if these runs had never been there."""
        return replace(self, before=self.before.without(runs), after=self.after.without(runs))

    def is_about(self, runs: list[Run]) -> bool:
        """Whether one of these runs is shown before or after it."""
        return self.before.present in runs or self.after.present in runs


class UndoHistory:
    """The list of what was done and the present place in it; something new drops what could be done again."""

    def __init__(self, state: WorkerState, branching: Branching, run_files: RunFiles) -> None:
        self._state = state
        self._branching = branching
        self._run_files = run_files
        self._entries: list[_Entry] = []
        self._count = 0
        self._numbers = count(1)
        self._noted_at = -inf
        self._held_live_runs: set[LiveRun] = set()
        self._held_roots: set[Run] = set()

    @contextmanager
    def noting(self, command: c.Command) -> Iterator[None]:
        """Note what this command, which is served meanwhile, makes of the runs and the draft."""
        before = Arrangement.of(self._state)
        try:
            yield
        finally:
            after = Arrangement.of(self._state)
            if after != before:
                self._note_arranged(command, before, after)

    def _note_arranged(self, command: c.Command, before: Arrangement, after: Arrangement) -> None:
        if before.present is not None:
            self._note(_Entry(describe(command, before, after), before, after))
        oldest = self._branching.take_oldest()
        if oldest:
            self._forget(oldest)
        self._tell()
        if oldest:
            self._run_files.put_aside(oldest)
        self._release()

    def note_setting(self, command: c.RunCommand, settings: Mapping[str, SettingValue]) -> None:
        """A command took effect in the present run.

        Args:
            command: which.
            settings: in force before it.
        """
        if not isinstance(command, c.Change):
            return
        undoing = command.inverse(settings)
        now, run_id = Arrangement.of(self._state), self._state.run.run_id
        done = Done("setting", run_id, ", ".join(command.names), undoing, command)
        self._note(_Entry(done, now, now, (undoing, command)))
        self._release()
        self._tell()

    def _note(self, entry: _Entry) -> None:
        del self._entries[self._count :]
        now = perf_counter()
        last = self._entries[-1] if self._entries else None
        is_quick = now - self._noted_at <= SECONDS_IN_A_GESTURE
        if last is not None and is_quick and entry.done.goes_on_with(last.done):
            self._entries[-1] = last.with_later(entry)
        else:
            number = next(self._numbers)
            self._entries.append(replace(entry, done=replace(entry.done, number=number)))
        if self._entries[-1].is_nothing:
            self._entries.pop()
        while len(self._entries) > MOST or self._holding > MOST_HOLDING:
            del self._entries[0]
        self._count, self._noted_at = len(self._entries), now

    @property
    def _holding(self) -> int:
        """How many entries keep runs that are not there now."""
        there = Arrangement.of(self._state).live_runs
        return sum(not (entry.before.live_runs | entry.after.live_runs) <= there for entry in self._entries)

    def _forget(self, runs: list[Run]) -> None:
        """These runs never come back: what was done while one of them was shown is final."""
        about = [place for place, entry in enumerate(self._entries) if entry.is_about(runs)]
        kept = self._entries[about[-1] + 1 :] if about else self._entries
        without = [entry.without(runs) for entry in kept]
        self._entries = [entry for entry in without if not entry.is_nothing]
        self._count = len(self._entries)

    def _release(self) -> None:
        """Free what no run stands in, and what nothing leads back to."""
        arrangements = [Arrangement.of(self._state)]
        for entry in self._entries:
            arrangements += entry.before, entry.after
        live_runs = {live_run for arrangement in arrangements for live_run in arrangement.live_runs}
        roots = {run for arrangement in arrangements for run in arrangement.runs if run.parent is None}
        for live_run in self._held_live_runs - live_runs:
            live_run.release()
        for root in self._held_roots - roots:
            self._run_files.let_go(root)
        self._held_live_runs, self._held_roots = live_runs, roots

    def _tell(self) -> None:
        done = tuple(entry.done for entry in self._entries)
        self._state.post(e.UndoHistoryChanged(self._state.generation, done, self._count))

    def undo(self) -> None:
        """Take back the last thing that was done and is not undone.

        Raises:
            VisualNetError: when there is none, or it cannot be; then all stays as it was.
        """
        if not self._count:
            raise VisualNetError("There is nothing to undo.")
        entry = self._entries[self._count - 1]
        if entry.settings is None:
            self._branching.arrange(entry.before, is_later=False)
        else:
            self._set(entry.settings[0])
        self._move(-1)

    def redo(self) -> None:
        """Do again what was undone last.

        Raises:
            VisualNetError: when there is nothing, or it cannot be; then all stays as it was.
        """
        if self._count == len(self._entries):
            raise VisualNetError("There is nothing to do again.")
        entry = self._entries[self._count]
        if entry.settings is None:
            self._branching.arrange(entry.after, is_later=True)
        else:
            self._set(entry.settings[1])
        self._move(1)

    def _move(self, by: int) -> None:
        self._count += by
        self._noted_at = -inf
        self._tell()

    def _set(self, command: c.RunCommand) -> None:
        """Let a setting take effect at the live edge, wherever the playhead is."""
        self._state.apply_planned()
        self._state.live_run.apply(command)
        self._branching.tell_applied(command)

    def go_to(self, number: int) -> None:
        """Undo or do again until this is the last thing that is done; 0: until nothing is.

        Raises:
            VisualNetError: when there is no such thing.
        """
        numbers = [0, *(entry.done.number for entry in self._entries)]
        if number not in numbers:
            raise VisualNetError("That can no longer be undone or done again.")
        goal = numbers.index(number)
        while self._count > goal:
            self.undo()
        while self._count < goal:
            self.redo()

    def let_go_of(self, path: Path) -> None:
        """A file is wanted: where a run that was undone keeps it, that is gone for good."""
        root = self._run_files.at_hand(path)
        if root is not None and root not in self._state.tree:
            del self._entries[self._count :]
            self._release()
            self._tell()

    def clear(self) -> None:
        """Forget all of it: what was undone is gone for good."""
        self._entries.clear()
        self._count = 0
        self._release()
