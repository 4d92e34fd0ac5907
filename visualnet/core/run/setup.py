"""What to train, on what, and how: everything that a run follows from, as frozen values.

A Setup turns into JSON and back without loss. Reading checks every field and names the one at fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from visualnet.core.errors import SetupError
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers import Dense, Layer, make_layer
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.optimizers import OPTIMIZERS, Adam, Momentum, Optimizer

FORMAT_VERSION = 1
MAXIMUM_LAYERS = 64
MAXIMUM_UNITS = 16_384
MAXIMUM_BATCH_SIZE = 65_536
MAXIMUM_COUNT = 10**12
MAXIMUM_JSON_CHARACTERS = 65_536


def _require(condition: bool, name: str, fault: str) -> None:
    if not condition:
        raise SetupError(name, fault)


def _shown(value: object) -> str:
    """A value as a sentence can hold it: short, whatever somebody put there."""
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and abs(value) > 10**30:
        return "a number beyond all bounds"
    return f"{value!r:.60}"


def _require_integer(value: object, name: str, low: int, high: int = MAXIMUM_COUNT) -> None:
    fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    _require(fits, name, f"must be a whole number from {low:,} to {high:,}, not {_shown(value)}")


def _require_number(value: object, name: str, low: float, high: float, above: bool = False) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # NaN compares as False with everything, so it never fits.
    fits = number and (low < value if above else low <= value) and value <= high  # type: ignore[operator]
    words = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
    _require(fits, name, f"must be a number {words}, not {_shown(value)}")


def _require_name(value: object, name: str, known: Mapping[str, object]) -> None:
    fits = isinstance(value, str) and value in known
    _require(fits, name, f"{_shown(value)} is unknown; known are {', '.join(known)}")


def require_learning_rate(value: object, name: str = "optimizer.learning_rate") -> None:
    """Raise SetupError unless this can be a learning rate."""
    _require_number(value, name, 0, 1e6, above=True)


def require_share(value: object, name: str) -> None:
    """Raise SetupError unless this lies in [0, 1): momentum and betas, shares kept at each step."""
    _require_number(value, name, 0, 0.999999999)


def require_batch_size(value: object, name: str = "batch_size") -> None:
    """Raise SetupError unless this can be a batch size."""
    _require_integer(value, name, 1, MAXIMUM_BATCH_SIZE)


@dataclass(frozen=True, slots=True)
class DataSetup:
    """Which examples.

    Attributes:
        name: a name in the catalogue of data sets.
        train_size: use the first so many training examples; None: all.
        test_size: use the first so many test examples; None: all.
        count: examples drawn, for data made by a formula.
        noise: standard deviation of the noise on them.
        seed: of those draws.
        directory: where other files of the same format lie; None: the bundled ones.
    """

    name: str = "mnist"
    train_size: int | None = None
    test_size: int | None = None
    count: int = 200
    noise: float = 0.1
    seed: int = 0
    directory: str | None = None

    def __post_init__(self) -> None:
        _require(isinstance(self.name, str), "data.name", f"must be a text, not {_shown(self.name)}")
        for size in ("train_size", "test_size"):
            if getattr(self, size) is not None:
                _require_integer(getattr(self, size), f"data.{size}", 1)
        _require_integer(self.count, "data.count", 4, 1_000_000)
        _require_number(self.noise, "data.noise", 0, 10)
        _require_integer(self.seed, "data.seed", 0, 2**63 - 1)
        fits = self.directory is None or isinstance(self.directory, str)
        _require(fits, "data.directory", f"must be a text or null, not {_shown(self.directory)}")


@dataclass(frozen=True, slots=True)
class LayerSetup:
    """One layer: its kind, and its size where it has one.

    Attributes:
        kind: a name in the table of layers.
        units: number of outputs of a dense layer; None for the others.
    """

    kind: str
    units: int | None = None

    def __post_init__(self) -> None:
        _require(isinstance(self.kind, str), "layers.kind", f"must be a text, not {_shown(self.kind)}")
        if self.units is not None:
            _require_integer(self.units, "layers.units", 1, MAXIMUM_UNITS)
        self.make()

    def make(self) -> Layer:
        """A new layer of this description."""
        options = {} if self.units is None else {"units": self.units}
        try:
            return make_layer(self.kind, **options)
        except ValueError as error:
            raise SetupError("layers", str(error)) from None


@dataclass(frozen=True, slots=True)
class OptimizerSetup:
    """How parameters follow their gradient; momentum and the betas count only where they are used."""

    name: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _require_name(self.name, "optimizer.name", OPTIMIZERS)
        require_learning_rate(self.learning_rate)
        for share in ("momentum", "beta1", "beta2"):
            require_share(getattr(self, share), f"optimizer.{share}")
        _require_number(self.epsilon, "optimizer.epsilon", 0, 1, above=True)

    def make(self) -> Optimizer:
        """A new optimizer of this description, without memory."""
        if self.name == Adam.kind:
            return Adam(self.learning_rate, self.beta1, self.beta2, self.epsilon)
        if self.name == Momentum.kind:
            return Momentum(self.learning_rate, self.momentum)
        return OPTIMIZERS[self.name](self.learning_rate)


@dataclass(frozen=True, slots=True)
class InitializerSetup:
    """First values of the parameters: a distribution and its factor."""

    name: str = "he"
    scale: float = 1.0

    def __post_init__(self) -> None:
        _require_name(self.name, "initializer.name", INITIALIZERS)
        _require_number(self.scale, "initializer.scale", 0, 1e6, above=True)


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a run follows from.

    Attributes:
        name: what to call it; a preset's name, or ``custom``.
        description: what to look for, in a sentence or two.
        data: which examples.
        layers: the network from the first layer to the outputs.
        loss: a name in LOSSES.
        optimizer: how the parameters follow their gradient.
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
    optimizer: OptimizerSetup = field(default_factory=OptimizerSetup)
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
            value = getattr(self, text)
            _require(
                isinstance(value, str) and len(value) <= 2000,
                text,
                "must be a text of at most 2,000 characters",
            )
        _require(len(self.layers) <= MAXIMUM_LAYERS, "layers", f"must be at most {MAXIMUM_LAYERS}")
        has_weights = any(layer.kind == Dense.kind for layer in self.layers)
        _require(has_weights, "layers", "need at least one dense layer, or there is nothing to learn")
        _require_name(self.loss, "loss", LOSSES)
        require_batch_size(self.batch_size)
        _require(
            isinstance(self.shuffle, bool), "shuffle", f"must be true or false, not {_shown(self.shuffle)}"
        )
        _require_integer(self.seed, "seed", 0, 2**63 - 1)
        known = self.dtype in ("float32", "float64")
        _require(known, "dtype", f"must be float32 or float64, not {_shown(self.dtype)}")
        _require_integer(self.threads, "threads", 1, 256)
        for name in ("epochs", "steps", "evaluate_every"):
            if getattr(self, name) is not None:
                _require_integer(getattr(self, name), name, 1)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of the dense layers before the last."""
        units = [layer.units for layer in self.layers if layer.units is not None]
        return tuple(units[:-1])

    def with_hidden(self, hidden: tuple[int, ...], activation: str | None = None) -> Setup:
        """The same run with other hidden layers; the output layer and what follows it stay.

        Args:
            hidden: units of each hidden layer; may be empty.
            activation: the activation after each; None: the one that follows the first dense layer now.
        """
        dense = [index for index, layer in enumerate(self.layers) if layer.units is not None]
        tail = self.layers[dense[-1] :]
        if activation is None:
            follower = self.layers[dense[0] + 1].kind if len(dense) > 1 else "relu"
            activation = "identity" if follower == Dense.kind else follower
        head = [layer for units in hidden for layer in (LayerSetup("dense", units), LayerSetup(activation))]
        return replace(self, layers=(*head, *tail))

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        for part in ("data", "optimizer", "initializer"):
            plain[part] = {f.name: getattr(plain[part], f.name) for f in fields(plain[part])}
        plain["layers"] = [
            {"kind": layer.kind} if layer.units is None else {"kind": layer.kind, "units": layer.units}
            for layer in self.layers
        ]
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
        _require(not too_long, "setup", f"must be at most {MAXIMUM_JSON_CHARACTERS:,} characters long")
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
        _require(
            known,
            "visualnet",
            f"version {_shown(version)} cannot be read; this program knows {FORMAT_VERSION}",
        )
        for part, kind in (
            ("data", DataSetup),
            ("optimizer", OptimizerSetup),
            ("initializer", InitializerSetup),
        ):
            if part in values:
                values[part] = _read_part(values[part], part, kind)
        if "layers" in values:
            _require(isinstance(values["layers"], list), "layers", "must be a list")
            _require(len(values["layers"]) <= MAXIMUM_LAYERS, "layers", f"must be at most {MAXIMUM_LAYERS}")
            values["layers"] = tuple(
                _read_part(layer, f"layers[{index}]", LayerSetup)
                for index, layer in enumerate(values["layers"])
            )
        setup = _read_part(values, "", Setup)
        assert isinstance(setup, Setup)
        return setup


def _read_object(plain: object, name: str) -> dict[str, Any]:
    _require(isinstance(plain, dict), name, f"must be an object with named fields, not {_shown(plain)}")
    assert isinstance(plain, dict)
    return plain


def _read_part(plain: object, name: str, kind: type[Any]) -> Any:
    """One dataclass from a plain object; an unknown or missing field is named with its path."""
    values = _read_object(plain, name)
    known = {f.name for f in fields(kind)}
    prefix = f"{name}." if name else ""
    for key in values:
        _require(
            key in known, f"{prefix}{key:.60}", f"is not a field here; known are {', '.join(sorted(known))}"
        )
    try:
        return kind(**values)
    except TypeError:
        raise SetupError(f"{prefix}kind", "is missing") from None
