"""Milestones: notable steps (best test, spikes, plateaus, a break), found in a run's history while it grows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf, isfinite, log
from statistics import median

from visualnet.core.history.history import HistoryView, mean_of
from visualnet.core.number_words import number_words

WINDOW = 32
"""Steps that are looked at together: a single batch says little."""

USUAL = 9
"""Windows whose median is the usual loss, which a single one does not shift."""

REMEMBERED = 128
"""Windows whose distance from the usual loss is remembered: a jump no larger than one of theirs is not told."""

LEAST_REMEMBERED = 16
"""Windows that must have been seen before any can be called a jump."""

SPIKE_RATIO = 2.0
"""A spike is at least this many times the usual loss, and this many times as far from it as any window remembered.

Distances are ratios, in logarithms: losses are never below zero, and the noise of a small batch grows with them.
"""

LEAST_SHARE = 1e-3
"""A spike is also at least this share of the greatest loss so far: below that it cannot be seen on a curve."""

LEAST = 1e-300
"""Stands for zero where a logarithm is taken."""

PLATEAU_WINDOWS = 64
"""Windows without a new low that make a plateau, at least; their number grows with the run, to half of its length."""

GAIN = 0.01
"""A new low is lower than the last by this share at least."""

KEPT = 16
"""Spikes and plateaus that are told at most, the newest ones."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A notable step.

    Attributes:
        step: steps done.
        kind: ``best``, ``spike``, ``plateau`` or ``broken``.
        sentence: what happened there.
    """

    step: int
    kind: str
    sentence: str


class Milestones:
    """A detector of milestones, which looks at each window of steps and at each test once as the history grows.

    A jump is told from noise by the median of the last windows and the greatest distance from it (robust
    statistics, as Huber and Ronchetti 2009, section 1.1, argue for: noise of batches of one has long tails).
    So neither a loss that falls as usual is told, nor a hard example that comes once an epoch.
    """

    def __init__(self) -> None:
        self._seen_steps = 0
        self._tested_until = -1
        self._windows = 0
        self._recent: deque[float] = deque(maxlen=USUAL)
        self._distances: deque[float] = deque(maxlen=REMEMBERED)
        self._greatest = 0.0
        self._is_spiking = False
        self._low, self._low_at = inf, 0
        self._is_flat = False
        self._best: Milestone | None = None
        self._best_loss = inf
        self._broken: Milestone | None = None
        self._others: list[Milestone] = []

    @property
    def all(self) -> tuple[Milestone, ...]:
        """What was found so far, in the order of the steps."""
        single = [milestone for milestone in (self._best, self._broken) if milestone is not None]
        return tuple(sorted([*single, *self._others], key=lambda milestone: milestone.step))

    def update(self, view: HistoryView) -> None:
        """Look at what came since the last update, each full window of it.

        Args:
            view: of the same history, or of one that it began with.
        """
        start = self._seen_steps
        windows = (view.loss.count - start) // WINDOW
        if windows > 0:
            losses = view.loss.values(start, start + windows * WINDOW)
            for number, window in enumerate(losses.reshape(windows, WINDOW)):
                self._look_at_window(view.first_step + start + (number + 1) * WINDOW, mean_of(window))
            self._seen_steps = start + windows * WINDOW
        name, measured = ("validation", view.validations) if len(view.validations) else ("test", view.tests)
        for step, loss, _ in measured[measured[:, 0].searchsorted(self._tested_until, "right") :]:
            self._look_at_measurement(int(step), float(loss), name)

    def note_broken(self, step: int, sentence: str) -> None:
        """The loss was not finite in the step after ``step``."""
        if self._broken is None:
            self._broken = Milestone(step, "broken", sentence)

    def _look_at_measurement(self, step: int, loss: float, name: str) -> None:
        self._tested_until = step
        if loss < self._best_loss:
            self._best_loss = loss
            self._best = Milestone(
                step, "best", f"The lowest {name} loss, {number_words(loss)}, at step {step:,}."
            )

    def _look_at_window(self, step: int, loss: float) -> None:
        if not isfinite(loss):
            return
        self._windows += 1
        self._look_for_spike(step, loss)
        self._look_for_plateau(step, loss)

    def _look_for_spike(self, step: int, loss: float) -> None:
        recent, distances = self._recent, self._distances
        self._greatest = max(self._greatest, loss)
        if len(recent) == USUAL:
            usual = max(median(recent), LEAST)
            distance = log(max(loss, LEAST)) - log(usual)
            is_high = (
                len(distances) >= LEAST_REMEMBERED
                and distance > log(SPIKE_RATIO)
                and distance > SPIKE_RATIO * max(distances)
                and loss > LEAST_SHARE * self._greatest
            )
            if is_high and not self._is_spiking:
                begin = step - WINDOW
                words = f"The loss jumped from {number_words(usual)} to {number_words(loss)} after step {begin:,}."
                self._tell(Milestone(begin, "spike", words))
            self._is_spiking = is_high
            distances.append(abs(distance))
        recent.append(loss)

    def _look_for_plateau(self, step: int, loss: float) -> None:
        if loss < (1 - GAIN) * self._low:
            self._low, self._low_at, self._is_flat = loss, self._windows, False
        patience = max(PLATEAU_WINDOWS, self._windows // 2)
        if not self._is_flat and self._windows - self._low_at >= patience:
            self._is_flat = True
            begin = step - (self._windows - self._low_at) * WINDOW
            self._tell(Milestone(begin, "plateau", f"The loss hardly fell any more after step {begin:,}."))

    def _tell(self, milestone: Milestone) -> None:
        self._others = [*self._others, milestone][-KEPT:]
