"""L1 and L2 penalties on weights, and decoupled weight decay.

All three act on weights alone. A bias or a norm's factor does not make a network bend more sharply, so
there is nothing to gain from making it small (Goodfellow, Bengio, Courville, Deep Learning, section 7.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visualnet.core.nn.blocks import Block
from visualnet.core.nn.regularizers.base import GradientRule, Vector


class _WeightRule(GradientRule):
    """Base of the three: goes over the weights, with scratch memory.

    Args:
        strength: above 0.
        blocks: where the weights lie.
        scratch: (parameter count,), overwritten.
    """

    def __init__(self, strength: float, blocks: Sequence[Block], scratch: Vector) -> None:
        self.strength = strength
        self._places = [(block.place, scratch[block.place]) for block in blocks]


class L1(_WeightRule):
    """L1 penalty λ Σ|w| on the loss, so λ sign(w) on each gradient: many weights become nearly 0 (Tibshirani 1996)."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, scratch in self._places:
            np.sign(parameters[place], out=scratch)
            np.multiply(scratch, scale * self.strength, out=scratch)
            np.add(gradients[place], scratch, out=gradients[place])


class L2(_WeightRule):
    """L2 penalty λ/2 Σw² on the loss, so λ w on each gradient (Krogh, Hertz 1991): ``weight_decay`` of PyTorch's SGD."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, scratch in self._places:
            np.multiply(parameters[place], scale * self.strength, out=scratch)
            np.add(gradients[place], scratch, out=gradients[place])


class WeightDecay(_WeightRule):
    """Decoupled weight decay: w ← (1 - rate · λ) w, whatever the optimizer (Loshchilov, Hutter 2019)."""

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        for place, _ in self._places:
            np.multiply(parameters[place], 1 - rate * self.strength, out=parameters[place])
