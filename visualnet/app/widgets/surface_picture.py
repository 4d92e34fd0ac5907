"""A fine picture of the coarse grid of a Surface, interpolated between its places.

Probabilities jump where a network is sure of itself, and a border drawn from them has the steps of the grid. Their
log-odds do not: between two places they are nearly a straight line, so the border is where a finer grid would have it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from visualnet.app.theme import diverging_indices
from visualnet.core.probes.surface import Surface

SIDE = 384
"""Places along each side of the picture."""

SUREST = 1e-7
"""Least distance of a probability from 0 and 1: float32 has no more digits."""

LARGEST = 1e30
"""Scores beyond this would overflow on the way."""

Floats = NDArray[np.floating]


class SurfacePicture:
    """The scores of a Surface at every place of a fine grid.

    Attributes:
        indices: (SIDE, SIDE) uint8 places in a table of colours; row 0 is the greatest second input.
    """

    def __init__(self, surface: Surface, classes: int) -> None:
        self._bounds = surface.bounds
        if classes > 2:
            self._scores: NDArray[np.float32] | NDArray[np.intp] = _winners(surface)
            self.indices = self._scores[::-1].astype(np.uint8)
        else:
            self._scores = _interpolated(surface)
            self.indices = diverging_indices(self._scores[::-1] - surface.centre, surface.reach)

    def score_at(self, x: float, y: float) -> float:
        """The score at a place, as it is drawn: of more than two classes, the class."""
        left, right, bottom, top = self._bounds
        column, row = ((x - left) / (right - left), (y - bottom) / (top - bottom))
        row, column = (min(max(int(share * SIDE), 0), SIDE - 1) for share in (row, column))
        return float(self._scores[row, column])


def _interpolated(surface: Surface) -> Floats:
    """Of two classes or of values."""
    if surface.has_odds:
        return 1 / (1 + np.exp(-_finer(_log_odds(surface.scores))))
    return _finer(surface.scores, surface.centre)


def _winners(surface: Surface) -> NDArray[np.intp]:
    """The class with the greatest score at each place."""
    scores = _log_odds(surface.rival_scores) if surface.has_odds else surface.rival_scores
    best = _finer(scores[0])
    winners = np.full(best.shape, surface.rivals[0])
    for label, own in zip(surface.rivals[1:], scores[1:], strict=True):
        finer = _finer(own)
        winners[finer > best] = label
        np.maximum(finer, best, out=best)
    return winners


def _log_odds(probabilities: NDArray[np.floating]) -> Floats:
    kept: Floats = np.clip(np.nan_to_num(probabilities, nan=0.5), SUREST, 1 - SUREST, dtype=np.float64)
    return np.log(kept / (1 - kept)).astype(np.float32)


def _finer(scores: NDArray[np.floating], unknown: float = 0.0) -> Floats:
    """A grid's scores at SIDE places a side, linear between them, and beyond the outermost as there.

    What is not a number counts as ``unknown``.
    """
    known: Floats = np.nan_to_num(scores, nan=unknown, posinf=LARGEST, neginf=-LARGEST)
    known = np.clip(known, -LARGEST, LARGEST).astype(np.float32)
    for axis in (0, 1):
        before, after, share = _places(known.shape[axis])
        along = share[:, np.newaxis] if axis == 0 else share
        start = known.take(before, axis)
        known = start + along * (known.take(after, axis) - start)
    return known


@lru_cache(maxsize=4)
def _places(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """For each place of the fine grid: the places of the coarse one beside it, and how far it is between them."""
    exact = np.clip((np.arange(SIDE) + 0.5) / SIDE * count - 0.5, 0, count - 1)
    before = exact.astype(np.intp)
    return before, np.minimum(before + 1, count - 1), (exact - before).astype(np.float32)
