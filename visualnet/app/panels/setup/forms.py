"""The layout of fields in the Setup panel: short labels on the left, fields of equal width on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from visualnet.app.theme import GRID, NORMAL, SMALL, font

LABEL_WIDTH = 60


def form(parent: QWidget | None, *rows: tuple[str, QWidget]) -> QFormLayout:
    """Fields below each other; one without a name takes the whole width.

    Args:
        parent: the widget to lay out; None: the form becomes part of another layout.
        rows: name and field.
    """
    made = QFormLayout(parent)
    made.setContentsMargins(0, 0, 0, 0)
    made.setHorizontalSpacing(GRID)
    made.setVerticalSpacing(GRID // 2 + 2)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    made.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for name, field in rows:
        if name:
            made.addRow(field_label(name, field), field)
        else:
            made.addRow(field)
    return made


def field_label(text: str, field: QWidget) -> QLabel:
    """The short name left of a field, with its idea."""
    label = QLabel(text)
    label.setFont(font(SMALL))
    label.setProperty("role", "secondary")
    label.setFixedWidth(LABEL_WIDTH)
    label.setMinimumHeight(26)
    label.setBuddy(field)
    label.setToolTip(field.toolTip())
    return label


class _Sentence(QLabel):
    """Words over as many lines as they need: a form keeps the height that other words or another width had."""

    def __init__(self) -> None:
        super().__init__(wordWrap=True)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # Qt counts the least height that was set before as one that is needed.
        self.setMinimumHeight(0)
        self.setMinimumHeight(self.heightForWidth(self.width()) if self.text() else 0)


def small_label(role: str) -> QLabel:
    """A sentence in small letters."""
    label = _Sentence()
    label.setFont(font(SMALL))
    label.setProperty("role", role)
    return label


def heading(text: str) -> QLabel:
    """What stands over a group of fields."""
    label = QLabel(text)
    label.setFont(font(NORMAL, QFont.Weight.DemiBold))
    return label
