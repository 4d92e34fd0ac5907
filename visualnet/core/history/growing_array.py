"""An array that one thread appends to while others read views of it, bounded in memory if asked."""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAPPED_BYTES = 1 << 16
"""Bytes from which on an array gets memory pages of its own, which go back to the system whole. On the heap, arrays of
changing sizes leave holes: that of a long run grew by megabytes."""


@dataclass(frozen=True, slots=True)
class RowsView:
    """An unchanging view of the newest rows.

    Attributes:
        first: number of the first row that is kept.
        rows: (kept, width), read-only.
    """

    first: int
    rows: Floats


class GrowingArray:
    """An append-only float64 array; a view once taken never changes.

    Args:
        width: numbers in a row.
        keep: how many of the newest rows are kept at least, and half of how many at most; None: all.
    """

    def __init__(self, width: int = 1, keep: int | None = None) -> None:
        self._data = _room(64, width)
        self._keep = keep
        self._first = 0
        self._count = 0

    def __len__(self) -> int:
        """All rows that were ever appended."""
        return self._first + self._count

    def extend(self, rows: Floats) -> None:
        """Append (count, width) rows."""
        if self._count + len(rows) > len(self._data):
            self._make_room(len(rows))
        self._data[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def _make_room(self, count: int) -> None:
        """Move to a larger array, or where that would be too large, to one without the oldest rows."""
        size = max(self._count + count, 2 * len(self._data))
        if self._keep is not None and size > 2 * self._keep:
            dropped = max(0, self._count - self._keep)
            size = max(self._count - dropped + count, 2 * self._keep)
        else:
            dropped = 0
        grown = _room(size, self._data.shape[1])
        grown[: self._count - dropped] = self._data[dropped : self._count]
        self._data, self._first, self._count = grown, self._first + dropped, self._count - dropped

    @property
    def keep(self) -> int | None:
        """How many rows are kept at least; None: all."""
        return self._keep

    @staticmethod
    def of(view: RowsView, keep: int | None) -> GrowingArray:
        """An array of its own that goes on from this view."""
        grown = GrowingArray(view.rows.shape[1], keep)
        grown._first = view.first
        grown.extend(view.rows)
        return grown

    def view(self) -> RowsView:
        """The rows so far; what is appended later lies behind the view's end."""
        rows = self._data[: self._count]
        rows.flags.writeable = False
        return RowsView(self._first, rows)

    def until(self, count: int) -> GrowingArray:
        """The first ``count`` rows as an array of their own, which shares memory until it is appended to."""
        kept = GrowingArray(self._data.shape[1], self._keep)
        kept._first = min(self._first, count)
        kept._count = min(max(0, count - self._first), self._count)
        kept._data = self._data[: kept._count]
        return kept


def _room(count: int, width: int) -> Floats:
    """Room for so many rows; what is in it is not said."""
    nbytes = 8 * count * width
    if nbytes < MAPPED_BYTES:
        return np.empty((count, width))
    return np.frombuffer(mmap(-1, nbytes)).reshape(count, width)
