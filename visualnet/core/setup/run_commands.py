"""What a person may change in a run while it trains: frozen, picklable values in the imperative.

The Trainer applies them between two steps and journals each with the step at which it took effect. They
stand apart from the worker's commands because a run without a window needs no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from visualnet.core.setup.setup import Setup

SettingValue = float | int | None
"""What a setting can be; see SETTINGS for which may be None, and what that means."""

PLANNED = frozenset(("epochs", "steps", "evaluate_every"))
"""Settings that are fields of a Setup, of which there is a plan; see Trainer.plan."""


def plan_with(plan: Setup, values: Mapping[str, SettingValue]) -> Setup:
    """A plan with those of these values that are part of it.

    Raises:
        SetupError: when it cannot be.
    """
    planned: dict[str, Any] = {name: value for name, value in values.items() if name in PLANNED}
    return replace(plan, **planned) if planned else plan


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


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Change(RunCommand):
    """Other values of settings from the next step on: ``Change(learning_rate=0.1)``.

    Args:
        values: by the names of SETTINGS.

    Attributes:
        values: names and values, in the order of the names.
    """

    values: tuple[tuple[str, SettingValue], ...]

    def __init__(self, **values: SettingValue) -> None:
        object.__setattr__(self, "values", tuple(sorted(values.items())))

    def __repr__(self) -> str:
        return f"Change({', '.join(f'{name}={value!r}' for name, value in self.values)})"

    @property
    def names(self) -> tuple[str, ...]:
        """What it sets."""
        return tuple(name for name, _ in self.values)

    def inverse(self, settings: Mapping[str, SettingValue]) -> Change:
        """What takes it back: the values that were in force before it; see Trainer.settings."""
        return Change(**{name: settings[name] for name in self.names})

    def plan_after(self, plan: Setup) -> Setup:
        return plan_with(plan, dict(self.values))


@dataclass(frozen=True, slots=True)
class SetParameters(RunCommand):
    """Replace all parameters, as when a saved network is opened.

    Attributes:
        vector: the bytes of the flat parameter vector, in the run's dtype; those of the buffers may follow.
    """

    sets_parameters: ClassVar[bool] = True

    vector: bytes
