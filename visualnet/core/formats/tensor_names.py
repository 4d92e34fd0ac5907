"""PyTorch's names of a network's parameters and buffers: those in the state dict of an nn.Sequential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from visualnet.core.nn.layers import Dense, GlobalAvgPool2D, Layer
from visualnet.core.nn.network import Network


def module_indices(layers: Sequence[Layer]) -> list[int]:
    """Index of each layer's module in the nn.Sequential that computes the same.

    A layer is one module there, with two exceptions. A Dense layer flattens an image by itself, and so is
    ``nn.Flatten(), nn.Linear(...)`` where its input has more than one axis. GlobalAvgPool2D leaves no axes of
    length 1, and so is ``nn.AdaptiveAvgPool2d(1), nn.Flatten()``. A Residual is an nn.Sequential whose forward
    adds the input. An image without a channel axis has one there: (batch, 1, height, width).
    """
    indices, next_index = [], 0
    for layer in layers:
        flattens = isinstance(layer, Dense) and len(layer.input_shape) > 1
        indices.append(next_index + flattens)
        next_index += 1 + (flattens or isinstance(layer, GlobalAvgPool2D))
    return indices


def named_tensors(network: Network) -> dict[str, NDArray[Any]]:
    """Views of all parameters, then of all buffers, by name, in the order of the flat vectors.

    Names and shapes are those that ``nn.Sequential.load_state_dict`` takes: ``1.weight``, ``2.running_mean``.
    """
    parameters, buffers = network.split(network.parameters), network.split_buffers(network.buffers)
    indices = module_indices(network.layers)
    return {
        f"{index}.{name}": values
        for layers in (parameters, buffers)
        for index, named in zip(indices, layers, strict=True)
        for name, values in named.items()
    }
