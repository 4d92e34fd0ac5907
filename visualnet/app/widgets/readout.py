"""The read-out below a picture: a line of small words on what it shows, or on what the mouse points at."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from visualnet.app.theme import GRID, SMALL, font


class Readout(QLabel):
    """A line of words that never widens its panel."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setFont(font(SMALL))
        self.setProperty("role", "secondary")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


class FittingReadout(Readout):
    """A read-out that shows the first of several texts that has room, else the last; the first is its tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._several: tuple[str, ...] = ("",)

    def show_words(self, *several: str) -> None:
        """Show the first of these that has room, from the longest to the shortest."""
        if several != self._several:
            self._several = several
            self.setToolTip(several[0])
            self._choose()

    @property
    def words(self) -> str:
        """What is said where there is room."""
        return self._several[0]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose()

    def _choose(self) -> None:
        fits = self.fontMetrics().horizontalAdvance
        self.setText(
            next((words for words in self._several if fits(words) <= self.width()), self._several[-1])
        )


def row_with(readout: Readout, choice: QWidget) -> QHBoxLayout:
    """A choice beside the words, which give way: above the picture it would make the panel grow when it appears."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(readout, 1)
    row.addWidget(choice)
    return row
