"""The places of a network's parameters in its flat vector."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from visualnet.core.nn.network import Network


@dataclass(frozen=True, slots=True)
class Block:
    """One parameter's place in the flat vector.

    Attributes:
        start: its first number.
        shape: of the parameter; a weight's first axis counts neurons or filters.
    """

    start: int
    shape: tuple[int, ...]

    @property
    def place(self) -> slice:
        """Its part of the flat vector."""
        return slice(self.start, self.start + prod(self.shape))

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """(neurons, weights of each): a filter's axes are read as one."""
        return self.shape[0], prod(self.shape[1:])


def weight_blocks(network: Network) -> tuple[Block, ...]:
    """The blocks of all weights: parameters of two axes or more, so neither biases nor a norm's factors."""
    first, itemsize = network.parameters.ctypes.data, network.parameters.itemsize
    return tuple(
        Block((view.ctypes.data - first) // itemsize, view.shape)
        for named in network.split(network.parameters)
        for view in named.values()
        if view.ndim > 1 and view.size
    )
