"""ProcessSource: the worker in a process of its own, so that drawing never holds its interpreter lock."""

from __future__ import annotations

import logging
import signal
import subprocess
from io import BufferedReader, RawIOBase
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import cast

from visualnet.core.messages.commands import Command, Stop
from visualnet.core.messages.events import EngineEnded
from visualnet.core.messages.outbox import Drained, Outbox
from visualnet.core.sources.channel import ChannelClosed, Receiver, Sender
from visualnet.core.sources.launch import launch_engine

log = logging.getLogger(__name__)


class ProcessSource:
    """A Source whose worker runs in another process. If that ends by itself, EngineEnded is posted.

    Args:
        nameless_runs: see Worker.
        engine: a process from launch_engine that waits already; None: start one.
    """

    def __init__(
        self, nameless_runs: Path | None = None, engine: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._engine = engine or launch_engine()
        self._nameless_runs = nameless_runs
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        # Without buffers, as launch_engine asks for them, they are raw files.
        self._sender = Sender(cast("RawIOBase", self._engine.stdin))
        # To read as much as there is with one call: each gives the interpreter away, and waits to have it back.
        self._receiver = Receiver(BufferedReader(cast("RawIOBase", self._engine.stdout)))
        self._outbox = Outbox()
        self._is_stopping = False
        self._threads = [
            Thread(target=self._pass_on, daemon=True, name="visualnet-commands"),
            Thread(target=self._listen, daemon=True, name="visualnet-answers"),
        ]

    @property
    def process_id(self) -> int:
        """Of the engine."""
        return self._engine.pid

    def start(self) -> None:
        """See Source."""
        for thread in self._threads:
            thread.start()

    def send(self, command: Command) -> None:
        """See Source."""
        self._commands.put(command)

    def drain(self) -> Drained:
        """See Source."""
        return self._outbox.drain()

    def stop(self, timeout: float = 10.0, keeps_nameless: bool = True) -> bool:
        """See Source. An engine that takes longer is killed: what it has written is sound."""
        self._is_stopping = True
        if self._threads[0].is_alive():
            self._commands.put(Stop(keeps_nameless))
            self._commands.put(None)
        else:
            self._sender.close()
        try:
            self._engine.wait(timeout)
            has_ended = True
        except subprocess.TimeoutExpired:
            self._engine.kill()
            self._engine.wait()
            has_ended = False
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout)
        self._sender.close()
        self._receiver.close()
        return has_ended

    def _pass_on(self) -> None:
        """Hand on what is to be done, in a thread of its own: a large command fills the pipe."""
        try:
            self._sender.send(self._nameless_runs)
            while (command := self._commands.get()) is not None:
                self._sender.send(command)
        except ChannelClosed:
            # The engine is gone; the thread that listens tells.
            pass

    def _listen(self) -> None:
        try:
            while True:
                self._outbox.add(self._receiver.receive())
        except ChannelClosed:
            code = self._engine.wait()
            if not self._is_stopping:
                log.error("The engine ended with code %s", code)
                self._outbox.post(EngineEnded(0, _sentence(code)))


def _sentence(code: int) -> str:
    """What a person is told of an engine that ended by itself."""
    if code == -signal.SIGKILL:
        return "The engine was ended from outside, perhaps because memory ran out."
    return f"The engine ended unexpectedly ({signal.Signals(-code).name if code < 0 else f'code {code}'})."
