"""The exponential moving average of the parameters, whose test loss is often lower than theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.regularizers.base import Vector


class ParameterAverage:
    """Moving average a ← decay · a + (1 - decay) · w, after each step (Polyak, Juditsky 1992).

    As torch.optim.swa_utils.AveragedModel with ``get_ema_multi_avg_fn``, begun with the first parameters.

    Args:
        decay: share of the average kept at each step, in (0, 1).
        parameters: (parameter count,), the first; copied.

    Attributes:
        values: (parameter count,), the average.
    """

    def __init__(self, decay: float, parameters: Vector) -> None:
        self.decay = decay
        self.values = aligned_empty(parameters.shape, parameters.dtype)
        self._scratch = aligned_empty(parameters.shape, parameters.dtype)
        self.restart(parameters)

    def restart(self, parameters: Vector) -> None:
        """Begin again from these."""
        np.copyto(self.values, parameters)

    def update(self, parameters: Vector) -> None:
        """Take in the parameters after a step."""
        np.subtract(parameters, self.values, out=self._scratch)
        np.multiply(self._scratch, 1 - self.decay, out=self._scratch)
        np.add(self.values, self._scratch, out=self.values)

    @contextmanager
    def in_place_of(self, parameters: Vector) -> Iterator[None]:
        """While the context lasts, the parameters are the average; afterwards they are again what they were."""
        np.copyto(self._scratch, parameters)
        np.copyto(parameters, self.values)
        try:
            yield
        finally:
            np.copyto(parameters, self._scratch)
