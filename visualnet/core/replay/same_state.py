"""Comparison of two states of a run, bit for bit, by which a replay is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.early_stopping import PREFIX, split_scalars


def agree(one: TrainerState, other: TrainerState) -> bool:
    """Whether all numbers of two states of the same run are the same.

    A state may have been taken before its step was measured on the test set, and another after that. Of two
    such, what early stopping makes of the measurement is left out: all else must still be the same.
    """
    scalars, stopping = split_scalars(one.scalars)
    other_scalars, other_stopping = split_scalars(other.scalars)
    open_names: set[str] = set()
    if stopping.get(PREFIX + "seen") != other_stopping.get(PREFIX + "seen"):
        has_stopped = stopping.get(PREFIX + "stopped") != other_stopping.get(PREFIX + "stopped")
        open_names = {"best", "parameters", "buffers", "ema"} if has_stopped else {"best"}
    elif stopping != other_stopping:
        return False
    return (
        (one.step, one.epoch, one.consumed, one.journaled)
        == (other.step, other.epoch, other.consumed, other.journaled)
        and (one.settings, scalars) == (other.settings, other_scalars)
        and (one.vectors.keys() ^ other.vectors.keys()) <= open_names
        and all(
            _same_bits(vector, other.vectors[name])
            for name, vector in one.vectors.items()
            if name not in open_names
        )
    )


def _same_bits(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Unlike by ``==``, nan is the same as nan, and zero is not minus zero."""
    return one.dtype == other.dtype and np.array_equal(one.view(np.uint8), other.view(np.uint8))
