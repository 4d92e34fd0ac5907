"""The menu bar, made of the table of actions. GUI thread only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from visualnet.app.session.undo_history import UndoHistory
from visualnet.app.window.actions import ACTIONS, REDO, UNDO, Action, Given, Parts, Submenu


class Menus(QMenuBar):
    """All menus of a window; empty until they are filled."""

    def __init__(self) -> None:
        super().__init__()
        self._menus: dict[str, QMenu] = {}
        self._actions: dict[str, QAction] = {}

    def fill(self, parts: Parts) -> None:
        """Offer every action there is; called once."""
        for entry in ACTIONS:
            if entry.menu not in self._menus:
                self._menus[entry.menu] = self.addMenu(entry.menu)
            menu = self._menus[entry.menu]
            if isinstance(entry, Action):
                self._add(menu, entry, parts)
            elif isinstance(entry, Submenu):
                entry.make(parts, menu)
            elif isinstance(entry, Given):
                menu.addActions(list(entry.actions(parts)))
            else:
                menu.addSeparator()
        self._follow(parts.session.history)

    def _add(self, menu: QMenu, entry: Action, parts: Parts) -> None:
        action = self._actions[entry.text] = menu.addAction(entry.text)
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        action.triggered.connect(partial(_run, entry, parts))

    def action(self, text: str) -> QAction:
        """The action that the table has under this text, whatever it says now."""
        return self._actions[text]

    def all_actions(self) -> Iterator[tuple[str, QAction]]:
        """Each line that does something, with the menus that it stands in: ``File › Export``."""
        for text, menu in self._menus.items():
            yield from _lines(text.replace("&", ""), menu)

    def _follow(self, history: UndoHistory) -> None:
        """Let Undo and Redo say what they would do."""
        for text in (UNDO, REDO):
            # What the list of keys calls it, whatever it would undo.
            self._actions[text].setIconText(text.replace("&", ""))
        history.changed.connect(partial(self._show_undo, history))
        self._show_undo(history)

    def _show_undo(self, history: UndoHistory) -> None:
        for text, words in ((UNDO, history.undo_words), (REDO, history.redo_words)):
            self._actions[text].setText(f"{text} {(words or '').replace('&', '&&')}".strip())
            self._actions[text].setEnabled(words is not None)


def _run(entry: Action, parts: Parts, *_: bool) -> None:
    entry.run(parts)


def _lines(path: str, menu: QMenu) -> Iterator[tuple[str, QAction]]:
    submenus = {one.menuAction(): one for one in menu.findChildren(QMenu) if one.parent() is menu}
    for action in menu.actions():
        if action in submenus:
            inner = submenus[action]
            inner.aboutToShow.emit()
            yield from _lines(f"{path} › {inner.title().replace('&', '')}", inner)
        elif not action.isSeparator():
            yield path, action
