"""The tree of runs: each with where it branched, what differs in it and how far it came. GUI thread."""

from __future__ import annotations

import csv
from io import StringIO
from math import isnan

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from visualnet.app.panels.info import PanelInfo, PanelKey
from visualnet.app.panels.panel import Panel
from visualnet.app.session.comparison import Comparing
from visualnet.app.session.runs import RunRecord
from visualnet.app.session.session import Session
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.distance_plot import DistancePlot
from visualnet.app.widgets.required import required
from visualnet.app.widgets.undo_keys import TextUndo
from visualnet.core.messages import commands as c
from visualnet.core.messages.events import RunStarted
from visualnet.core.messages.frame import Frame
from visualnet.core.number_words import number_words, share_words

COLUMNS = ("Run", "From", "Changes", "Step", "Loss", "Tested at", "Test loss", "Test", "Best loss", "Best")
HINTS = {
    "Loss": "Training loss: the mean of the last steps, as in the curves' legend.",
    "Tested at": "The step after which the newest test was made.",
    "Best loss": "The lowest loss of all tests.",
    "Best": "The highest accuracy of all tests.",
}
NAME, DIFFERENCE = 0, 2
OF_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
RUN_ID, NUMBER = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
LONGEST_NAME, LONGEST_DIFFERENCE = 240, 260
"""Pixels that names and differences take before they are cut; what has no room beside them is scrolled to."""

LEAST_SECTION = 60
"""Pixels in which any of the columns has room for its name."""


class RunsPanel(Panel):
    """The tree of runs as a table, whose rows can be opened, renamed, deleted and compared.

    Attributes:
        compare_asked: emitted with the id of the run to show beside the present one.
        delete_asked: emitted with the id of a branch.
    """

    info = PanelInfo(
        name="runs",
        title="Runs",
        shortcut="Ctrl+9",
        keys=(PanelKey("rename, delete", "F2, Del"),),
    )
    frames_per_second = 2.0
    shows_live_edge = True
    compare_asked = Signal(int)
    delete_asked = Signal(int)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme)
        self.tree = _Tree(columnCount=len(COLUMNS))
        self.tree.setHeaderLabels(COLUMNS)
        for column, name in enumerate(COLUMNS):
            self.tree.headerItem().setToolTip(column, HINTS.get(name, ""))
            if column not in (NAME, DIFFERENCE):
                self.tree.headerItem().setTextAlignment(column, OF_NUMBERS)
        self.tree.setAccessibleName("Tree of runs")
        self.tree.setItemDelegate(_Names(self.tree))
        self.tree.setSortingEnabled(True)
        self.tree.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.tree.setToolTip("Double-click opens a run, F2 renames it, Del deletes a branch.")
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.tree.setIndentation(14)
        self.tree.header().setMinimumSectionSize(LEAST_SECTION)
        self.tree.setFont(font(SMALL))
        self.tree.header().setFont(font(SMALL))
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.tree.header().setStretchLastSection(False)
        for column in range(DIFFERENCE + 1, len(COLUMNS)):
            # A number is never cut: what differs, in words, gives way to it.
            self.tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.setColumnWidth(NAME + 1, LEAST_SECTION)
        self.open = QPushButton("Open")
        self.open.setToolTip("Make this run the present one.\nThe present one rests and stays as it is.")
        self.compare = QPushButton("Compare")
        self.compare.setToolTip(
            "Show this run beside the present one; the present one itself beside its parent."
        )
        self.lock = QComboBox()
        self.lock.addItems(["Same step", "Same epoch"])
        self.lock.setToolTip("Where the other run stands: at the same step, or at the same epoch.")
        self.distance = DistancePlot(theme)
        self.delete = QPushButton("Delete")
        self.delete.setToolTip("Take away this branch and what branched from it (Del). Can be undone.")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.open, self.compare, self.delete):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.lock)
        self.lock.hide()
        self.distance.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID * 3 // 2, GRID // 2, GRID * 3 // 2, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.tree, 1)
        column.addWidget(self.distance)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.open.clicked.connect(self._on_open_clicked)
        self.compare.clicked.connect(self._on_compare_clicked)
        self.delete.clicked.connect(self._on_delete_clicked)
        self.tree.delete_pressed.connect(self._on_delete_clicked)
        self.tree.itemDoubleClicked.connect(self._on_open_clicked)
        self.tree.itemChanged.connect(self._on_item_changed)
        self.tree.currentItemChanged.connect(self._enable)
        self.session.runs.changed.connect(self._show_runs)

    @property
    def chosen(self) -> RunRecord | None:
        """The run whose row is current."""
        item = self.tree.currentItem()
        runs = self.session.runs
        return runs.get(item.data(NAME, RUN_ID)) if item is not None else None

    def show_run(self, run: RunStarted) -> None:
        self._show_runs()

    def show_frame(self, frame: Frame) -> None:
        item = self._item_of(self.session.runs.present)
        if item is not None:
            with QSignalBlocker(self.tree):
                self._fill(item, self.session.runs.get(self.session.runs.present))

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.distance.set_theme(theme)

    def csv(self) -> str:
        """The table as text, one run a line, with full figures."""
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow(("Id", "Parent", *COLUMNS))
        for record in self.session.runs.all:
            figures = ["" if figure is None else figure for figure in _figures(record)]
            start = "" if record.parent is None else record.start_step
            difference = self.session.runs.difference(record)
            writer.writerow(
                (record.run_id, record.parent or "", record.name, start, difference, record.step, *figures)
            )
        return text.getvalue()

    def show_comparison(self, comparing: Comparing) -> None:
        """Show how far two compared runs are apart, and at what they are held together."""
        for widget in (self.lock, self.distance):
            widget.setVisible(comparing.is_on)
        self.distance.show_points(comparing.distances)
        self._show_runs()

    # Showing

    def _show_runs(self) -> None:
        chosen, runs = self.chosen_id, self.session.runs
        with QSignalBlocker(self.tree):
            self.tree.clear()
            items: dict[int, QTreeWidgetItem] = {}
            for record in runs.all:
                above = items.get(record.parent or 0, self.tree.invisibleRootItem())
                items[record.run_id] = item = _Row(above)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                item.setData(NAME, RUN_ID, record.run_id)
                self._fill(item, record)
            self.tree.expandAll()
            current = items.get(chosen, items.get(runs.present))
            if current is not None:
                self.tree.setCurrentItem(current)
        self._fit_columns()
        self._enable()

    def _fit_columns(self) -> None:
        """Names and differences tell runs apart: they come before what can be scrolled to, and take what is left."""
        tree = self.tree
        tree.setColumnWidth(NAME, min(tree.sizeHintForColumn(NAME) + GRID, LONGEST_NAME))
        others = sum(tree.columnWidth(column) for column in range(len(COLUMNS)) if column != DIFFERENCE)
        wanted = max(tree.sizeHintForColumn(DIFFERENCE), LEAST_SECTION) + GRID
        left = tree.viewport().width() - others
        tree.setColumnWidth(DIFFERENCE, max(min(wanted, LONGEST_DIFFERENCE), left))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    @property
    def chosen_id(self) -> int:
        """Id of the run whose row is current; 0 for none."""
        item = self.tree.currentItem()
        return item.data(NAME, RUN_ID) if item is not None else 0

    def _fill(self, item: QTreeWidgetItem, record: RunRecord) -> None:
        is_branch, is_present = record.parent is not None, record.run_id == self.session.runs.present
        numbers = (record.start_step if is_branch else None, None, record.step, *_figures(record))
        texts = (
            f"{record.start_step:,}" if is_branch else "",
            self.session.runs.difference(record),
            f"{record.step:,}",
            *(_words(figure, is_share=place in (3, 5)) for place, figure in enumerate(_figures(record))),
        )
        item.setText(NAME, record.name)
        for column, (text, number) in enumerate(zip(texts, numbers, strict=True), start=1):
            item.setText(column, text)
            item.setData(column, NUMBER, number)
            if column != DIFFERENCE:
                item.setTextAlignment(column, OF_NUMBERS)
        item.setToolTip(NAME, record.name)
        item.setToolTip(DIFFERENCE, texts[1])
        item.setFont(NAME, font(SMALL, QFont.Weight.DemiBold if is_present else QFont.Weight.Normal))

    def _item_of(self, run_id: int) -> QTreeWidgetItem | None:
        waiting = [self.tree.invisibleRootItem()]
        for item in waiting:
            if item.data(NAME, RUN_ID) == run_id:
                return item
            waiting += [required(item.child(place)) for place in range(item.childCount())]
        return None

    def _enable(self) -> None:
        record, runs = self.chosen, self.session.runs
        is_present = record is not None and record.run_id == runs.present
        self.open.setEnabled(record is not None and not is_present)
        self.compare.setEnabled(record is not None and (not is_present or record.parent in runs))
        self.compare.setText("Compare with parent" if is_present else "Compare")
        self.delete.setEnabled(record is not None and record.parent is not None)

    # Hands

    def _on_open_clicked(self) -> None:
        if self.chosen_id and self.chosen_id != self.session.runs.present:
            self.session.send(c.OpenBranch(self.chosen_id))

    def _on_compare_clicked(self) -> None:
        record = self.chosen
        if record is not None:
            is_present = record.run_id == self.session.runs.present
            self.compare_asked.emit(record.parent if is_present else record.run_id)

    def _on_delete_clicked(self) -> None:
        record = self.chosen
        if record is not None and record.parent is not None:
            self.delete_asked.emit(record.run_id)

    def _on_item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        record = self.session.runs.get(item.data(NAME, RUN_ID))
        name = item.text(NAME)
        if column == NAME and name != record.name:
            # The name is shown when the worker has taken it.
            with QSignalBlocker(self.tree):
                item.setText(NAME, record.name)
            self.session.send(c.RenameBranch(record.run_id, name))


class _Tree(QTreeWidget):
    delete_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class _Names(QStyledItemDelegate):
    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        editor = super().createEditor(parent, option, index)
        if isinstance(editor, QLineEdit):
            TextUndo(editor)
        return editor


class _Row(QTreeWidgetItem):
    """A row of the table; numbers are sorted as numbers, what is unknown last."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn()
        ours, theirs = self.data(column, NUMBER), other.data(column, NUMBER)
        if ours is None and theirs is None:
            return self.text(column) < other.text(column)
        return ours is not None and (theirs is None or ours < theirs)


def _figures(record: RunRecord) -> tuple[float | None, ...]:
    """Training loss; step, loss and accuracy of the newest test; the best loss and accuracy of all."""
    figures = record.last_figures
    test = None if figures is None else figures.test
    newest = (None, None, None) if test is None else (test.step, test.loss, _known(test.accuracy))
    return None if figures is None else figures.loss, *newest, *record.best_test


def _known(number: float) -> float | None:
    """None for what is not a number."""
    return None if isnan(number) else number


def _words(figure: float | None, is_share: bool) -> str:
    if figure is None:
        return "–"
    if isinstance(figure, int):
        return f"{figure:,}"
    return share_words(figure) if is_share else number_words(figure)
