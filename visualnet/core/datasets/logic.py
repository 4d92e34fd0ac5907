"""The four rows of a truth table: the smallest data there are."""

from __future__ import annotations

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Split, frozen

CLASSES = ("0", "1")
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
TRUTH = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}


def logic(name: str) -> Dataset:
    """Four points, which are training and test part at once.

    Args:
        name: ``xor``, ``and`` or ``or``.
    """
    split = Split(frozen(np.array(CORNERS)), frozen(np.array(TRUTH[name], np.int64)))
    return Dataset(name, split, split, (2,), CLASSES)
