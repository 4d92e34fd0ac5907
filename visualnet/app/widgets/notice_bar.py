"""One sentence under the toolbar, with what can be done about it. Never in the way, never modal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from visualnet.app.icons import icon
from visualnet.app.theme import GRID, Theme

Action = tuple[str, Callable[[], None]]


class NoticeBar(QWidget):
    """Shows the newest notice; hides by itself where the notice is not important."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._text = QLabel(wordWrap=True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar(maximum=1000, textVisible=False)
        self._progress.setFixedWidth(160)
        self._progress.setAccessibleName("Loading")
        self._close = QToolButton(toolTip="Hide this notice. It stays in the log.")
        self._close.setAccessibleName("Hide notice")
        self._close.clicked.connect(self.hide)
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        self._row.setSpacing(GRID)
        for widget in (self._text, self._progress, self._close):
            self._row.addWidget(widget)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.set_theme(theme)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown now."""
        return self._text.text()

    def show_notice(self, text: str, actions: tuple[Action, ...] = (), seconds: float | None = None) -> None:
        """Show a sentence with buttons; hide it after some seconds, or when the person says so (None)."""
        self._fill(text, actions)
        self._progress.hide()
        self._close.show()
        self.show()
        self._timer.stop()
        if seconds is not None:
            self._timer.start(round(seconds * 1000))

    def show_progress(self, text: str, fraction: float, cancel: Callable[[], None]) -> None:
        """Show how far a piece of work is, with a button that cancels it."""
        if self._progress.isHidden() or not self._buttons:
            self._fill(text, (("Cancel", cancel),))
            self._close.hide()
            self._progress.show()
            self._timer.stop()
            self.show()
        self._text.setText(text)
        self._progress.setValue(round(fraction * 1000))

    def hide_progress(self) -> None:
        """The work is over; a notice that came meanwhile stays."""
        if not self._progress.isHidden():
            self._progress.hide()
            self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._close.setIcon(icon("close", theme, theme.secondary))
        self.setStyleSheet(
            f"#notice {{ background: {theme.raised}; border-radius: 6px; }}"
            f"QProgressBar {{ background: {theme.line}; border: none; border-radius: 3px; max-height: 6px; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
        )

    def _fill(self, text: str, actions: tuple[Action, ...]) -> None:
        self._text.setText(text)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for label, act in actions:
            button = QPushButton(label)
            button.clicked.connect(act)
            button.clicked.connect(self.hide)
            self._row.insertWidget(self._row.count() - 1, button)
            self._buttons.append(button)
