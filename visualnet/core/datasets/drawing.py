"""A drawn digit made like those of MNIST: its ink scaled into 20×20, its centre of mass in the middle.

The procedure is the one by which MNIST was made from NIST's images: "size normalized to fit in a 20x20
pixel box while preserving their aspect ratio [...] centered in a 28x28 image by computing the center of
mass of the pixels" (LeCun, Cortes, Burges, "The MNIST database", data/README.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 28
BOX = 20
CENTRE = SIDE / 2
"""In pixel indices, where MNIST's own centres of mass lie on average (measured: 14.0 ± 0.3)."""

FAINTEST_INK = 8


def centred_digit(canvas: NDArray[Any]) -> NDArray[np.uint8]:
    """A drawing, preprocessed as MNIST's digits were.

    Args:
        canvas: (height, width), 0 is paper and 255 is ink.

    Returns:
        (28, 28); all zeros for an empty canvas.
    """
    digit = np.zeros((SIDE, SIDE), np.uint8)
    ink = _cropped(canvas)
    if ink is None:
        return digit
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    small = _averaging(ink.shape[0], height) @ ink @ _averaging(ink.shape[1], width).T
    top, left = (_start(small.sum(axis=1 - axis), small.shape[axis]) for axis in (0, 1))
    digit[top : top + height, left : left + width] = np.rint(np.clip(small, 0, 255))
    return digit


def _cropped(canvas: NDArray[Any]) -> NDArray[np.float64] | None:
    """The smallest part that holds all ink; None where there is none."""
    rows = np.flatnonzero((canvas >= FAINTEST_INK).any(axis=1))
    columns = np.flatnonzero((canvas >= FAINTEST_INK).any(axis=0))
    if not len(rows):
        return None
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)


def _averaging(length: int, wanted: int) -> NDArray[np.float64]:
    """(wanted, length) weights that make each new pixel the mean of the old ones it covers."""
    edges = np.linspace(0, length, wanted + 1)
    starts, stops = edges[:-1, np.newaxis], edges[1:, np.newaxis]
    cells = np.arange(length)
    covered = np.minimum(stops, cells + 1) - np.maximum(starts, cells)
    weights: NDArray[np.float64] = np.maximum(covered, 0) / (stops - starts)
    return weights


def _start(mass: NDArray[Any], length: int) -> int:
    """Where along one axis the ink must begin for its centre of mass to lie in the middle."""
    centre = float(mass @ np.arange(length)) / float(mass.sum())
    return min(max(0, round(CENTRE - centre)), SIDE - length)
