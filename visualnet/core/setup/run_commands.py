"""What a person may change in a run while it trains: frozen, picklable values in the imperative.

The Trainer applies them between two steps and journals each with the step at which it took effect. They
stand apart from the worker's commands because a run without a window needs no others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from visualnet.core.setup.setup import Setup


class RunCommand:
    """Base of what changes the run itself.

    Attributes:
        sets_parameters: whether it changes the network at once, and not only how it goes on.
    """

    __slots__ = ()
    sets_parameters: ClassVar[bool] = False

    def plan_after(self, plan: Setup) -> Setup:
        """What it makes of the goal and the test interval; see Trainer.plan.

        Raises:
            SetupError: when they cannot be.
        """
        return plan


@dataclass(frozen=True, slots=True)
class SetLearningRate(RunCommand):
    """Use this learning rate from the next step on."""

    value: float


@dataclass(frozen=True, slots=True)
class SetMomentum(RunCommand):
    """Use this momentum from the next step on; the velocity is kept."""

    value: float


@dataclass(frozen=True, slots=True)
class SetBetas(RunCommand):
    """Use these betas of Adam from the next step on; its moving averages are kept."""

    beta1: float
    beta2: float


@dataclass(frozen=True, slots=True)
class SetBatchSize(RunCommand):
    """Use this batch size from the next step on, inside the running epoch."""

    value: int


@dataclass(frozen=True, slots=True)
class SetGoal(RunCommand):
    """End the run there; a schedule that is laid out over the run is laid out anew, from the next step on.

    Attributes:
        epochs: full passes through the examples; None together with steps None: never.
        steps: in steps; beats epochs.
    """

    epochs: int | None = None
    steps: int | None = None

    def plan_after(self, plan: Setup) -> Setup:
        return replace(plan, epochs=self.epochs, steps=self.steps)


@dataclass(frozen=True, slots=True)
class SetTestInterval(RunCommand):
    """Measure on the test set every so many steps from the next one on; None: after each epoch."""

    steps: int | None = None

    def plan_after(self, plan: Setup) -> Setup:
        return replace(plan, evaluate_every=self.steps)


@dataclass(frozen=True, slots=True)
class SetParameters(RunCommand):
    """Replace all parameters, as when a saved network is opened.

    Attributes:
        vector: the bytes of the flat parameter vector, in the run's dtype; those of the buffers may follow.
    """

    sets_parameters: ClassVar[bool] = True

    vector: bytes
