"""Stratified random splits, and standardising by the training part alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset, Split, frozen
from visualnet.core.errors import DataError
from visualnet.core.streams import Purpose, stream

TEST, VALIDATION = 0, 1
"""Places of the two draws in their random stream."""


def with_test_part(dataset: Dataset, share: float, seed: int) -> Dataset:
    """The data with a test part taken from the training part, where they have none of their own.

    Args:
        dataset: its test part is empty where it has none.
        share: of each class, above 0 and below 1.
        seed: of the draw.

    Raises:
        DataError: when nothing would be left on one side.
    """
    if len(dataset.test):
        return dataset
    train, test = _set_aside(dataset, share, seed, TEST, "test")
    return replace(dataset, train=train, test=test)


def with_validation_part(dataset: Dataset, share: float, seed: int) -> Dataset:
    """The data with a validation part taken from the training part; as they are for a share of 0.

    Raises:
        DataError: when nothing would be left on one side.
    """
    if not share or dataset.validation is not None:
        return dataset
    train, validation = _set_aside(dataset, share, seed, VALIDATION, "validation")
    return replace(dataset, train=train, validation=validation)


def _set_aside(dataset: Dataset, share: float, seed: int, place: int, words: str) -> tuple[Split, Split]:
    """The examples that stay and those set aside, both in random order, since files are often sorted by class."""
    whole = dataset.train
    generator = stream(seed, Purpose.SPLIT, place)
    order = generator.permutation(len(whole))
    groups = whole.targets[order] if dataset.classes else np.zeros(len(whole), np.int64)
    is_taken = _first_of_each(groups, share)
    if is_taken.all() or not is_taken.any():
        raise DataError(
            dataset.name, f"cannot set aside {share:.0%} of {len(whole):,} examples as a {words} part"
        )
    stays, taken = whole[order[~is_taken]], whole[order[is_taken]]
    for array in (stays.inputs, stays.targets, taken.inputs, taken.targets):
        frozen(array)
    return stays, taken


def _first_of_each(groups: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """(count,) True for the first examples of each group, as many as its share rounded to the nearest."""
    is_taken = np.zeros(len(groups), bool)
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        is_taken[places[: round(share * len(places))]] = True
    return is_taken


def standardized(dataset: Dataset) -> Dataset:
    """Each input with mean 0 and standard deviation 1 over the training part; regression targets likewise.

    Validation and test part are moved and scaled by the training part's figures, so that nothing of them
    leaks into training (Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, section 7.10).
    A constant input becomes 0. The loss of a regression is then in squared standard deviations.

    Raises:
        DataError: for images, whose pixels share one scale already.
    """
    if len(dataset.input_shape) > 1:
        raise DataError(dataset.name, "holds images, whose pixels are scaled to 0..1; leave standardize out")
    move_inputs = _Standard(dataset.train.inputs)
    move_targets = None if dataset.classes else _Standard(dataset.train.targets)

    def moved(split: Split) -> Split:
        targets = split.targets if move_targets is None else move_targets(split.targets)
        return Split(move_inputs(split.inputs), targets)

    validation = None if dataset.validation is None else moved(dataset.validation)
    return replace(
        dataset, train=moved(dataset.train), test=moved(dataset.test), validation=validation, scale=1.0
    )


class _Standard:
    """Mean and standard deviation of each column of some examples, by which any others are standardised."""

    def __init__(self, examples: NDArray[Any]) -> None:
        self._mean = examples.mean(axis=0, dtype=np.float64)
        deviation = examples.std(axis=0, dtype=np.float64)
        # The rounding of a constant column's mean leaves a deviation of some 1e-16 of it.
        is_constant = deviation <= 1e-12 * np.abs(self._mean)
        self._deviation = np.where(is_constant, 1.0, deviation)

    def __call__(self, examples: NDArray[Any]) -> NDArray[np.float64]:
        return frozen((examples - self._mean) / self._deviation)
