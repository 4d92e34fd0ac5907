"""One sentence under the toolbar, with what can be done about it: it lies over the panels and moves none of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from visualnet.app.icons import icon
from visualnet.app.theme import GRID, Theme
from visualnet.app.widgets.focus import return_focus

Act = Callable[[], None]
Action = tuple[str, Act | tuple[tuple[str, Act], ...]]
"""Words on a button, and what it does; or a menu of such pairs."""


WIDTH = 760
"""Pixels, in a window that has them to spare."""


class NoticeBar(QFrame):
    """Shows the newest notice; hides by itself where the notice is not important.

    Args:
        theme: its colours.
        window: what it lies over.
        above: the part of that window below which it stands.
    """

    def __init__(self, theme: Theme, window: QWidget, above: QWidget) -> None:
        super().__init__(window)
        self._above = above
        for widget in (window, above):
            widget.installEventFilter(self)
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
        self._topic = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        self._row.setSpacing(GRID)
        for widget in (self._text, self._progress, self._close):
            self._row.addWidget(widget)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.set_theme(theme)
        return_focus(self)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown now."""
        return self._text.text()

    def show_notice(
        self, text: str, actions: tuple[Action, ...] = (), seconds: float | None = None, topic: str = ""
    ) -> None:
        """Show a sentence with buttons.

        Args:
            text: the sentence.
            actions: its buttons.
            seconds: hide it after so long; None: when the person says so.
            topic: what it is about, for ``withdraw``.
        """
        self._fill(text, actions)
        self._topic = topic
        self._progress.hide()
        self._close.show()
        self._place()
        self.show()
        self.raise_()
        self._timer.stop()
        if seconds is not None:
            self._timer.start(round(seconds * 1000))

    def withdraw(self, topic: str) -> None:
        """Hide the notice if it is about this, which is no longer so."""
        if self._topic == topic and self._progress.isHidden():
            self.hide()

    def show_progress(self, text: str, fraction: float, cancel: Callable[[], None]) -> None:
        """Show how far a piece of work is, with a button that cancels it."""
        if self._progress.isHidden() or not self._buttons:
            self._fill(text, (("Cancel", cancel),))
            self._close.hide()
            self._progress.show()
            self._timer.stop()
            self.show()
        if text != self._text.text():
            self._text.setText(text)
            self._place()
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
            f"#notice {{ background: {theme.raised}; border: 1px solid {theme.line}; border-radius: 8px; }}"
            f"QProgressBar {{ background: {theme.line}; border: none; border-radius: 3px; max-height: 6px; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        """In the middle under the toolbar, as high as the sentence needs."""
        window = self.parentWidget()
        width = min(WIDTH, window.width() - 4 * GRID)
        top = self._above.mapTo(window, self._above.rect().bottomLeft()).y()
        self.setGeometry((window.width() - width) // 2, top, width, self.heightForWidth(width))

    def _fill(self, text: str, actions: tuple[Action, ...]) -> None:
        self._text.setText(text)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for label, act in actions:
            button = QPushButton(label)
            if isinstance(act, tuple):
                button.setMenu(self._menu(act))
            else:
                button.clicked.connect(act)
                button.clicked.connect(self.hide)
            self._row.insertWidget(self._row.count() - 1, button)
            self._buttons.append(button)

    def _menu(self, choices: tuple[tuple[str, Act], ...]) -> QMenu:
        menu = QMenu(self)
        for words, act in choices:
            action = menu.addAction(words)
            action.triggered.connect(act)
            action.triggered.connect(self.hide)
        return menu
