"""The Setup: what to train, on what data, and how, as frozen values.

A Setup turns into JSON and back without loss. Reading checks every field and names the one at fault.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from visualnet.core.errors import SetupError
from visualnet.core.nn.layers import Dense
from visualnet.core.nn.losses import LOSSES, Huber, LogitLoss, Loss
from visualnet.core.setup.checks import (
    require,
    require_batch_size,
    require_count_or_none,
    require_integer,
    require_name,
    require_number,
    require_share,
    require_text,
    shown,
)
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import MAXIMUM_LAYERS, LayerSetup, read_layers
from visualnet.core.setup.optimizer import InitializerSetup, OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup

FORMAT_VERSION = 1
MAXIMUM_JSON_CHARACTERS = 65_536

PARTS = {
    "data": DataSetup,
    "optimizer": OptimizerSetup,
    "schedule": ScheduleSetup,
    "regularization": RegularizationSetup,
    "initializer": InitializerSetup,
}
"""The fields of a Setup that are objects with fields of their own."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that decides a run, apart from the commands given while it trains.

    Attributes:
        name: what to call it; a preset's name, or ``custom``.
        description: what to look for, in a sentence or two.
        data: which examples.
        layers: the network from the first layer to the outputs.
        loss: a name in LOSSES.
        label_smoothing: the share of each target spread over all classes; counts under cross-entropies only.
        huber_delta: the error above which the loss ``huber`` is linear instead of quadratic; counts there only.
        optimizer: how the parameters follow their gradient.
        schedule: how the learning rate changes by itself.
        regularization: what holds the run back from overfitting, and from steps too far.
        initializer: first values of the parameters.
        batch_size: examples in a step.
        shuffle: a new order in each epoch, or the given one.
        seed: of first values and orders.
        dtype: ``float32`` or ``float64``.
        threads: threads of a matrix product; part of what the bits depend on.
        epochs: where the run is to stop; None together with steps None: never.
        steps: where the run is to stop, in steps; beats epochs.
        evaluate_every: steps between two measurements on the test set; None: each epoch.
    """

    name: str = "custom"
    description: str = ""
    data: DataSetup = field(default_factory=DataSetup)
    layers: tuple[LayerSetup, ...] = (LayerSetup("dense", 10),)
    loss: str = "cross-entropy"
    label_smoothing: float = 0.0
    huber_delta: float = 1.0
    optimizer: OptimizerSetup = field(default_factory=OptimizerSetup)
    schedule: ScheduleSetup = field(default_factory=ScheduleSetup)
    regularization: RegularizationSetup = field(default_factory=RegularizationSetup)
    initializer: InitializerSetup = field(default_factory=InitializerSetup)
    batch_size: int = 64
    shuffle: bool = True
    seed: int = 0
    dtype: str = "float32"
    threads: int = 1
    epochs: int | None = 10
    steps: int | None = None
    evaluate_every: int | None = None

    def __post_init__(self) -> None:
        for text in ("name", "description"):
            require_text(getattr(self, text), text)
        count = sum(layer.count for layer in self.layers)
        require(
            count <= MAXIMUM_LAYERS, "layers", f"must be at most {MAXIMUM_LAYERS}, those in blocks included"
        )
        has_weights = any(layer.kind == Dense.kind for layer in self.layers)
        require(has_weights, "layers", "need at least one dense layer, or there is nothing to learn")
        require_name(self.loss, "loss", LOSSES)
        require_share(self.label_smoothing, "label_smoothing")
        require_number(self.huber_delta, "huber_delta", 0, 1e6, above=True)
        require_batch_size(self.batch_size)
        require(
            isinstance(self.shuffle, bool), "shuffle", f"must be true or false, not {shown(self.shuffle)}"
        )
        require_integer(self.seed, "seed", 0, 2**63 - 1)
        known = self.dtype in ("float32", "float64")
        require(known, "dtype", f"must be float32 or float64, not {shown(self.dtype)}")
        require_integer(self.threads, "threads", 1, 256)
        for name in ("epochs", "steps", "evaluate_every"):
            require_count_or_none(getattr(self, name), name)
        has_end = self.epochs is not None or self.steps is not None or not self.schedule.needs_goal
        require(has_end, "schedule.total_steps", "must be given, since the run has no goal to end at")

    def make_loss(self) -> Loss:
        """A new loss of this description, with buffers of its own."""
        kind = LOSSES[self.loss]
        if issubclass(kind, LogitLoss):
            return kind(self.label_smoothing)
        return kind(self.huber_delta) if issubclass(kind, Huber) else kind()

    def planned_steps(self, train_count: int) -> int | None:
        """Steps to the goal at this batch size, for so many training examples; None: no goal."""
        if self.steps is not None or self.epochs is None:
            return self.steps
        return self.epochs * -(-train_count // self.batch_size)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of the dense layers before the last."""
        units = [layer.units for layer in self.layers if layer.units is not None]
        return tuple(units[:-1])

    def with_hidden(self, hidden: tuple[int, ...], activation: str | None = None) -> Setup:
        """The same run with other hidden dense layers.

        What comes before the first dense layer stays (the convolutions of an image's network), and so do the
        output layer and what follows it.

        Args:
            hidden: units of each hidden layer; may be empty.
            activation: the activation after each; None: the one that follows the first dense layer now.
        """
        dense = [index for index, layer in enumerate(self.layers) if layer.units is not None]
        first, tail = self.layers[: dense[0]], self.layers[dense[-1] :]
        bend = LayerSetup(activation or "identity")
        if activation is None and len(dense) > 1:
            follower = self.layers[dense[0] + 1]
            bend = follower if follower.is_activation else bend
        elif activation is None:
            bend = LayerSetup("relu")
        added = [layer for units in hidden for layer in (LayerSetup("dense", units), bend)]
        return replace(self, layers=(*first, *added, *tail))

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        for part in PARTS:
            plain[part] = asdict(plain[part])
        plain["layers"] = [layer.to_dict() for layer in self.layers]
        return {"visualnet": FORMAT_VERSION, **plain}

    def to_json(self) -> str:
        """One JSON object, the same text for the same Setup."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    @staticmethod
    def from_json(text: str) -> Setup:
        """Read what ``to_json`` wrote, or a person did; left-out fields take their defaults.

        Raises:
            SetupError: names the field at fault.
        """
        too_long = len(text) > MAXIMUM_JSON_CHARACTERS
        require(not too_long, "setup", f"must be at most {MAXIMUM_JSON_CHARACTERS:,} characters long")
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SetupError("setup", f"is not valid JSON ({error})") from None
        return Setup.from_dict(plain)

    @staticmethod
    def from_dict(plain: object) -> Setup:
        """Read what ``to_dict`` gave.

        Raises:
            SetupError: names the field at fault.
        """
        values = dict(_read_object(plain, "setup"))
        version = values.pop("visualnet", FORMAT_VERSION)
        known = version == FORMAT_VERSION
        require(
            known,
            "visualnet",
            f"version {shown(version)} cannot be read; this program knows {FORMAT_VERSION}",
        )
        for part, kind in PARTS.items():
            if part in values:
                values[part] = _read_part(values[part], part, kind)
        if "layers" in values:
            require(isinstance(values["layers"], list), "layers", "must be a list")
            values["layers"] = read_layers(values["layers"])
        setup = _read_part(values, "", Setup)
        assert isinstance(setup, Setup)
        return setup


def _read_object(plain: object, name: str) -> dict[str, Any]:
    require(isinstance(plain, dict), name, f"must be an object with named fields, not {shown(plain)}")
    assert isinstance(plain, dict)
    return plain


def _read_part(plain: object, name: str, kind: type[Any]) -> Any:
    """One dataclass, and the parts in it, from a plain object; a field at fault is named with its path."""
    values = dict(_read_object(plain, name))
    known = {f.name for f in fields(kind)}
    prefix = f"{name}." if name else ""
    for key in values:
        require(
            key in known, f"{prefix}{key:.60}", f"is not a field here; known are {', '.join(sorted(known))}"
        )
    for f in fields(kind):
        inner = f.default_factory
        if f.name in values and name and isinstance(inner, type) and is_dataclass(inner):
            values[f.name] = _read_part(values[f.name], f"{prefix}{f.name}", inner)
    try:
        return kind(**values)
    except TypeError:
        raise SetupError(f"{prefix}kind", "is missing") from None
