"""LiveState: the numbers that training changes, where they are in use, and their way into a TrainerState and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.network import Network
from visualnet.core.nn.optimizers import Optimizer
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.early_stopping import EarlyStopping, are_fit, split_scalars

NAMES = ("parameters", "buffers", "ema", "best")
"""Names of the vectors of a state that are not the optimizer's."""

Vector = NDArray[Any]


class LiveState:
    """All vectors and scalars that determine the steps to come.

    Args:
        network: has the parameters, their gradients and the buffers.
        optimizer: moves the parameters.
        rules: say whether there is a moving average of the parameters, and early stopping.

    Attributes:
        average: None where the rules ask for none.
        early_stopping: likewise.
    """

    def __init__(self, network: Network, optimizer: Optimizer, rules: RegularizationSetup) -> None:
        self.network = network
        self.optimizer = optimizer
        self.average = rules.make_average(network)
        self.early_stopping = EarlyStopping.of(rules)

    @property
    def is_stopped(self) -> bool:
        """Whether early stopping has ended the run."""
        return self.early_stopping is not None and self.early_stopping.is_stopped

    @property
    def vectors(self) -> dict[str, Vector]:
        """Copies of all vectors, by the names that a state has for them, read-only."""
        vectors = {"parameters": self.network.parameters, "buffers": self.network.buffers}
        vectors |= self.optimizer.vectors
        if self.average is not None:
            vectors["ema"] = self.average.values
        if self.early_stopping is not None and self.early_stopping.best is not None:
            vectors["best"] = self.early_stopping.best
        copies = {name: vector.copy() for name, vector in vectors.items()}
        for vector in copies.values():
            vector.flags.writeable = False
        return copies

    @property
    def scalars(self) -> dict[str, float]:
        """The scalars of the optimizer and of early stopping, by name."""
        stopping = {} if self.early_stopping is None else self.early_stopping.scalars
        return {**self.optimizer.scalars, **stopping}

    def could_hold(self, state: TrainerState) -> bool:
        """Whether a state has these vectors and scalars, each of its length and type."""
        vectors, average = dict(state.vectors), self.average
        parameters, buffers, ema, best = (vectors.pop(name, None) for name in NAMES)
        scalars, stopping = split_scalars(state.scalars)
        return (
            _are_alike(parameters, self.network.parameters)
            and _are_alike(buffers, self.network.buffers)
            and _are_alike(ema, None if average is None else average.values)
            and self.optimizer.could_keep(vectors, scalars, self.network.parameters, state.step > 0)
            and are_fit(stopping, best, self.network, self.early_stopping is not None)
        )

    def load(self, state: TrainerState) -> None:
        """Take over the vectors and scalars of a state that ``could_hold`` allows; the gradients, which it lacks, are 0."""
        vectors = dict(state.vectors)
        parameters, buffers, ema, best = (vectors.pop(name, None) for name in NAMES)
        self.network.parameters[...] = parameters
        self.network.gradients[...] = 0
        self.network.buffers[...] = buffers
        if self.average is not None:
            self.average.values[...] = ema
        if self.early_stopping is not None:
            self.early_stopping.restore(best, state.scalars)
        scalars, _ = split_scalars(state.scalars)
        self.optimizer.restore(vectors, scalars)

    def measured(self) -> Vector:
        """What an evaluation measures: the parameters, as their moving average where there is one, then the buffers."""
        parameters = self.network.parameters if self.average is None else self.average.values
        return np.concatenate([parameters, self.network.buffers])

    def use_parameters(self, values: Vector) -> None:
        """Take these parameters, and the buffers where they follow; the moving average begins anew."""
        parameters, buffers = self.network.parameters, self.network.buffers
        parameters[...] = values[: len(parameters)]
        if len(values) > len(parameters):
            buffers[...] = values[len(parameters) :]
        if self.average is not None:
            self.average.restart(parameters)


def _are_alike(vector: Vector | None, other: Vector | None) -> bool:
    """Whether both are of one length and type, or neither is there."""
    if vector is None or other is None:
        return vector is other
    return vector.shape == other.shape and vector.dtype == other.dtype
