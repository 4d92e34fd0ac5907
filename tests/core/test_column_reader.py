"""The test set read in stretches."""

import numpy as np
import pytest

from visualnet.core.datasets.dataset import Split
from visualnet.core.training.column_reader import ColumnReader


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_stretch_holds_its_examples_scaled_and_batch_last(kind, dtype):
    inputs = np.random.default_rng(0).integers(0, 256, (23, 12)).astype(kind)
    reader = ColumnReader(Split(inputs, np.arange(23)), 0.5, (4, 3), np.dtype(dtype))
    assert len(reader) == 23
    for start, stop in ((0, 10), (10, 20), (20, 23), (0, 23)):
        batch, targets = reader.slice(start, stop)
        assert batch.dtype == dtype
        np.testing.assert_array_equal(np.moveaxis(batch, -1, 0), inputs[start:stop].reshape(-1, 4, 3) / 2)
        np.testing.assert_array_equal(targets, np.arange(start, stop))
