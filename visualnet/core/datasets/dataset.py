"""The one type that every data set becomes, whatever file or formula it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[float, str], None]
"""Told (fraction done in 0..1, what is being done); may raise Cancelled to stop the work."""


def no_progress(fraction: float, activity: str) -> None:
    """The Progress of those who do not want to know."""


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set: the examples to train on, or those to test with.

    Attributes:
        inputs: (count, features), C-contiguous; uint8 for images, float64 otherwise.
        targets: (count,) int64 class labels, or (count, outputs) float64 values for regression.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training part and a test part of the same kind.

    Attributes:
        name: the name that a Setup uses.
        train: examples to learn from.
        test: examples to measure with.
        input_shape: shape of one example before flattening: (28, 28) for an MNIST digit, (2,) for XOR.
        classes: class names in label order; empty for regression.
        scale: what the network sees is ``inputs * scale`` (1/255 for 8-bit images).
    """

    name: str
    train: Split
    test: Split
    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    scale: float = 1.0

    @property
    def features(self) -> int:
        """Numbers in one example."""
        return int(np.prod(self.input_shape))

    def limited(self, train_size: int | None, test_size: int | None) -> Dataset:
        """The same data, only the first ``train_size`` and ``test_size`` examples (None: all)."""
        return Dataset(
            self.name,
            Split(self.train.inputs[:train_size], self.train.targets[:train_size]),
            Split(self.test.inputs[:test_size], self.test.targets[:test_size]),
            self.input_shape,
            self.classes,
            self.scale,
        )
