"""Names of layers for people, the same in every panel and every sentence."""

from __future__ import annotations

from collections.abc import Sequence

KINDS = {
    "relu": "ReLU",
    "leaky-relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "conv2d": "convolution",
    "max-pool2d": "max pooling",
    "avg-pool2d": "average pooling",
    "global-avg-pool2d": "global average",
    "batch-norm": "batch norm",
    "layer-norm": "layer norm",
    "residual": "block with a skip",
}
"""Kinds of layers, where the kind is not the word itself."""

NUMBERED = ("dense", "conv2d", "residual")
"""Kinds of layers that are counted."""

ROW_NAMES = {
    "dense": "Dense",
    "conv2d": "Conv",
    "max-pool2d": "Max pool",
    "avg-pool2d": "Mean pool",
    "global-avg-pool2d": "Mean of all",
    "flatten": "Flatten",
    "dropout": "Dropout",
    "batch-norm": "Batch norm",
    "layer-norm": "Layer norm",
    "residual": "Block",
}
"""Kinds of layers as a narrow list of them has room for; those that are missing are activations."""


def layer_names(kinds: Sequence[str]) -> tuple[str, ...]:
    """What each layer of a network is called, in every panel: ``Layer 1``, ``Layer 1, tanh``, ``Outputs``.

    Layers that are counted have the numbers of the list in the Setup panel; what follows one has its name too.

    Args:
        kinds: of the layers, from the inputs on.
    """
    is_plain = not any(kind in NUMBERED[1:] for kind in kinds)
    output = max((place for place, kind in enumerate(kinds) if kind == "dense"), default=-1)
    names, number, counted = [], 0, ""
    for place, kind in enumerate(kinds):
        if kind in NUMBERED:
            number += 1
            word = "Layer" if is_plain and kind == "dense" else ROW_NAMES[kind]
            counted = "Outputs" if place == output else f"{word} {number}"
            names.append(counted)
        else:
            names.append(f"{counted}, {KINDS.get(kind, kind)}" if counted else KINDS.get(kind, kind))
    return tuple(names)
