"""The line of small words below a picture: what it shows, or what the mouse points at."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from visualnet.app.theme import GRID, SMALL, font


class Readout(QLabel):
    """Words that never widen their panel."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setFont(font(SMALL))
        self.setProperty("role", "secondary")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


def row_with(readout: Readout, choice: QWidget) -> QHBoxLayout:
    """A choice beside the words, which give way: above the picture it would make the panel grow when it appears."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(readout, 1)
    row.addWidget(choice)
    return row
