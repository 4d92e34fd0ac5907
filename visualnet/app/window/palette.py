"""The palette: every action of the menus by a few letters of its name. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualnet.app.theme import GRID
from visualnet.app.window.menus import Menus

WIDTH, HEIGHT = 460, 360
ROW_HEIGHT = 28
ACTION = Qt.ItemDataRole.UserRole


class Palette(QDialog):
    """A list of all that can be done now, which a text makes shorter; Enter does what is marked.

    Args:
        menus: whose actions.
        parent: the window that it lies over.
    """

    def __init__(self, menus: Menus, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find a command")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.resize(WIDTH, HEIGHT)
        self.field = QLineEdit()
        self.field.setPlaceholderText("A few letters of what you want to do")
        self.field.setAccessibleName("Command")
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._show_matching)
        self.field.returnPressed.connect(self._run_marked)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(0)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._run_marked)
        self.nothing = QLabel("No command has these letters.")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        for widget in (self.field, self.list, self.nothing):
            column.addWidget(widget)
        self._items: list[QTreeWidgetItem] = []
        for path, action in menus.all_actions():
            if action.isEnabled():
                self._add(path, action)
        self.list.addTopLevelItems(self._items)
        self._show_matching("")

    def _add(self, path: str, action: QAction) -> None:
        name = action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
        keys = ", ".join(key.toString() for key in action.shortcuts())
        item = QTreeWidgetItem([f"{path} › {name}", keys])
        item.setData(0, ACTION, action)
        item.setSizeHint(0, QSize(0, ROW_HEIGHT))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._items.append(item)

    def _show_matching(self, text: str) -> None:
        """Only what has all the words; the first is marked."""
        words = text.casefold().split()
        for item in self._items:
            item.setHidden(not all(word in item.text(0).casefold() for word in words))
        first = next((item for item in self._items if not item.isHidden()), None)
        self.list.setVisible(first is not None)
        self.nothing.setVisible(first is None)
        if first is not None:
            self.list.setCurrentItem(first)

    def _run_marked(self) -> None:
        item = self.list.currentItem()
        if item is None or item.isHidden():
            return
        action: QAction = item.data(0, ACTION)
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move the mark while one types."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if way is not None:
                self._mark(way)
                return True
        return super().eventFilter(watched, event)

    def _mark(self, way: int) -> None:
        shown = [item for item in self._items if not item.isHidden()]
        marked = self.list.currentItem()
        if marked is not None and shown:
            place = shown.index(marked) + way
            self.list.setCurrentItem(shown[min(max(place, 0), len(shown) - 1)])
