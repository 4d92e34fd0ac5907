"""Course: the plan that a run follows, and how far it has come in it."""

from __future__ import annotations

from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import TrainingOrder


class Course:
    """The plan in force, with its goal, its schedule and its test interval, at a run's place in the data.

    Args:
        plan: to begin with.
        order: the run's place; whoever steps the run goes on in it.

    Attributes:
        plan: the Setup with the goal and the test interval that are in force.
        schedule: of the learning rate, towards that goal; None where the rate stays as it is.
    """

    def __init__(self, plan: Setup, order: TrainingOrder) -> None:
        self._order = order
        self.follow(plan)

    def follow(self, plan: Setup) -> None:
        """Follow this plan; the schedule follows its goal, at the Setup's batch size."""
        self.plan, count = plan, len(self._order)
        self.schedule = plan.schedule.make(plan.planned_steps(count), -(-count // plan.batch_size))

    @property
    def rate_factor(self) -> float:
        """What the schedule multiplies the learning rate of the next step by."""
        return 1.0 if self.schedule is None else self.schedule.factor(self._order.step)

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the present one."""
        return self._order.epoch + self._order.consumed / len(self._order)

    @property
    def full_epochs(self) -> int:
        """Epochs done in full."""
        return self._order.epoch

    @property
    def goal(self) -> tuple[int | None, int | None]:
        """Epochs and steps of the plan: where the run is to stop."""
        return self.plan.epochs, self.plan.steps

    @property
    def is_at_goal(self) -> bool:
        """Whether the steps or epochs of the plan are done."""
        epochs, steps = self.plan.epochs, self.plan.steps
        if steps is not None:
            return self._order.step >= steps
        return epochs is not None and self._order.epoch >= epochs

    @property
    def is_just_at_goal(self) -> bool:
        """Whether the last step was the last one of the plan."""
        epochs, steps = self.goal
        if steps is not None:
            return self._order.step == steps
        return epochs is not None and (self._order.epoch, self._order.consumed) == (epochs, 0)

    @property
    def is_evaluation_due(self) -> bool:
        """Whether the plan wants a measurement here: at the end of an epoch, or after so many steps."""
        every = self.plan.evaluate_every
        return self._order.consumed == 0 if every is None else self._order.step % every == 0
