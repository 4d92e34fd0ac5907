"""The History of a run: loss and accuracy of every step, append-only, and measurements on test data.

The worker appends; others read a HistoryView, which shares every sealed chunk and copies only the open
one. A min/max pyramid lets a curve of ten million points be drawn at the cost of one of a thousand.

Memory is bounded by giving up the resolution of the oldest steps: of each column the newest RAW_CHUNKS chunks
are kept as they were, older ones as buckets of 16 steps, still older ones of 256, and all of it of 4,096. Least,
greatest and mean value of a bucket are never lost. Exact older values can be had by replay.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from visualnet.core.history.growing_array import Floats, GrowingArray, RowsView
from visualnet.core.history.measured_place import parameters_since

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand

CHUNK = 4096
FACTOR = 16
LEVELS = 5
"""Strides of the pyramid: 16, 256, 4,096, 65,536 and 1,048,576 steps."""

RAW_CHUNKS = 32
"""131,072 steps: more than an epoch of any preset, and more than a screen can tell apart."""

FINE_BUCKETS = 8192
"""Newest buckets of each level below CHUNK that are kept, at least; twice as many at most."""

MAXIMUM_TESTS = 32_768
"""Measurements on the test set at which half of the older half are dropped; what stays of it is evenly spaced."""

_LINES = count(1)
SMALL = 2.0**-32
"""Factor on sums while they are kept: no sum of finite losses overflows, and a power of two changes no digit."""

Pair = tuple[float, float]
"""A loss and an accuracy."""

Buckets = tuple[Floats, Floats, Floats]
"""(buckets,) each: least values, greatest values and small sums."""


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
        first_chunk: number of the oldest chunk that is kept; those before it live on in ``levels``.
        chunks: sealed chunks of CHUNK values each.
        tail: values after the last sealed chunk.
        levels: for each stride FACTOR**(k+1), (buckets, 3) least value, greatest value and small sum of full
            buckets, from the oldest that is kept.
    """

    count: int
    first_chunk: int
    chunks: tuple[Floats, ...]
    tail: Floats
    levels: tuple[RowsView, ...]

    @property
    def first_kept(self) -> int:
        """First index whose own value is kept."""
        return self.first_chunk * CHUNK

    def values(self, start: int = 0, stop: int | None = None) -> Floats:
        """Values from index start up to stop (None: the end), as one array.

        Before ``first_kept`` each is the mean of the finest bucket that is kept around it.
        """
        stop = self.count if stop is None else min(stop, self.count)
        start = max(start, 0)
        if start >= stop:
            return np.empty(0)
        if start < self.first_kept:
            middle = min(stop, self.first_kept)
            return np.concatenate([self._means(1, start, middle), self.values(middle, stop)])
        first, last = (index // CHUNK - self.first_chunk for index in (start, stop - 1))
        pieces = [self.chunks[i] if i < len(self.chunks) else self.tail for i in range(first, last + 1)]
        joined = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        begin = (first + self.first_chunk) * CHUNK
        return joined[start - begin : stop - begin]

    def _means(self, level: int, start: int, stop: int) -> Floats:
        """For each index the mean of its bucket at this level, or at a coarser one where this is not kept."""
        stride, kept = FACTOR**level, self.levels[level - 1]
        middle = min(max(start, kept.first * stride), stop)
        first = middle // stride
        sums = kept.rows[first - kept.first : -(-stop // stride) - kept.first, 2]
        means = np.repeat(sums / stride / SMALL, stride)[middle - first * stride :][: stop - middle]
        return np.concatenate([self._means(level + 1, start, middle), means]) if start < middle else means

    def _keeps(self, level: int, index: int) -> bool:
        """Whether buckets of this level are kept from this index on."""
        if level == 0:
            return index >= self.first_kept
        stride: int = FACTOR**level
        return index // stride >= self.levels[level - 1].first

    def envelope(self, start: int, stop: int, buckets: int) -> Envelope:
        """The values from index start to stop in about as many buckets as asked, at most twice as many.

        Fewer where the oldest values are not kept so finely any more; the last of those may end behind stop.

        Args:
            start: first index, cut to what there is; the first bucket may begin up to a stride before it.
            stop: behind the last index, cut likewise.
            buckets: at least 1; a screen's width in pixels is a good number.
        """
        stop = min(stop, self.count)
        start = min(max(0, start), stop)
        if start == stop:
            return Envelope(np.empty(0), np.empty(0), np.empty(0), np.empty(0), 1)
        wanted = -(-(stop - start) // buckets)
        level = 0
        while level < LEVELS and (FACTOR ** (level + 1) <= wanted or not self._keeps(level, start)):
            level += 1
        stride = FACTOR**level
        if stop < self.first_kept:
            stop = min(-(-stop // stride) * stride, self.count)
        group = max(1, wanted // stride)
        first = start // stride
        low, high, total = _joined(self._buckets(level, first, stop), group)
        positions = (first + group * np.arange(len(low), dtype=np.float64)) * stride
        mean = total / np.diff(positions, append=float(stop)) / SMALL
        return Envelope(positions, low, high, mean, stride * group)

    def _buckets(self, level: int, first: int, stop: int) -> Buckets:
        """Buckets of FACTOR**level values from number ``first`` up to index stop, where the last is cut.

        What the pyramid does not hold yet comes from the level below.
        """
        if level == 0:
            return _as_buckets(self.values(first, stop))
        kept = self.levels[level - 1]
        full = kept.rows[first - kept.first : max(first, stop // FACTOR**level) - kept.first]
        rest = self._buckets(level - 1, (first + len(full)) * FACTOR, stop)
        low, high, total = (np.concatenate(pair) for pair in zip(full.T, _joined(rest, FACTOR), strict=True))
        return low, high, total


def _as_buckets(values: Floats) -> Buckets:
    """Each value as a bucket of its own, its least value, greatest value and small sum at once."""
    return values, values, values * SMALL


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
        self._first_chunk = 0
        self._chunks: list[Floats] = []
        self._open: Floats = np.empty(CHUNK)
        self._count = 0
        strides = [FACTOR ** (level + 1) for level in range(LEVELS)]
        self._levels = [GrowingArray(3, FINE_BUCKETS if stride < CHUNK else None) for stride in strides]
        self._levels_view: tuple[RowsView, ...] | None = None

    def __len__(self) -> int:
        return self._sealed * CHUNK + self._count

    @property
    def _sealed(self) -> int:
        return self._first_chunk + len(self._chunks)

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
        self._levels_view = None
        self._open, self._count = np.empty(CHUNK), 0
        if len(self._chunks) > RAW_CHUNKS:
            del self._chunks[0]
            self._first_chunk += 1

    def _raise_levels(self, below: Buckets) -> None:
        """Add full buckets to each level from those of the level below it."""
        for index, level in enumerate(self._levels):
            if FACTOR ** (index + 1) > CHUNK:
                lower = self._levels[index - 1].view().rows
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
        if self._levels_view is None:
            # They change with each chunk, a view is made for each frame.
            self._levels_view = tuple(level.view() for level in self._levels)
        return ColumnView(len(self), self._first_chunk, tuple(self._chunks), tail, self._levels_view)

    def until(self, count: int) -> Column:
        """A column of its own that ends after ``count`` values; sealed chunks are shared.

        Where the newest of these values are not kept singly any more, the means of their buckets go on.
        """
        kept, sealed = Column(), min(count, len(self)) // CHUNK
        kept._first_chunk = min(self._first_chunk, sealed)
        kept._chunks = self._chunks[: max(0, sealed - self._first_chunk)]
        kept._levels = [
            level.until(sealed * CHUNK // FACTOR ** (index + 1)) for index, level in enumerate(self._levels)
        ]
        rest = self.view().values(sealed * CHUNK, count)
        kept._open[: len(rest)] = rest
        kept._count = len(rest)
        return kept

    def extend(self, values: Floats) -> None:
        """Append many values."""
        while len(values):
            room = CHUNK - self._count
            piece, values = values[:room], values[room:]
            self._open[self._count : self._count + len(piece)] = piece
            self._count += len(piece)
            if self._count == CHUNK:
                self._seal()

    @staticmethod
    def of(view: ColumnView) -> Column:
        """A column of its own that goes on from this view; sealed chunks are shared."""
        column = Column()
        column._first_chunk, column._chunks = view.first_chunk, list(view.chunks)
        column._levels = [
            GrowingArray.of(rows, level.keep) for rows, level in zip(view.levels, column._levels, strict=True)
        ]
        column._open[: len(view.tail)] = view.tail
        column._count = len(view.tail)
        return column


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement on the test set or the validation part.

    Attributes:
        step: steps done when it was made.
        loss: mean loss.
        accuracy: share that was right, nan where there are no classes.
    """

    step: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A run's loss and accuracy as known after some step, without anything later.

    Attributes:
        step: steps done.
        averaged: steps that loss and accuracy are the mean of; 0 where none was taken.
        loss: mean training loss of these steps, each before its update; None where there is none.
        accuracy: mean share of their batches that was right; None likewise, or where there are no classes.
        test: the last measurement on the test set at or before the step; None where there is none.
        validation: likewise on the validation part.
    """

    step: int
    averaged: int
    loss: float | None
    accuracy: float | None
    test: Measured | None
    validation: Measured | None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """All that a run has measured, at one moment.

    Attributes:
        first_step: steps before the first value; above 0 where a state was restored without its past.
        loss: training loss of each step, before its update.
        accuracy: share of that step's batch that was right, nan where there are no classes.
        tests: (measurements, 3) step, loss and accuracy on the test set; the oldest thinned where they are many.
        validations: likewise on the validation part, at the same steps; empty where the data have none.
        commands: (measurements,) after how many commands each on the test set was made; see measured_place.
        line: a number that two views in one process share if the later one only adds to the earlier; 0 if that is
            not known.
    """

    first_step: int
    loss: ColumnView
    accuracy: ColumnView
    tests: Floats
    validations: Floats = field(default_factory=lambda: np.empty((0, 3)))
    commands: Floats = field(default_factory=lambda: np.empty(0))
    line: int = 0

    @property
    def step(self) -> int:
        """Steps covered."""
        return self.first_step + self.loss.count

    def figures_at(self, step: int, averaged: int = 1) -> Figures:
        """The figures after ``step`` steps, those of training as the mean of the last ``averaged`` ones."""
        stop = min(max(step - self.first_step, 0), self.loss.count)
        start = max(stop - averaged, 0)
        return Figures(
            step,
            stop - start,
            _mean(self.loss.values(start, stop)),
            _mean(self.accuracy.values(start, stop)),
            _last_until(self.tests, step),
            _last_until(self.validations, step),
        )

    def since(self, earlier: HistoryView) -> HistoryAddition | None:
        """What this view adds to an earlier one; None where it goes on from another, or what it adds is not kept singly."""
        start = earlier.loss.count
        if not self.line or earlier.line != self.line or not self.loss.first_kept <= start <= self.loss.count:
            return None
        return HistoryAddition(
            self.loss.values(start),
            self.accuracy.values(start),
            self.tests[len(earlier.tests) :],
            self.validations[len(earlier.validations) :],
        )


def mean_of(values: Floats) -> float:
    """The mean of finite values, however large they are."""
    return float((values * SMALL).mean() / SMALL)


def _mean(values: Floats) -> float | None:
    """The mean; None for no values, and where one is not a number."""
    mean = mean_of(values) if len(values) else nan
    return None if isnan(mean) else mean


def _last_until(rows: Floats, step: int) -> Measured | None:
    """The last of these measurements at or before a step."""
    place = int(rows[:, 0].searchsorted(step, "right"))
    return Measured(int(rows[place - 1, 0]), *rows[place - 1, 1:].tolist()) if place else None


@dataclass(frozen=True, slots=True)
class HistoryAddition:
    """The measurements that a history gained between two views of it.

    Attributes:
        loss: (steps,) training loss.
        accuracy: (steps,) share of the batch that was right.
        tests: (measurements, 3) see HistoryView.
        validations: likewise.
    """

    loss: Floats
    accuracy: Floats
    tests: Floats
    validations: Floats


class History:
    """The measurements of a run; written by whoever steps the Trainer, read through views."""

    def __init__(self, first_step: int = 0) -> None:
        self.first_step = first_step
        self._loss = Column()
        self._accuracy = Column()
        self._tests = GrowingArray(4)
        self._validations = GrowingArray(4)
        self._line = next(_LINES)

    @property
    def step(self) -> int:
        """Steps covered."""
        return self.first_step + len(self._loss)

    @property
    def last_loss(self) -> float:
        """The training loss of the newest step, nan where there is none."""
        losses = self._loss.view()
        return float(losses.values(losses.count - 1)[0]) if losses.count else nan

    @property
    def last_test_step(self) -> int:
        """The step of the newest measurement on the test set, -1 where there is none."""
        return int(self._tests.view().rows[-1, 0]) if len(self._tests) else -1

    @property
    def last_test_place(self) -> tuple[int, int]:
        """The step of the newest measurement, and after how many commands it was made; -1, 0 where there is none."""
        if not len(self._tests):
            return -1, 0
        row = self._tests.view().rows[-1]
        return int(row[0]), int(row[3])

    @property
    def test_places(self) -> list[tuple[int, int]]:
        """Of each measurement its step, and after how many commands it was made."""
        return [(int(step), int(commands)) for step, _, _, commands in self._tests.view().rows.tolist()]

    def append(self, loss: float, accuracy: float) -> None:
        """Add one training step."""
        self._loss.append(loss)
        self._accuracy.append(accuracy)

    def append_test(
        self,
        step: int,
        loss: float,
        accuracy: float,
        validation: tuple[float, float] | None = None,
        commands: int = 0,
    ) -> None:
        """Add one measurement on the test set, and on the validation part if there is one.

        Args:
            step: it was made after so many steps, at least those of the one before.
            loss: on the test set.
            accuracy: likewise.
            validation: loss and accuracy on the validation part, or None.
            commands: it was made after so many commands.
        """
        if len(self._tests) == MAXIMUM_TESTS:
            self._tests, self._validations = _thinned(self._tests), _thinned(self._validations)
            self._line = next(_LINES)
        self._tests.extend(np.array([[step, loss, accuracy, commands]]))
        if validation is not None:
            self._validations.extend(np.array([[step, *validation, commands]]))

    def forget_measurement(self, step: int) -> None:
        """Drop what was measured after so many steps, and later."""
        self._tests, self._validations = _until(self._tests, step - 1), _until(self._validations, step - 1)
        self._line = next(_LINES)

    def extend(self, addition: HistoryAddition) -> None:
        """Add what another history measured since both were the same."""
        self._loss.extend(addition.loss)
        self._accuracy.extend(addition.accuracy)
        self._tests.extend(_with_commands(addition.tests))
        self._validations.extend(_with_commands(addition.validations))

    def view(self) -> HistoryView:
        """What there is now, as a value that never changes."""
        tests, validations = self._tests.view().rows, self._validations.view().rows[:, :3]
        loss, accuracy = self._loss.view(), self._accuracy.view()
        measured = tests[:, :3], validations, tests[:, 3]
        return HistoryView(self.first_step, loss, accuracy, *measured, self._line)

    @staticmethod
    def from_view(view: HistoryView) -> History:
        """A history of its own that goes on from this view."""
        history = History(view.first_step)
        history._loss, history._accuracy = Column.of(view.loss), Column.of(view.accuracy)
        history._tests.extend(np.column_stack([view.tests, view.commands]))
        history._validations.extend(_with_commands(view.validations))
        return history

    @staticmethod
    def of(
        first_step: int,
        loss: Floats,
        accuracy: Floats,
        tests: Floats,
        validations: Floats,
        commands: Floats,
        journal: Sequence[tuple[int, RunCommand]] = (),
    ) -> History:
        """A history of what was measured before.

        Args:
            first_step: steps before the first value.
            loss: (steps,) training loss of each step.
            accuracy: (steps,) share of each step's batch that was right.
            tests: (measurements, 3) step, loss and accuracy on the test set.
            validations: (measurements, 3) likewise on the validation part, or none.
            commands: (measurements,) after how many commands each on the test set was made; nan where that is not
                known, then it is taken for one of after all of its step.
            journal: commands.
        """
        history = History(first_step)
        history._loss.extend(loss)
        history._accuracy.extend(accuracy)
        for (step, test, validation), place in zip(
            paired(tests, validations), commands.tolist(), strict=True
        ):
            known = parameters_since(journal, step) if isnan(place) else int(place)
            history.append_test(step, *test, validation, known)
        return history

    def until(self, step: int, commands: int | None = None) -> History:
        """A history of its own that ends after ``step`` steps; what is sealed of it is shared.

        Args:
            step: the last.
            commands: of the measurements at that step, those stay that were made after at most so many commands;
                None: all.
        """
        kept = History(self.first_step)
        kept._loss = self._loss.until(step - self.first_step)
        kept._accuracy = self._accuracy.until(step - self.first_step)
        place = step, commands
        kept._tests, kept._validations = _until(self._tests, *place), _until(self._validations, *place)
        return kept


def paired(tests: Floats, validations: Floats) -> Iterator[tuple[int, Pair, Pair | None]]:
    """The step of each measurement on the test set, its loss and accuracy, and those on the validation part then.

    Of several at one step, as early stopping leaves them, each has its own.

    Args:
        tests: (measurements, 3) see HistoryView.
        validations: likewise.
    """
    figures: defaultdict[float, deque[Pair]] = defaultdict(deque)
    for step, loss, accuracy in validations.tolist():
        figures[step].append((loss, accuracy))
    for step, loss, accuracy in tests.tolist():
        yield int(step), (loss, accuracy), figures[step].popleft() if figures[step] else None


def _with_commands(measurements: Floats) -> Floats:
    """Measurements of a view, which does not say after how many commands they were made: after none."""
    with_commands = np.zeros((len(measurements), 4))
    with_commands[:, :3] = measurements
    return with_commands


def _thinned(rows: GrowingArray) -> GrowingArray:
    """Without half of the older half.

    What stays of that is evenly spaced over its steps, however often it was thinned: to drop every second row would
    leave one of a long run's beginning. Of each of the spaces the last row before it stays.
    """
    values = rows.view().rows
    half = len(values) // 2
    if half < 2:
        return rows
    steps = values[:half, 0]
    spaces = np.linspace(steps[0], steps[-1], half // 2)
    kept = np.unique(steps.searchsorted(spaces, "right") - 1)
    thinned = GrowingArray(4)
    thinned.extend(np.concatenate([values[kept], values[half:]]))
    return thinned


def _until(rows: GrowingArray, step: int, commands: int | None = None) -> GrowingArray:
    """The measurements made after at most ``step`` steps, and at that step after at most so many commands."""
    values = rows.view().rows
    stop = int(np.searchsorted(values[:, 0], step, side="right"))
    if commands is not None:
        start = int(np.searchsorted(values[:, 0], step, side="left"))
        stop = start + int(np.searchsorted(values[start:stop, 3], commands, side="right"))
    return rows.until(stop)


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
        return mean_of(view.loss.values())
    last = view.loss.values(done - steps_per_epoch - view.first_step, done - view.first_step)
    return mean_of(last if len(last) else view.loss.values())
