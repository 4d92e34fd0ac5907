"""The keys of a number field: it takes those with which a number is typed, only while one is typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox

from visualnet.app.widgets.undo_keys import has_no_use

NEVER_WRITTEN = (Qt.Key.Key_Space, Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight)
MOVES = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class NumberKeys(QObject):
    """The editing of a number as text, which ends at Enter, Escape, Space or a click elsewhere.

    While nothing is edited the field leaves keys that mean the same everywhere (``keys.py``) to the window.

    Args:
        field: to be watched from now on.
        restore: shows the number again as it was before something was typed.
    """

    def __init__(self, field: QLineEdit | QSpinBox, restore: Callable[[], None]) -> None:
        super().__init__(field)
        self._field, self._restore = field, restore
        self._line = field if isinstance(field, QLineEdit) else field.lineEdit()
        self._is_edited = False
        self._double_clicked = -1
        for watched in {field, self._line}:
            watched.installEventFilter(self)
        self._line.textEdited.connect(self._on_text_edited)
        self._line.returnPressed.connect(self.end)

    def end(self) -> None:
        """The editing is over: what was typed counts, and the keyboard is the window's again."""
        self._is_edited = False
        window = self._field.window()
        if window.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            window.setFocus()

    def _on_text_edited(self) -> None:
        self._is_edited = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.ShortcutOverride:
                assert isinstance(event, QKeyEvent)
                return self._leaves(event)
            case QEvent.Type.KeyPress:
                assert isinstance(event, QKeyEvent)
                return self._takes(event)
            case QEvent.Type.MouseButtonPress if watched is self._line:
                assert isinstance(event, QMouseEvent)
                self._is_edited = True
                return self._is_third_click(event)
            case QEvent.Type.MouseButtonDblClick if watched is self._line:
                assert isinstance(event, QMouseEvent)
                self._double_clicked = event.timestamp()
                self._line.selectAll()
                return True
            case QEvent.Type.FocusOut if watched is self._field:
                self._is_edited = False
        return False

    def _is_third_click(self, event: QMouseEvent) -> bool:
        """Whether this press follows a double-click at once: what that selected stays selected."""
        since = event.timestamp() - self._double_clicked
        return self._double_clicked >= 0 and since < QApplication.doubleClickInterval()

    def _leaves(self, event: QKeyEvent) -> bool:
        """Whether this key is the window's."""
        if event.key() == Qt.Key.Key_Space:
            self.end()
        elif event.key() == Qt.Key.Key_Escape and self._is_edited:
            event.accept()
            return True
        is_left = (
            event.key() in NEVER_WRITTEN
            or (event.key() in MOVES and not self._is_edited)
            or has_no_use(self._line, event)
        )
        if is_left:
            event.ignore()
        return is_left

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether the field itself is not to hear of this key, which no shortcut took."""
        if event.key() == Qt.Key.Key_Escape and self._is_edited:
            self._restore()
            self.end()
            return True
        return event.key() in NEVER_WRITTEN
