"""Adapting a Setup to other data: layers that take their inputs, outputs and a loss for their targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from visualnet.core.datasets.catalogue import FILE_KINDS, kind_of
from visualnet.core.datasets.curves import CURVES
from visualnet.core.datasets.dataset import Dataset
from visualnet.core.files import expanded
from visualnet.core.nn.losses import LOSSES, MSE, CrossEntropy
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup


def on_data(setup: Setup, data: DataSetup) -> Setup:
    """The Setup on other data, yet to be matched to them; after values, classes get a loss of their own again.

    What a person's own data hold is known when they are loaded: ``match_data`` gives values theirs.
    """
    name, loss = setup.data.name, setup.loss
    had_values = name in CURVES or (name in FILE_KINDS and _has_bare_values(setup))
    if had_values and data.name not in CURVES:
        loss = CrossEntropy.kind
    return replace(setup, data=data, loss=loss)


def _has_bare_values(setup: Setup) -> bool:
    """Whether the loss compares values with outputs that nothing squashes, as for regression."""
    return not LOSSES[setup.loss].needs_classes and _output_place(setup) == len(setup.layers) - 1


def on_file(setup: Setup, path: Path, label: str | int | None = None) -> Setup:
    """The Setup on a person's own file or folder; it is yet to be matched to its data. Tables are standardised.

    Args:
        setup: any.
        path: see ``kind_of``.
        label: name or number of a table's column to learn; None: the last.

    Raises:
        DataError: when it is nothing that can be read.
    """
    path = expanded(path).absolute()
    kind = kind_of(path)
    if kind == "mnist":
        data = DataSetup(directory=str(path))
    else:
        data = DataSetup(name=kind, path=str(path), label=label, standardize=kind == "table")
    return replace(on_data(setup, data), name=f"{path.stem:.100}", description="")


def match_data(setup: Setup, dataset: Dataset) -> Setup:
    """The Setup with the layers, the outputs and the loss that these data need; all else stays.

    Layers that cannot take what these data give them are left out. One output stands for two classes where the
    loss compares with values. For regression what squashes the outputs is left out, since values lie anywhere.
    """
    return with_outputs(with_inputs(setup, dataset.input_shape), len(dataset.classes), dataset.outputs)


def with_inputs(setup: Setup, shape: tuple[int, ...]) -> Setup:
    """The Setup without the layers that cannot take their inputs, and what only belonged to the outputs of those.

    Args:
        setup: any.
        shape: of one example.
    """
    dtype, kept, is_gap = np.dtype(setup.dtype), list[LayerSetup](), False
    for layer in setup.layers:
        try:
            given, shape = shape, layer.make().build(shape, dtype)
        except ValueError:
            is_gap = True
            continue
        # Such as the activation of a convolution that is gone: it would bend the data themselves.
        belongs = shape == given and layer.units is None and not layer.inner
        is_gap = is_gap and belongs
        if not is_gap:
            kept.append(layer)
    return setup if len(kept) == len(setup.layers) else replace(setup, layers=tuple(kept))


def with_outputs(setup: Setup, classes: int, outputs: int) -> Setup:
    """See ``match_data``.

    Args:
        setup: any.
        classes: number of classes; 0 for regression.
        outputs: numbers to tell of one example.
    """
    if not classes:
        return _for_values(setup, outputs)
    allowed = LOSSES[setup.loss].output_counts(classes)
    place = _output_place(setup)
    return setup if setup.layers[place].units in allowed else _with_units(setup, place, allowed[0])


def _for_values(setup: Setup, outputs: int) -> Setup:
    place = _output_place(setup)
    loss = MSE.kind if LOSSES[setup.loss].needs_classes else setup.loss
    return _with_units(replace(setup, loss=loss, layers=setup.layers[: place + 1]), place, outputs)


def _output_place(setup: Setup) -> int:
    """Index of the layer that gives the outputs."""
    return max(index for index, layer in enumerate(setup.layers) if layer.units is not None)


def _with_units(setup: Setup, place: int, units: int) -> Setup:
    layers = list(setup.layers)
    layers[place] = LayerSetup("dense", units)
    return replace(setup, layers=tuple(layers))
