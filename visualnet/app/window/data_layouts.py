"""Which arrangement of the panels is shown: that of points in the plane, or that of images and the rest. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from visualnet.app.files.settings import Settings
from visualnet.app.panels.catalogue import name_at
from visualnet.app.panels.info import Place
from visualnet.app.window.dock import PanelDock
from visualnet.app.window.layout import PanelLayout
from visualnet.core.messages.events import RunStarted

MILLISECONDS_TO_LET_GO = 50
"""Milliseconds between two looks at whether the mouse button was released."""


class DataLayouts:
    """The arrangements of a window by the kind of data, each remembered.

    Args:
        window: whose panels.
        panel_layout: arranges them.
        docks: the panels.
        settings: remember how a person arranged them.

    Attributes:
        is_plane: whether the data are points in the plane; None before there are any.
    """

    def __init__(
        self, window: QWidget, panel_layout: PanelLayout, docks: dict[str, PanelDock], settings: Settings
    ) -> None:
        self._window, self._panel_layout, self._docks, self._settings = window, panel_layout, docks, settings
        self.is_plane: bool | None = None
        self._is_applied_to_plane: bool | None = None
        self._brought: set[str] = set()
        """Names of the panels that the run has brought into view."""

    @property
    def is_applied(self) -> bool:
        """Whether the panels stand as the present data want it."""
        return self.is_plane is self._is_applied_to_plane

    def show_run(self, run: RunStarted) -> None:
        """The arrangement for its data, with the panels that it brings as tabs behind the largest."""
        brought = {name for name, dock in self._docks.items() if dock.panel.info.comes_with(run)}
        is_plane = run.data.points is not None
        # Others go before these come: a small window has no room for both.
        self._bring(self._brought & brought)
        self.show(is_plane)
        self._bring(brought)

    def _bring(self, brought: set[str]) -> None:
        for name in self._brought ^ brought:
            self._docks[name].setVisible(name in brought)
        if brought != self._brought:
            self._docks[name_at(Place.CENTRE, bool(self.is_plane))].raise_()
        self._brought = brought

    def show(self, is_plane: bool) -> None:
        """Points in the plane and images each have their own arrangement of panels."""
        if is_plane == self.is_plane:
            return
        self.save()
        self.is_plane = is_plane
        if self._window.isVisible():
            self.apply()

    def apply(self) -> None:
        """The remembered arrangement for this kind of data, or the default one; once no hand drags a panel any more.

        Qt keeps pointers into the arrangement that a drag began in, and a new one in its place ends the program.
        """
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            QTimer.singleShot(MILLISECONDS_TO_LET_GO, self._window, self.apply)
            return
        self._is_applied_to_plane = self.is_plane
        settings = self._settings
        saved = settings.layout_of_plane if self.is_plane else settings.layout_of_images
        if not self._panel_layout.restore(saved):
            self.reset()

    def reset(self) -> None:
        """The default arrangement for this kind of data."""
        self._panel_layout.show_default(bool(self.is_plane))
        for name in self._brought:
            self._docks[name].show()
        self._docks[name_at(Place.CENTRE, bool(self.is_plane))].raise_()

    def save(self) -> None:
        """Remember the arrangement as it is; each kind has its own, so that two windows do not undo each other's."""
        if not self._window.isVisible():
            return
        if self.is_plane is True:
            self._settings.layout_of_plane = self._panel_layout.state
        elif self.is_plane is False:
            self._settings.layout_of_images = self._panel_layout.state
