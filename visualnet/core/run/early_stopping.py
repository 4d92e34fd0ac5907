"""When to stop: measurements that no longer become better."""

from __future__ import annotations

from math import inf, isfinite, nan
from typing import Any

from numpy.typing import NDArray

PREFIX = "stopping."
FIGURES = ("best_loss", "best_accuracy", "waited", "seen", "stopped")


class EarlyStopping:
    """Stops after ``patience`` measurements without a better loss, and remembers the best parameters.

    Prechelt 1998, Early Stopping - But When?, with the criterion UP in its usual form.

    Args:
        patience: measurements to wait for a better one, at least 1.
        min_delta: how much smaller a loss must be to count as better, at least 0.

    Attributes:
        best_loss, best_accuracy: of the best measurement so far.
        best: the parameters that it measured and the network's buffers behind them, or None before the first.
        waited: measurements since.
        seen: the step of the last measurement that counted.
        stopped: 1 when patience has run out, else 0.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self.best: NDArray[Any] | None = None
        self.best_loss = inf
        self.best_accuracy = nan
        self.waited = self.seen = self.stopped = 0

    @property
    def is_stopped(self) -> bool:
        """Whether patience has run out."""
        return bool(self.stopped)

    def note(self, step: int, loss: float, accuracy: float, measured: NDArray[Any]) -> bool:
        """Take in a measurement; True when it is the one at which patience runs out.

        Each step counts once: a state that is restored may have its measurement made again.
        """
        if self.is_stopped or step <= self.seen:
            return False
        self.seen = step
        if loss < self.best_loss - self._min_delta:
            self.best_loss, self.best_accuracy, self.waited = loss, accuracy, 0
            self.best = measured.copy()
            return False
        self.waited += 1
        self.stopped = int(self.waited >= self._patience and self.best is not None)
        return self.is_stopped

    @property
    def products(self) -> dict[str, float]:
        """What it remembers beside ``best``, by name; without what is not known yet."""
        figures = {name: getattr(self, name) for name in FIGURES}
        return {PREFIX + name: value for name, value in figures.items() if isfinite(value)}

    def restore(self, best: NDArray[Any] | None, products: dict[str, float]) -> None:
        """Take back what was read from ``best`` and ``products``; ``best`` is copied."""
        self.best = None if best is None else best.copy()
        self.best_loss = products.get(PREFIX + "best_loss", inf)
        self.best_accuracy = products.get(PREFIX + "best_accuracy", nan)
        self.waited = int(products.get(PREFIX + "waited", 0))
        self.seen = int(products.get(PREFIX + "seen", 0))
        self.stopped = int(products.get(PREFIX + "stopped", 0))
