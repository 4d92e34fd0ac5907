"""Random streams, each keyed by purpose and place and never advanced, so that no draw shifts another.

Every use of chance names its purpose and its place (a layer, an epoch, a step) and gets a generator of
its own. A run therefore stores no generator state: any epoch's order and any layer's first weights can
be made again from the seed alone.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """The purpose of a stream. The numbers are part of what a seed means: never renumber them."""

    INITIALIZATION = 0
    ORDER = 1
    DATA = 2
    DROPOUT = 3
    SPLIT = 6
    AUGMENTATION = 7


def stream(seed: int, purpose: Purpose, *place: int) -> np.random.Generator:
    """The generator for one purpose at one place, the same for the same arguments.

    Args:
        seed: the run's seed, at least 0.
        purpose: what the numbers are for.
        place: where they are used, for instance the layer's index or the epoch.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(purpose), *place))
    return np.random.Generator(np.random.PCG64(sequence))
