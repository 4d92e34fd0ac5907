"""A Setup made to fit other data: as many outputs as they need, and a loss of their kind."""

from __future__ import annotations

from dataclasses import replace

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.nn.losses import LOSSES, MSE
from visualnet.core.run.layer_setup import LayerSetup
from visualnet.core.run.setup import Setup


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
