"""FigurePace: the running figures change together, from the same frame, seldom enough to be read. GUI thread only."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from visualnet.core.messages.frame import Frame

SECONDS_BETWEEN_FIGURES = 0.1
"""Figures that change more often cannot be read, and cost as much as a panel."""


class FigurePace(QObject):
    """A filter that passes a frame ten times a second at most, and always the last one.

    Attributes:
        due: emitted with the frame whose figures are to be shown now.
    """

    due = Signal(object)  # Frame

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._told_at = 0.0
        self._waiting: Frame | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell)

    def note(self, frame: Frame, is_playing: bool) -> None:
        """A frame was shown; at rest it is told at once."""
        self._waiting = frame
        rest = SECONDS_BETWEEN_FIGURES - (monotonic() - self._told_at)
        if not is_playing or rest <= 0:
            self._tell()
        elif not self._timer.isActive():
            self._timer.start(round(1000 * rest))

    def forget(self) -> None:
        """The frame that waits is out of date, and another comes."""
        self._waiting = None

    def _tell(self) -> None:
        frame, self._waiting = self._waiting, None
        self._timer.stop()
        if frame is not None:
            self._told_at = monotonic()
            self.due.emit(frame)
