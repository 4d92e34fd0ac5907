"""The parts of a Setup for initial parameters and for the optimizer."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.optimizers import OPTIMIZERS, Optimizer
from visualnet.core.setup.checks import require_learning_rate, require_name, require_number, require_share


@dataclass(frozen=True, slots=True)
class OptimizerSetup:
    """The optimizer and its options.

    Options that the optimizer does not have are ignored, so that they survive the choice of another. None stands
    for the optimizer's own value, which is its paper's and PyTorch's.

    Attributes:
        name: a name in OPTIMIZERS.
        learning_rate: size of a step.
        momentum: of momentum, Nesterov, Muon.
        beta1: of Adam, AdamW, Lion, Muon.
        beta2: likewise.
        alpha: of RMSProp.
        epsilon: of those that divide by a root.
        weight_decay: of AdamW, Lion, Muon, on all parameters; RegularizationSetup has one for all
            optimizers, on weights alone.
    """

    name: str = "adam"
    learning_rate: float = 0.001
    momentum: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    alpha: float | None = None
    epsilon: float | None = None
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        require_name(self.name, "optimizer.name", OPTIMIZERS)
        require_learning_rate(self.learning_rate)
        for share in ("momentum", "beta1", "beta2", "alpha"):
            if getattr(self, share) is not None:
                require_share(getattr(self, share), f"optimizer.{share}")
        if self.epsilon is not None:
            require_number(self.epsilon, "optimizer.epsilon", 0, 1, above=True)
        if self.weight_decay is not None:
            require_number(self.weight_decay, "optimizer.weight_decay", 0, 100)

    @classmethod
    def first(cls, name: str) -> OptimizerSetup:
        """The optimizer of this name with the rate to begin with, and its own value for all else."""
        require_name(name, "optimizer.name", OPTIMIZERS)
        return cls(name, OPTIMIZERS[name].first_rate)

    def make(self) -> Optimizer:
        """A new optimizer of this description, without memory."""
        kind = OPTIMIZERS[self.name]
        options = {name: getattr(self, name) for name in kind.options}
        given = {name: value for name, value in options.items() if value is not None}
        return kind(self.learning_rate, **given)


@dataclass(frozen=True, slots=True)
class InitializerSetup:
    """First values of the parameters: a distribution and its factor."""

    name: str = "he"
    scale: float = 1.0

    def __post_init__(self) -> None:
        require_name(self.name, "initializer.name", INITIALIZERS)
        require_number(self.scale, "initializer.scale", 0, 1e6, above=True)
