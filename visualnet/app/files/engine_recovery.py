"""Recovery from an engine process that has ended by itself: the offer to go on in a new one. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from visualnet.app.bars.notice_bar import NoticeBar
from visualnet.app.session.session import Session
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.sources.source import Source


class EngineRecovery(QObject):
    """A notice that the engine process is gone, and the start of another with the run from its file.

    Args:
        session: what lost its engine.
        notice: where it is told.
        make_source: starts another engine.
        parent: its owner.
    """

    def __init__(
        self, session: Session, notice: NoticeBar, make_source: Callable[[], Source], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._notice = notice
        self._make_source = make_source
        session.engine_ended.connect(self._on_session_engine_ended)

    def _on_session_engine_ended(self, event: e.EngineEnded) -> None:
        session, run = self._session, self._session.run
        if run is None:
            words = "Start it again"
        elif self._file is not None:
            words = f"Go on from step {session.step:,}"
        else:
            words = "Start the run anew"
        self._notice.show_notice(f"{event.sentence} The window is as it was.", ((words, self._go_on),))

    @property
    def _file(self) -> Path | None:
        runs = self._session.runs
        return runs.recorded.get(runs.root(runs.present)) if runs.present else None

    def _go_on(self) -> None:
        session, path = self._session, self._file
        setup = None if session.run is None else session.run.setup
        speed = session.speed
        session.go_on_with(self._make_source())
        session.send(c.SetSpeed(speed))
        if path is not None:
            session.send(c.OpenRun(path))
        elif setup is not None:
            session.start_run(setup)
