"""ThreadSource: the worker as a thread of this process, for scripts, tests, and programs that embed a window."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.messages.commands import Command
from visualnet.core.messages.outbox import Drained, Outbox
from visualnet.core.worker.worker import Worker


class ThreadSource:
    """A Source whose worker shares this process's interpreter.

    Args:
        nameless_runs: see Worker.
    """

    def __init__(self, nameless_runs: Path | None = None) -> None:
        self._outbox = Outbox()
        self._worker = Worker(self._outbox, nameless_runs)

    def start(self) -> None:
        """See Source."""
        self._worker.start()

    def send(self, command: Command) -> None:
        """See Source."""
        self._worker.send(command)

    def drain(self) -> Drained:
        """See Source."""
        return self._outbox.drain()

    def stop(self, timeout: float = 10.0, keeps_nameless: bool = True) -> bool:
        """See Source."""
        return self._worker.stop(timeout, keeps_nameless) if self._worker.is_alive() else True
