"""The layers by name: what a Setup may ask for, and how a user's own activation joins them.

Nothing is ever imported by name: a Setup can only name what this table holds.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from visualnet.core.nn.layers.activations import ACTIVATIONS
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.bounded import Sigmoid, Sine, Tanh
from visualnet.core.nn.layers.dense import Dense
from visualnet.core.nn.layers.elementwise import Activation, Elementwise, Function, Identity
from visualnet.core.nn.layers.gates import GELU, SiLU
from visualnet.core.nn.layers.rectifiers import ELU, LeakyReLU, ReLU, Softplus

_LAYERS: tuple[type[Layer], ...] = (Dense, *ACTIVATIONS)
_MAKERS: dict[str, type[Layer]] = {layer.kind: layer for layer in _LAYERS}


def layer_kinds() -> tuple[str, ...]:
    """Every name that ``make_layer`` knows."""
    return tuple(_MAKERS)


def activation_kinds() -> tuple[str, ...]:
    """The names of the activations, those of the user included."""
    return tuple(kind for kind, maker in _MAKERS.items() if issubclass(maker, Elementwise))


def register_activation(name: str, function: Function, derivative: Function) -> None:
    """Give a user's own activation a name that a Setup may hold.

    Args:
        name: a new name in lower case.
        function: maps an array to an array of the same shape.
        derivative: its slope at the same inputs.

    Raises:
        ValueError: when the name is taken or not in lower case.
    """
    if name in _MAKERS or not name or name != name.lower():
        raise ValueError(f"{name!r} cannot name an activation: it is taken, empty or not in lower case")

    class Registered(Activation):
        kind = name

        def __init__(self) -> None:
            super().__init__(function, derivative)

    _MAKERS[name] = Registered


def make_layer(kind: str, **options: Any) -> Layer:
    """The layer of this name.

    Raises:
        ValueError: when the name is unknown or an option does not fit; the message says what is known.
    """
    if kind not in _MAKERS:
        raise ValueError(f"no layer is called {kind!r:.60}; known are {', '.join(_MAKERS)}")
    maker = _MAKERS[kind]
    known = signature(maker).parameters
    needed = {name for name, parameter in known.items() if parameter.default is parameter.empty}
    if not needed <= set(options) <= set(known):
        needs = ", ".join(known) or "no options"
        raise ValueError(f"a {kind} layer needs {needs}, not {', '.join(options) or 'none'}")
    return maker(**options)


__all__ = [
    "ELU",
    "GELU",
    "Activation",
    "Array",
    "Dense",
    "Identity",
    "Layer",
    "LeakyReLU",
    "ReLU",
    "Shape",
    "SiLU",
    "Sigmoid",
    "Sine",
    "Softplus",
    "Tanh",
    "activation_kinds",
    "layer_kinds",
    "make_layer",
    "register_activation",
]
