"""A Setup being edited: what must follow when one part of it changes, and what has changed. No widgets."""

from __future__ import annotations

from dataclasses import fields, replace

from visualnet.core.datasets.catalogue import FILE_KINDS, IMAGE_SETS
from visualnet.core.datasets.curves import CURVES
from visualnet.core.run import fit
from visualnet.core.run.data_setup import DataSetup
from visualnet.core.run.layer_setup import LayerSetup
from visualnet.core.run.setup import Setup

NAMES = {
    "name": "preset",
    "data": "data",
    "layers": "layers",
    "loss": "loss",
    "label_smoothing": "label smoothing",
    "huber_delta": "Huber's delta",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "regularization": "rules of training",
    "initializer": "first weights",
    "seed": "seed",
    "batch_size": "batch size",
}

HEADS = ("dense", "conv2d", "residual")
"""Kinds of layers that begin a row of the list; all others belong to the one before them."""


def with_data(draft: Setup, name: str) -> Setup:
    """The draft on another data set; its output layer follows the number of classes."""
    return with_outputs(replace(draft, data=DataSetup(name=name)))


def with_loss(draft: Setup, loss: str) -> Setup:
    """The draft with another loss; its output layer follows."""
    return with_outputs(replace(draft, loss=loss))


def with_outputs(draft: Setup) -> Setup:
    """The draft with the outputs and loss that its data need; of a person's own data we learn them later."""
    name = draft.data.name
    if name in FILE_KINDS:
        return draft
    if name in CURVES:
        return fit.with_outputs(draft, 0, 1)
    classes = {"gaussians": draft.data.classes}.get(name, 10 if name in IMAGE_SETS else 2)
    return fit.with_outputs(draft, classes, classes)


def passages(draft: Setup) -> list[tuple[int, int]]:
    """The layers in groups (first, stop): each begins with a dense layer, a convolution or a block.

    What follows one of them, up to the next, belongs to it: activation, norm, pooling, dropout.
    """
    heads = [i for i, layer in enumerate(draft.layers) if i == 0 or layer.kind in HEADS]
    return list(zip(heads, [*heads[1:], len(draft.layers)], strict=True))


def output_place(draft: Setup) -> int:
    """Index of the layer that gives the outputs; its size follows the data."""
    return max(index for index, layer in enumerate(draft.layers) if layer.units is not None)


def with_layer_added(draft: Setup) -> Setup:
    """One more hidden layer before the outputs, like the one before it, with its activation."""
    place = output_place(draft)
    units = draft.hidden[-1] if draft.hidden else 16
    activations = [layer for layer in draft.layers[:place] if layer.is_activation]
    added = (LayerSetup("dense", units), activations[-1] if activations else LayerSetup("relu"))
    return replace(draft, layers=(*draft.layers[:place], *added, *draft.layers[place:]))


def with_layer_removed(draft: Setup, place: int) -> Setup:
    """Without the dense layer at this place and the activation that follows it."""
    follows = activation_after(draft, place) is not None
    return replace(draft, layers=draft.layers[:place] + draft.layers[place + 1 + follows :])


def with_units(draft: Setup, place: int, units: int) -> Setup:
    """With another size of the dense layer at this place."""
    layers = list(draft.layers)
    layers[place] = LayerSetup("dense", units)
    return replace(draft, layers=tuple(layers))


def with_activation(draft: Setup, place: int, kind: str | None) -> Setup:
    """With another activation (None: none) after the dense layer at this place."""
    follows = activation_after(draft, place) is not None
    added = () if kind is None else (LayerSetup(kind),)
    return replace(draft, layers=(*draft.layers[: place + 1], *added, *draft.layers[place + 1 + follows :]))


def activation_after(draft: Setup, place: int) -> str | None:
    """The activation that follows the dense layer at this place."""
    if place + 1 < len(draft.layers) and draft.layers[place + 1].is_activation:
        return draft.layers[place + 1].kind
    return None


def changes(draft: Setup, running: Setup) -> list[str]:
    """What differs, in words."""
    differing = [f.name for f in fields(Setup) if getattr(draft, f.name) != getattr(running, f.name)]
    return [NAMES[name] for name in differing if name in NAMES]
