"""The field for one option of a layer: a whole number, any number, or a choice, as the layer's class tells."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from visualnet.app.text.labels import OPTIONS, PADDINGS
from visualnet.app.theme import GRID
from visualnet.app.widgets.fields import NumberField, choice, whole_number
from visualnet.core.setup.layers import BOUNDS


class OptionField(QWidget):
    """A field that fits an option of a layer.

    Args:
        option: its name, as in ``layer_options``.
        default: its default there; None: it may be left to the layer, which the least number stands for.
        of: the layer's name, for a screen reader.

    Attributes:
        entered: emitted with the value when the person is done.
    """

    entered = Signal(object)

    def __init__(self, option: str, default: object, of: str) -> None:
        super().__init__()
        self.option = option
        self.label, idea = OPTIONS.get(option, (option.capitalize(), ""))
        self._may_be_none = default is None
        self.field = self._make(default)
        self.field.setAccessibleName(f"{self.label} of {of}")
        self.field.setToolTip(idea)
        self.setFocusProxy(self.field)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.field)

    def _make(self, default: object) -> QComboBox | QSpinBox | NumberField:
        if isinstance(default, str):
            box = choice([])
            for place, (padding, idea) in enumerate(PADDINGS.items()):
                box.addItem(str(padding), padding)
                box.setItemData(place, idea, Qt.ItemDataRole.ToolTipRole)
            box.activated.connect(lambda: self.entered.emit(box.currentData()))
            return box
        if self.option in BOUNDS:
            low, high = BOUNDS[self.option]
            number = whole_number(low - self._may_be_none, high)
            number.setSpecialValueText("as window" if self._may_be_none else "")
            number.valueChanged.connect(self._on_number_entered)
            return number
        field = NumberField()
        field.entered.connect(lambda number: self.entered.emit(number))
        return field

    def show_value(self, value: Any) -> None:
        """Show this value, without telling anybody."""
        field = self.field
        if isinstance(field, NumberField):
            field.show_value(value)
        elif isinstance(field, QSpinBox):
            field.blockSignals(True)
            field.setValue(field.minimum() if value is None else value)
            field.blockSignals(False)
        else:
            if field.findData(value) < 0:
                field.addItem(str(value), value)
            field.setCurrentIndex(field.findData(value))

    def make_narrow(self, width: int, height: int) -> None:
        """Of this size, with little room around the number."""
        self.setFixedSize(width, height)
        self.field.setMinimumWidth(0)
        self.field.setProperty("slim", True)
        if isinstance(self.field, QSpinBox):
            self.field.lineEdit().setTextMargins(GRID // 2, 0, 0, 0)

    def _on_number_entered(self, number: int) -> None:
        is_none = self._may_be_none and number < BOUNDS[self.option][0]
        self.entered.emit(None if is_none else number)
