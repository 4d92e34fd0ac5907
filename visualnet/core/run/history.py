"""What a run leaves behind at every step: loss and accuracy, append-only, ready to be drawn.

The worker appends; others read a HistoryView, which shares every sealed chunk and copies only the open
one. A min/max pyramid lets a curve of ten million points be drawn at the cost of one of a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHUNK = 4096
FACTOR = 16
LEVELS = 5
"""Strides of the pyramid: 16, 256, 4,096, 65,536 and 1,048,576 steps."""

Floats = NDArray[np.float64]
Buckets = tuple[Floats, Floats, Floats]
"""(buckets,) each: least values, greatest values and sums."""


class GrowingArray:
    """An append-only float64 array; a view once taken never changes."""

    def __init__(self, width: int = 1) -> None:
        self._data: Floats = np.empty((64, width))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, rows: Floats) -> None:
        """Append (count, width) rows."""
        needed = self._count + len(rows)
        if needed > len(self._data):
            grown = np.empty((max(needed, 2 * len(self._data)), self._data.shape[1]))
            grown[: self._count] = self._data[: self._count]
            self._data = grown
        self._data[self._count : needed] = rows
        self._count = needed

    def view(self) -> Floats:
        """All rows so far, read-only; what is appended later lies behind the view's end."""
        rows = self._data[: self._count]
        rows.flags.writeable = False
        return rows


@dataclass(frozen=True, slots=True)
class Envelope:
    """A curve made small enough to draw: in each bucket of steps the least, greatest and mean value.

    All buckets hold ``stride`` values, except that the last one ends where the curve does.

    Attributes:
        positions: (buckets,) the first index of each bucket.
        low: (buckets,) least value.
        high: (buckets,) greatest value.
        mean: (buckets,) mean value.
        stride: indices in a bucket; 1 where nothing was left out.
    """

    positions: Floats
    low: Floats
    high: Floats
    mean: Floats
    stride: int


@dataclass(frozen=True, slots=True)
class ColumnView:
    """All values of one column at one moment.

    Attributes:
        count: how many values.
        chunks: sealed chunks of CHUNK values each.
        tail: values after the last sealed chunk.
        levels: for each stride FACTOR**(k+1), (buckets, 3) least value, greatest value and sum of full
            buckets.
    """

    count: int
    chunks: tuple[Floats, ...]
    tail: Floats
    levels: tuple[Floats, ...]

    def values(self, start: int = 0, stop: int | None = None) -> Floats:
        """Values from index start up to stop (None: the end), as one array."""
        stop = self.count if stop is None else min(stop, self.count)
        start = max(start, 0)
        if start >= stop:
            return np.empty(0)
        first, last = start // CHUNK, (stop - 1) // CHUNK
        pieces = [self.chunks[i] if i < len(self.chunks) else self.tail for i in range(first, last + 1)]
        joined = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        return joined[start - first * CHUNK : stop - first * CHUNK]

    def envelope(self, start: int, stop: int, buckets: int) -> Envelope:
        """The values from index start to stop in about as many buckets as asked, at most twice as many.

        Args:
            start: first index, cut to what there is; the first bucket may begin up to a stride before it.
            stop: behind the last index, cut likewise.
            buckets: at least 1; a screen's width in pixels is a good number.
        """
        stop = min(stop, self.count)
        start = min(max(0, start), stop)
        wanted = max(1, -(-(stop - start) // buckets))
        level = 0
        while level < LEVELS and FACTOR ** (level + 1) <= wanted:
            level += 1
        stride = FACTOR**level
        group = wanted // stride
        first = start // stride
        low, high, total = _joined(self._buckets(level, first, stop), group)
        positions = (first + group * np.arange(len(low), dtype=np.float64)) * stride
        return Envelope(positions, low, high, total / np.diff(positions, append=float(stop)), stride * group)

    def _buckets(self, level: int, first: int, stop: int) -> Buckets:
        """Buckets of FACTOR**level values from number ``first`` up to index stop, where the last is cut.

        What the pyramid does not hold yet comes from the level below.
        """
        if level == 0:
            return _as_buckets(self.values(first, stop))
        full = self.levels[level - 1][first : stop // FACTOR**level]
        rest = self._buckets(level - 1, (first + len(full)) * FACTOR, stop)
        low, high, total = (np.concatenate(pair) for pair in zip(full.T, _joined(rest, FACTOR), strict=True))
        return low, high, total


def _as_buckets(values: Floats) -> Buckets:
    """Each value as a bucket of its own, its least value, greatest value and sum at once."""
    return values, values, values


def _joined(buckets: Buckets, group: int) -> Buckets:
    """Each ``group`` neighbouring buckets as one; the last may be of fewer."""
    low, high, total = buckets
    if group == 1 or not len(low):
        return buckets
    starts = np.arange(0, len(low), group)
    return np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts), np.add.reduceat(total, starts)


class Column:
    """One number a step, append-only."""

    def __init__(self) -> None:
        self._chunks: list[Floats] = []
        self._open: Floats = np.empty(CHUNK)
        self._count = 0
        self._levels = [GrowingArray(3) for _ in range(LEVELS)]

    def __len__(self) -> int:
        return len(self._chunks) * CHUNK + self._count

    def append(self, value: float) -> None:
        """Add the value of the next step."""
        self._open[self._count] = value
        self._count += 1
        if self._count == CHUNK:
            self._seal()

    def _seal(self) -> None:
        self._open.flags.writeable = False
        self._chunks.append(self._open)
        self._raise_levels(_as_buckets(self._open))
        self._open, self._count = np.empty(CHUNK), 0

    def _raise_levels(self, below: Buckets) -> None:
        """Add full buckets to each level from those of the level below it."""
        for index, level in enumerate(self._levels):
            if FACTOR ** (index + 1) > CHUNK:
                lower = self._levels[index - 1].view()
                low, high, total = lower[len(level) * FACTOR : len(lower) // FACTOR * FACTOR].T
                below = low, high, total
            if not len(below[0]):
                return
            below = _joined(below, FACTOR)
            level.extend(np.stack(below, axis=1))

    def view(self) -> ColumnView:
        """What there is now; later appends do not show in it."""
        tail = self._open[: self._count].copy()
        tail.flags.writeable = False
        levels = tuple(level.view() for level in self._levels)
        return ColumnView(len(self), tuple(self._chunks), tail, levels)

    def extend(self, values: Floats) -> None:
        """Append many values."""
        for value in values:
            self.append(float(value))


@dataclass(frozen=True, slots=True)
class HistoryView:
    """All that a run has measured, at one moment.

    Attributes:
        first_step: steps before the first value; above 0 where a state was restored without its past.
        loss: training loss of each step, before its update.
        accuracy: share of that step's batch that was right, nan where there are no classes.
        tests: (measurements, 3) step, loss and accuracy on the test set.
    """

    first_step: int
    loss: ColumnView
    accuracy: ColumnView
    tests: Floats

    @property
    def step(self) -> int:
        """Steps covered."""
        return self.first_step + self.loss.count


class History:
    """The measurements of a run; written by whoever steps the Trainer, read through views."""

    def __init__(self, first_step: int = 0) -> None:
        self.first_step = first_step
        self._loss = Column()
        self._accuracy = Column()
        self._tests = GrowingArray(3)

    @property
    def step(self) -> int:
        """Steps covered."""
        return self.first_step + len(self._loss)

    @property
    def last_test_step(self) -> int:
        """The step of the newest measurement on the test set, -1 where there is none."""
        return int(self._tests.view()[-1, 0]) if len(self._tests) else -1

    def append(self, loss: float, accuracy: float) -> None:
        """Add one training step."""
        self._loss.append(loss)
        self._accuracy.append(accuracy)

    def append_test(self, step: int, loss: float, accuracy: float) -> None:
        """Add one measurement on the test set, made after ``step`` steps."""
        self._tests.extend(np.array([[step, loss, accuracy]]))

    def view(self) -> HistoryView:
        """What there is now, as a value that never changes."""
        return HistoryView(self.first_step, self._loss.view(), self._accuracy.view(), self._tests.view())

    def until(self, step: int) -> History:
        """A history of its own that ends after ``step`` steps."""
        view = self.view()
        kept = History(self.first_step)
        kept._loss.extend(view.loss.values(0, step - self.first_step))
        kept._accuracy.extend(view.accuracy.values(0, step - self.first_step))
        kept._tests.extend(view.tests[view.tests[:, 0] <= step])
        return kept


def mean_training_loss(view: HistoryView, steps_per_epoch: int) -> float | None:
    """Mean loss over the steps of the last full epoch, or over all steps if there are fewer.

    Args:
        view: the history.
        steps_per_epoch: steps in one epoch at the present batch size.

    Returns:
        The mean, or None where there is no step.
    """
    if view.loss.count == 0:
        return None
    done = view.step // steps_per_epoch * steps_per_epoch
    if done == 0:
        return float(view.loss.values().mean())
    last = view.loss.values(done - steps_per_epoch - view.first_step, done - view.first_step)
    return float(last.mean()) if len(last) else float(view.loss.values().mean())
