"""The worker's undo history as the window knows it, with undo and redo. GUI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from visualnet.app.text.journal import done_words
from visualnet.core.messages import commands as c
from visualnet.core.messages.done import Done
from visualnet.core.messages.events import UndoHistoryChanged


class UndoHistory(QObject):
    """Everything done in order: settings, runs, branches, edits of the draft. The worker keeps it and undoes.

    Args:
        send: gives the worker a command.
        parent: its owner.

    Attributes:
        done: everything, oldest first.
        count: how many of them, from the oldest on, are not undone.
        changed: emitted when either is another.
        grew: emitted with what was done last, where it was not there before.
        moving: emitted before the worker is asked to go through it: whatever still waits to be sent is done first.
    """

    changed = Signal()
    grew = Signal(object)  # Done
    moving = Signal()

    def __init__(self, send: Callable[[c.Command], None], parent: QObject) -> None:
        super().__init__(parent)
        self.done: tuple[Done, ...] = ()
        self.count = 0
        self._send = send
        self._newest = 0

    def note(self, event: UndoHistoryChanged) -> None:
        """The worker says what can be undone."""
        self.done, self.count = event.done, event.count
        self.changed.emit()
        last = self.last
        if last is not None and last.number > self._newest:
            self._newest = last.number
            self.grew.emit(last)

    def forget_all(self) -> None:
        """Another worker knows nothing of what was done."""
        self._newest = 0
        self.done, self.count = (), 0
        self.changed.emit()

    @property
    def last(self) -> Done | None:
        """What Undo takes back."""
        return self.done[self.count - 1] if self.count else None

    @property
    def undo_words(self) -> str | None:
        """What Undo takes back, in words; None where there is nothing."""
        return None if self.last is None else done_words(self.last)

    @property
    def redo_words(self) -> str | None:
        """What Redo does again, in words; None where there is nothing."""
        return done_words(self.done[self.count]) if self.count < len(self.done) else None

    def undo(self) -> None:
        """Take back the last thing that was done."""
        self._ask(c.Undo())

    def redo(self) -> None:
        """Do again what was undone last."""
        self._ask(c.Redo())

    def go_to(self, number: int) -> None:
        """Undo, or do again, until this is the last thing that is done; 0: until nothing is."""
        self._ask(c.UndoTo(number))

    def _ask(self, command: c.Command) -> None:
        self.moving.emit()
        self._send(command)
