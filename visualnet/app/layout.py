"""Where the panels stand: two default arrangements, and the remembered one, checked before it is restored."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

LAYOUT_VERSION = 3
"""Raise it whenever a panel comes, goes or changes its name: older layouts are then left alone."""

MAXIMUM_CHARACTERS = 20_000

SIZE_TOLERANCE = 0.1

Docks = Mapping[str, QDockWidget]


def arrange(window: QMainWindow, docks: Docks, is_plane: bool) -> None:
    """The default arrangement: setup left, the largest panel in the centre, curves below.

    Args:
        window: holds the docks.
        docks: by panel name.
        is_plane: whether the data are points in the plane, or images.
    """
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    side = Qt.DockWidgetArea
    horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    centre, above, below = (
        ("surface", "truth-table", "weights") if is_plane else ("weights", "predictions", "drawing")
    )
    window.addDockWidget(side.LeftDockWidgetArea, docks["setup"])
    window.addDockWidget(side.RightDockWidgetArea, docks[centre])
    window.splitDockWidget(docks[centre], docks[above], horizontal)
    window.splitDockWidget(docks[above], docks[below], vertical)
    window.addDockWidget(side.BottomDockWidgetArea, docks["curves"])
    shown = {"setup", centre, above, below, "curves"}
    for name, dock in docks.items():
        if name in ("runs", "feature-maps"):
            window.tabifyDockWidget(docks[centre], dock)
        elif name not in shown:
            # Only docks that were once added are kept in a saved layout, and found by restoring it.
            window.addDockWidget(side.RightDockWidgetArea, dock)
        dock.setVisible(name in shown)
    docks[centre].raise_()
    width, height = window.width(), window.height()
    right = min(max(400, width // 4), 560)
    curves = max(210, height // 4)
    window.resizeDocks([docks["setup"]], [280], horizontal)
    window.resizeDocks([docks[centre], docks[above]], [max(200, width - 280 - right - 32), right], horizontal)
    window.resizeDocks([docks["curves"]], [curves], vertical)
    rest = height - curves
    window.resizeDocks([docks[above], docks[below]], [rest * 55 // 100, rest * 45 // 100], vertical)


def layout_of(window: QMainWindow) -> dict[str, Any]:
    """The present arrangement as JSON values, with what is needed to check it."""
    state = bytes(window.saveState(LAYOUT_VERSION).data())
    return {
        "version": LAYOUT_VERSION,
        "size": [window.width(), window.height()],
        "sha256": hashlib.sha256(state).hexdigest(),
        "state": base64.b64encode(state).decode(),
    }


def restore_layout(window: QMainWindow, saved: Any) -> bool:
    """Restore what ``layout_of`` gave; False, and nothing done, where it is not sound or of another size.

    Qt aborts on some damaged states, so version and checksum are compared first.
    """
    if not isinstance(saved, dict) or saved.get("version") != LAYOUT_VERSION:
        return False
    if not _fits(window, saved.get("size")):
        return False
    text = saved.get("state")
    if not isinstance(text, str) or len(text) > MAXIMUM_CHARACTERS:
        return False
    try:
        state = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if hashlib.sha256(state).hexdigest() != saved.get("sha256"):
        return False
    return window.restoreState(QByteArray(state), LAYOUT_VERSION)


def _fits(window: QMainWindow, size: Any) -> bool:
    """Whether the window has about the size at which a layout was saved: its docks are kept in pixels."""
    if not (isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) for side in size)):
        return False
    return all(
        abs(now - then) <= SIZE_TOLERANCE * now
        for now, then in zip((window.width(), window.height()), size, strict=True)
    )
