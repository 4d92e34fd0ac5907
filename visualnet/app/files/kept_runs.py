"""The dialog of unnamed runs: what they are, how much room they take, and opening and deleting them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualnet.app.files.crash_recovery import time_words
from visualnet.app.theme import GRID
from visualnet.core.errors import size_words
from visualnet.core.runfile.nameless import MOST_BYTES, MOST_FILES, KeptRun, discard, kept_runs

IDEA = (
    "Runs that were saved under no name stay here, so that nothing is lost when the program ends. "
    f"At most {MOST_FILES} of them and {size_words(MOST_BYTES)} stay: the oldest goes first. "
    "The runs at hand are not among them."
)
COLUMNS = ("Run", "Last written", "Size")
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ROW_HEIGHT = 24
FIRST_SIZE = (520, 420)


class KeptRuns(QDialog):
    """A list of a folder's run files, of which only name, time and size are read.

    Args:
        folder: of the runs.
        parent: the window.

    Attributes:
        open_asked: emitted with the path of a run that is to be opened.
    """

    open_asked = Signal(Path)

    def __init__(self, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._folder = folder
        self._runs: list[KeptRun] = []
        self.setWindowTitle("Kept runs")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._make_list()
        self.total = QLabel()
        self.total.setProperty("role", "secondary")
        self.open_run = self._button(
            "Open", "Make the chosen run the present one.\nThe present one is kept.", self._open
        )
        self.open_run.setDefault(True)
        self.open_run.setObjectName("primary")
        self.delete = self._button(
            "Delete…", "Remove the chosen runs (Del).\nIt is asked first.", self._delete
        )
        self.empty = self._button(
            "Delete all…", "Remove all runs that are kept here.\nIt is asked first.", self._empty
        )
        self.close_dialog = self._button(
            "Close", "Leave everything as it is (Esc).\nThe runs stay.", self.reject
        )
        QShortcut(QKeySequence.StandardKey.Delete, self.list, self._delete)
        self._lay_out()
        self._show()

    def _make_list(self) -> None:
        self.list = QTreeWidget(columnCount=len(COLUMNS))
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(COLUMNS)
        self.list.headerItem().setTextAlignment(2, RIGHT)
        self.list.setAccessibleName("Kept runs")
        self.list.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.list.setIndentation(0)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(self._open)

    def _button(self, text: str, idea: str, act: object) -> QPushButton:
        button = QPushButton(text, autoDefault=False)
        button.setToolTip(idea)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        idea = QLabel(IDEA, wordWrap=True)
        idea.setProperty("role", "secondary")
        buttons = QHBoxLayout()
        for button in (self.delete, self.empty):
            buttons.addWidget(button)
        buttons.addStretch()
        for button in (self.close_dialog, self.open_run):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(idea)
        column.addWidget(self.list, 1)
        column.addWidget(self.total)
        column.addLayout(buttons)
        self.resize(*FIRST_SIZE)

    def _show(self) -> None:
        """What is there now, the newest first and chosen."""
        self._runs = kept_runs(self._folder)
        self.list.clear()
        for run in self._runs:
            item = QTreeWidgetItem([run.name, time_words(run), size_words(run.nbytes)])
            item.setTextAlignment(2, RIGHT)
            item.setSizeHint(0, QSize(0, ROW_HEIGHT))
            item.setToolTip(0, str(run.path))
            self.list.addTopLevelItem(item)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)
        self.total.setText(_total_words(self._runs))
        self._enable()

    def _enable(self) -> None:
        chosen = len(self._chosen)
        self.open_run.setEnabled(chosen == 1)
        self.delete.setEnabled(chosen > 0)
        self.empty.setEnabled(bool(self._runs))

    @property
    def _chosen(self) -> list[KeptRun]:
        return [self._runs[self.list.indexOfTopLevelItem(item)] for item in self.list.selectedItems()]

    def _open(self) -> None:
        if len(self._chosen) == 1:
            self.open_asked.emit(self._chosen[0].path)
            self.accept()

    def _delete(self) -> None:
        self._remove(self._chosen)

    def _empty(self) -> None:
        self._remove(self._runs)

    def _remove(self, runs: list[KeptRun]) -> None:
        """Ask, since nobody can bring them back."""
        if not runs:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Delete runs?")
        box.setText(f"Delete {_total_words(runs)}? Nothing brings them back.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        if box.clickedButton() is delete:
            for run in runs:
                discard(run.path)
            self._show()


def _total_words(runs: list[KeptRun]) -> str:
    if not runs:
        return "No run is kept here."
    count = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    return f"{count}, {size_words(sum(run.nbytes for run in runs))}"
