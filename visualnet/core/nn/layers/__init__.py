"""The table of layers by name, and the registration of a user's own activations.

A Setup can name only what this table holds; no name in it is ever imported.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.elementwise import Activation, Function, Identity

if TYPE_CHECKING:
    from visualnet.core.nn.layers.bounded import Sigmoid, Sine, Tanh
    from visualnet.core.nn.layers.conv import Conv2D
    from visualnet.core.nn.layers.dense import Dense
    from visualnet.core.nn.layers.dropout import Dropout
    from visualnet.core.nn.layers.flatten import Flatten
    from visualnet.core.nn.layers.gates import GELU, SiLU
    from visualnet.core.nn.layers.normalization import BatchNorm, LayerNorm
    from visualnet.core.nn.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
    from visualnet.core.nn.layers.rectifiers import ELU, LeakyReLU, ReLU, Softplus
    from visualnet.core.nn.layers.residual import Residual

_HOMES = {
    "dense": ("dense", "Dense"),
    "relu": ("rectifiers", "ReLU"),
    "tanh": ("bounded", "Tanh"),
    "sigmoid": ("bounded", "Sigmoid"),
    "leaky-relu": ("rectifiers", "LeakyReLU"),
    "elu": ("rectifiers", "ELU"),
    "gelu": ("gates", "GELU"),
    "silu": ("gates", "SiLU"),
    "softplus": ("rectifiers", "Softplus"),
    "sine": ("bounded", "Sine"),
    "identity": ("elementwise", "Identity"),
    "conv2d": ("conv", "Conv2D"),
    "max-pool2d": ("pooling", "MaxPool2D"),
    "avg-pool2d": ("pooling", "AvgPool2D"),
    "global-avg-pool2d": ("pooling", "GlobalAvgPool2D"),
    "flatten": ("flatten", "Flatten"),
    "dropout": ("dropout", "Dropout"),
    "batch-norm": ("normalization", "BatchNorm"),
    "layer-norm": ("normalization", "LayerNorm"),
    "residual": ("residual", "Residual"),
}
"""Each name's module and class, in the order in which lists show them; imported when first made, so that a start
is light."""

ACTIVATION_KINDS = (
    "relu", "tanh", "sigmoid", "leaky-relu", "elu", "gelu", "silu", "softplus", "sine", "identity",
)  # fmt: skip
"""The names of the activations, without those of the user."""

_HOME_OF = {class_name: module for module, class_name in _HOMES.values()}
_registered: dict[str, type[Layer]] = {}


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _maker(kind: str) -> type[Layer]:
    if kind in _registered:
        return _registered[kind]
    made: type[Layer] = __getattr__(_HOMES[kind][1])
    return made


def layer_kinds() -> tuple[str, ...]:
    """Every name that ``make_layer`` knows."""
    return (*_HOMES, *_registered)


def activation_kinds() -> tuple[str, ...]:
    """The names of the activations, those of the user included."""
    return (*ACTIVATION_KINDS, *_registered)


def register_activation(name: str, function: Function, derivative: Function) -> None:
    """Give a user's own activation a name that a Setup may hold.

    Args:
        name: a new name in lower case.
        function: maps an array to an array of the same shape.
        derivative: its slope at the same inputs.

    Raises:
        ValueError: when the name is taken or not in lower case.
    """
    if name in layer_kinds() or not name or name != name.lower():
        raise ValueError(f"{name!r} cannot name an activation: it is taken, empty or not in lower case")

    class Registered(Activation):
        kind = name

        def __init__(self) -> None:
            super().__init__(function, derivative)

    _registered[name] = Registered


def layer_options(kind: str) -> dict[str, Any]:
    """The options of the layer of this name with their defaults; ``inspect.Parameter.empty`` where it must be given.

    Raises:
        ValueError: when the name is unknown; the message says what is known.
    """
    if kind not in layer_kinds():
        raise ValueError(f"no layer is called {kind!r:.60}; known are {', '.join(layer_kinds())}")
    return dict(_options_of(_maker(kind)))


@cache
def _options_of(maker: type[Layer]) -> dict[str, Any]:
    """Looked up once: a signature takes as long as making a small layer."""
    return {name: option.default for name, option in signature(maker).parameters.items()}


def make_layer(kind: str, **options: Any) -> Layer:
    """The layer of this name.

    Raises:
        ValueError: when the name is unknown or an option does not fit; the message says what is known.
    """
    known = layer_options(kind)
    needed = {name for name, default in known.items() if default is Parameter.empty}
    if not needed <= set(options) <= set(known):
        takes = ", ".join(known) or "no options"
        raise ValueError(f"a {kind} layer needs {takes}, not {', '.join(options) or 'none'}")
    return _maker(kind)(**options)


__all__ = [
    "ELU",
    "GELU",
    "Activation",
    "Array",
    "AvgPool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool2D",
    "ReLU",
    "Residual",
    "Shape",
    "SiLU",
    "Sigmoid",
    "Sine",
    "Softplus",
    "Tanh",
    "activation_kinds",
    "layer_kinds",
    "layer_options",
    "make_layer",
    "register_activation",
]
