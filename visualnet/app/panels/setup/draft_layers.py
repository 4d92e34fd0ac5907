"""The layers of a draft: the rows in which they are listed, their output shapes, and edits of them. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from visualnet.core.datasets.catalogue import FILE_KINDS, IMAGE_SETS
from visualnet.core.datasets.curves import CURVES
from visualnet.core.datasets.mnist import IMAGE_SHAPE
from visualnet.core.nn.layers import layer_options
from visualnet.core.nn.layers.names import NUMBERED, ROW_NAMES, layer_names
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup

Edit = Callable[[Setup], Setup]
"""From a draft to the draft that one edit makes of it; raises SetupError where that cannot be."""

Shape = tuple[int, ...]

FIRST_VALUES = {"units": 16, "channels": 8, "kernel": 3, "padding": "same"}
"""Options of a new layer, where its class has no default or not the best one to begin with."""

SHAPING = ("name", "path", "header", "label", "target", "image_height", "image_width", "colour")
"""Fields of the data that the shape of an example depends on."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Layers that are shown side by side: one, or a dense layer and the activation that follows it.

    Attributes:
        first: index of its first layer.
        stop: index of the layer after it.
        name: what to call it.
        is_output: whether it gives the outputs; its size follows the data.
        given: shape of its input; None where that is not known.
        shape: of its output; None where that is not known.
        fault: why it cannot take its inputs; empty where it can.
    """

    first: int
    stop: int
    name: str
    is_output: bool
    given: Shape | None
    shape: Shape | None
    fault: str


def rows(draft: Setup, input_shape: Shape | None = None) -> list[DraftRow]:
    """The layers of the draft in rows, from the inputs on.

    Args:
        draft: any.
        input_shape: of one example; None: not known, and neither is what the layers give.
    """
    shapes, fault = _shapes(draft, input_shape)
    known = dict(enumerate(shapes)) | {-1: input_shape}
    names = layer_names([layer.kind for layer in draft.layers])
    output, made = output_place(draft), []
    for first, stop in _spans(draft):
        kind = draft.layers[first].kind
        name = names[first] if kind in NUMBERED else ROW_NAMES.get(kind, "Activation")
        own_fault = fault if first <= len(shapes) < stop else ""
        given, shape = known.get(first - 1), known.get(stop - 1)
        made.append(DraftRow(first, stop, name, first == output, given, shape, own_fault))
    return made


def _spans(draft: Setup) -> list[tuple[int, int]]:
    spans, place = [], 0
    while place < len(draft.layers):
        is_dense = draft.layers[place].units is not None
        stop = place + (2 if is_dense and activation_after(draft, place) is not None else 1)
        spans.append((place, stop))
        place = stop
    return spans


def _shapes(draft: Setup, input_shape: Shape | None) -> tuple[list[Shape], str]:
    """What each layer gives, up to the first that cannot take its inputs, and why it cannot."""
    shapes: list[Shape] = []
    if input_shape is None:
        return shapes, ""
    shape = input_shape
    for layer in draft.layers:
        try:
            shape = layer.make().build(shape, np.dtype(draft.dtype))
        except ValueError as error:
            return shapes, str(error)
        shapes.append(shape)
    return shapes, ""


def example_shape(draft: Setup, running: Setup, running_shape: Shape) -> Shape | None:
    """Shape of one of the draft's examples; None where only loading them can tell.

    Args:
        draft: any.
        running: the Setup of the present run.
        running_shape: of one of its examples.
    """
    if all(getattr(draft.data, part) == getattr(running.data, part) for part in SHAPING):
        return running_shape
    return known_shape(draft.data.name)


def known_shape(name: str) -> Shape | None:
    """Shape of one example of a data set; None for a person's own, which only loading them can tell."""
    if name in FILE_KINDS:
        return None
    if name in IMAGE_SETS:
        return IMAGE_SHAPE
    return (CURVES[name][0],) if name in CURVES else (2,)


def output_place(draft: Setup) -> int:
    """Index of the layer that gives the outputs; its size follows the data."""
    return max(index for index, layer in enumerate(draft.layers) if layer.units is not None)


def activation_after(draft: Setup, place: int) -> str | None:
    """The activation that follows the layer at this place."""
    if place + 1 < len(draft.layers) and draft.layers[place + 1].is_activation:
        return draft.layers[place + 1].kind
    return None


# Edits


def with_layer_added(draft: Setup) -> Setup:
    """One more hidden layer before the outputs, like the one before it, with its activation."""
    return with_inserted(draft, "dense", output_place(draft))


def with_inserted(draft: Setup, kind: str, place: int, shape: Shape | None = None) -> Setup:
    """With a new layer of this kind before the one at this place; an activation comes with one that has sums.

    Args:
        draft: any.
        kind: a name in the table of layers.
        place: index of the layer that will follow.
        shape: of the inputs that the layer will get; a block is made to fit them.
    """
    added = [_new_layer(draft, kind, shape)]
    if kind in ("dense", "conv2d"):
        before = [layer for layer in draft.layers[:place] if layer.is_activation]
        added.append(before[-1] if before else LayerSetup("relu"))
    return replace(draft, layers=(*draft.layers[:place], *added, *draft.layers[place:]))


def _new_layer(draft: Setup, kind: str, shape: Shape | None) -> LayerSetup:
    values = FIRST_VALUES | ({"units": draft.hidden[-1]} if draft.hidden else {})
    if kind == "residual":
        values |= {"layers": [_inside(shape or (16,)), LayerSetup("relu")]}
    return LayerSetup(kind, **{name: values[name] for name in layer_options(kind) if name in values})


def _inside(shape: Shape) -> LayerSetup:
    """A layer that gives what it gets: the heart of a block."""
    if len(shape) == 1:
        return LayerSetup("dense", shape[0])
    return LayerSetup("conv2d", channels=shape[0] if len(shape) == 3 else 1, kernel=3, padding="same")


def without(draft: Setup, row: DraftRow) -> Setup:
    """Without the layers of this row."""
    return replace(draft, layers=draft.layers[: row.first] + draft.layers[row.stop :])


def exchanged(draft: Setup, upper: DraftRow, lower: DraftRow) -> Setup:
    """With two neighbouring rows in the other order."""
    layers = draft.layers
    between = layers[lower.first : lower.stop] + layers[upper.first : upper.stop]
    return replace(draft, layers=layers[: upper.first] + between + layers[lower.stop :])


def with_option(draft: Setup, place: int, name: str, value: Any) -> Setup:
    """With another value of one option of the layer at this place."""
    layer = draft.layers[place]
    return with_layer(draft, place, LayerSetup(layer.kind, **(dict(layer.options) | {name: value})))


def with_layer(draft: Setup, place: int, layer: LayerSetup) -> Setup:
    """With this layer instead of the one at this place."""
    return replace(draft, layers=(*draft.layers[:place], layer, *draft.layers[place + 1 :]))


def with_activation(draft: Setup, place: int, kind: str | None) -> Setup:
    """With another activation (None: none) after the dense layer at this place."""
    follows = activation_after(draft, place) is not None
    added = () if kind is None else (LayerSetup(kind),)
    return replace(draft, layers=(*draft.layers[: place + 1], *added, *draft.layers[place + 1 + follows :]))


def possible_moves(rows: list[DraftRow], index: int) -> dict[int, Edit]:
    """One row up (-1) and down (1), as far as the row of this index can go: nothing passes the outputs."""
    pairs = {-1: rows[max(index - 1, 0) : index + 1], 1: rows[index : index + 2]}
    return {
        step: partial(exchanged, upper=pair[0], lower=pair[1])
        for step, pair in pairs.items()
        if len(pair) == 2 and not any(row.is_output for row in pair)
    }
