"""A name as a button that opens a menu, as three dots before it say."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton

from visualnet.app.theme import SMALL, Theme, font
from visualnet.app.widgets.painted import painted

RADIUS, GAP, LEFT = 1.25, 4.0, 5.0
"""Of the dots, in pixels; the style sheet leaves room for them."""


class MenuName(QPushButton):
    """The name, in small letters.

    Args:
        name: what to say.
        theme: colours.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__(name)
        self._colour = QColor(theme.secondary)
        self.setFont(font(SMALL))
        self.setProperty("quiet", True)
        self.setAccessibleName(f"Menu of {name}")

    @painted
    def paintEvent(self, event: QPaintEvent, painter: QPainter) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        for step in (-1, 0, 1):
            painter.drawEllipse(QPointF(LEFT, self.height() / 2 + step * GAP), RADIUS, RADIUS)
