"""Source: the protocol by which a session talks to a worker, wherever that runs."""

from __future__ import annotations

from typing import Protocol

from visualnet.core.messages.commands import Command
from visualnet.core.messages.outbox import Drained


class Source(Protocol):
    """A connection to a worker: commands go in, events and frames come out. ``send`` and ``drain`` return at once."""

    def start(self) -> None:
        """Begin to serve commands; those sent before are not lost."""

    def send(self, command: Command) -> None:
        """Hand over a command; returns at once. Commands keep their order."""

    def drain(self) -> Drained:
        """All events since the last call, in order, and the newest frame if there is one."""

    def stop(self, timeout: float = 10.0, keeps_nameless: bool = True) -> bool:
        """End the worker, see commands.Stop; True when it has ended within ``timeout`` seconds, or never began."""
