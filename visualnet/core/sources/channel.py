"""Values through a pipe between two processes of ours: pickles, with large arrays beside them, and each loss once.

Only for a pipe that nobody else can open: whoever writes a pickle commands its reader.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from contextlib import suppress
from dataclasses import fields
from io import BytesIO, RawIOBase
from struct import Struct
from typing import Any

import numpy as np

from visualnet.core.run.history import History, HistoryAddition, HistoryView

BESIDE_BYTES = 1 << 14
"""Arrays of at least so many bytes are written as they lie in memory, after the pickle."""

KEPT_HISTORIES = 8
"""Histories that both ends remember, so that only what is new of them crosses."""

LENGTH = Struct("<Q")


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
        pickler = _Pickler(stream, protocol=5, buffer_callback=keep_beside)
        pickler.sent = self._sent
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

    def _write(self, content: bytes | memoryview) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._pipe.write(rest) :]


class Receiver:
    """The reading end.

    Args:
        pipe: unbuffered.
    """

    def __init__(self, pipe: RawIOBase) -> None:
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
        unpickler.known = self._known
        return unpickler.load()

    def close(self) -> None:
        """Read no more."""
        self._pipe.close()

    def _read(self, length: int) -> memoryview:
        content = memoryview(np.empty(length, np.uint8))  # type: ignore[arg-type]
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


class _Pickler(pickle.Pickler):
    """Writes of a history that the reader knows what is new alone."""

    sent: OrderedDict[int, HistoryView]

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, HistoryView):
            return None
        line, earlier = value.line, self.sent.get(value.line)
        addition = None if earlier is None else value.since(earlier)
        self.sent[line] = value
        _forget_oldest(self.sent, line)
        if addition is not None:
            return line, addition
        # As its fields: a HistoryView itself would come here again.
        return line, tuple(getattr(value, field.name) for field in fields(HistoryView))


class _Unpickler(pickle.Unpickler):
    """Keeps a copy of each history and adds to it what comes."""

    known: OrderedDict[int, History]

    def persistent_load(self, pid: Any) -> HistoryView:
        line, content = pid
        if isinstance(content, HistoryAddition):
            self.known[line].extend(content)
        else:
            self.known[line] = History.from_view(HistoryView(*content))
        _forget_oldest(self.known, line)
        return self.known[line].view()


def _forget_oldest(kept: OrderedDict[int, Any], newest: int) -> None:
    """Both ends do the same in the same order, so each knows what the other has."""
    kept.move_to_end(newest)
    while len(kept) > KEPT_HISTORIES:
        kept.popitem(last=False)
