"""Ctrl+Z and Ctrl+Shift+Z where a widget has something of its own to undo; otherwise they are the window's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit


def is_undo(event: QKeyEvent) -> bool:
    """Whether a key asks to undo."""
    return event.matches(QKeySequence.StandardKey.Undo)


def is_redo(event: QKeyEvent) -> bool:
    """Whether a key asks to do something again: Ctrl+Shift+Z or, on every system, Ctrl+Y."""
    is_ctrl_y = event.key() == Qt.Key.Key_Y and event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return is_ctrl_y or event.matches(QKeySequence.StandardKey.Redo)


def has_no_use(line: QLineEdit, event: QKeyEvent) -> bool:
    """Whether a key asks a text for what it cannot undo or do again."""
    return (is_undo(event) and not line.isUndoAvailable()) or (is_redo(event) and not line.isRedoAvailable())


class TextUndo(QObject):
    """An event filter that leaves Ctrl+Z to the window when a text has nothing to undo; Qt would swallow it.

    Args:
        line: the text.
    """

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._line = line
        line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and has_no_use(self._line, event)
        ):
            event.ignore()
            return True
        return False
