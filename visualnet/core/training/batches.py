"""Training batches: an order of the examples for each epoch; gathered, scaled, and transposed to batch last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.augment import Augmentation
from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.streams import Purpose, stream

Array = NDArray[Any]

SMALL = 1 << 22
"""Numbers up to which a data set is scaled once; a larger one stays bytes until a batch is gathered."""


class Targets:
    """Targets in the form that the loss compares outputs with: labels, one-hot vectors, or values.

    Args:
        wants_labels: True where the loss takes labels.
        classes: number of classes; 0 for regression, whose targets are values already.
        outputs: numbers that the network gives for one example.
        dtype: float32 or float64.
    """

    def __init__(self, wants_labels: bool, classes: int, outputs: int, dtype: np.dtype[Any]) -> None:
        self._as_labels = wants_labels
        self._dtype = dtype
        self._table: Array | None = None
        if classes and not wants_labels:
            one_output = np.arange(classes)[:, np.newaxis]
            self._table = (one_output if outputs == 1 else np.eye(classes)).astype(dtype)

    def __call__(self, targets: Array) -> Array:
        """(batch,) labels, or (outputs, batch) values: one-hot, or the label itself for one output."""
        if self._as_labels:
            return targets
        if self._table is None:
            return targets.astype(self._dtype).T
        return self._table.take(targets, axis=0).T


class BatchReader:
    """Reads batches of one split into reused buffers.

    Args:
        split: the examples.
        scale: the network sees ``inputs * scale``.
        input_shape: shape of one example.
        dtype: float32 or float64.
    """

    def __init__(
        self, split: Split, scale: float, input_shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._targets = split.targets
        self._input_shape = input_shape
        self._dtype = dtype
        self._is_ready = split.inputs.dtype.kind == "f" or split.inputs.size <= SMALL
        self._scale = dtype.type(scale)
        self._inputs = self._scaled(split.inputs) if self._is_ready else split.inputs
        self._buffers: dict[int, tuple[Array, Array]] = {}

    def _scaled(self, inputs: Array) -> Array:
        scaled = aligned_empty(inputs.shape, self._dtype)
        np.copyto(scaled, inputs)
        np.multiply(scaled, self._scale, out=scaled)
        return scaled

    def __len__(self) -> int:
        return len(self._inputs)

    def slice(self, start: int, stop: int) -> tuple[Array, Array]:
        """Examples start to stop in the order in which they lie; see ``take``."""
        return self.turned(self._scaled_rows(self._inputs[start:stop])), self._targets[start:stop]

    def take(self, indices: NDArray[np.intp]) -> tuple[Array, Array]:
        """The examples at these places.

        Returns:
            Inputs (*input_shape, batch) in the run's dtype, a buffer that the next batch of this size
            overwrites, and raw targets (batch, ...).
        """
        return self.turned(self.rows(indices)), self._targets[indices]

    def rows(self, indices: NDArray[np.intp]) -> Array:
        """Inputs at these places as rows, (batch, features), scaled; a buffer like that of ``take``."""
        gathered, _ = self._buffers_for(len(indices))
        # With mode="clip" NumPy writes straight into ``out``; every index is known to be valid.
        np.take(self._inputs, indices, axis=0, out=gathered, mode="clip")
        return self._scaled_rows(gathered)

    def targets(self, indices: NDArray[np.intp]) -> Array:
        """Raw targets (batch, ...) at these places."""
        return np.asarray(self._targets[indices])

    def _scaled_rows(self, rows: Array) -> Array:
        if self._is_ready:
            return rows
        _, scaled = self._buffers_for(len(rows))
        np.copyto(scaled, rows)
        np.multiply(scaled, self._scale, out=scaled)
        return scaled

    def turned(self, rows: Array) -> Array:
        """Rows of (batch, features) with the batch last, (*input_shape, batch), as a view."""
        if len(self._input_shape) == 1:
            return rows.T
        return rows.T.reshape(*self._input_shape, len(rows))

    def _buffers_for(self, batch: int) -> tuple[Array, Array]:
        if batch not in self._buffers:
            if len(self._buffers) >= 4:
                self._buffers.clear()
            shape = (batch, self._inputs.shape[1])
            self._buffers[batch] = aligned_empty(shape, self._inputs.dtype), aligned_empty(shape, self._dtype)
        return self._buffers[batch]


class TrainingOrder:
    """The sequence of training batches: a position that counts steps, epochs and examples, and an order each epoch.

    The order of an epoch follows from seed and epoch alone, and what augmentation changes from the position
    too, so only the position is part of a run's state.

    Args:
        dataset: whose training part is gone through.
        dtype: of the inputs.
        shuffle: a new order in each epoch, or the given one.
        seed: of the orders.
        augmentation: changes the images of each batch; None: they stay as they are.

    Attributes:
        step: batches that were gone through.
        epoch: full epochs done.
        consumed: examples seen in the present epoch; below the number of examples.
    """

    def __init__(
        self,
        dataset: Dataset,
        dtype: np.dtype[Any],
        shuffle: bool,
        seed: int,
        augmentation: Augmentation | None = None,
    ) -> None:
        self._augmentation = augmentation
        self._reader = BatchReader(dataset.train, dataset.scale, dataset.input_shape, dtype)
        self._shuffle = shuffle
        self._seed = seed
        self.go_to(0, 0, 0)
        self._order: NDArray[np.intp] | None = None
        self._order_epoch = -1

    def __len__(self) -> int:
        return len(self._reader)

    def go_to(self, step: int, epoch: int, consumed: int) -> None:
        """Stand at another position."""
        self.step = step
        self.epoch = epoch
        self.consumed = consumed

    def next(self, batch_size: int) -> tuple[Array, Array]:
        """Inputs and raw targets of the next batch; the last of an epoch may be shorter. Does not advance."""
        start = self.consumed
        stop = min(start + batch_size, len(self._reader))
        if self._augmentation is None:
            if not self._shuffle:
                return self._reader.slice(start, stop)
            return self._reader.take(self._order_of(self.epoch)[start:stop])
        indices = self._order_of(self.epoch)[start:stop] if self._shuffle else np.arange(start, stop)
        rows = self._augmentation(self._reader.rows(indices), self.epoch, start)
        return self._reader.turned(rows), self._reader.targets(indices)

    def advance(self, batch_size: int) -> None:
        """Go on by one batch of this many examples."""
        self.step += 1
        self.consumed += batch_size
        if self.consumed >= len(self._reader):
            self.epoch += 1
            self.consumed = 0

    def _order_of(self, epoch: int) -> NDArray[np.intp]:
        if self._order is None or self._order_epoch != epoch:
            self._order = stream(self._seed, Purpose.ORDER, epoch).permutation(len(self._reader))
            self._order_epoch = epoch
        return self._order
