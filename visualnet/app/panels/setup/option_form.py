"""The form of a layer's, and its activation's, seldom changed options: a field a line, folded away."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualnet.app.panels.setup.forms import form
from visualnet.app.panels.setup.option_field import OptionField
from visualnet.app.theme import GRID
from visualnet.core.nn.layers import layer_options
from visualnet.core.setup.layers import LayerSetup

Place = tuple[int, str]
"""Which of the layers, and the option's name."""


class OptionForm(QWidget):
    """One field for each option of some layers, but for those that are shown elsewhere.

    Args:
        of: what the layers are called.
        elsewhere: names of options that are shown elsewhere.

    Attributes:
        fields: in their order.
        entered: emitted with an index into the layers, the option's name and the value that the person asks for.
    """

    entered = Signal(int, str, object)

    def __init__(self, of: str, elsewhere: tuple[str, ...]) -> None:
        super().__init__()
        self._of, self._elsewhere = of, elsewhere
        self._kinds: list[str] = []
        self._page = QWidget()
        self.fields: dict[Place, OptionField] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GRID, 0, 0, GRID // 2)
        self._column.addWidget(self._page)

    def show_layers(self, layers: tuple[LayerSetup, ...]) -> None:
        """Show the options of these layers; fields are made anew only where the kinds differ."""
        kinds = [layer.kind for layer in layers]
        if kinds != self._kinds:
            self._kinds = kinds
            self._make_fields()
        for (index, option), field in self.fields.items():
            field.show_value(dict(layers[index].options)[option])

    def differs(self, layers: tuple[LayerSetup, ...]) -> bool:
        """Whether an option here is another than what it would be by itself."""
        return any(
            dict(layers[index].options)[option] != layer_options(layers[index].kind)[option]
            for index, option in self.fields
        )

    def _make_fields(self) -> None:
        self.fields = {
            (index, option): self._field(index, option, default)
            for index, kind in enumerate(self._kinds)
            for option, default in layer_options(kind).items()
            if option not in self._elsewhere
        }
        old, self._page = self._page, QWidget()
        form(self._page, *((field.label, field) for field in self.fields.values()))
        self._column.replaceWidget(old, self._page)
        old.hide()
        old.deleteLater()

    def _field(self, index: int, option: str, default: Any) -> OptionField:
        field = OptionField(option, default, self._of)
        field.entered.connect(partial(self.entered.emit, index, option))
        return field
