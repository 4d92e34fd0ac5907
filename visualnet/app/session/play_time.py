"""The time that each run was played in this window. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject

from visualnet.app.session.session import Session


class PlayTime(QObject):
    """The seconds between play and pause, summed for each run that began anew, with its branches.

    Args:
        session: plays the runs.
        parent: its owner.
        clock: seconds from any moment on.
    """

    def __init__(self, session: Session, parent: QObject, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__(parent)
        self._session, self._clock = session, clock
        self._seconds: dict[int, float] = {}
        self._root, self._since = 0, 0.0
        session.playing_changed.connect(self._on_session_playing_changed)

    def seconds(self, root: int) -> float:
        """How long this run and its branches were played."""
        present = self._clock() - self._since if self._session.is_playing and root == self._root else 0.0
        return self._seconds.get(root, 0.0) + present

    def _on_session_playing_changed(self, is_playing: bool) -> None:
        now, runs = self._clock(), self._session.runs
        if is_playing:
            self._root, self._since = runs.root(runs.present), now
        else:
            self._seconds[self._root] = self._seconds.get(self._root, 0.0) + now - self._since
