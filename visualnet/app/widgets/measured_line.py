"""What is drawn of measurements on the test set, of which there may be many more than a picture has pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visualnet.app.widgets.scale import nice_ceiling

Floats = NDArray[np.float64]


def in_view(rows: Floats, left: float, right: float) -> Floats:
    """The (step, value) rows from one step to another, with those just outside, to which a line leads.

    Args:
        rows: (count, 2) in growing order of steps.
        left: a step.
        right: a later step.
    """
    first = max(int(rows[:, 0].searchsorted(left, "left")) - 1, 0)
    return rows[first : int(rows[:, 0].searchsorted(right, "right")) + 1]


def outline(rows: Floats, columns: int) -> Floats:
    """The same line in fewer points: where many stand in a column of the picture, the least and the greatest of them.

    Args:
        rows: (count, 2) step and value, in growing order of steps.
        columns: how many share the steps evenly.

    Returns:
        At most two rows a column, each one of those given, in their order.
    """
    if len(rows) <= 2 * columns:
        return rows
    steps, values = rows.T
    width = (steps[-1] - steps[0]) / columns or 1.0
    column = np.minimum((steps - steps[0]) // width, columns - 1)
    # Sorted by value within each column: its first is the least, its last the greatest.
    order = np.lexsort((values, column))
    starts = np.flatnonzero(np.diff(column, prepend=-1.0))
    ends = np.append(starts[1:], len(rows)) - 1
    ends_of_columns: Floats = rows[np.unique(np.concatenate([order[starts], order[ends]]))]
    return ends_of_columns


def spaced(rows: Floats, most: int) -> Floats:
    """Some of the rows, evenly spaced: the first at or after each round step, so that they stay where they are.

    Args:
        rows: (count, 2) step and value, in growing order of steps.
        most: so many, at most; where there are no more, all.
    """
    if len(rows) <= most:
        return rows
    steps = rows[:, 0]
    space = np.floor(steps / nice_ceiling((steps[-1] - steps[0]) / (most - 1)))
    return rows[np.flatnonzero(np.diff(space, prepend=space[0] - 1))]
