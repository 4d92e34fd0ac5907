"""How a run's parameters begin, and how they follow their gradient: two parts of a Setup."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.optimizers import OPTIMIZERS, Adam, Momentum, Optimizer
from visualnet.core.run.setup_checks import require_learning_rate, require_name, require_number, require_share


@dataclass(frozen=True, slots=True)
class OptimizerSetup:
    """How parameters follow their gradient; momentum and the betas count only where they are used."""

    name: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_name(self.name, "optimizer.name", OPTIMIZERS)
        require_learning_rate(self.learning_rate)
        for share in ("momentum", "beta1", "beta2"):
            require_share(getattr(self, share), f"optimizer.{share}")
        require_number(self.epsilon, "optimizer.epsilon", 0, 1, above=True)

    def make(self) -> Optimizer:
        """A new optimizer of this description, without memory."""
        if self.name == Adam.kind:
            return Adam(self.learning_rate, self.beta1, self.beta2, self.epsilon)
        if self.name == Momentum.kind:
            return Momentum(self.learning_rate, self.momentum)
        return OPTIMIZERS[self.name](self.learning_rate)


@dataclass(frozen=True, slots=True)
class InitializerSetup:
    """First values of the parameters: a distribution and its factor."""

    name: str = "he"
    scale: float = 1.0

    def __post_init__(self) -> None:
        require_name(self.name, "initializer.name", INITIALIZERS)
        require_number(self.scale, "initializer.scale", 0, 1e6, above=True)
