"""The keyboard focus after the widget that had it has disappeared."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget


class _FocusReturn(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide and isinstance(watched, QWidget):
            focus = QApplication.focusWidget()
            if focus is not None and watched.isAncestorOf(focus):
                watched.window().setFocus()
        return False


def return_focus(widget: QWidget) -> None:
    """Give the keyboard to the window when this is hidden while a widget in it has it.

    Qt would give it to the next button in the window, and the Space that is meant to play would press that.
    """
    widget.installEventFilter(_FocusReturn(widget))
