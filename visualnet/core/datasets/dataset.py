"""Dataset: the one type of all data, whatever file or formula they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAXIMUM_CLASSES = 1000
MAXIMUM_POINTS = 1000
"""Points of 2-D data that are drawn, at most: more only hide each other."""

LARGEST = 1e30
"""No input or target may be larger: far from where float32 ends, so that squares can still be taken."""

TARGETS = ("auto", "classes", "values")
"""What the targets of a person's own data may be taken for."""

Progress = Callable[[float, str], None]
"""Told (fraction done in 0..1, what is being done); may raise Cancelled to stop the work."""


def no_progress(fraction: float, activity: str) -> None:
    """A Progress that tells nobody."""


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

    def __getitem__(self, places: slice | NDArray[np.intp]) -> Split:
        """The examples at these places, as a part of their own."""
        return Split(self.inputs[places], self.targets[places])


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, marked read-only."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training part, a test part, and optionally a validation part.

    Attributes:
        name: the name that a Setup uses.
        train: examples to learn from.
        test: examples to measure with.
        input_shape: shape of one example before flattening: (28, 28) for an MNIST digit, (2,) for XOR,
            (3, height, width) for images in colour.
        classes: class names in label order; empty for regression.
        scale: what the network sees is ``inputs * scale`` (1/255 for 8-bit images).
        validation: examples that are neither learnt from nor reported on, to choose by (when to stop,
            which settings); None where nothing was set aside for it.
        column_names: of the inputs, then of what is learnt, as a person's table calls them; else none.
    """

    name: str
    train: Split
    test: Split
    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    scale: float = 1.0
    validation: Split | None = None
    column_names: tuple[str, ...] = ()

    @property
    def features(self) -> int:
        """Numbers in one example."""
        return int(np.prod(self.input_shape))

    @property
    def outputs(self) -> int:
        """Numbers to predict for one example: one a class, or as many as a regression target has."""
        return len(self.classes) or int(self.train.targets.shape[1])

    def limited(self, train_size: int | None, test_size: int | None) -> Dataset:
        """The same data, only the first ``train_size`` and ``test_size`` examples (None: all)."""
        return replace(self, train=self.train[:train_size], test=self.test[:test_size])
