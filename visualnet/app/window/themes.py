"""The choice of colours: dark, light, or as the desktop has it. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication

from visualnet.app.faults import attempt
from visualnet.app.files.settings import THEME_NAMES, Settings
from visualnet.app.theme import THEMES, Theme, apply_theme, system_theme
from visualnet.app.widgets.required import application


class Themes(QObject):
    """The theme in force, and the actions that choose another.

    Args:
        name: ``dark``, ``light``, or ``system`` to follow the desktop.
        settings: remember what is chosen.
        parent: its owner.

    Attributes:
        present: the colours.
        actions: one for each name.
    """

    def __init__(self, name: str, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._name, self._settings = name, settings
        self._users: list[Callable[[Theme], None]] = []
        self.present = THEMES.get(name) or system_theme()
        group = QActionGroup(self)
        self.actions: list[QAction] = []
        for each in THEME_NAMES:
            action = QAction(f"{each.capitalize()} theme", self, checkable=True, checked=each == name)
            action.triggered.connect(partial(self._on_triggered, each))
            group.addAction(action)
            self.actions.append(action)
        QApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme_changed)

    def tell(self, *users: Callable[[Theme], None]) -> None:
        """Let these use the theme that is chosen from now on."""
        self._users.extend(users)

    def choose(self, name: str) -> None:
        """Use ``dark``, ``light`` or the ``system``'s theme from now on."""
        self._name = name
        self._settings.theme = name
        self.use(THEMES.get(name) or system_theme())

    def use(self, theme: Theme) -> None:
        """Use these colours."""
        self.present = theme
        apply_theme(application(), theme)
        for user in self._users:
            attempt(user, theme)

    def _on_triggered(self, name: str) -> None:
        self.choose(name)

    def _on_system_theme_changed(self) -> None:
        if self._name == "system":
            self.use(system_theme())
