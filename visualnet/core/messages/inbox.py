"""Inbox and Recipient: what a worker takes its commands from, and whom it tells what becomes of them."""

from __future__ import annotations

from typing import Protocol

from visualnet.core.messages.commands import Command
from visualnet.core.messages.events import Event
from visualnet.core.messages.frame import Frame


class Inbox(Protocol):
    """A queue of commands that keeps their order, such as a SimpleQueue."""

    def put(self, item: Command, /) -> None:
        """Add a command, from any thread; returns at once."""

    def get(self, *, timeout: float | None = None) -> Command:
        """The next command, waited for so many seconds; None: for ever. For the thread that serves it alone.

        Raises:
            queue.Empty: when none came in that time.
        """

    def empty(self) -> bool:
        """Whether no command waits."""


class Recipient(Protocol):
    """A taker of events and frames, such as an Outbox."""

    def post(self, event: Event) -> None:
        """Take an event; each arrives, in order."""

    def show(self, frame: Frame) -> None:
        """Take a frame; an older one that has not been looked at may be dropped for it."""
