"""The moving average that is drawn as a bright curve, and the faint band behind it."""

from __future__ import annotations

from math import ceil, log10

import numpy as np
from numpy.typing import NDArray

from visualnet.core.history.history import SMALL, ColumnView, Envelope

FORGOTTEN = 1e-3
"""Weight below which a value no longer counts in a moving average."""

FEW = 4
"""Buckets for each step from which on steps can be told apart, and are drawn as they are."""

MEANS_OF_A_BUCKET = 4
"""Means in a bucket, at most: of more steps, each mean is over more of them, so that a band of pure noise does not
become wider when zoomed out."""


def memory(strength: float) -> int:
    """Steps after which a value is forgotten.

    Args:
        strength: share of the average kept from one step to the next, in [0, 1).
    """
    return ceil(log10(FORGOTTEN) / log10(strength)) if strength > 0 else 1


def smoothed(values: NDArray[np.float64], strength: float, stride: int) -> NDArray[np.float64]:
    """Exponential moving average of evenly spaced means, unbiased at the start.

    Args:
        values: (count,) means over ``stride`` steps each; nan where they are not known.
        strength: share kept from one step to the next, in [0, 1).
        stride: steps between two values; the strength counts in steps, so zooming does not change the line.

    Returns:
        (count,) averages.
    """
    kept = strength**stride
    if kept < FORGOTTEN or len(values) < 3:
        return values
    length = min(len(values), memory(kept))
    kernel, count = kept ** np.arange(length), len(values)
    is_known = np.isfinite(values)
    if not is_known.any():
        return values
    low, high = float(values[is_known].min()), float(values[is_known].max())
    if is_known.all():
        weights = np.cumsum(kernel)[np.minimum(np.arange(1, count + 1), length) - 1]
        sums = np.convolve(values * SMALL, kernel)[:count]
        # A mean lies between what it is of; rounding must not bring the largest numbers beyond all numbers.
        means: NDArray[np.float64] = np.clip(sums / weights, low * SMALL, high * SMALL) / SMALL
        return means
    # Of what is not known nothing is remembered, and nothing drawn.
    sums = np.convolve(np.where(is_known, values * SMALL, 0.0), kernel)[:count]
    weights = np.convolve(is_known, kernel)[:count]
    means = np.clip(sums / np.where(is_known, weights, 1.0), low * SMALL, high * SMALL)
    return np.where(is_known, means / SMALL, np.nan)


def band(column: ColumnView, start: int, stop: int, buckets: int, unit: int) -> Envelope:
    """The range of the values in each bucket, each value a mean of ``unit`` steps or more; with 1, of single steps.

    Batches of one are right or wrong and nothing between: their own values would fill the plot.

    Args:
        column: one value a step.
        start: first index.
        stop: behind the last index.
        buckets: about so many are given.
        unit: steps.
    """
    if unit == 1 or stop - start <= buckets // FEW:
        return column.envelope(start, stop, buckets)
    fine = column.envelope(start, stop, min(max(1, (stop - start) // unit), MEANS_OF_A_BUCKET * buckets))
    group = -(-len(fine.mean) // buckets)
    first = np.arange(0, len(fine.mean), group)
    return Envelope(
        fine.positions[first],
        np.minimum.reduceat(fine.mean, first),
        np.maximum.reduceat(fine.mean, first),
        np.add.reduceat(fine.mean * SMALL, first) / np.diff(first, append=len(fine.mean)) / SMALL,
        fine.stride * group,
    )
