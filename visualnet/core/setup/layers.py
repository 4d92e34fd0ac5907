"""The part of a Setup that describes one layer of the network."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from visualnet.core.errors import SetupError
from visualnet.core.nn.layers import Layer, activation_kinds, layer_options, make_layer
from visualnet.core.nn.layers.windows import PADDINGS
from visualnet.core.setup.checks import require, require_integer, require_number, shown

MAXIMUM_UNITS = 16_384
MAXIMUM_CHANNELS = 4_096
MAXIMUM_WINDOW = 256
MAXIMUM_NUMBER = 1e6
MAXIMUM_LAYERS = 64
MAXIMUM_DEPTH = 4
"""Blocks inside blocks."""

BOUNDS = {
    "units": (1, MAXIMUM_UNITS),
    "channels": (1, MAXIMUM_CHANNELS),
    "kernel": (1, MAXIMUM_WINDOW),
    "size": (1, MAXIMUM_WINDOW),
    "stride": (1, MAXIMUM_WINDOW),
    "padding": (0, MAXIMUM_WINDOW),
}
"""Least and greatest value of each option that is a whole number."""


@dataclass(frozen=True, slots=True, init=False)
class LayerSetup:
    """One layer: its kind and that kind's options.

        LayerSetup("dense", 100)
        LayerSetup("conv2d", channels=8, kernel=5, padding="same")
        LayerSetup("residual", layers=[LayerSetup("dense", 50), LayerSetup("tanh")])

    Args:
        kind: a name in the table of layers.
        units: number of outputs of a dense layer; None for the others.
        options: what the constructor of the layer's class takes, by name; left-out ones take their defaults.

    Attributes:
        kind: as given.
        options: every option of this kind with its value, in the constructor's order.

    Raises:
        SetupError: names the option at fault.
    """

    kind: str
    options: tuple[tuple[str, Any], ...]

    def __init__(self, kind: str, units: int | None = None, /, **options: Any) -> None:
        given = options if units is None else {"units": units, **options}
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "options", _all_options(kind, given))
        require(self.depth <= MAXIMUM_DEPTH, "layers", f"must not be nested more than {MAXIMUM_DEPTH} deep")
        self.make()

    @property
    def units(self) -> int | None:
        """Number of outputs of a dense layer; None for the others."""
        units: int | None = dict(self.options).get("units")
        return units

    @property
    def is_activation(self) -> bool:
        """Whether the layer is one function of one number."""
        return self.kind in activation_kinds()

    @property
    def inner(self) -> tuple[LayerSetup, ...]:
        """The layers of a block; empty for the others."""
        layers: tuple[LayerSetup, ...] = dict(self.options).get("layers", ())
        return layers

    @property
    def depth(self) -> int:
        """0, or for a block one more than its deepest layer."""
        return 1 + max(layer.depth for layer in self.inner) if self.inner else 0

    @property
    def count(self) -> int:
        """The layer itself and those inside it."""
        return 1 + sum(layer.count for layer in self.inner)

    def make(self) -> Layer:
        """A new layer of this description."""
        options = dict(self.options)
        if self.inner:
            options["layers"] = [layer.make() for layer in self.inner]
        try:
            return make_layer(self.kind, **options)
        except ValueError as error:
            raise SetupError("layers", str(error)) from None

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold: ``{"kind": "dense", "units": 100}``."""
        options = dict(self.options)
        if self.inner:
            options["layers"] = [layer.to_dict() for layer in self.inner]
        return {"kind": self.kind, **options}

    @staticmethod
    def from_dict(plain: object, path: str, depth: int = 0) -> LayerSetup:
        """Read what ``to_dict`` gave.

        Args:
            plain: anything that JSON can hold.
            path: where it stands, for the messages: ``layers[2]``.
            depth: in how many blocks it stands.

        Raises:
            SetupError: names the field at fault.
        """
        require(isinstance(plain, dict), path, f"must be an object with named fields, not {shown(plain)}")
        assert isinstance(plain, dict)
        options = dict(plain)
        require("kind" in options, f"{path}.kind", "is missing")
        kind = options.pop("kind")
        if isinstance(options.get("layers"), list):
            require(depth < MAXIMUM_DEPTH, path, f"must not be nested more than {MAXIMUM_DEPTH} deep")
            options["layers"] = read_layers(options["layers"], f"{path}.layers", depth + 1)
        try:
            return LayerSetup(kind, **options)
        except SetupError as error:
            raise SetupError(path + error.field.removeprefix("layers"), error.fault) from None


def read_layers(plain: list[Any], path: str = "layers", depth: int = 0) -> tuple[LayerSetup, ...]:
    """The layers in a list of plain objects; see LayerSetup.from_dict."""
    require(len(plain) <= MAXIMUM_LAYERS, path, f"must be at most {MAXIMUM_LAYERS}")
    return tuple(LayerSetup.from_dict(layer, f"{path}[{index}]", depth) for index, layer in enumerate(plain))


def _all_options(kind: object, given: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Each option of this kind with its value, given or default.

    Raises:
        SetupError: when the kind is unknown, or an option is unknown, missing, or beyond its bounds.
    """
    require(isinstance(kind, str), "layers.kind", f"must be a text, not {shown(kind)}")
    assert isinstance(kind, str)
    try:
        defaults = layer_options(kind)
    except ValueError as error:
        raise SetupError("layers.kind", str(error)) from None
    for name in given:
        fields = ", ".join(["kind", *defaults])
        known = name in defaults
        require(known, f"layers.{name:.60}", f"is not a field of a {kind} layer; known are {fields}")
    options = {**defaults, **given}
    for name, value in options.items():
        require(value is not Parameter.empty, f"layers.{name}", f"is missing; a {kind} layer needs it")
        options[name] = _checked(value, name, defaults[name])
    return tuple(options.items())


def _checked(value: Any, name: str, default: Any) -> Any:
    """An option's value as the Setup keeps it; an option without a check of its own is a number.

    Raises:
        SetupError: when it is of another type, or beyond its bounds.
    """
    field = f"layers.{name}"
    if name == "layers":
        return _checked_layers(value, field)
    if isinstance(value, str) and name == "padding":
        require(value in PADDINGS, field, f"must be {', '.join(PADDINGS)} or a number, not {shown(value)}")
    elif name in BOUNDS and (value, default) != (None, None):
        require_integer(value, field, *BOUNDS[name])
    elif name not in BOUNDS:
        require_number(value, field, -MAXIMUM_NUMBER, MAXIMUM_NUMBER)
    return value


def _checked_layers(value: object, field: str) -> tuple[LayerSetup, ...]:
    fits = isinstance(value, (list, tuple)) and all(isinstance(layer, LayerSetup) for layer in value)
    require(fits, field, f"must be a list of layers, not {shown(value)}")
    assert isinstance(value, (list, tuple))
    require(0 < len(value) <= MAXIMUM_LAYERS, field, f"must be 1 to {MAXIMUM_LAYERS}, not {len(value)}")
    return tuple(value)
