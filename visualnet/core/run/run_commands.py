"""What a person may change in a run while it trains: frozen, picklable values in the imperative.

The Trainer applies them between two steps and journals each with the step at which it took effect. They
stand apart from the worker's commands because a run without a window needs no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class RunCommand:
    """Base of what changes the run itself.

    Attributes:
        sets_parameters: whether it changes the network at once, and not only how it goes on.
    """

    __slots__ = ()
    sets_parameters: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class SetLearningRate(RunCommand):
    """Use this learning rate from the next step on."""

    value: float


@dataclass(frozen=True, slots=True)
class SetMomentum(RunCommand):
    """Use this momentum from the next step on; the velocity is kept."""

    value: float


@dataclass(frozen=True, slots=True)
class SetBetas(RunCommand):
    """Use these betas of Adam from the next step on; its moving averages are kept."""

    beta1: float
    beta2: float


@dataclass(frozen=True, slots=True)
class SetBatchSize(RunCommand):
    """Use this batch size from the next step on, inside the running epoch."""

    value: int


@dataclass(frozen=True, slots=True)
class SetParameters(RunCommand):
    """Replace all parameters, as when a saved network is opened.

    Attributes:
        vector: the bytes of the flat parameter vector, in the run's dtype; those of the buffers may follow.
    """

    sets_parameters: ClassVar[bool] = True

    vector: bytes
