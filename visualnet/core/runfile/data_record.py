"""A run's examples in its file: always their hash, and all of them where they are few."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.runfile.schema import COLUMN_NAMES, DATA_ARRAYS, DATA_FORM, DATA_SHA256
from visualnet.core.runfile.sealed import Damaged

MAXIMUM_BYTES = 4 << 20
NAMES = (
    *("train_inputs", "train_targets", "test_inputs", "test_targets"),
    *("validation_inputs", "validation_targets"),
)
"""Of the arrays, in their order; the last two are left out where there is no validation part."""


def data_sha256(dataset: Dataset) -> str:
    """SHA-256 over all that the network sees: the form of the data and the bytes of all its arrays."""
    digest = sha256(_form(dataset))
    for array in _arrays(dataset):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def data_facts(dataset: Dataset) -> dict[int, bytes]:
    """What the file holds of the data, by the ids of run_schema."""
    facts = {DATA_SHA256: data_sha256(dataset).encode(), DATA_FORM: _form(dataset)}
    arrays = _arrays(dataset)
    if sum(array.nbytes for array in arrays) <= MAXIMUM_BYTES:
        contiguous = (np.ascontiguousarray(array) for array in arrays)
        facts[DATA_ARRAYS] = save(dict(zip(NAMES, contiguous, strict=False)))
        if dataset.column_names:
            facts[COLUMN_NAMES] = json.dumps(dataset.column_names).encode()
    return facts


def _arrays(dataset: Dataset) -> tuple[NDArray[Any], ...]:
    parts = (dataset.train, dataset.test, dataset.validation)
    return tuple(array for part in parts if part is not None for array in (part.inputs, part.targets))


def _form(dataset: Dataset) -> bytes:
    plain = [dataset.name, dataset.input_shape, dataset.classes, float(dataset.scale)]
    arrays = [[array.dtype.str, array.shape] for array in _arrays(dataset)]
    return json.dumps([*plain, arrays]).encode()


def read_data(form: bytes, arrays: bytes, expected_sha256: str, column_names: bytes = b"[]") -> Dataset:
    """The examples that ``data_facts`` kept.

    Raises:
        Damaged: when they are not those of then, or no data that could be trained on.
    """
    try:
        name, input_shape, classes, scale, _ = json.loads(form)
        columns = json.loads(column_names)
        tensors = load(arrays)
        names = NAMES if NAMES[-1] in tensors else NAMES[:4]
        kept = [tensors[name] for name in names]
    except (ValueError, TypeError, KeyError, RecursionError, SafetensorError):
        raise Damaged from None
    if not (_is_form(name, input_shape, classes, scale) and _are_names(columns)):
        raise Damaged
    splits = [Split(inputs, targets) for inputs, targets in zip(kept[::2], kept[1::2], strict=True)]
    train, test, *others = splits
    validation = others[0] if others else None
    dataset = Dataset(name, train, test, tuple(input_shape), tuple(classes), scale, validation)
    if not all(_is_split(split, dataset) for split in splits) or data_sha256(dataset) != expected_sha256:
        raise Damaged
    if len(columns) == dataset.features + 1:
        dataset = replace(dataset, column_names=tuple(columns))
    for array in _arrays(dataset):
        array.flags.writeable = False
    return dataset


def _is_form(name: object, input_shape: object, classes: object, scale: object) -> bool:
    return (
        isinstance(name, str)
        and isinstance(input_shape, list)
        and 1 <= len(input_shape) <= 4
        and all(type(side) is int and 1 <= side <= 1 << 20 for side in input_shape)
        and _are_names(classes)
        and isinstance(scale, float)
        and isfinite(scale)
    )


def _are_names(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _is_split(split: Split, dataset: Dataset) -> bool:
    inputs, targets = split.inputs, split.targets
    if inputs.ndim != 2 or inputs.shape[1] != prod(dataset.input_shape) or inputs.dtype.kind not in "uf":
        return False
    if not len(inputs) or len(inputs) != len(targets) or not np.isfinite(inputs).all():
        return False
    if not dataset.classes:
        return targets.ndim == 2 and targets.dtype.kind == "f" and bool(np.isfinite(targets).all())
    labels = targets.ndim == 1 and targets.dtype.kind in "iu"
    return labels and bool(targets.min() >= 0 and targets.max() < len(dataset.classes))
