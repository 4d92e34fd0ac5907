"""Measuring a network on the test set, a part at a time, so that a worker can listen in between."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.nn.losses import Loss
from visualnet.core.nn.network import Network
from visualnet.core.run.batches import BatchReader, Targets
from visualnet.core.run.column_reader import ColumnReader

CHUNK = 500
"""Test examples measured at once: some milliseconds of work."""


def test_reader(dataset: Dataset, network: Network) -> BatchReader | ColumnReader:
    """The test examples, read in whichever way the network takes them faster."""
    reader = BatchReader if network.likes_rows(CHUNK) else ColumnReader
    return reader(dataset.test, dataset.scale, dataset.input_shape, network.dtype)


class Evaluation:
    """One measurement on the test set in progress.

    Args:
        reader: the test examples.
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
        """Whether every test example was seen."""
        return self._done >= len(self._reader)

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
        """Places of the test examples that were seen and given another class than theirs."""
        return np.concatenate(self._wrong) if self._wrong else np.empty(0, np.intp)
