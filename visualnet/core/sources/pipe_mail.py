"""PipeInbox and PipeOutbox: the two ends of the pipes that the engine's worker itself reads and writes.

Threads of their own for the pipes would take the interpreter from the worker four to eight times a frame, and each time
it waits until it is woken again: measured at 60 frames a second, a tenth of the training speed of a small network.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from io import FileIO
from queue import Empty
from threading import Lock
from time import perf_counter

from visualnet.core.messages.commands import Command, Stop
from visualnet.core.messages.events import Event
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Drained
from visualnet.core.sources.channel import ChannelClosed, Receiver, Sender
from visualnet.core.sources.pipes import has_input

LOOK_SECONDS = 0.2
"""Between two looks, while the pipe is waited for, at what this process itself has put in."""


class PipeInbox:
    """An Inbox of the commands that come through a pipe; its end is a Stop.

    Args:
        pipe: unbuffered.
    """

    def __init__(self, pipe: FileIO) -> None:
        self._pipe = pipe
        self._receiver = Receiver(pipe)
        self._own: deque[Command] = deque()

    def put(self, item: Command, /) -> None:
        """See Inbox."""
        self._own.append(item)

    def empty(self) -> bool:
        """See Inbox."""
        return not (self._own or has_input(self._pipe))

    def get(self, *, timeout: float | None = None) -> Command:
        """See Inbox."""
        deadline = None if timeout is None else perf_counter() + timeout
        while True:
            if self._own:
                return self._own.popleft()
            left = LOOK_SECONDS if deadline is None else deadline - perf_counter()
            if has_input(self._pipe, min(max(left, 0.0), LOOK_SECONDS)):
                return self._received()
            if left <= 0:
                raise Empty

    def _received(self) -> Command:
        try:
            command: Command = self._receiver.receive()
        except ChannelClosed:
            return Stop()
        return command


class PipeOutbox:
    """A Recipient that writes to a pipe at once. Nobody asks for a frame before the last has come, so it never fills.

    Args:
        pipe: unbuffered.
    """

    def __init__(self, pipe: FileIO) -> None:
        self._sender = Sender(pipe)
        self._lock = Lock()

    def post(self, event: Event) -> None:
        """See Recipient."""
        self._send(Drained((event,), None))

    def show(self, frame: Frame) -> None:
        """See Recipient."""
        self._send(Drained((), frame))

    def _send(self, drained: Drained) -> None:
        # Where nobody reads any more, the end of the commands says so too.
        with self._lock, suppress(ChannelClosed):
            self._sender.send(drained)
