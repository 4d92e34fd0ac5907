"""How the rate changes by itself, and what holds a run back from overfitting: folded away until asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from visualnet.app.theme import GRID, SMALL, font
from visualnet.app.widgets.fields import NumberField, choice
from visualnet.core.errors import SetupError
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.run.setup import Setup

OFF = 0.0
"""Shown, and typed, for a rule that is not followed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One number of a Setup's part.

    Attributes:
        part: ``schedule`` or ``regularization``.
        name: of its field there.
        label: what to call it.
        idea: for the tooltip, in two sentences.
        is_whole: whether it counts something.
        default: what OFF stands for: None where the field may be None.
    """

    part: str
    name: str
    label: str
    idea: str
    is_whole: bool = False
    default: float | None = OFF


RULES = (
    Rule("schedule", "interval", "Every", "Steps from one fall of the rate to the next.\n0 is one epoch.", True, None),
    Rule("schedule", "decay", "Factor", "What the rate is multiplied by each time.\n0.5 halves it."),
    Rule("schedule", "start", "Begins at", "Share of the rate that the first step takes.\nOne-cycle goes up from there."),
    Rule("schedule", "rise", "Rises for", "Share of the run in which the rate goes up.\nIn the rest it comes down."),
    Rule("schedule", "final", "Ends at", "Share of the rate that is left at the end of the run.\n0 lets the weights come to rest."),
    Rule("schedule", "warmup_steps", "Warm-up", "Steps in which the rate rises to its first value.\nFirst gradients point anywhere, so first steps had better be small.", True),
    Rule("regularization", "l1", "L1", "A price on the size of every weight.\nMany become nearly zero, and the picture of a neuron becomes clean."),
    Rule("regularization", "l2", "L2", "A price on the square of every weight.\nLarge ones shrink, and the network bends less sharply."),
    Rule("regularization", "weight_decay", "Decay", "Each step takes away this share of every weight, times the rate.\nUnlike L2 it is no part of the gradient, so Adam does not even it out."),
    Rule("regularization", "max_norm", "Max norm", "The greatest length of a neuron's incoming weights.\nNo neuron can shout. 0 is no bound.", default=None),
    Rule("regularization", "clip_norm", "Clip norm", "The greatest length of the whole gradient.\nA step too far is shortened and keeps its direction. 0 is no bound.", default=None),
    Rule("regularization", "clip_value", "Clip value", "The greatest size of each number of the gradient.\nOutliers are cut off. 0 is no bound.", default=None),
    Rule("regularization", "ema_decay", "Average", "How much of a moving average of the weights each step keeps, such as 0.99.\nTests are made with the average, which is often better than the last weights. 0 is none.", default=None),
    Rule("regularization", "patience", "Patience", "Tests to wait for a smaller loss (of the validation part, if there is one) before the run stops early.\nThe best weights come back. 0 is never.", True, None),
)  # fmt: skip


class TrainingRules(QWidget):
    """A heading that folds, and below it one field for each rule.

    Attributes:
        edited: emitted with the changed draft.
        refused: emitted with the SetupError of a value that cannot be.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._draft: Setup | None = None
        self.heading = QToolButton(text="More", checkable=True, arrowType=Qt.ArrowType.RightArrow)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setAccessibleName("More about training")
        self.heading.setToolTip(
            "A rate that changes by itself, and rules against overfitting.\nMost runs do without them at first."
        )
        self.heading.toggled.connect(self._on_heading_toggled)
        self.schedule = choice(list(SCHEDULES))
        self.schedule.setAccessibleName("Schedule")
        self.schedule.setToolTip(
            "How the learning rate changes by itself along the run.\nLarge steps find the valley, small ones its bottom."
        )
        self.schedule.activated.connect(self._on_schedule_chosen)
        self.fields = {rule.name: self._field(rule) for rule in RULES}
        self._page = QWidget()
        self._form = QFormLayout(self._page)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(GRID)
        self._form.setVerticalSpacing(GRID // 2 + 2)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.addRow(_label("Schedule", self.schedule), self.schedule)
        for rule in RULES:
            self._form.addRow(_label(rule.label, self.fields[rule.name]), self.fields[rule.name])
        self._page.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.heading)
        column.addWidget(self._page)

    def show_draft(self, draft: Setup) -> None:
        """Show the rules of this draft."""
        self._draft = draft
        self.schedule.setCurrentIndex(self.schedule.findData(draft.schedule.name))
        options = SCHEDULES[draft.schedule.name].options
        for rule in RULES:
            field = self.fields[rule.name]
            field.show_value(getattr(getattr(draft, rule.part), rule.name) or OFF)
            is_general = rule.part != "schedule" or rule.name == "warmup_steps"
            self._form.setRowVisible(field, is_general or rule.name in options)

    def _field(self, rule: Rule) -> NumberField:
        field = NumberField()
        field.setMinimumWidth(0)
        field.setMaximumWidth(16_777_215)
        field.setAccessibleName(rule.label)
        field.setToolTip(rule.idea)
        field.entered.connect(partial(self._on_entered, rule))
        return field

    def _on_heading_toggled(self, is_open: bool) -> None:
        self._page.setVisible(is_open)
        self.heading.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)

    def _on_schedule_chosen(self) -> None:
        self._edit("schedule", "name", self.schedule.currentData())

    def _on_entered(self, rule: Rule, value: float) -> None:
        number: float | None = round(value) if rule.is_whole and value == round(value) else value
        self._edit(rule.part, rule.name, number if value != OFF or rule.default == OFF else rule.default)

    def _edit(self, part: str, name: str, value: float | str | None) -> None:
        draft = self._draft
        if draft is None:
            return
        try:
            changed = replace(draft, **{part: replace(getattr(draft, part), **{name: value})})
        except SetupError as error:
            self.show_draft(draft)
            self.refused.emit(error)
        else:
            self.edited.emit(changed)


def _label(text: str, field: QWidget) -> QLabel:
    label = QLabel(text)
    label.setFont(font(SMALL))
    label.setProperty("role", "secondary")
    label.setFixedWidth(60)
    label.setMinimumHeight(26)
    label.setBuddy(field)
    label.setToolTip(field.toolTip())
    return label
