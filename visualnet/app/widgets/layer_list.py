"""The layers of a draft: a row of fields for a dense layer and its activation, words for all others."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualnet.app import draft as drafts
from visualnet.app.icons import icon
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.fields import choice, whole_number
from visualnet.app.words import LAYER_IDEAS, layer_words
from visualnet.core.nn.layers import activation_kinds
from visualnet.core.run.layer_setup import MAXIMUM_UNITS, LayerSetup
from visualnet.core.run.setup import Setup

NONE = "none"


class LayerList(QWidget):
    """Add, remove and resize layers, and choose what bends their sums.

    Attributes:
        edited: emitted with the changed draft.
    """

    edited = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._draft: Setup | None = None
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self.add = QPushButton("Add a layer")
        self.add.setToolTip(
            "Add a hidden layer before the outputs.\nMore layers can say more complicated things, and are harder to train."
        )
        self.add.clicked.connect(self._on_add_clicked)
        self._column.addWidget(self.add)

    def show_draft(self, draft: Setup) -> None:
        """Show the layers of this draft; rows are made anew only where their number or kinds differ."""
        old, self._draft = self._draft, draft
        if old is None or old.layers != draft.layers:
            self._make_rows(draft)

    def set_theme(self, theme: Theme) -> None:
        """Use these colours."""
        self._theme = theme
        if self._draft is not None:
            self._make_rows(self._draft)

    def _make_rows(self, draft: Setup) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for number, (first, stop) in enumerate(drafts.passages(draft), 1):
            rest = first
            if draft.layers[first].units is not None:
                self._rows.append(self._row(draft, first, number))
                rest += 2 if drafts.activation_after(draft, first) is not None else 1
            if rest < stop:
                name = f"Layer {number}" if rest == first else ""
                self._rows.append(self._words(name, draft.layers[rest:stop]))
        for place, row in enumerate(self._rows):
            self._column.insertWidget(place, row)
            row.show()

    def _words(self, name: str, layers: tuple[LayerSetup, ...]) -> QWidget:
        """Layers that are told and not edited here."""
        label = self._name(name)
        text = QLabel("  ·  ".join(layer_words(layer) for layer in layers), wordWrap=True)
        text.setFont(font(SMALL))
        text.setToolTip("\n".join(LAYER_IDEAS[layer.kind] for layer in layers if layer.kind in LAYER_IDEAS))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 2, 0, 2)
        line.setSpacing(GRID // 2)
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(text, 1)
        return row

    def _name(self, name: str) -> QLabel:
        label = QLabel(name)
        label.setFont(font(SMALL))
        label.setProperty("role", "secondary")
        label.setFixedWidth(48)
        return label

    def _row(self, draft: Setup, place: int, number: int) -> QWidget:
        is_output = place == drafts.output_place(draft)
        name = "outputs" if is_output else f"layer {number}"
        label = self._name(name.capitalize())
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID // 2)
        line.addWidget(label)
        line.addWidget(self._units(draft, place, name, is_output))
        line.addWidget(self._activation(draft, place, name), 1)
        line.addWidget(self._remove(place, name, is_output))
        return row

    def _units(self, draft: Setup, place: int, name: str, is_output: bool) -> QSpinBox:
        units = whole_number(1, MAXIMUM_UNITS)
        units.setValue(draft.layers[place].units or 1)
        units.setFixedWidth(62)
        units.setEnabled(not is_output)
        units.setAccessibleName(f"Neurons of {name}")
        idea = "One output for each class: this follows the data and the loss." if is_output else (
            "How many neurons the layer has.\nEach one learns to look for something of its own in its inputs."
        )  # fmt: skip
        units.setToolTip(idea)
        units.valueChanged.connect(partial(self._on_units_changed, place))
        return units

    def _activation(self, draft: Setup, place: int, name: str) -> QComboBox:
        box = choice([*activation_kinds(), NONE])
        box.setCurrentIndex(box.findData(drafts.activation_after(draft, place) or NONE))
        box.setMinimumContentsLength(4)
        box.setAccessibleName(f"Activation of {name}")
        box.setToolTip(
            "What bends the layer's sums before they go on.\nWithout any, many layers together are only one straight map."
        )
        box.activated.connect(lambda: self._on_activation_chosen(place, box.currentData()))
        return box

    def _remove(self, place: int, name: str, is_output: bool) -> QToolButton:
        button = QToolButton(icon=icon("close", self._theme, self._theme.secondary))
        button.setFixedSize(24, 24)
        button.setProperty("slim", True)
        button.setAccessibleName(f"Remove {name}")
        button.setToolTip("Remove this layer and its activation.\nThe layers around it are joined.")
        button.setEnabled(not is_output)
        if is_output:
            button.setIcon(icon("close", self._theme, self._theme.panel))
        button.clicked.connect(lambda: self._on_remove_clicked(place))
        return button

    def _on_add_clicked(self) -> None:
        if self._draft is not None:
            self.edited.emit(drafts.with_layer_added(self._draft))

    def _on_remove_clicked(self, place: int) -> None:
        if self._draft is not None:
            self.edited.emit(drafts.with_layer_removed(self._draft, place))

    def _on_units_changed(self, place: int, units: int) -> None:
        if self._draft is not None:
            self.edited.emit(drafts.with_units(self._draft, place, units))

    def _on_activation_chosen(self, place: int, kind: str) -> None:
        if self._draft is not None:
            self.edited.emit(drafts.with_activation(self._draft, place, None if kind == NONE else kind))
