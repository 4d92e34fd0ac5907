"""The undo history as a menu: the newest on top, a mark at the present place; a click goes to an entry. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from visualnet.app.session.undo_history import UndoHistory
from visualnet.app.text.journal import done_words

MOST_SHOWN = 20
"""Lines around the present place: a menu that fills the screen is read by nobody."""


class HistoryMenu(QMenu):
    """The menu of what can be undone and done again.

    Args:
        history: what was done.
        parent: the menu that it is opened from.
    """

    def __init__(self, history: UndoHistory, parent: QMenu) -> None:
        super().__init__("&History", parent)
        self._history = history
        self._group: QActionGroup | None = None
        self.aboutToShow.connect(self.fill)
        history.changed.connect(self._enable)
        self._enable()

    def _enable(self) -> None:
        self.menuAction().setEnabled(bool(self._history.done))

    def fill(self) -> None:
        """Show what was done until now."""
        self.clear()
        self._group = QActionGroup(self)
        history = self._history
        first = max(0, min(history.count - MOST_SHOWN // 2, len(history.done) - MOST_SHOWN))
        shown = list(enumerate(history.done))[first : first + MOST_SHOWN]
        for place, done in reversed(shown):
            words = done_words(done)
            self._add(f"{words[:1].upper()}{words[1:]}", place + 1, done.number)
        if not first:
            self._add("The beginning", 0, 0)

    def _add(self, words: str, count: int, number: int) -> None:
        """A line that goes to where so many things are done; what is undone is set apart."""
        assert self._group is not None
        action: QAction = self.addAction(words.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(count == self._history.count)
        font = action.font()
        font.setItalic(count > self._history.count)
        action.setFont(font)
        action.triggered.connect(partial(self._history.go_to, number))
        self._group.addAction(action)
