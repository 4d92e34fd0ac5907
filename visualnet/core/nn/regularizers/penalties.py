"""Large weights cost something: L1 and L2 penalties, and decay apart from the gradient.

All three act on weights alone. A bias or a norm's factor does not make a network bend more sharply, so
there is nothing to gain from making it small (Goodfellow, Bengio, Courville, Deep Learning, section 7.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visualnet.core.nn.blocks import Block
from visualnet.core.nn.regularizers.base import GradientRule, Vector


class _WeightRule(GradientRule):
    """Goes from weight to weight, with room to work in.

    Args:
        strength: above 0.
        blocks: where the weights lie.
        scratch: (parameter count,), overwritten.
    """

    def __init__(self, strength: float, blocks: Sequence[Block], scratch: Vector) -> None:
        self.strength = strength
        self._places = [(block.place, scratch[block.place]) for block in blocks]


class L1(_WeightRule):
    """The loss gains λ Σ|w|, so each gradient λ sign(w): many weights become nearly 0 (Tibshirani 1996)."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, scratch in self._places:
            np.sign(parameters[place], out=scratch)
            np.multiply(scratch, scale * self.strength, out=scratch)
            np.add(gradients[place], scratch, out=gradients[place])


class L2(_WeightRule):
    """The loss gains λ/2 Σw², so each gradient λ w (Krogh, Hertz 1991), as PyTorch's ``weight_decay`` of SGD."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, scratch in self._places:
            np.multiply(parameters[place], scale * self.strength, out=scratch)
            np.add(gradients[place], scratch, out=gradients[place])


class WeightDecay(_WeightRule):
    """w ← (1 - rate · λ) w, apart from the gradient, whatever the optimizer (Loshchilov, Hutter 2019)."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, _ in self._places:
            np.multiply(parameters[place], 1 - rate * self.strength, out=parameters[place])
