"""Gradient clipping: of each number, or of the whole vector's norm (Pascanu, Mikolov, Bengio 2013)."""

from __future__ import annotations

from math import sqrt

import numpy as np

from visualnet.core.nn.regularizers.base import GradientRule, Vector

SMALL = 1e-6
"""Added to the norm by torch.nn.utils.clip_grad_norm_, and so here."""


class ValueClip(GradientRule):
    """Clipping of each number of the gradient to [-limit, limit], as torch.nn.utils.clip_grad_value_.

    Args:
        limit: above 0.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        limit = self.limit * scale
        np.clip(gradients, -limit, limit, out=gradients)


class NormClip(GradientRule):
    """Clipping of the whole gradient's Euclidean norm to ``limit``, as torch.nn.utils.clip_grad_norm_.

    Args:
        limit: greatest Euclidean norm, above 0.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def apply(self, parameters: Vector, gradients: Vector, scale: float, rate: float) -> None:
        norm = sqrt(float(gradients.dot(gradients))) / scale
        factor = self.limit / (norm + SMALL)
        if factor < 1:
            np.multiply(gradients, factor, out=gradients)
