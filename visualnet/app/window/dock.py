"""The dock of a panel, with a slim title bar: the panel's name, its controls, and two buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from visualnet.app.faults import attempt
from visualnet.app.icons import icon
from visualnet.app.panels.panel import Panel
from visualnet.app.theme import GRID, NORMAL, Theme, blend, font
from visualnet.app.widgets.painted import painted
from visualnet.app.window.keys import press_with_enter
from visualnet.core.messages.events import RunStarted

Kind = TypeVar("Kind", bound=Panel)


class PanelDock(QDockWidget):
    """A dock for one panel, which can be moved, floated, closed, and remembered by the panel's name. Outside of the
    window it has an edge."""

    def __init__(self, panel: Panel, theme: Theme) -> None:
        super().__init__(panel.info.title)
        self.setObjectName(f"dock-{panel.info.name}")
        self.panel = panel
        self._theme = theme
        self._title = _TitleBar(self, theme)
        self.setTitleBarWidget(self._title)
        self._why_not = _why_not_label()
        self._pages = QStackedWidget()
        self._pages.setObjectName("panel-body")
        self._pages.addWidget(panel)
        self._pages.addWidget(self._why_not)
        self.setWidget(self._pages)
        # While it floats it is the window that a click gives the keyboard back to.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        # Qt's own closes a panel that stands behind another, where a person asks to see it.
        self.toggleViewAction().triggered.disconnect()
        self.toggleViewAction().triggered.connect(self.toggle)
        self.toggleViewAction().setShortcut(panel.info.shortcut)
        panel.session.run_started.connect(self._on_session_run_started)
        self.set_theme(theme)

    @property
    def main_window(self) -> QMainWindow:
        """The window that it belongs to, while it floats too.

        Raises:
            LookupError: before it was put into one.
        """
        window = self.parentWidget()
        if not isinstance(window, QMainWindow):
            raise LookupError(f"The dock of the panel {self.panel.info.name} is in no window.")
        return window

    @property
    def is_in_view(self) -> bool:
        """Whether anything of the panel is seen: it is open, and no tab before it."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    @property
    def shows_panel(self) -> bool:
        """Whether the panel is seen, and not the sentence on why it is not for the run."""
        return self.is_in_view and self.panel.isVisible()

    def bring_to_front(self) -> None:
        """Show the panel, before all others of its place."""
        self.show()
        self.raise_()

    def toggle(self) -> None:
        """Close the panel where it is seen, else bring it to the front."""
        self.close() if self.is_in_view else self.bring_to_front()
        self.toggleViewAction().setChecked(not self.isHidden())

    def setVisible(self, visible: bool) -> None:
        """Show the panel or take it away."""
        if not visible:
            self._leave()
        super().setVisible(visible)

    def _on_session_run_started(self, run: RunStarted) -> None:
        """The panel, or the sentence on why it has nothing to show for this run: then it is asked for no probes."""
        words = self.panel.info.why_not(run.data)
        self._why_not.setText(words)
        if words:
            self._leave()
        self._pages.setCurrentWidget(self._why_not if words else self.panel)

    def _leave(self) -> None:
        """Give the keyboard to the window, where anything in here has it; else Qt gives it to the next slider."""
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.main_window.setFocus()

    def toggle_floating(self) -> None:
        """Take the panel out of the window, or put it back; the keyboard stays in it, where Qt gives it to the next button."""
        had_keyboard = self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.main_window.setFocus()
        self.setFloating(not self.isFloating())
        if had_keyboard:
            self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the widget with the focus had no use for."""
        if not press_with_enter(event):
            super().keyPressEvent(event)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours, in the panel too."""
        self._theme = theme
        self._title.set_theme(theme)
        self.widget().setStyleSheet(
            f"#panel-body {{ background: {theme.panel}; border-bottom-left-radius: 8px;"
            " border-bottom-right-radius: 8px; }"
        )
        attempt(self.panel.set_theme, theme)
        self.update()

    def mark_active(self, is_active: bool) -> None:
        """Show that the keyboard is in this panel, or no longer."""
        self._title.mark_active(is_active)

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        """A title of our own means that no window manager draws a frame: we do, in the room that Qt leaves for it."""
        if self.isFloating():
            painter.fillRect(self.rect(), QColor(self._theme.panel))
            painter.setPen(QColor(blend(self._theme.secondary, self._theme.panel, 0.3)))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def panel_of(docks: Mapping[str, PanelDock], kind: type[Kind]) -> Kind:
    """The panel of this kind.

    Args:
        docks: by panel name.
        kind: a class of panels.

    Raises:
        LookupError: when no dock has it.
    """
    panel = docks[kind.info.name].panel
    if not isinstance(panel, kind):
        raise LookupError(f"The panel {kind.info.name} is no {kind.__name__}.")
    return panel


def _why_not_label() -> QLabel:
    label = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
    label.setProperty("role", "secondary")
    label.setMargin(2 * GRID)
    # What it says takes the room that there is, and never more.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
    return label


class _TitleBar(QWidget):
    def __init__(self, dock: PanelDock, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("dock-title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._label = label = QLabel(dock.windowTitle())
        label.setFont(font(NORMAL, QFont.Weight.DemiBold))
        self._theme, self._is_active = theme, False
        self._float = QToolButton()
        self._float.setToolTip(
            "Take this panel out of the window, or put it back. Outside it can be as large as the screen."
        )
        self._float.setAccessibleName(f"Float {dock.windowTitle()}")
        self._float.clicked.connect(dock.toggle_floating)
        self._close = QToolButton()
        self._close.setToolTip("Close this panel. The View menu opens it again.")
        self._close.setAccessibleName(f"Close {dock.windowTitle()}")
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID * 3 // 2, GRID // 4, GRID // 2, 0)
        row.setSpacing(0)
        row.addWidget(label)
        row.addStretch()
        if dock.panel.title_controls is not None:
            row.addWidget(dock.panel.title_controls)
            row.addSpacing(2 * GRID)
        for button in (self._float, self._close):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setFixedSize(24, 24)
            button.setProperty("slim", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.set_theme(theme)

    def mark_active(self, is_active: bool) -> None:
        self._is_active = is_active
        self.set_theme(self._theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        edge = f"border-top: 2px solid {theme.accent};" if self._is_active else ""
        self._label.setStyleSheet(f"color: {theme.accent if self._is_active else theme.text}")
        self._float.setIcon(icon("float", theme, theme.secondary))
        self._close.setIcon(icon("close", theme, theme.secondary))
        self.setStyleSheet(
            f"#dock-title {{ background: {theme.panel}; border-top-left-radius: 8px; border-top-right-radius: 8px; {edge} }}"
        )
