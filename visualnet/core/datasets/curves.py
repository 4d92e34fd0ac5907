"""Regression data: values of a known function of one or two inputs, with noise."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset, Split, frozen
from visualnet.core.streams import Purpose, stream

Values = NDArray[np.float64]


def sine(inputs: Values) -> Values:
    """One and a half waves: sin(1.5 π x)."""
    return np.sin(1.5 * pi * inputs[:, 0])


def plane(inputs: Values) -> Values:
    """A tilted plane, which one neuron can learn: (x₁ - 2 x₂) / 3."""
    return (inputs[:, 0] - 2 * inputs[:, 1]) / 3


def waves(inputs: Values) -> Values:
    """Hills and hollows: sin(π x₁) cos(π x₂)."""
    return np.asarray(np.sin(pi * inputs[:, 0]) * np.cos(pi * inputs[:, 1]))


CURVES: dict[str, tuple[int, Callable[[Values], Values]]] = {
    "sine": (1, sine),
    "plane": (2, plane),
    "waves": (2, waves),
}
"""Number of inputs, and the function of (count, inputs) that gives (count,) values in -1..1."""


def curve(name: str, count: int, noise: float, seed: int) -> Dataset:
    """Places drawn evenly from -1..1 with the function's values there.

    Args:
        name: a name in CURVES.
        count: examples in each part; the test part is drawn apart from the training part.
        noise: standard deviation of what is added to each training value. The test part is without noise,
            so that its loss says how near the network came to the function itself.
        seed: of the draws.
    """
    train, test = (_draw(name, count, level, seed, part) for part, level in ((0, noise), (1, 0.0)))
    return Dataset(name, train, test, (CURVES[name][0],), ())


def _draw(name: str, count: int, noise: float, seed: int, part: int) -> Split:
    width, function = CURVES[name]
    generator = stream(seed, Purpose.DATA, part)
    inputs = generator.uniform(-1, 1, (count, width))
    values = function(inputs) + generator.normal(0, noise, count)
    return Split(frozen(inputs), frozen(values[:, np.newaxis]))
