"""The outbox of the worker: all events in order and the newest frame, under one lock.

The worker writes, any one thread drains; neither waits longer than it takes to swap a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Condition

from visualnet.core.messages.events import Event, LatestEvent
from visualnet.core.messages.frame import Frame


@dataclass(frozen=True, slots=True)
class Drained:
    """The events since the last drain, in order, and the newest frame or None."""

    events: tuple[Event, ...]
    frame: Frame | None


class Outbox:
    """A queue of events, in which only a LatestEvent is replaced by a newer one of its kind and subject, and the newest frame."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._events: list[Event] = []
        self._frame: Frame | None = None
        self._is_closed = False

    def post(self, event: Event) -> None:
        """Add an event."""
        with self._condition:
            self._put(event)
            self._condition.notify()

    def _put(self, event: Event) -> None:
        if isinstance(event, LatestEvent):
            self._events = [waiting for waiting in self._events if not _replaces(event, waiting)]
        self._events.append(event)

    def show(self, frame: Frame) -> None:
        """Put this frame in the place of the one that waits."""
        with self._condition:
            self._frame = frame
            self._condition.notify()

    def add(self, drained: Drained) -> None:
        """Take over what another outbox gave out."""
        with self._condition:
            for event in drained.events:
                self._put(event)
            self._frame = drained.frame or self._frame
            self._condition.notify()

    def drain(self) -> Drained:
        """Take all that waits."""
        with self._condition:
            return self._take()

    def wait(self) -> Drained | None:
        """Take all that waits, as soon as there is something; None once the outbox is closed and empty."""
        with self._condition:
            self._condition.wait_for(lambda: self._is_closed or self._events or self._frame is not None)
            return self._take() if self._events or self._frame is not None else None

    def close(self) -> None:
        """Let whoever waits go, when all is taken."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def _take(self) -> Drained:
        events, self._events = self._events, []
        frame, self._frame = self._frame, None
        return Drained(tuple(events), frame)


def _replaces(event: LatestEvent, waiting: Event) -> bool:
    return isinstance(waiting, type(event)) and waiting.subject == event.subject
