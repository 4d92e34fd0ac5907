"""What a person may change in a run while it trains: one table. A new setting is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from visualnet.core.nn.optimizers import Adam, Lion, Muon
from visualnet.core.number_words import number_words
from visualnet.core.setup.checks import (
    require,
    require_batch_size,
    require_count_or_none,
    require_learning_rate,
    require_share,
)
from visualnet.core.setup.run_commands import PLANNED, plan_with

if TYPE_CHECKING:
    from visualnet.core.nn.layers.base import Layer
    from visualnet.core.nn.network import Network
    from visualnet.core.nn.optimizers.base import Optimizer
    from visualnet.core.setup.layers import LayerSetup
    from visualnet.core.setup.run_commands import SettingValue
    from visualnet.core.setup.setup import Setup


class Settable(Protocol):
    """What has settings: a Trainer."""

    @property
    def setup(self) -> Setup: ...

    @property
    def plan(self) -> Setup: ...

    optimizer: Optimizer
    network: Network
    batch_size: int

    def lay_out(self, plan: Setup) -> None: ...

    def use_plan(self, plan: Setup) -> None: ...

    def require_memory(self, batch_size: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Slider:
    """Where a slider for a setting begins and ends.

    Attributes:
        low: least value, above 0 where it is logarithmic.
        high: greatest value.
        is_log: whether equal distances are equal factors.
    """

    low: float
    high: float
    is_log: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that a person may change while a run trains.

    Attributes:
        label: on screen, beside its field.
        name: in a sentence.
        idea: what it does.
        check: raises SetupError, with the name that it is given, unless this can be a value.
        of_setup: the value that a run of a Setup begins with; raises KeyError where such a run has no such thing.
        read: the value that a Trainer has.
        write: gives a Trainer the value that a state has; None for those of the plan, which is followed as a whole.
        change: gives a Trainer another value between two steps; None: as ``write``.
        require: raises SetupError where a Trainer has no room for a value; None: it always has.
        slider: None where its field is of another kind.
        is_whole: whether it is a whole number.
        is_always_kept: whether a state keeps it also where it is as the Setup says.
    """

    label: str
    name: str
    idea: str
    check: Callable[[object, str], None]
    of_setup: Callable[[Setup], SettingValue]
    read: Callable[[Any], SettingValue]
    write: Callable[[Any, Any], None] | None = None
    change: Callable[[Any, Any], None] | None = None
    require: Callable[[Any, Any], None] | None = None
    slider: Slider | None = None
    is_whole: bool = False
    is_always_kept: bool = False

    def words(self, value: SettingValue) -> str:
        """A value as a person reads it."""
        if value is None:
            return "as in the Setup"
        return f"{value:,}" if self.is_whole else number_words(value, 6)


def _attribute(optimizer: Optimizer, name: str) -> float:
    """The value that an optimizer has under this name.

    Raises:
        KeyError: when it has none.
    """
    if not hasattr(optimizer, name):
        raise KeyError(name)
    value: float = getattr(optimizer, name)
    return value


def _of_optimizer(
    name: str,
    label: str,
    words: str,
    idea: str,
    slider: Slider,
    check: Callable[[object, str], None] = require_share,
    change: Callable[[Settable, float], None] | None = None,
) -> Setting:
    """An attribute of the optimizer's."""

    def write(trainer: Settable, value: float) -> None:
        setattr(trainer.optimizer, name, float(value))

    return Setting(
        label,
        words,
        idea,
        check,
        of_setup=lambda setup: _attribute(setup.optimizer.make(), name),
        read=lambda trainer: _attribute(trainer.optimizer, name),
        write=write,
        change=change,
        slider=slider,
        is_always_kept=True,
    )


def _set_betas(place: int) -> Callable[[Settable, float], None]:
    """Another value for one of an optimizer's betas; see Adam.set_betas."""

    def change(trainer: Settable, value: float) -> None:
        optimizer = trainer.optimizer
        assert isinstance(optimizer, Adam | Lion | Muon)
        betas = [optimizer.beta1, optimizer.beta2]
        betas[place] = float(value)
        optimizer.set_betas(*betas)

    return change


def _of_plan(name: str, label: str, words: str) -> Setting:
    """A count of the plan's; see Trainer.plan."""
    return Setting(
        label,
        words,
        "",
        require_count_or_none,
        of_setup=lambda setup: getattr(setup, name),
        read=lambda trainer: getattr(trainer.plan, name),
        is_whole=True,
    )


def _set_batch_size(trainer: Settable, value: int) -> None:
    trainer.batch_size = int(value)


def _rates(layers: Iterable[LayerSetup]) -> Iterator[float]:
    """The rate of each dropout layer, those in blocks too."""
    for layer in layers:
        if layer.kind == "dropout":
            yield dict(layer.options)["rate"]
        yield from _rates(layer.inner)


def _dropouts(layers: Iterable[Layer]) -> Iterator[Any]:
    """The dropout layers, in the same order."""
    for layer in layers:
        if layer.kind == "dropout":
            yield layer
        yield from _dropouts(getattr(layer, "layers", ()))


def _common(rates: Iterable[float]) -> float | None:
    """The one that all are; None where they differ.

    Raises:
        KeyError: when there are none.
    """
    different = set(rates)
    if not different:
        raise KeyError("dropout")
    return different.pop() if len(different) == 1 else None


def _set_dropout(trainer: Settable, value: float | None) -> None:
    for layer, rate in zip(_dropouts(trainer.network.layers), _rates(trainer.setup.layers), strict=True):
        layer.rate = rate if value is None else float(value)


def _require_share_or_none(value: object, name: str) -> None:
    if value is not None:
        require_share(value, name)


SETTINGS: dict[str, Setting] = {
    "learning_rate": _of_optimizer(
        "learning_rate",
        "Rate",
        "learning rate",
        "How far each step moves the weights against their gradient.\n"
        "Too small and nothing happens; too large and the loss jumps or breaks.",
        Slider(1e-5, 10, is_log=True),
        require_learning_rate,
    ),
    "momentum": _of_optimizer(
        "momentum",
        "Momentum",
        "momentum",
        "How much of the last direction each step keeps.\n"
        "It carries the weights through small bumps and smooths their zigzag.",
        Slider(0, 0.99),
    ),
    "beta1": _of_optimizer(
        "beta1",
        "Beta 1",
        "beta 1",
        "How long the optimizer remembers the mean gradient.\nNearer to 1 is smoother and slower to turn.",
        Slider(0, 0.99),
        change=_set_betas(0),
    ),
    "beta2": _of_optimizer(
        "beta2",
        "Beta 2",
        "beta 2",
        "How long the optimizer remembers the size of the gradient (Lion: its direction).\n"
        "Adam divides each weight's step by that size.",
        Slider(0.9, 0.9999),
        change=_set_betas(1),
    ),
    "batch_size": Setting(
        "Batch",
        "batch size",
        "How many examples each step looks at.\nFew give quick, noisy steps; many give slow, steady ones.",
        require_batch_size,
        of_setup=lambda setup: setup.batch_size,
        read=lambda trainer: trainer.batch_size,
        write=_set_batch_size,
        require=lambda trainer, value: trainer.require_memory(value),
        slider=Slider(1, 1024, is_log=True),
        is_whole=True,
        is_always_kept=True,
    ),
    "dropout": Setting(
        "Dropout",
        "dropout",
        "Which share of the numbers every dropout layer leaves out by chance in training.\n"
        "More of it keeps neurons from leaning on one another; too much and nothing is learned.",
        _require_share_or_none,
        of_setup=lambda setup: _common(_rates(setup.layers)),
        read=lambda trainer: _common(layer.rate for layer in _dropouts(trainer.network.layers)),
        write=_set_dropout,
        slider=Slider(0, 0.9),
    ),
    "epochs": _of_plan("epochs", "Goal", "goal in epochs"),
    "steps": _of_plan("steps", "Goal", "goal in steps"),
    "evaluate_every": _of_plan("evaluate_every", "Test every", "test interval"),
}
"""All settings, by the names that commands and states have for them, as they stand one below the other."""


NOTHING_SUCH = "is nothing that can be set in this run"


def settings_of(trainer: Settable) -> dict[str, SettingValue]:
    """All that a Trainer has, as they are now."""
    values: dict[str, SettingValue] = {}
    for name, setting in SETTINGS.items():
        with suppress(KeyError):
            values[name] = setting.read(trainer)
    return values


def first_settings(setup: Setup) -> dict[str, SettingValue]:
    """Those that a run of this Setup begins with."""
    values: dict[str, SettingValue] = {}
    for name, setting in SETTINGS.items():
        with suppress(KeyError):
            values[name] = setting.of_setup(setup)
    return values


def kept_settings(trainer: Settable) -> dict[str, float]:
    """What a state says of them; what is left out is as the Setup says."""
    first = first_settings(trainer.setup)
    return {
        name: value or 0
        for name, value in settings_of(trainer).items()
        if SETTINGS[name].is_always_kept or value != first[name]
    }


def check_settings(setup: Setup, kept: Mapping[str, float]) -> None:
    """Raise SetupError unless a state of a run of this Setup can say this."""
    known = first_settings(setup)
    for name, value in kept.items():
        require(name in known, name, NOTHING_SUCH)
        SETTINGS[name].check(_value(name, value), name)
    plan_with(setup, {name: _value(name, value) for name, value in kept.items()})


def restore_settings(trainer: Settable, kept: Mapping[str, float]) -> None:
    """Give a Trainer what a state says; what that knows nothing of is as the Setup says."""
    values = first_settings(trainer.setup) | {name: _value(name, value) for name, value in kept.items()}
    trainer.lay_out(plan_with(trainer.setup, values))
    for name, value in values.items():
        write = SETTINGS[name].write
        if write is not None:
            write(trainer, value)


def change_settings(trainer: Settable, values: Mapping[str, SettingValue]) -> None:
    """Let a person's values take effect.

    Raises:
        SetupError: when one cannot be, or is of nothing that this Trainer has; then all stays as it was.
    """
    known = settings_of(trainer)
    for name, value in values.items():
        require(name in known, name, NOTHING_SUCH)
        setting = SETTINGS[name]
        setting.check(value, name)
        if setting.require is not None:
            setting.require(trainer, value)
    plan = plan_with(trainer.plan, values)
    if not PLANNED.isdisjoint(values):
        trainer.use_plan(plan)
    for name, value in values.items():
        change = SETTINGS[name].change or SETTINGS[name].write
        if change is not None:
            change(trainer, value)


def _value(name: str, kept: float) -> SettingValue:
    """What a state has kept, as it is set; of the plan it keeps 0 for None."""
    return (kept or None) if name in PLANNED else kept
