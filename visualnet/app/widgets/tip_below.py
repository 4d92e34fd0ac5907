"""Tool tips below pictures: over a picture they would hide what the mouse points at."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QToolTip, QWidget


class _TipBelow(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ToolTip or not isinstance(watched, QWidget):
            return False
        QToolTip.showText(watched.mapToGlobal(watched.rect().bottomLeft()), watched.toolTip(), watched)
        return True


def tip_below(picture: QWidget) -> None:
    """Show this widget's tool tip below it."""
    picture.installEventFilter(_TipBelow(picture))
