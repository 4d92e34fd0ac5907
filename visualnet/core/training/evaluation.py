"""Evaluation on one part of the data in chunks, so that a worker can serve commands in between."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.history.measurements import Figures
from visualnet.core.nn.losses import Loss
from visualnet.core.nn.network import Network
from visualnet.core.training.batches import BatchReader, Targets
from visualnet.core.training.column_reader import ColumnReader

CHUNK = 500
"""Examples measured at once: some milliseconds of work."""


def part_reader(part: Split, dataset: Dataset, network: Network) -> BatchReader | ColumnReader:
    """The reader of one part of the data, in the memory order that the network takes fastest."""
    make_reader = BatchReader if network.likes_rows(CHUNK) else ColumnReader
    return make_reader(part, dataset.scale, dataset.input_shape, network.dtype)


class Evaluation:
    """One measurement in progress, on one part of the data.

    Args:
        reader: the part's examples.
        targets: turns labels into what the loss compares with.
        loss: a loss function of its own, so that the training step's buffers stay untouched.
        dataset: says whether there are classes.
    """

    def __init__(
        self, reader: BatchReader | ColumnReader, targets: Targets, loss: Loss, dataset: Dataset
    ) -> None:
        self._reader = reader
        self._targets = targets
        self._loss = loss
        self._has_classes = bool(dataset.classes)
        self._done = 0
        self._wrong: list[NDArray[np.intp]] = []
        self._loss_sum = 0.0

    def advance(self, network: Network) -> None:
        """Measure the next CHUNK examples."""
        stop = min(self._done + CHUNK, len(self._reader))
        inputs, raw_targets = self._reader.slice(self._done, stop)
        outputs = network.forward(inputs)
        self._loss_sum += self._loss.forward(outputs, self._targets(raw_targets)) * len(raw_targets)
        if self._has_classes:
            self._wrong.append(np.flatnonzero(self._loss.classes(outputs) != raw_targets) + self._done)
        self._done = stop

    @property
    def is_complete(self) -> bool:
        """Whether every example was seen."""
        return self._done >= len(self._reader)

    @property
    def figures(self) -> Figures:
        """Loss and accuracy over the examples seen."""
        return self.loss, self.accuracy

    @property
    def loss(self) -> float:
        """Mean loss over the examples seen."""
        return self._loss_sum / self._done

    @property
    def accuracy(self) -> float:
        """Share of the examples seen that are right; nan where there are no classes."""
        return (self._done - len(self.wrong)) / self._done if self._has_classes else nan

    @property
    def wrong(self) -> NDArray[np.intp]:
        """Places of the examples that were seen and given another class than theirs."""
        return np.concatenate(self._wrong) if self._wrong else np.empty(0, np.intp)
