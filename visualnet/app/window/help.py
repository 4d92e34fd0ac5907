"""What the Help menu tells. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from visualnet import __version__
from visualnet.app.bars.notice_bar import NoticeBar
from visualnet.app.bars.transport import PLAY_KEY
from visualnet.app.panels.catalogue import PANELS
from visualnet.app.window.keys import PLAYHEAD_KEYS
from visualnet.log import log_file

PANEL_KEYS = tuple((f"{kind.info.title}: {key.text}", key.keys) for kind in PANELS for key in kind.info.keys)
"""Keys of single panels."""


def _cells(row: tuple[str, str]) -> str:
    text, keys = row
    return f"<td style='white-space: nowrap'>{keys}&nbsp;&nbsp;&nbsp;</td><td style='white-space: nowrap'>{text}</td>"


class Help:
    """The list of keys, the place of the log, and what the program is.

    Args:
        window: what dialogs lie over.
        notice: where the log's place is told.
        actions: gives those of the menus, whose keys are listed.
    """

    def __init__(
        self, window: QWidget, notice: NoticeBar, actions: Callable[[], Iterable[tuple[str, QAction]]]
    ) -> None:
        self._window, self._notice, self._actions = window, notice, actions

    def show_keys(self) -> None:
        """List all keys."""
        rows = [
            (action.iconText(), ", ".join(key.toString() for key in action.shortcuts()))
            for _, action in self._actions()
            if not action.shortcut().isEmpty() and action.shortcut().toString() != PLAY_KEY
        ]
        rows = [("Play or pause", PLAY_KEY), *rows, *PLAYHEAD_KEYS, *PANEL_KEYS]
        # Side by side, so that all of them fit on a small screen.
        half = -(-len(rows) // 2)
        lines = [_cells(row) for row in rows]
        table = "".join(
            f"<tr>{left}<td width=32></td>{right}</tr>"
            for left, right in zip_longest(lines[:half], lines[half:], fillvalue="")
        )
        self._tell("Keys", f"<table>{table}</table>")

    def show_log(self) -> None:
        """Say where the log is."""
        folder = QUrl.fromLocalFile(str(log_file().parent))
        open_folder = ("Open its folder", lambda: QDesktopServices.openUrl(folder))
        self._notice.show_notice(f"The log file is {log_file()}.", (open_folder,))

    def show_about(self) -> None:
        """Say what the program is, and what it is made of."""
        self._tell(
            "About VisualNet",
            f"<b>VisualNet {__version__}</b><p>Watch a neural network, written from scratch in NumPy, learn."
            "<p>MIT licence. Uses Qt and PySide6 (LGPL 3), pyqtgraph (MIT), NumPy (BSD), the Inter font (OFL) and the "
            f"MNIST digits (CC BY-SA 3.0).<p>Log file: {log_file()}",
        )

    def _tell(self, title: str, text: str) -> None:
        box = QMessageBox(
            QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, self._window
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
