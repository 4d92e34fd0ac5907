"""Keys that go from panel to panel, and the mark of the panel that has the keyboard. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from visualnet.app.widgets.required import application
from visualnet.app.window.dock import PanelDock

NEXT_KEYS, PREVIOUS_KEYS = ("F6", "Ctrl+Tab"), ("Shift+F6", "Ctrl+Shift+Tab")


class PanelKeys(QObject):
    """The keyboard focus among the open panels, in the order in which they stand; the one that has it is marked.

    Args:
        docks: by panel name.
        parent: its owner.
    """

    def __init__(self, docks: Mapping[str, PanelDock], parent: QObject) -> None:
        super().__init__(parent)
        self._parent = parent
        self._docks = docks
        self._last: WeakKeyDictionary[PanelDock, QWidget] = WeakKeyDictionary()
        """What had the keyboard last in each panel."""
        self._active: PanelDock | None = None
        application().focusChanged.connect(self._on_focus_changed)
        self._share_keys()

    def go_next(self) -> None:
        """To the next panel; behind the last one is the first."""
        self._go(1)

    def go_previous(self) -> None:
        """To the panel before; before the first one is the last."""
        self._go(-1)

    def _share_keys(self) -> None:
        """Let a key of a panel mean what it does there wherever the keyboard is."""
        shared: dict[str, dict[PanelDock, Callable[[Any], object]]] = {}
        for dock in self._docks.values():
            for key in dock.panel.info.keys:
                if key.act is not None:
                    shared.setdefault(key.keys, {})[dock] = key.act
        for keys, acts in shared.items():
            QShortcut(keys, self._parent, partial(self._act, acts))

    def _act(self, acts: Mapping[PanelDock, Callable[[Any], object]]) -> None:
        """Of panels that have a key in common, it means that of the one with the keyboard, else of the first in view."""
        in_view = [dock for dock in acts if dock.shows_panel]
        in_view.sort(key=lambda dock: dock is not self._active)
        for dock in in_view[:1]:
            acts[dock](dock.panel)

    def _go(self, by: int) -> None:
        docks = self._in_order()
        if not docks:
            return
        start = docks.index(self._active) if self._active in docks else -1 if by > 0 else 0
        dock = docks[(start + by) % len(docks)]
        dock.bring_to_front()
        if dock.isFloating():
            dock.activateWindow()
        else:
            dock.main_window.activateWindow()
        self._target(dock).setFocus(Qt.FocusReason.TabFocusReason)

    def _in_order(self) -> list[PanelDock]:
        """From left to right and from top to bottom, panels behind one another as their names are; floating ones last."""
        names = list(self._docks)

        def place(name: str) -> tuple[bool, int, int, int]:
            dock = self._docks[name]
            front = next((other for other in self._group(dock) if other.is_in_view), dock)
            return dock.isFloating(), front.x(), front.y(), names.index(name)

        return [self._docks[name] for name in sorted(names, key=place) if not self._docks[name].isHidden()]

    @staticmethod
    def _group(dock: PanelDock) -> list[PanelDock]:
        """A panel, and those that stand in the same place: behind tabs Qt moves them away."""
        beside = dock.main_window.tabifiedDockWidgets(dock)
        return [dock, *(other for other in beside if isinstance(other, PanelDock))]

    def _target(self, dock: PanelDock) -> QWidget:
        """What had the keyboard there last, or is the first that can have it."""
        last = self._last.get(dock)
        # It may have gone with the run that it was about, and Python's half of it lives on.
        if last is not None and isValid(last) and _can_have_keyboard(last) and dock.isAncestorOf(last):
            return last
        if _can_have_keyboard(dock.panel):
            return dock.panel
        return next(filter(_can_have_keyboard, _within(dock.panel)), dock)

    def _on_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is None:
            # Another window has it: who comes back finds it where it was.
            return
        around = [dock for dock in self._docks.values() if dock is new or dock.isAncestorOf(new)]
        dock = around[0] if around else None
        if dock is not None and dock is not new:
            self._last[dock] = new
        if dock is not self._active:
            for one, is_active in ((self._active, False), (dock, True)):
                if one is not None:
                    one.mark_active(is_active)
            self._active = dock


def _within(widget: QWidget) -> Iterator[QWidget]:
    """What lies in a widget, in the order in which it was put there.

    Not along Qt's own chain of focus: PySide makes each widget there the owner of the next, the window too, which then
    lost its menus with a button that was deleted.
    """
    for child in widget.children():
        if isinstance(child, QWidget):
            yield child
            yield from _within(child)


def _can_have_keyboard(widget: QWidget) -> bool:
    return (
        widget.isVisible()
        and widget.isEnabled()
        and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.focusProxy() is None
    )
