"""From the worker to whoever looks: a lossless list of events and the one latest frame, under one lock.

The worker writes, any one thread drains; neither ever waits for more than a list's swap.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from visualnet.core.run.events import Event
from visualnet.core.run.frame import Frame


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last drain: every event in order, and the newest frame or None."""

    events: tuple[Event, ...]
    frame: Frame | None


class Outbox:
    """Events are never dropped unless they are of a kind that says all anew; of frames the latest wins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: list[Event] = []
        self._frame: Frame | None = None

    def post(self, event: Event) -> None:
        """Add an event."""
        with self._lock:
            self._events.append(event)

    def post_latest(self, event: Event) -> None:
        """Add an event that makes those of its kind which still wait out of date; they are dropped."""
        with self._lock:
            self._events = [waiting for waiting in self._events if type(waiting) is not type(event)]
            self._events.append(event)

    def show(self, frame: Frame) -> None:
        """Put this frame in the place of the one that waits."""
        with self._lock:
            self._frame = frame

    def drain(self) -> Batch:
        """Take all that waits."""
        with self._lock:
            events, self._events = self._events, []
            frame, self._frame = self._frame, None
        return Batch(tuple(events), frame)
