"""The layers by name: what a Setup may ask for, and how a user's own activation joins them.

Nothing is ever imported by name: a Setup can only name what this table holds.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from visualnet.core.nn.layers.activations import Activation, Function, Identity, ReLU, Sigmoid, Tanh
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.dense import Dense

_MAKERS: dict[str, Callable[..., Layer]] = {
    layer.kind: layer for layer in (Dense, ReLU, Tanh, Sigmoid, Identity)
}


def layer_kinds() -> tuple[str, ...]:
    """Every name that ``make_layer`` knows."""
    return tuple(_MAKERS)


def activation_kinds() -> tuple[str, ...]:
    """The names that need no size: the activations, those of the user included."""
    return tuple(kind for kind in _MAKERS if kind != Dense.kind)


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
    if set(options) != set(known):
        needs = ", ".join(known) or "no options"
        raise ValueError(f"a {kind} layer needs {needs}, not {', '.join(options) or 'none'}")
    return maker(**options)


__all__ = [
    "Activation",
    "Array",
    "Dense",
    "Identity",
    "Layer",
    "ReLU",
    "Shape",
    "Sigmoid",
    "Tanh",
    "activation_kinds",
    "layer_kinds",
    "make_layer",
    "register_activation",
]
