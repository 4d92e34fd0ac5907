"""The table of losses by name."""

from __future__ import annotations

from visualnet.core.nn.losses.cross_entropy import BinaryCrossEntropy, CrossEntropy, LogitLoss
from visualnet.core.nn.losses.hinge import Hinge
from visualnet.core.nn.losses.loss import Array, Loss
from visualnet.core.nn.losses.probabilities import sigmoid, softmax
from visualnet.core.nn.losses.values import MAE, MSE, Huber

_ALL: tuple[type[Loss], ...] = (CrossEntropy, BinaryCrossEntropy, Hinge, MSE, MAE, Huber)

LOSSES: dict[str, type[Loss]] = {loss.kind: loss for loss in _ALL}
"""Every loss by its name, those for classes first."""

__all__ = [
    "LOSSES",
    "MAE",
    "MSE",
    "Array",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Hinge",
    "Huber",
    "LogitLoss",
    "Loss",
    "sigmoid",
    "softmax",
]
