"""Pictures that a widget keeps of what it need not paint at each frame."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QWidget


def is_current(picture: QPixmap, widget: QWidget) -> bool:
    """Whether there is a picture, and it is as sharp as the screen that the widget is on now."""
    return not picture.isNull() and picture.devicePixelRatio() == widget.devicePixelRatioF()


def blank_picture(widget: QWidget, ground: QColor | Qt.GlobalColor) -> QPixmap:
    """As large and as sharp as the widget on its screen, in one colour."""
    ratio = widget.devicePixelRatioF()
    picture = QPixmap(widget.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(ground)
    return picture
