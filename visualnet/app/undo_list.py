"""What Ctrl+Z takes back next: settings, new runs, branches and deletions, in the order they came. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.app.journal import command_words
from visualnet.app.runs import Runs
from visualnet.core.run import commands as c
from visualnet.core.run import events as e


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """Something that can be taken back.

    Attributes:
        words: what it was.
        command: what takes it back.
        run_id: the run that must be the present one for that; None: any.
        number: tells one setting of a run from another, from 1.
    """

    words: str
    command: c.Command
    run_id: int | None = None
    number: int = 0


class UndoList:
    """Grows and shrinks with what the worker acknowledges; it never guesses what was done."""

    def __init__(self) -> None:
        self._entries: list[UndoEntry] = []
        self._taken: set[c.Command] = set()
        self._created: e.RunSummary | None = None

    def next(self, run_id: int) -> UndoEntry | None:
        """The newest that can be taken back while this run is the present one."""
        fitting = (entry for entry in reversed(self._entries) if entry.run_id in (None, run_id))
        return next(fitting, None)

    def take(self, run_id: int) -> UndoEntry | None:
        """The newest, which is now taken back; a setting leaves when the worker says that it is back."""
        entry = self.next(run_id)
        if entry is not None and entry.run_id is None:
            self._entries.remove(entry)
            self._taken.add(entry.command)
        return entry

    def forget(self, command: c.Command) -> None:
        """The newest that this command takes back is taken back another way."""
        for place in reversed(range(len(self._entries))):
            if self._entries[place].command == command:
                del self._entries[place]
                return

    def note(self, event: e.Event, runs: Runs) -> None:
        """Something happened; call before ``runs`` knows it."""
        match event:
            case e.RunStarted():
                self._note_started(event, runs)
            case e.Applied():
                self._note_applied(event, runs.present)
            case e.WentBack():
                self._forget({runs.present})
            case e.BranchCreated():
                self.forget(c.UndoDelete(event.run.run_id))
            case e.BranchDeleted(_, run_ids):
                self._note_deleted(run_ids, runs)
        self._created = event.run if isinstance(event, e.BranchCreated) else None

    def _note_started(self, event: e.RunStarted, runs: Runs) -> None:
        """A branch that is opened as soon as it is there was made by a change in the past."""
        if self._created is not None and self._created.run_id == event.run_id:
            words = f"branch at step {self._created.start_step:,}"
            self._entries.append(UndoEntry(words, c.DeleteBranch(event.run_id)))
        elif event.run_id not in runs and event.can_bring_back:
            self._entries.append(UndoEntry("new run", c.BringBack()))

    def _note_applied(self, event: e.Applied, run_id: int) -> None:
        """As many settings of this run remain as the worker can take back."""
        if isinstance(event.command, c.SetParameters):
            return
        settings = [entry for entry in self._entries if entry.run_id == run_id]
        is_set_back = event.undoable < len(settings)
        # One more command of the same gesture takes the place of the one before.
        kept = event.undoable if is_set_back else event.undoable - 1
        for entry in settings[kept:]:
            self._entries.remove(entry)
        if not is_set_back:
            self._entries.append(
                UndoEntry(command_words(event.command), c.UndoSetting(), run_id, event.undoable)
            )

    def _note_deleted(self, run_ids: tuple[int, ...], runs: Runs) -> None:
        """What somebody deleted can be brought back; what was taken back, or had no room, is gone."""
        run = runs.get(run_ids[0])
        self._forget(set(run_ids))
        if run.parent is not None and c.DeleteBranch(run.run_id) not in self._taken:
            self._entries.append(UndoEntry(f"deletion of {run.name}", c.UndoDelete(run.run_id)))

    def _forget(self, run_ids: set[int]) -> None:
        """Nothing about these runs can be taken back any more."""
        about = {c.DeleteBranch(run_id) for run_id in run_ids}
        self._entries = [
            entry for entry in self._entries if entry.run_id not in run_ids and entry.command not in about
        ]
