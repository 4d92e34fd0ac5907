"""The part of a Setup with the rules against overfitting and too large steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visualnet.core.nn.blocks import weight_blocks
from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.network import Network
from visualnet.core.nn.regularizers import (
    L1,
    L2,
    GradientRule,
    MaxNorm,
    NormClip,
    ParameterAverage,
    ParameterRule,
    ValueClip,
    WeightDecay,
)
from visualnet.core.setup.checks import require_integer, require_number


@dataclass(frozen=True, slots=True)
class RegularizationSetup:
    """Rules that each step follows, in this order; by default there are none, and a step costs no more.

    Attributes:
        l1: strength of the penalty on the sum of all weights' sizes, added to the gradient.
        l2: strength of the penalty on half the sum of their squares, likewise.
        weight_decay: share of each weight lost at each step, for a rate of 1, apart from the gradient.
        clip_value: greatest size of any number of the gradient; None: no bound.
        clip_norm: greatest length of the gradient as one vector; None: no bound.
        max_norm: greatest length of a neuron's incoming weights; None: no bound.
        ema_decay: share that a moving average of the parameters keeps at each step; measurements are
            then made with the average. None: no average.
        patience: measurements to wait for a better loss before the run stops, at the best parameters that
            were measured; None: no early stopping. The loss is that of the validation part, and only where
            the data have none that of the test set.
        min_delta: how much smaller a loss must be to count as better.

    l1, l2, weight_decay and max_norm act on weights, not on biases or a norm's factors.
    """

    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    max_norm: float | None = None
    ema_decay: float | None = None
    patience: int | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2", "weight_decay"):
            require_number(getattr(self, name), f"regularization.{name}", 0, 100)
        for name in ("clip_value", "clip_norm", "max_norm"):
            if getattr(self, name) is not None:
                require_number(getattr(self, name), f"regularization.{name}", 0, 1e6, above=True)
        if self.ema_decay is not None:
            require_number(self.ema_decay, "regularization.ema_decay", 0, 0.999999, above=True)
        if self.patience is not None:
            require_integer(self.patience, "regularization.patience", 1)
        require_number(self.min_delta, "regularization.min_delta", 0, 1e6)

    def make_gradient_rules(self, network: Network) -> tuple[GradientRule, ...]:
        """The rules applied before the optimizer's update, in order."""
        rules: list[GradientRule] = []
        if self.l1 or self.l2 or self.weight_decay:
            scratch = aligned_empty(network.parameters.shape, network.dtype)
            kinds = ((L1, self.l1), (L2, self.l2), (WeightDecay, self.weight_decay))
            blocks = weight_blocks(network)
            rules += [kind(strength, blocks, scratch) for kind, strength in kinds if strength]
        if self.clip_value is not None:
            rules.append(ValueClip(self.clip_value))
        if self.clip_norm is not None:
            rules.append(NormClip(self.clip_norm))
        return tuple(rules)

    def make_parameter_rules(self, network: Network) -> tuple[ParameterRule, ...]:
        """The rules applied after the optimizer's update, in order."""
        if self.max_norm is None:
            return ()
        return (MaxNorm(self.max_norm, weight_blocks(network), np.dtype(network.dtype)),)

    def make_average(self, network: Network) -> ParameterAverage | None:
        """The moving average of the parameters, from these on."""
        return None if self.ema_decay is None else ParameterAverage(self.ema_decay, network.parameters)
