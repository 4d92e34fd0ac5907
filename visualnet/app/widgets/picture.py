"""Pixmaps: caches of what a widget need not paint at each frame, and pictures that a person saves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QWidget

from visualnet.core.errors import DataError
from visualnet.core.files import replace_file


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


def save_picture(picture: QPixmap, path: Path) -> None:
    """Write a picture in the format that the end of the file's name tells; PNG where it has none.

    Raises:
        DataError: when it cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not picture.save(buffer, path.suffix[1:] or "png"):
        raise DataError(path, f"cannot be written: {path.suffix} is no format of pictures; name a .png")
    replace_file(path, bytes(buffer.data().data()))
