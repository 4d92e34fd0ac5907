"""Early stopping: the end of a run whose measurements no longer improve."""

from __future__ import annotations

from math import inf, isfinite, nan
from typing import Any

from numpy.typing import NDArray

from visualnet.core.history.measurements import Figures, Measurement
from visualnet.core.nn.network import Network
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.training.checkpoint import MAXIMUM_COUNT

PREFIX = "stopping."
FIGURES = ("best_loss", "best_accuracy", "best_test_loss", "best_test_accuracy", "waited", "seen", "stopped")


class EarlyStopping:
    """A stop after ``patience`` measurements without a better loss, and the best parameters so far.

    The loss is that of the validation part; only where the data have none, that of the test set.
    Prechelt 1998, Early Stopping - But When?, with the criterion UP in its usual form.

    Args:
        patience: measurements to wait for a better one, at least 1.
        min_delta: how much smaller a loss must be to count as better, at least 0.

    Attributes:
        best_loss, best_accuracy: of the best measurement so far, on what it judges by.
        best_test_loss, best_test_accuracy: of the same measurement on the test set; inf and nan where that is
            what it judges by.
        best: the parameters that it measured and the network's buffers behind them, or None before the first.
        waited: measurements since.
        seen: the step up to which all measurements that count are known.
        stopped: 1 when patience has run out, else 0.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self.best: NDArray[Any] | None = None
        self.best_loss = self.best_test_loss = inf
        self.best_accuracy = self.best_test_accuracy = nan
        self.waited = self.seen = self.stopped = 0

    @staticmethod
    def of(setup: RegularizationSetup) -> EarlyStopping | None:
        """As the Setup asks for it; None where it does not."""
        return None if setup.patience is None else EarlyStopping(setup.patience, setup.min_delta)

    @property
    def is_stopped(self) -> bool:
        """Whether patience has run out."""
        return bool(self.stopped)

    def note(self, step: int, measurement: Measurement, measured: NDArray[Any]) -> bool:
        """Take in a measurement; True when it is the one at which patience runs out.

        Each step counts once: a state that is restored may have its measurement made again.
        """
        if not self.awaits(step):
            return False
        self.seen = step
        loss, accuracy = measurement.judged
        if loss < self.best_loss - self._min_delta:
            self.best_loss, self.best_accuracy, self.waited = loss, accuracy, 0
            if measurement.validation is not None:
                self.best_test_loss, self.best_test_accuracy = measurement.loss, measurement.accuracy
            self.best = measured.copy()
            return False
        self.waited += 1
        self.stopped = int(self.waited >= self._patience and self.best is not None)
        return self.is_stopped

    def awaits(self, step: int) -> bool:
        """Whether it has yet to see a measurement of this step."""
        return not self.is_stopped and self.seen < step

    def close(self, step: int) -> None:
        """Let no measurement up to this step count any more."""
        self.seen = max(self.seen, step)

    def best_figures(self, has_validation: bool) -> tuple[Figures, Figures | None]:
        """Of the best measurement: on the test set, and on the validation part if that is what it judges by."""
        judged = self.best_loss, self.best_accuracy
        if not has_validation:
            return judged, None
        return (self.best_test_loss, self.best_test_accuracy), judged

    @property
    def scalars(self) -> dict[str, float]:
        """What it remembers beside ``best``, by name; without what is not known yet."""
        figures = {name: getattr(self, name) for name in FIGURES}
        return {PREFIX + name: value for name, value in figures.items() if isfinite(value)}

    def restore(self, best: NDArray[Any] | None, scalars: dict[str, float]) -> None:
        """Take back what was read from ``best`` and ``scalars``; ``best`` is copied."""
        self.best = None if best is None else best.copy()
        self.best_loss = scalars.get(PREFIX + "best_loss", inf)
        self.best_accuracy = scalars.get(PREFIX + "best_accuracy", nan)
        self.best_test_loss = scalars.get(PREFIX + "best_test_loss", inf)
        self.best_test_accuracy = scalars.get(PREFIX + "best_test_accuracy", nan)
        self.waited = int(scalars.get(PREFIX + "waited", 0))
        self.seen = int(scalars.get(PREFIX + "seen", 0))
        self.stopped = int(scalars.get(PREFIX + "stopped", 0))


def split_scalars(scalars: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """A state's scalars: the optimizer's, and those of early stopping."""
    stopping = {name: value for name, value in scalars.items() if name.startswith(PREFIX)}
    return {name: value for name, value in scalars.items() if name not in stopping}, stopping


def are_fit(
    scalars: dict[str, float], best: NDArray[Any] | None, network: Network, is_asked_for: bool
) -> bool:
    """Whether early stopping of a run with this network, or with none of it, could remember these."""
    if not is_asked_for:
        return not scalars and best is None
    names = {PREFIX + name for name in FIGURES}
    counts = [scalars.get(PREFIX + name) for name in ("waited", "seen", "stopped")]
    size = len(network.parameters) + len(network.buffers)
    return (
        scalars.keys() <= names
        and all(isfinite(value) for value in scalars.values())
        and all(type(count) is int and 0 <= count <= MAXIMUM_COUNT for count in counts)
        and (best is None or (best.shape == (size,) and best.dtype == network.dtype))
    )
