"""The part of a Setup that says how the learning rate changes by itself along a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from visualnet.core.nn.schedules import SCHEDULES, Constant, Schedule
from visualnet.core.setup.checks import require_integer, require_name, require_number


@dataclass(frozen=True, slots=True)
class ScheduleSetup:
    """The schedule and its options; options that it does not have are ignored.

    Attributes:
        name: a name in SCHEDULES.
        warmup_steps: steps in which the rate rises to its first value.
        total_steps: the steps that it is spread over; None: to the run's goal, at the Setup's batch size.
        interval: of step and exponential: steps from one drop to the next; None: an epoch.
        decay: of step and exponential: factor of each drop.
        final: of cosine and one-cycle: the last factor.
        start: of one-cycle: the first factor.
        rise: of one-cycle: share of the steps in which the rate goes up.
    """

    name: str = "constant"
    warmup_steps: int = 0
    total_steps: int | None = None
    interval: int | None = None
    decay: float = 0.5
    final: float = 0.0
    start: float = 0.04
    rise: float = 0.3

    def __post_init__(self) -> None:
        require_name(self.name, "schedule.name", SCHEDULES)
        require_integer(self.warmup_steps, "schedule.warmup_steps", 0)
        for name in ("total_steps", "interval"):
            if getattr(self, name) is not None:
                require_integer(getattr(self, name), f"schedule.{name}", 1)
        require_number(self.decay, "schedule.decay", 0, 1, above=True)
        require_number(self.final, "schedule.final", 0, 1)
        require_number(self.start, "schedule.start", 0, 1, above=True)
        require_number(self.rise, "schedule.rise", 0, 0.99, above=True)

    @property
    def needs_goal(self) -> bool:
        """Whether it can only be laid out over a run that has an end."""
        return SCHEDULES[self.name].needs_end and self.total_steps is None

    def make(self, goal: int | None, steps_per_epoch: int) -> Schedule | None:
        """The schedule of a run; None where the rate never changes.

        Args:
            goal: steps of the run; None: no end.
            steps_per_epoch: at the Setup's batch size.
        """
        if self.name == Constant.kind and not self.warmup_steps:
            return None
        kind = SCHEDULES[self.name]
        options: dict[str, Any] = {name: getattr(self, name) for name in kind.options}
        if "interval" in options and self.interval is None:
            options["interval"] = steps_per_epoch
        total = goal if self.total_steps is None else self.total_steps
        return kind(total, self.warmup_steps, **options)
