"""A Setup put on other data, and made to fit them: as many outputs as they need, and a loss of their kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from visualnet.core.datasets.catalogue import kind_of
from visualnet.core.datasets.dataset import Dataset
from visualnet.core.nn.losses import LOSSES, MSE
from visualnet.core.run.data_setup import DataSetup
from visualnet.core.run.layer_setup import LayerSetup
from visualnet.core.run.setup import Setup


def on_file(setup: Setup, path: Path, label: str | int | None = None) -> Setup:
    """The Setup on a person's own file or folder; it is yet to be fitted. Tables are standardised.

    Args:
        setup: any.
        path: see ``kind_of``.
        label: name or number of a table's column to learn; None: the last.

    Raises:
        DataError: when it is nothing that can be read.
    """
    path = path.expanduser().absolute()
    kind = kind_of(path)
    if kind == "mnist":
        data = DataSetup(directory=str(path))
    else:
        data = DataSetup(name=kind, path=str(path), label=label, standardize=kind == "table")
    return replace(setup, name=f"{path.stem:.100}", description="", data=data)


def fitted(setup: Setup, dataset: Dataset) -> Setup:
    """The Setup with the output layer and the loss that these data need; all else stays.

    One output stands for two classes where the loss compares with values. For regression what squashes
    the outputs is left out, since values lie anywhere.
    """
    return with_outputs(setup, len(dataset.classes), dataset.outputs)


def with_outputs(setup: Setup, classes: int, outputs: int) -> Setup:
    """See ``fitted``.

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
