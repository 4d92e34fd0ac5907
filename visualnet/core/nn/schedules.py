"""Schedules: factors on the learning rate, as pure functions of the step.

The rate itself stays the person's: effective rate = rate · factor(step). Steps count from 0, as in PyTorch's
torch.optim.lr_scheduler, whose formulas these are (for a scheduler that is stepped after each batch).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import cos, pi
from typing import ClassVar

LEAST_FACTOR = 1e-9
"""Least factor: with a smaller one float32 weights do not move, and probes divide gradients by the rate."""


class Schedule(ABC):
    """A factor for each step; after the last step of a run it stays what it was.

    In a warm-up (Goyal et al. 2017, section 2.2) the factor rises in equal steps to the schedule's first,
    which then begins as if the run did.

    Args:
        total_steps: of the run, warm-up included; None: no end.
        warmup_steps: how many rise; 0 for none.
    """

    kind: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    needs_end: ClassVar[bool] = False

    def __init__(self, total_steps: int | None = None, warmup_steps: int = 0) -> None:
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps

    def factor(self, step: int) -> float:
        """What the rate is multiplied by in the step after ``step`` steps, in [LEAST_FACTOR, 1]."""
        if self.total_steps is not None:
            step = min(step, self.total_steps - 1)
        if step < self.warmup_steps:
            return max(LEAST_FACTOR, self._factor(0) * (step + 1) / self.warmup_steps)
        return max(LEAST_FACTOR, self._factor(step - self.warmup_steps))

    @property
    def _steps(self) -> int:
        """Steps after the warm-up, at least 1."""
        assert self.total_steps is not None
        return max(1, self.total_steps - self.warmup_steps)

    @abstractmethod
    def _factor(self, step: int) -> float:
        """The factor, ``step`` steps after the warm-up."""


class Constant(Schedule):
    """Always 1."""

    kind = "constant"

    def _factor(self, step: int) -> float:
        return 1.0


class Step(Schedule):
    """decay^⌊step / interval⌋: drops every ``interval`` steps (StepLR).

    Args:
        interval: steps from one drop to the next, at least 1.
        decay: factor of each drop, in (0, 1].
    """

    kind = "step"
    options = ("interval", "decay")

    def __init__(
        self, total_steps: int | None = None, warmup_steps: int = 0, interval: int = 1000, decay: float = 0.5
    ) -> None:
        super().__init__(total_steps, warmup_steps)
        self.interval = interval
        self.decay = decay

    def _factor(self, step: int) -> float:
        return float(self.decay ** (step // self.interval))


class Exponential(Step):
    """decay^(step / interval): the same decay, spread evenly (ExponentialLR, whose interval is 1)."""

    kind = "exponential"

    def _factor(self, step: int) -> float:
        return float(self.decay ** (step / self.interval))


class Cosine(Schedule):
    """From 1 down to ``final`` on half a wave (Loshchilov, Hutter 2017, equation 5; CosineAnnealingLR).

    Args:
        final: where it ends, in [0, 1].
    """

    kind = "cosine"
    options: ClassVar[tuple[str, ...]] = ("final",)
    needs_end = True

    def __init__(self, total_steps: int | None = None, warmup_steps: int = 0, final: float = 0.0) -> None:
        super().__init__(total_steps, warmup_steps)
        self.final = final

    def _factor(self, step: int) -> float:
        return _along_wave(1.0, self.final, step / self._steps)


class OneCycle(Cosine):
    """Up from ``start`` to 1, then down to ``final``, each on half a wave (Smith, Topin 2018; OneCycleLR).

    Args:
        final: where it ends, in [0, 1].
        start: where it begins, in (0, 1].
        rise: share of the steps that go up, in (0, 1).
    """

    kind = "one-cycle"
    options = ("final", "start", "rise")

    def __init__(
        self,
        total_steps: int | None = None,
        warmup_steps: int = 0,
        final: float = 0.0,
        start: float = 0.04,
        rise: float = 0.3,
    ) -> None:
        super().__init__(total_steps, warmup_steps, final)
        self.start = start
        self.rise = rise

    def _factor(self, step: int) -> float:
        last = self._steps - 1
        peak = max(0.0, self.rise * self._steps - 1)
        if step < peak:
            return _along_wave(self.start, 1.0, step / peak)
        return _along_wave(1.0, self.final, (step - peak) / (last - peak) if last > peak else 0.0)


def _along_wave(first: float, last: float, share: float) -> float:
    """Between two values, on half a cosine wave."""
    return last + (first - last) * (1 + cos(pi * share)) / 2


SCHEDULES: dict[str, type[Schedule]] = {
    kind.kind: kind for kind in (Constant, Step, Exponential, Cosine, OneCycle)
}
