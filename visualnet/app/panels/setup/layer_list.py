"""The list of the draft's layers, a row each."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from visualnet.app.panels.setup import draft_layers as edits
from visualnet.app.panels.setup.draft_layers import DraftRow, Edit, Shape
from visualnet.app.panels.setup.layer_menu import LayerMenu
from visualnet.app.panels.setup.layer_row import LayerRow
from visualnet.app.theme import GRID, Theme
from visualnet.core.errors import SetupError
from visualnet.core.setup.setup import Setup


class LayerList(QWidget):
    """A list in which layers are added, removed, moved and changed, and their activations chosen.

    Attributes:
        rows: one for each DraftRow of the draft.
        fault: which layer cannot take its inputs, and why; empty where all can.
        edited: emitted with the changed draft.
        refused: emitted with the SetupError of an edit that cannot be.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._draft: Setup | None = None
        self.rows: list[LayerRow] = []
        self.fault = ""
        self.menu = LayerMenu(self._apply, self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self.add = QPushButton("Add a layer")
        self.add.setToolTip(
            "Add a hidden layer before the outputs.\nMore layers can say more complicated things, and are harder to train."
        )
        self.add.clicked.connect(lambda: self._apply(edits.with_layer_added))
        self._column.addWidget(self.add)

    def show_draft(self, draft: Setup, input_shape: Shape | None) -> None:
        """Show the layers of this draft; rows are made anew only where others come to stand in other places.

        Args:
            draft: any.
            input_shape: of one of its examples; None: not known.
        """
        self._draft = draft
        rows = edits.rows(draft, input_shape)
        self.fault = next((f"{row.name} {row.fault}." for row in rows if row.fault), "")
        if [row.name for row in rows] != [widget.row.name for widget in self.rows]:
            self._make_rows(draft, rows)
        else:
            for widget, row in zip(self.rows, rows, strict=True):
                widget.show_row(draft, row)
        self._order_tabs()

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        if self._draft is not None:
            self._make_rows(self._draft, [widget.row for widget in self.rows])
            self._order_tabs()

    def _make_rows(self, draft: Setup, rows: list[DraftRow]) -> None:
        for widget in self.rows:
            # A field that loses the keyboard tells of what was typed; by now it would be of another layer.
            widget.blockSignals(True)
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.rows = [LayerRow(draft, row, self._theme) for row in rows]
        for place, widget in enumerate(self.rows):
            widget.edited.connect(self._apply)
            widget.menu_asked.connect(self._open_menu)
            self._column.insertWidget(place, widget)
            widget.show()

    def _order_tabs(self) -> None:
        """Let the Tab key reach the rows where they stand: Qt puts what is made later at the end."""
        before: QWidget = self
        for control in (*(control for row in self.rows for control in row.controls()), self.add):
            self.setTabOrder(before, control)
            before = control

    def _open_menu(self) -> None:
        widget = self.sender()
        assert isinstance(widget, LayerRow)
        self.menu.fill([each.row for each in self.rows], self.rows.index(widget), widget)
        self.menu.popup(widget.name.mapToGlobal(QPoint(0, widget.name.height())))

    def _apply(self, edit: Edit, index: int | None = None) -> None:
        """Make this edit of the draft. Where rows are made anew, that of this index then has the keyboard.

        Args:
            edit: what to do.
            index: None: of the row that has the keyboard now.
        """
        if self._draft is None:
            return
        index, rows = self._focused() if index is None else index, self.rows
        try:
            changed = edit(self._draft)
        except SetupError as error:
            self.refused.emit(error)
            return
        self.edited.emit(changed)
        if index is not None and self.rows is not rows:
            self.rows[min(index, len(self.rows) - 1)].name.setFocus()

    def _focused(self) -> int | None:
        """Index of the row that has the keyboard."""
        focus = QApplication.focusWidget()
        inside = [index for index, row in enumerate(self.rows) if focus and row.isAncestorOf(focus)]
        return inside[0] if inside else None
