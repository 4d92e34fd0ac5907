"""Probabilities from logits, for probes. They allocate, so the training step does not use them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def softmax(logits: Array, axis: int = 0) -> Array:
    """Probabilities of one class among many, of the same shape: e^z / Σ e^z along the axis.

    (Bishop, Pattern Recognition and Machine Learning, equation 4.104.)
    """
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=axis, keepdims=True))


def sigmoid(logits: Array) -> Array:
    """Probabilities of yes against no, of the same shape: 1 / (1 + e^-z), which tanh gives without overflow."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits))
