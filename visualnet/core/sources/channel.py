"""Channel: pickled values through a pipe between our own two processes, with large arrays beside the pickle, and of a
history only what is new.

Only for a pipe that nobody else can open: a pickle can make its reader run any code.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from io import BufferedReader, BytesIO, RawIOBase
from operator import attrgetter
from struct import Struct
from typing import Any

import numpy as np

from visualnet.core.history.history import History, HistoryAddition, HistoryView
from visualnet.core.messages.frame import Frame
from visualnet.core.messages.outbox import Drained

BESIDE_BYTES = 1 << 14
"""Bytes from which on an array is written as it lies in memory, after the pickle."""

KEPT_HISTORIES = 8
"""Histories that both ends remember, so that only what is new of them is sent."""

LENGTH = Struct("<Q")


def _addition(*columns: bytes) -> HistoryAddition:
    """A HistoryAddition from what was written of it."""
    loss, accuracy, tests, validations = (np.frombuffer(column) for column in columns)
    return HistoryAddition(loss, accuracy, tests.reshape(-1, 3), validations.reshape(-1, 3))


def _reduced_addition(addition: HistoryAddition) -> tuple[Any, ...]:
    columns = addition.loss, addition.accuracy, addition.tests, addition.validations
    return _addition, tuple(column.tobytes() for column in columns)


def _fields_of(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives the fields of a dataclass, in the order in which it is made of them."""
    return attrgetter(*(field.name for field in fields(kind)))


HISTORY_FIELDS = _fields_of(HistoryView)


def _by_fields(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """A function that tells pickle how to write a dataclass, without the slow way that it takes with slots."""
    values = _fields_of(kind)
    return lambda value: (kind, values(value))


REDUCED: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Frame: _by_fields(Frame),
    Drained: _by_fields(Drained),
    HistoryAddition: _reduced_addition,
}
"""How what crosses with each frame is pickled: in a third of the time that it takes by itself."""


class ChannelClosed(Exception):  # noqa: N818
    """The other end is gone."""


class Sender:
    """The writing end.

    Args:
        pipe: unbuffered.
    """

    def __init__(self, pipe: RawIOBase) -> None:
        self._pipe = pipe
        self._sent: OrderedDict[int, HistoryView] = OrderedDict()

    def send(self, value: Any) -> None:
        """Write a value; waits until the pipe takes it.

        Raises:
            ChannelClosed: when nobody reads any more.
        """
        beside: list[memoryview] = []

        def keep_beside(buffer: pickle.PickleBuffer) -> bool:
            view = buffer.raw()
            if view.nbytes < BESIDE_BYTES:
                return True
            beside.append(view)
            return False

        stream = BytesIO()
        pickler = pickle.Pickler(stream, protocol=5, buffer_callback=keep_beside)
        pickler.dispatch_table = REDUCED | {HistoryView: self._reduce_history}
        pickler.dump(value)
        pieces: list[Any] = [stream.getbuffer(), *beside]
        lengths = [LENGTH.pack(number) for number in (len(beside), *(len(piece) for piece in pieces))]
        try:
            self._write(b"".join([*lengths, pieces[0]]))
            for piece in beside:
                self._write(piece)
        except (OSError, ValueError):
            raise ChannelClosed from None

    def close(self) -> None:
        """Tell the other end that nothing more comes."""
        with suppress(OSError):
            self._pipe.close()

    def _reduce_history(self, view: HistoryView) -> tuple[Any, ...]:
        """How a HistoryView is pickled: as what is new of it if the reader has the rest, else as all its fields."""
        earlier = self._sent.get(view.line)
        addition = None if earlier is None else view.since(earlier)
        self._sent[view.line] = view
        _forget_oldest(self._sent, view.line)
        if addition is not None:
            return known_history, (view.line, addition)
        return known_history, (view.line, HISTORY_FIELDS(view))

    def _write(self, content: bytes | memoryview) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._pipe.write(rest) :]


class Receiver:
    """The reading end.

    Args:
        pipe: it is read no further than a value goes.
    """

    def __init__(self, pipe: RawIOBase | BufferedReader) -> None:
        self._pipe = pipe
        self._known: OrderedDict[int, History] = OrderedDict()

    def receive(self) -> Any:
        """The next value; waits for it. Arrays that came beside the pickle are read-only.

        Raises:
            ChannelClosed: when there is none, and will be none.
        """
        (count,) = LENGTH.unpack(self._read(LENGTH.size))
        lengths = [LENGTH.unpack(self._read(LENGTH.size))[0] for _ in range(count + 1)]
        pickled, *beside = [self._read(length) for length in lengths]
        unpickler = _Unpickler(BytesIO(pickled), buffers=[piece.toreadonly() for piece in beside])
        unpickler.history = self._history
        return unpickler.load()

    def close(self) -> None:
        """Read no more."""
        self._pipe.close()

    def _history(self, line: int, content: HistoryAddition | tuple[Any, ...]) -> HistoryView:
        """The view that was sent, made from this end's copy of its history."""
        if isinstance(content, HistoryAddition):
            self._known[line].extend(content)
        else:
            self._known[line] = History.from_view(HistoryView(*content))
        _forget_oldest(self._known, line)
        return self._known[line].view()

    def _read(self, length: int) -> memoryview:
        content = np.empty(length, np.uint8).data
        done = 0
        while done < length:
            try:
                count = self._pipe.readinto(content[done:])
            except (OSError, ValueError):
                raise ChannelClosed from None
            if not count:
                raise ChannelClosed
            done += count
        return content


def known_history(line: int, content: HistoryAddition | tuple[Any, ...]) -> HistoryView:
    """A name that stands in a pickle for what the Receiver does with a history; never called."""
    raise NotImplementedError(line, content)


class _Unpickler(pickle.Unpickler):
    """Lets a Receiver put its own function in the place of ``known_history``."""

    history: Callable[..., HistoryView]

    def find_class(self, module_name: str, global_name: str) -> Any:
        """See pickle.Unpickler."""
        found = super().find_class(module_name, global_name)
        return self.history if found is known_history else found


def _forget_oldest(kept: OrderedDict[int, Any], newest: int) -> None:
    """Both ends do the same in the same order, so each knows what the other has."""
    kept.move_to_end(newest)
    while len(kept) > KEPT_HISTORIES:
        kept.popitem(last=False)
