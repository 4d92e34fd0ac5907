"""The choice of which of two compared runs a panel shows, or their difference."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

THIS, OTHER, DIFFERENCE = "this run", "other run", "difference"
SIDES = {THIS: "This run", OTHER: "Other run", DIFFERENCE: "This − other"}


class SideChoice(QComboBox):
    """A choice between the runs and their difference; hidden until two runs are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Which run to show")
        self.setToolTip("Two runs are compared: look at one, at the other, or at what differs.")
        for side, text in SIDES.items():
            self.addItem(text, side)
        self.hide()

    @property
    def side(self) -> str:
        """THIS, OTHER or DIFFERENCE."""
        return str(self.currentData())

    def offer(self, is_on: bool, has_difference: bool = True) -> None:
        """Let a person choose, or show this run alone; without a difference where it has no meaning."""
        if not is_on or (self.side == DIFFERENCE and not has_difference):
            self.setCurrentIndex(self.findData(THIS))
        place = self.findData(DIFFERENCE)
        if has_difference and place < 0:
            self.addItem(SIDES[DIFFERENCE], DIFFERENCE)
        elif not has_difference and place >= 0:
            self.removeItem(place)
        self.setVisible(is_on)
