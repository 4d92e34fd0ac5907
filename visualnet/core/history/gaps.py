"""Gaps: steps whose recorded loss is lost. A history holds nan in their places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Gap = tuple[int, int]
"""Steps done before the first lost step, and after the last one."""

TOLD = 8


def gaps_of(first_step: int, loss: NDArray[np.float64]) -> tuple[Gap, ...]:
    """The gaps of a history, in order.

    Args:
        first_step: steps before the first loss.
        loss: (steps,) nan where nothing is known.
    """
    is_missing = np.isnan(loss)
    if not is_missing.any():
        return ()
    edges = np.flatnonzero(np.diff(is_missing, prepend=False, append=False)) + first_step
    return tuple((int(begin), int(end)) for begin, end in edges.reshape(-1, 2))


def words_of(gaps: tuple[Gap, ...]) -> str:
    """The steps of gaps: of the first so many of them, and how many more there are."""
    is_one = len(gaps) == 1 and gaps[0][1] - gaps[0][0] == 1
    words = [f"{begin + 1:,} to {end:,}" if end - begin > 1 else f"{end:,}" for begin, end in gaps[:TOLD]]
    more = f" and at {len(gaps) - TOLD:,} more places" if len(gaps) > TOLD else ""
    return f"step{'' if is_one else 's'} {', '.join(words)}{more}"


def are_between(gaps: tuple[Gap, ...], start: int, stop: int) -> bool:
    """Whether any of the steps that lead from one place to another is in a gap."""
    return any(begin < stop and start < end for begin, end in gaps)


def until(gaps: tuple[Gap, ...], step: int) -> tuple[Gap, ...]:
    """The gaps of a history that ends after so many steps."""
    return tuple((begin, min(end, step)) for begin, end in gaps if begin < step)
