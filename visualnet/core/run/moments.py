"""What is worth a mark on the timeline, found in a run's history while it grows."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt

from visualnet.core.number_words import number_words
from visualnet.core.run.history import HistoryView

WINDOW = 32
"""Steps that are looked at together: a single batch says little."""

SPIKE_DEVIATIONS = 6.0
"""A window's mean loss is a spike when it lies so many usual deviations above the usual loss."""

SPIKE_RATIO = 2.0
"""And at least so many times the usual loss."""

MEMORY = 0.9
"""Share of what is usual that each window leaves in force."""

PLATEAU_WINDOWS = 64
"""Windows without a new low that make a plateau; they grow with the run, to half of its length."""

GAIN = 0.01
"""A new low is lower than the last by this share at least."""

KEPT = 64
"""At most so many spikes and plateaus are told, the newest."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A notable step.

    Attributes:
        step: steps done.
        kind: ``best``, ``spike``, ``plateau`` or ``broken``.
        sentence: what happened there.
    """

    step: int
    kind: str
    sentence: str


class Moments:
    """Finds moments as the history goes on: each window of steps and each test is looked at once.

    The usual loss and its deviation are moving averages over windows (the exponentially weighted mean and
    variance of Finch 2009, section 9), so that a loss which falls on its way is not news.
    """

    def __init__(self) -> None:
        self._seen_steps = 0
        self._tested_until = -1
        self._windows = 0
        self._usual: float | None = None
        self._variance = 0.0
        self._is_spiking = False
        self._low, self._low_at = inf, 0
        self._is_flat = False
        self._best: Moment | None = None
        self._best_loss = inf
        self._broken: Moment | None = None
        self._others: list[Moment] = []

    @property
    def all(self) -> tuple[Moment, ...]:
        """What was found so far, in the order of the steps."""
        single = [moment for moment in (self._best, self._broken) if moment is not None]
        return tuple(sorted([*single, *self._others], key=lambda moment: moment.step))

    def update(self, view: HistoryView) -> None:
        """Look at what came since the last update, each full window of it.

        Args:
            view: of the same history, or of one that it began with.
        """
        start = self._seen_steps
        windows = (view.loss.count - start) // WINDOW
        if windows > 0:
            losses = view.loss.values(start, start + windows * WINDOW)
            for number, loss in enumerate(losses.reshape(windows, WINDOW).mean(axis=1)):
                self._look_at_window(view.first_step + start + (number + 1) * WINDOW, float(loss))
            self._seen_steps = start + windows * WINDOW
        name, measured = ("validation", view.validations) if len(view.validations) else ("test", view.tests)
        for step, loss, _ in measured[measured[:, 0].searchsorted(self._tested_until, "right") :]:
            self._look_at_measurement(int(step), float(loss), name)

    def note_broken(self, step: int, sentence: str) -> None:
        """The loss was not finite in the step after ``step``."""
        if self._broken is None:
            self._broken = Moment(step, "broken", sentence)

    def _look_at_measurement(self, step: int, loss: float, name: str) -> None:
        self._tested_until = step
        if loss < self._best_loss:
            self._best_loss = loss
            self._best = Moment(
                step, "best", f"The lowest {name} loss, {number_words(loss)}, at step {step:,}."
            )

    def _look_at_window(self, step: int, loss: float) -> None:
        if not isfinite(loss):
            return
        self._windows += 1
        self._look_for_spike(step, loss)
        self._look_for_plateau(step, loss)

    def _look_for_spike(self, step: int, loss: float) -> None:
        if self._usual is None:
            self._usual = loss
            return
        difference = loss - self._usual
        is_high = difference > SPIKE_DEVIATIONS * sqrt(self._variance) and loss > SPIKE_RATIO * self._usual
        if is_high and not self._is_spiking and self._windows > 1 / (1 - MEMORY):
            begin = step - WINDOW
            text = f"The loss jumped from {number_words(self._usual)} to {number_words(loss)} after step {begin:,}."
            self._tell(Moment(begin, "spike", text))
        self._is_spiking = is_high
        self._variance = MEMORY * (self._variance + (1 - MEMORY) * difference**2)
        self._usual += (1 - MEMORY) * difference

    def _look_for_plateau(self, step: int, loss: float) -> None:
        if loss < (1 - GAIN) * self._low:
            self._low, self._low_at, self._is_flat = loss, self._windows, False
        patience = max(PLATEAU_WINDOWS, self._windows // 2)
        if not self._is_flat and self._windows - self._low_at >= patience:
            self._is_flat = True
            begin = step - (self._windows - self._low_at) * WINDOW
            self._tell(Moment(begin, "plateau", f"The loss hardly fell any more after step {begin:,}."))

    def _tell(self, moment: Moment) -> None:
        self._others = [*self._others, moment][-KEPT:]
