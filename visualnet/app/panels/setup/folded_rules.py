"""Fields for parts of a Setup that most runs leave alone, made from a table and folded away until asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualnet.app.panels.setup.draft import with_value
from visualnet.app.panels.setup.forms import form
from visualnet.app.theme import GRID
from visualnet.app.widgets.controls import toggle
from visualnet.app.widgets.fields import NumberField, Switch
from visualnet.core.errors import SetupError
from visualnet.core.setup.setup import Setup

OFF = 0.0
"""The number that is shown, and typed, for a rule that is off."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One number, or one yes or no, of a Setup's part.

    Attributes:
        part: ``schedule``, or ``data.augmentation`` for a part of a part.
        name: of its field there.
        label: what to call it.
        idea: for the tooltip, in two sentences.
        is_whole: whether it counts something.
        default: the field's value while the rule is OFF: None where the field may be None.
        unit: written behind the number; or what a yes means.
        is_switch: whether it is yes or no.
    """

    part: str
    name: str
    label: str
    idea: str
    is_whole: bool = False
    default: float | None = OFF
    unit: str = ""
    is_switch: bool = False

    def value_in(self, setup: Setup) -> Any:
        """What this Setup says."""
        part: Any = setup
        for name in self.part.split("."):
            part = getattr(part, name)
        return getattr(part, self.name)


class FoldedRules(QWidget):
    """A heading that folds, and below it one field for each rule.

    Args:
        about: accessible name of the heading, which is shown as "More".
        idea: tooltip of the heading, in two sentences.
        rules: of names that differ.

    Attributes:
        edited: emitted with the changed draft.
        refused: emitted with the SetupError of a value that cannot be; whoever hears it shows the draft again.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, about: str, idea: str, rules: tuple[Rule, ...]) -> None:
        super().__init__()
        self._rules = rules
        self._draft: Setup | None = None
        self.heading = toggle("More")
        self.heading.setArrowType(Qt.ArrowType.RightArrow)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setProperty("folds", True)
        self.heading.setAccessibleName(about)
        self.heading.setToolTip(idea)
        self.heading.toggled.connect(self._on_heading_toggled)
        self.fields = {rule.name: self._field(rule) for rule in rules}
        self._page = QWidget()
        self._form = form(self._page, *((rule.label, self.fields[rule.name]) for rule in rules))
        self._page.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.heading)
        column.addWidget(self._page)

    def applies(self, rule: Rule, draft: Setup) -> bool:
        """Whether this rule says anything in this draft; where it does not, its row is hidden."""
        raise NotImplementedError

    def show_draft(self, draft: Setup) -> None:
        """Show the rules of this draft."""
        self._draft = draft
        for rule in self._rules:
            field = self.fields[rule.name]
            field.show_value(rule.value_in(draft) or OFF)
            self._form.setRowVisible(field, self.applies(rule, draft))

    def _field(self, rule: Rule) -> NumberField | Switch:
        field = Switch(rule.unit) if rule.is_switch else NumberField(rule.unit)
        field.setAccessibleName(rule.label)
        field.setToolTip(rule.idea)
        field.entered.connect(partial(self._on_entered, rule))
        return field

    def _on_heading_toggled(self, is_open: bool) -> None:
        self._page.setVisible(is_open)
        self.heading.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)

    def _on_entered(self, rule: Rule, value: float | bool) -> None:
        number: float | None = int(value) if rule.is_whole and value % 1 == 0 else value
        self._edit(rule.part, rule.name, number if value != OFF or rule.default == OFF else rule.default)

    def _edit(self, part: str, name: str, value: float | str | None) -> None:
        if self._draft is None:
            return
        try:
            changed = with_value(self._draft, f"{part}.{name}", value)
        except SetupError as error:
            self.refused.emit(error)
        else:
            self.edited.emit(changed)
