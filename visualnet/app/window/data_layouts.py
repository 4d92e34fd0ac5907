"""Which arrangement of the panels is shown: each kind of data has its own. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from visualnet.app.files.settings import Settings
from visualnet.app.panels.catalogue import default_names
from visualnet.app.panels.info import DataKind, Place, kind_of
from visualnet.app.window.dock import PanelDock
from visualnet.app.window.layout import PanelLayout
from visualnet.core.messages.events import RunStarted

LAYOUTS = {
    DataKind.PLANE: Settings.layout_of_plane,
    DataKind.IMAGES: Settings.layout_of_images,
    DataKind.NUMBERS: Settings.layout_of_numbers,
}
"""Which setting remembers the arrangement for which data."""

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
        kind: of the data; None before there are any.
    """

    def __init__(
        self, window: QWidget, panel_layout: PanelLayout, docks: dict[str, PanelDock], settings: Settings
    ) -> None:
        self._window, self._panel_layout, self._docks, self._settings = window, panel_layout, docks, settings
        self.kind: DataKind | None = None
        self._applied: DataKind | None = None
        self._brought: set[str] = set()
        """Names of the panels that the run has brought into view."""

    @property
    def is_applied(self) -> bool:
        """Whether the panels stand as the present data want it."""
        return self.kind is self._applied

    def show_run(self, run: RunStarted) -> None:
        """The arrangement for its data, with the panels that it brings as tabs behind the largest."""
        brought = {name for name, dock in self._docks.items() if dock.panel.info.comes_with(run)}
        # Others go before these come: a small window has no room for both.
        self._bring(self._brought & brought)
        self.show(kind_of(run.data))
        self._bring(brought)

    def _bring(self, brought: set[str]) -> None:
        for name in self._brought ^ brought:
            self._docks[name].setVisible(name in brought)
        if brought != self._brought:
            self._raise_centre()
        self._brought = brought

    def show(self, kind: DataKind) -> None:
        """Each kind of data has its own arrangement of panels."""
        if kind is self.kind:
            return
        self.save()
        self.kind = kind
        if self._window.isVisible():
            self.apply()

    def apply(self) -> None:
        """The remembered arrangement for this kind of data, or the default one; once no hand drags a panel any more.

        Qt keeps pointers into the arrangement that a drag began in, and a new one in its place ends the program.
        """
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            QTimer.singleShot(MILLISECONDS_TO_LET_GO, self._window, self.apply)
            return
        self._applied = self.kind
        if self.kind is None or not self._panel_layout.restore(self._settings.value(LAYOUTS[self.kind])):
            self.reset()

    def reset(self) -> None:
        """The default arrangement for this kind of data."""
        self._panel_layout.show_default(self._kind)
        for name in self._brought:
            self._docks[name].show()
        self._raise_centre()

    def save(self) -> None:
        """Remember the arrangement as it is; each kind has its own, so that two windows do not undo each other's."""
        if self.kind is not None and self._window.isVisible():
            self._settings.save(LAYOUTS[self.kind], self._panel_layout.state)

    @property
    def _kind(self) -> DataKind:
        """That of the data; before there are any, the kind that is expected."""
        return self.kind or DataKind.IMAGES

    def _raise_centre(self) -> None:
        self._docks[default_names(self._kind)[Place.CENTRE]].raise_()
