"""Diagnosis of a run that broke: the first layer, from the input on, with a number that is not finite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualnet.core.nn.layers import Array
from visualnet.core.nn.layers.names import layer_names
from visualnet.core.nn.network import Network


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The step and the part of the network where a run broke.

    Attributes:
        step: steps done when it showed.
        layer: index of the layer that broke first, None where every layer is sound.
        part: ``input``, ``output``, ``loss``, or a parameter's name such as ``weight``; in a block with the
            index of its layer: ``0.weight``.
        sentence: for the person.
    """

    step: int
    layer: int | None
    part: str
    sentence: str


def diagnose(network: Network, inputs: Array, step: int) -> Diagnosis:
    """Trace one batch through the network, layer by layer.

    Args:
        network: as it was when the loss was not finite.
        inputs: (*input_shape, batch), that batch.
        step: steps done.
    """
    if not np.isfinite(inputs).all():
        return _found(network, step, None, "input")
    values = inputs
    for index, (layer, named) in enumerate(
        zip(network.layers, network.split(network.parameters), strict=True)
    ):
        for name, parameter in named.items():
            if not np.isfinite(parameter).all():
                return _found(network, step, index, name)
        values = layer.forward(values)
        if not np.isfinite(values).all():
            return _found(network, step, index, "output")
    return _found(network, step, None, "loss")


def _found(network: Network, step: int, layer: int | None, part: str) -> Diagnosis:
    if layer is None:
        where = "the input data" if part == "input" else "the loss alone"
    else:
        name = layer_names([one.kind for one in network.layers])[layer]
        where = (
            f"what comes out of {name}" if part == "output" else f"the {part.rpartition('.')[2]} of {name}"
        )
    sentence = (
        f"Training broke at step {step + 1:,}: there are numbers that are not finite in {where}. "
        "Nothing of that step was applied. Go back to a kept state and lower the learning rate."
    )
    return Diagnosis(step, layer, part, sentence)
