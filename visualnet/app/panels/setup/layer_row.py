"""One row of the list of layers: its name, its main options, and below them the others, on request."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from visualnet.app.icons import icon
from visualnet.app.panels.setup import draft_layers as edits
from visualnet.app.panels.setup.draft_layers import DraftRow
from visualnet.app.panels.setup.forms import small_label
from visualnet.app.panels.setup.option_field import OptionField
from visualnet.app.panels.setup.option_form import OptionForm
from visualnet.app.text.labels import IDEAS, LAYER_IDEAS, layer_words, shape_words
from visualnet.app.theme import GRID, SMALL, Theme, font
from visualnet.app.widgets.fields import choice
from visualnet.app.widgets.menu_name import MenuName
from visualnet.core.nn.layers import activation_kinds, layer_options
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup

NONE = "none"
SHOWN = ("units", "channels", "kernel", "size", "rate")
"""Options that are always seen; the others are folded away."""

NAME_WIDTH, HEIGHT = 72, 28
WIDTHS = {"channels": 44, "kernel": 34}
WIDTH = 50
LEAST_WIDTH = 64
"""Of the fields, in pixels: the narrowest rail has room for all of a row."""


class LayerRow(QWidget):
    """The fields of one DraftRow.

    Args:
        draft: whose layers are shown.
        row: which of them; a row shown later by this widget has the same name.
        theme: colours.

    Attributes:
        row: what is shown.
        edited: emitted with the Edit that the person asks for.
        menu_asked: emitted when the name is pressed.
    """

    edited = Signal(object)
    menu_asked = Signal()

    def __init__(self, draft: Setup, row: DraftRow, theme: Theme) -> None:
        super().__init__()
        self.row = row
        layer = draft.layers[row.first]
        self.name = self._make_name(theme)
        self.fields = {
            option: self._make_field(option, default)
            for option, default in layer_options(layer.kind).items()
            if option in SHOWN
        }
        self.activation = self._make_activation(layer)
        self.words = QLabel(wordWrap=True)
        self.words.setFont(font(SMALL))
        self.words.setProperty("role", "secondary")
        downwards = QSizePolicy.Policy.Preferred if layer.inner else QSizePolicy.Policy.Ignored
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, downwards)
        self.remove = self._make_remove(theme)
        self.more = OptionForm(row.name, (*SHOWN, "layers"))
        self.more.entered.connect(self._on_option_entered)
        self.fault = small_label("wrong")
        self.fault.setStyleSheet(f"color: {theme.wrong};")
        self._lay_out()
        self.show_row(draft, row)
        self.more.setVisible(self.more.differs(draft.layers[row.first : row.stop]))

    def _make_name(self, theme: Theme) -> MenuName:
        button = MenuName(self.row.name, theme)
        button.setFixedSize(NAME_WIDTH, HEIGHT)
        button.clicked.connect(self.menu_asked)
        return button

    def _make_field(self, option: str, default: object) -> OptionField:
        field = OptionField(option, default, self.row.name)
        field.make_narrow(WIDTHS.get(option, WIDTH), HEIGHT)
        field.entered.connect(partial(self._on_option_entered, 0, option))
        if self.row.is_output:
            field.setEnabled(False)
            field.field.setToolTip(
                "One output for each class: this follows the data and the loss.\nChoose others to change it."
            )
        return field

    def _make_activation(self, layer: LayerSetup) -> QComboBox | None:
        if layer.units is None and not layer.is_activation:
            return None
        box = choice([*activation_kinds(), NONE] if layer.units is not None else [*activation_kinds()])
        box.setMinimumWidth(LEAST_WIDTH)
        box.setProperty("slim", True)
        box.setAccessibleName("Activation" if layer.is_activation else f"Activation of {self.row.name}")
        box.setToolTip(
            "What bends the layer's sums before they go on.\nWithout any, many layers together are only one straight map."
        )
        box.activated.connect(lambda: self._on_activation_chosen(box.currentData()))
        return box

    def _make_remove(self, theme: Theme) -> QToolButton:
        colour = theme.panel if self.row.is_output else theme.secondary
        button = QToolButton()
        button.setIcon(icon("close", theme, colour))
        button.setFixedSize(20, 24)
        button.setProperty("slim", True)
        button.setAccessibleName(f"Remove {self.row.name}")
        button.setToolTip(
            "Remove this layer, with the activation beside it.\nThe layers around it are joined."
        )
        button.setEnabled(not self.row.is_output)
        button.clicked.connect(lambda: self.edited.emit(partial(edits.without, row=self.row)))
        return button

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(GRID // 2)
        line.addWidget(self.name)
        for field in self.fields.values():
            line.addWidget(field)
        if self.activation is not None:
            line.addWidget(self.activation, 1)
        line.addWidget(self.words, 1)
        self.words.setVisible(self.activation is None)
        line.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(line)
        column.addWidget(self.more)
        column.addWidget(self.fault)

    def show_row(self, draft: Setup, row: DraftRow) -> None:
        """Show this row of the draft."""
        self.row = row
        layers = draft.layers[row.first : row.stop]
        for option, field in self.fields.items():
            field.show_value(dict(layers[0].options)[option])
        if self.activation is not None:
            bend = layers[-1].kind if layers[-1].is_activation else NONE
            self.activation.setCurrentIndex(self.activation.findData(bend))
        self.more.show_layers(layers)
        self._show_words(layers[0])
        self.fault.setText(f"{row.fault[:1].upper()}{row.fault[1:]}.")
        self.fault.setVisible(bool(row.fault))

    def controls(self) -> list[QWidget]:
        """What the Tab key reaches, in its order."""
        fields = [field.field for field in (*self.fields.values(), *self.more.fields.values())]
        bend = [] if self.activation is None else [self.activation]
        shown = len(self.fields)
        return [self.name, *fields[:shown], *bend, self.remove, *fields[shown:]]

    def _show_words(self, layer: LayerSetup) -> None:
        shape = self.row.shape
        inner = " · ".join(layer_words(inside) for inside in layer.inner)
        self.words.setText(inner or (shape_words(shape) if shape and shape != self.row.given else ""))
        idea = LAYER_IDEAS.get(layer.kind, IDEAS.get(layer.kind, "An activation of your own."))
        gives = f"{idea}\nIt gives {shape_words(shape)}." if shape else idea
        self.words.setToolTip(gives)
        self.name.setToolTip(f"{gives}\nPress to move it, or to put others beside it.")

    def _on_option_entered(self, offset: int, option: str, value: Any) -> None:
        place = self.row.first + offset
        self.edited.emit(partial(edits.with_option, place=place, name=option, value=value))

    def _on_activation_chosen(self, kind: str) -> None:
        if self.fields:
            bend = None if kind == NONE else kind
            self.edited.emit(partial(edits.with_activation, place=self.row.first, kind=bend))
        else:
            self.edited.emit(partial(edits.with_layer, place=self.row.first, layer=LayerSetup(kind)))
