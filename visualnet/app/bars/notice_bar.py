"""The notice bar: sentences with buttons, in a place of their own beside the menus, where they cover nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QEnterEvent, QHideEvent
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
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.focus import return_focus

Act = Callable[[], object]
Action = tuple[str, Act | tuple[tuple[str, Act], ...]]
"""Words on a button, and what it does; or a menu of such pairs."""

HEIGHT = 40
"""Pixels of the row, which two lines of a sentence need; only a longer one makes it higher."""

SECONDS_TO_READ = 6.0
"""How long a notice stays that needs no answer."""

SECONDS_UNDER_THE_MOUSE = 4.0
"""How long the mouse may hold a notice that would go, or that another one is to follow."""


@dataclass(frozen=True, slots=True)
class _Notice:
    text: str
    actions: tuple[Action, ...] = ()
    seconds: float | None = None
    topic: str = ""
    fraction: float | None = None


class NoticeBar(QFrame):
    """A bar with the newest notice; one that needs an answer comes back after those that came later.

    A notice under the mouse stays for a while, so that no click meant for it hits the next one.

    Args:
        theme: its colours.
        area: the row that it stands in, at its right end.
    """

    def __init__(self, theme: Theme, area: QWidget) -> None:
        super().__init__(area)
        self._area = area
        area.installEventFilter(self)
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._notices: list[_Notice] = []
        self._work: _Notice | None = None
        self._shown: _Notice | None = None
        self._is_under_mouse = False
        self._make_parts()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_time_is_over)
        self._held = QTimer(self, singleShot=True, interval=round(1000 * SECONDS_UNDER_THE_MOUSE))
        self._held.timeout.connect(self._show_newest)
        self.set_theme(theme)
        return_focus(self)
        self.hide()

    def _make_parts(self) -> None:
        self._text = QLabel(wordWrap=True)
        self._text.setFont(font(SMALL))
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar(maximum=1000, textVisible=False)
        self._progress.setFixedWidth(160)
        self._progress.setAccessibleName("Loading")
        self._close = QToolButton()
        self._close.setToolTip("Hide this notice. It stays in the log.")
        self._close.setAccessibleName("Hide notice")
        self._close.clicked.connect(self.dismiss)
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(GRID * 3 // 2, 2, GRID // 2, 2)
        self._row.setSpacing(GRID)
        self._row.addWidget(self._text, 1)
        for widget in (self._progress, self._close):
            self._row.addWidget(widget)

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
            topic: what it is about, for ``withdraw``; of one topic only the newest is kept.
        """
        # What would have gone by itself need not come back.
        self._notices = [
            other
            for other in self._notices
            if other.seconds is None and other.text != text and not (topic and other.topic == topic)
        ]
        self._notices.append(_Notice(text, actions, seconds, topic))
        if self._is_under_mouse and self._shown is not None and not self.isHidden():
            self._held.start()
        else:
            self._show_newest()

    def withdraw(self, topic: str) -> None:
        """Take back what was said about this, which is no longer so."""
        self._notices = [notice for notice in self._notices if notice.topic != topic]
        if self._shown is not None and self._shown.topic == topic and self._shown is not self._work:
            self._show_newest()

    def dismiss(self) -> None:
        """The notice that is shown has been read."""
        self._notices = [notice for notice in self._notices if notice is not self._shown]
        self._show_newest()

    def show_progress(self, text: str, fraction: float, cancel: Callable[[], None]) -> None:
        """Show how far a piece of work is, with a button that cancels it; notices wait until it is over."""
        is_new = self._work is None
        self._work = _Notice(text, (("Cancel", cancel),), fraction=fraction)
        if is_new:
            self._show_newest()
        elif text != self.text:
            self._text.setText(text)
            self._place()
        self._shown = self._work
        self._progress.setValue(round(fraction * 1000))

    def hide_progress(self) -> None:
        """The work is over; a notice that came meanwhile is shown."""
        if self._work is not None:
            self._work = None
            self._show_newest()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._close.setIcon(icon("close", theme, theme.secondary))
        self.setStyleSheet(
            f"#notice {{ background: {theme.raised}; border: 1px solid {theme.line}; border-radius: 8px; }}"
            f"QProgressBar {{ background: {theme.line}; border: none; border-radius: 3px; max-height: 6px; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}"
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._shown is not None:
            self._place()
        return False

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_under_mouse = True

    def leaveEvent(self, event: QEvent) -> None:
        self._is_under_mouse = False
        if self._held.isActive():
            self._show_newest()

    def _on_time_is_over(self) -> None:
        if self._is_under_mouse and not self.isHidden():
            self._timer.start(round(1000 * SECONDS_UNDER_THE_MOUSE))
        else:
            self.dismiss()

    def _show_newest(self) -> None:
        """The work in progress, or the newest notice; nothing where there is neither."""
        self._held.stop()
        self._timer.stop()
        newest = self._work or (self._notices[-1] if self._notices else None)
        if newest is None:
            self._shown, self._is_under_mouse = None, False
            self.hide()
            return
        if newest is not self._shown or self.isHidden():
            self._shown = newest
            self._fill(newest)
        if newest.seconds is not None:
            self._timer.start(round(newest.seconds * 1000))

    def _fill(self, notice: _Notice) -> None:
        self._text.setText(notice.text)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(*action) for action in notice.actions]
        for button in self._buttons:
            self._row.insertWidget(self._row.count() - 1, button)
            # The layout shows it later only, where the bar is in view already, and it would not be reckoned with.
            button.show()
        is_work = notice.fraction is not None
        self._progress.setVisible(is_work)
        self._close.setVisible(not is_work)
        self.show()
        self._place()

    def _button(self, label: str, act: Act | tuple[tuple[str, Act], ...]) -> QPushButton:
        button = QPushButton(label)
        if not isinstance(act, tuple):
            button.clicked.connect(lambda: self._follow(act))
            return button
        menu = QMenu(button)
        for words, choice in act:
            menu.addAction(words).triggered.connect(lambda checked=False, choice=choice: self._follow(choice))
        button.setMenu(menu)
        return button

    def _follow(self, act: Act) -> None:
        """Do what a button says. What that leads to may be told in a notice of its own, so this one goes first."""
        if self._shown is not self._work:
            self.dismiss()
        act()

    def _place(self) -> None:
        """As wide as the sentence and its buttons, and as high as the sentence then needs."""
        margins, spacing = self._row.contentsMargins(), self._row.spacing()
        others = [widget for widget in (self._progress, *self._buttons, self._close) if not widget.isHidden()]
        # The width of the bar is fixed, and its hint knows nothing of that.
        widths = [max(widget.sizeHint().width(), widget.minimumWidth()) + spacing for widget in others]
        room = margins.left() + margins.right() + sum(widths) + 2
        text = self._text.fontMetrics().horizontalAdvance(self._text.text()) + GRID
        width = min(self._area.width(), room + text)
        needed = self._text.heightForWidth(max(width - room, 1)) + margins.top() + margins.bottom() + 2
        height = max(HEIGHT - 4, needed)
        self.setGeometry(self._area.width() - width, (max(HEIGHT, height + 4) - height) // 2, width, height)
        self._area.setMinimumHeight(max(HEIGHT, height + 4))

    def hideEvent(self, event: QHideEvent) -> None:
        self._area.setMinimumHeight(HEIGHT)
        super().hideEvent(event)
