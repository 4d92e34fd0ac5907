"""Two-dimensional data, small enough to see whole: four points of logic, and clouds of two classes."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.datasets.mnist import frozen
from visualnet.core.streams import Purpose, stream

Points = NDArray[np.float64]
Labels = NDArray[np.int64]
Cloud = Callable[[int, np.random.Generator], tuple[Points, Labels]]

CLASSES = ("0", "1")
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
TRUTH = {"xor": (0, 1, 1, 0), "and": (0, 0, 0, 1), "or": (0, 1, 1, 1)}


def logic(name: str) -> Dataset:
    """The four rows of a truth table, which are training and test part at once.

    Args:
        name: ``xor``, ``and`` or ``or``.
    """
    split = Split(frozen(np.array(CORNERS)), frozen(np.array(TRUTH[name], np.int64)))
    return Dataset(name, split, split, (2,), CLASSES)


def circles(count: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """A disc inside a ring."""
    labels = np.arange(count) % 2
    radius = np.where(labels == 1, generator.uniform(0.0, 0.4, count), generator.uniform(0.7, 1.0, count))
    angle = generator.uniform(0, 2 * pi, count)
    return _polar(radius, angle), labels


def moons(count: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """Two half circles, each with one end inside the other."""
    labels = np.arange(count) % 2
    angle = generator.uniform(0, pi, count)
    upper = _polar(np.full(count, 0.6), angle) + (-0.3, -0.15)
    lower = _polar(np.full(count, 0.6), -angle) + (0.3, 0.15)
    return np.where(labels[:, np.newaxis] == 0, upper, lower), labels


def spirals(count: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """Two arms that wind around each other, after Lang and Witbrock 1988."""
    labels = np.arange(count) % 2
    along = np.sqrt(generator.uniform(0.01, 1, count))
    return _polar(along, along * 3 * pi + labels * pi), labels


CLOUDS: dict[str, Cloud] = {"circles": circles, "moons": moons, "spirals": spirals}


def cloud(name: str, count: int, noise: float, seed: int) -> Dataset:
    """Points of two classes from a formula; the test part is drawn apart from the training part.

    Args:
        name: a name in CLOUDS.
        count: points in each part.
        noise: standard deviation of what is added to each coordinate.
        seed: of the draws.
    """
    return Dataset(
        name, _draw(name, count, noise, seed, 0), _draw(name, count, noise, seed, 1), (2,), CLASSES
    )


def _draw(name: str, count: int, noise: float, seed: int, part: int) -> Split:
    generator = stream(seed, Purpose.DATA, part)
    points, labels = CLOUDS[name](count, generator)
    return Split(frozen(points + generator.normal(0, noise, points.shape)), frozen(labels.astype(np.int64)))


def _polar(radius: Points, angle: Points) -> Points:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
