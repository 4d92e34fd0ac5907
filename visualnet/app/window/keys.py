"""Keys that mean the same wherever the keyboard focus is: play, the playhead, undo. GUI thread only.

They are shortcuts of the window, which Qt asks before the widget that has the focus, so no button, list or slider
can eat one. Qt lets a widget keep a key that it writes with: a text, or a number while it is typed (``number_keys.py``).
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QMainWindow, QPushButton, QToolButton

from visualnet.app.session.playhead import PlayheadControl

STEPS = {"": 1, "Ctrl+": 10, "Shift+": 100}
"""How many steps an arrow key moves the playhead by, with each modifier."""

UNDO_KEY, REDO_KEYS = "Ctrl+Z", ("Ctrl+Shift+Z", "Ctrl+Y")

PLAYHEAD_KEYS = (
    ("Playhead a step back or on", "← →"),
    ("Playhead 10 steps", "Ctrl+← →"),
    ("Playhead 100 steps", "Shift+← →"),
    ("Playhead to step 0", "Home"),
    ("Playhead to the live edge", "End"),
    ("Play the past from here", "Space in the past"),
)


class PlayheadKeys(QObject):
    """The keys that move the playhead: arrows, Home and End. The key of a disabled action does nothing at all.

    Args:
        window: where they hold, and in panels that float beside it.
        playhead: what they move.
        actions: whose keys no widget may have while they are disabled.
    """

    def __init__(self, window: QMainWindow, playhead: PlayheadControl, actions: tuple[QAction, ...]) -> None:
        super().__init__(window)
        for modifier, steps in STEPS.items():
            for arrow, sign in (("Left", -1), ("Right", 1)):
                QShortcut(modifier + arrow, window, partial(playhead.move_by, sign * steps))
        QShortcut("Home", window, lambda: playhead.move(0))
        QShortcut("End", window, playhead.go_live)
        for action in actions:
            for key in action.shortcuts():
                self._keep(window, action, key)

    @staticmethod
    def _keep(window: QMainWindow, action: QAction, key: QKeySequence) -> None:
        """Take the key of a disabled action, which Qt would give to the button that has the focus."""
        taken = QShortcut(key, window, lambda: None)
        action.enabledChanged.connect(lambda is_enabled: taken.setEnabled(not is_enabled))
        taken.setEnabled(not action.isEnabled())


def press_with_enter(event: QKeyEvent) -> bool:
    """Let Enter press the button that has the focus, or open its list, since Space does not; whether it did."""
    widget = QApplication.focusWidget()
    if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or widget is None or not widget.isEnabled():
        return False
    if isinstance(widget, QComboBox):
        widget.showPopup()
    elif isinstance(widget, (QPushButton, QToolButton)) and widget.menu() is not None:
        widget.showMenu()
    elif isinstance(widget, QAbstractButton):
        widget.click()
    else:
        return False
    return True
