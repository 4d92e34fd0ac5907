"""A copy of the test set with an example a column: transposed once, since it is always read in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Split
from visualnet.core.nn.buffers import aligned_empty

Array = NDArray[Any]


class ColumnReader:
    """Reads stretches of a split, batch last.

    A matrix product over columns that lie so in memory is faster by a seventh than over turned rows.

    Args:
        split: the examples.
        scale: the network sees ``inputs * scale``.
        input_shape: shape of one example.
        dtype: float32 or float64.
    """

    def __init__(
        self, split: Split, scale: float, input_shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._columns = np.ascontiguousarray(split.inputs.T)
        self._targets = split.targets
        self._scale = dtype.type(scale)
        self._input_shape = input_shape
        self._dtype = dtype
        self._batch: Array = aligned_empty((len(self._columns), 0), dtype)

    def __len__(self) -> int:
        return len(self._targets)

    def slice(self, start: int, stop: int) -> tuple[Array, Array]:
        """Examples start to stop: scaled inputs (*input_shape, batch), overwritten by the next, and raw targets."""
        columns = self._columns[:, start:stop]
        if self._batch.shape != columns.shape:
            self._batch = aligned_empty(columns.shape, self._dtype)
        np.copyto(self._batch, columns, casting="same_kind")
        np.multiply(self._batch, self._scale, out=self._batch)
        return self._batch.reshape(*self._input_shape, -1), self._targets[start:stop]
