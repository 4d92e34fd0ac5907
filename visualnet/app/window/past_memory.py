"""The setting for how much memory the keyframes of all runs may take. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QWidget

from visualnet.app.files.settings import MEGABYTES, Settings
from visualnet.app.session.session import Session
from visualnet.core.messages import commands as c

WORDS = (
    "Any step of the past is shown by training again from a state nearby. The more states are kept, "
    "the shorter the way.\n\nMegabytes for the states of all runs:"
)


class PastMemory(QObject):
    """The remembered number of megabytes, which the worker is told, and the dialog for another."""

    def __init__(self, window: QWidget, session: Session, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._session, self._settings = window, session, settings
        self._tell()

    def ask(self) -> None:
        """Let the person choose; what is chosen acts at once and is remembered."""
        label, least, most = Settings.past_megabytes.label, MEGABYTES[0], MEGABYTES[-1]
        chosen, is_given = QInputDialog.getInt(
            self._window, label, WORDS, self._settings.past_megabytes, least, most, least
        )
        if is_given:
            self._settings.past_megabytes = chosen
            self._tell()

    def _tell(self) -> None:
        self._session.send(c.SetKeyframeBudget(self._settings.past_megabytes << 20))
