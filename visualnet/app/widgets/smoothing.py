"""The moving average that a bright curve shows."""

from __future__ import annotations

from math import ceil, log10

import numpy as np
from numpy.typing import NDArray

FORGOTTEN = 1e-3
"""A value whose weight has sunk below this no longer counts."""


def memory(strength: float) -> int:
    """Steps after which a value is forgotten.

    Args:
        strength: share of the average kept from one step to the next, in [0, 1).
    """
    return ceil(log10(FORGOTTEN) / log10(strength)) if strength > 0 else 1


def smoothed(values: NDArray[np.float64], strength: float, stride: int) -> NDArray[np.float64]:
    """Exponential moving average of evenly spaced means, unbiased at the start.

    Args:
        values: (count,) means over ``stride`` steps each.
        strength: share kept from one step to the next, in [0, 1).
        stride: steps between two values; the strength counts in steps, so zooming does not change the line.

    Returns:
        (count,) averages.
    """
    kept = strength**stride
    if kept < FORGOTTEN or len(values) < 3:
        return values
    length = min(len(values), memory(kept))
    kernel = kept ** np.arange(length)
    weights = np.minimum(np.arange(1, len(values) + 1), length) - 1
    return np.convolve(values, kernel)[: len(values)] / np.cumsum(kernel)[weights]
