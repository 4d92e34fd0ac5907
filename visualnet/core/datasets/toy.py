"""Clouds of points in the plane, each class of another shape, small enough to see whole."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset, Split, frozen
from visualnet.core.streams import Purpose, stream

Points = NDArray[np.float64]
Labels = NDArray[np.int64]
Cloud = Callable[[int, int, np.random.Generator], tuple[Points, Labels]]
"""Points from (count, classes, generator): (count, 2) coordinates and (count,) labels."""

SQUARES = 4
"""Squares along each side of the checkerboard."""


def circles(count: int, classes: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """A disc inside a ring."""
    labels = np.arange(count) % 2
    radius = np.where(labels == 1, generator.uniform(0.0, 0.4, count), generator.uniform(0.7, 1.0, count))
    angle = generator.uniform(0, 2 * pi, count)
    return _polar(radius, angle), labels


def moons(count: int, classes: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """Two half circles, each with one end inside the other."""
    labels = np.arange(count) % 2
    angle = generator.uniform(0, pi, count)
    upper = _polar(np.full(count, 0.6), angle) + (-0.3, -0.15)
    lower = _polar(np.full(count, 0.6), -angle) + (0.3, 0.15)
    return np.where(labels[:, np.newaxis] == 0, upper, lower), labels


def spirals(count: int, classes: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """Two arms that wind around each other, after Lang and Witbrock 1988."""
    labels = np.arange(count) % 2
    along = np.sqrt(generator.uniform(0.01, 1, count))
    return _polar(along, along * 3 * pi + labels * pi), labels


def gaussians(count: int, classes: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """Round clouds, one a class, their centres evenly on a circle; the noise alone is their width."""
    labels = np.arange(count) % classes
    return _polar(np.full(count, 0.7), 2 * pi * labels / classes), labels


def checkerboard(count: int, classes: int, generator: np.random.Generator) -> tuple[Points, Labels]:
    """The dark and the light squares of a board of 4 × 4."""
    points = generator.uniform(-1, 1, (count, 2))
    square = np.minimum((points + 1) * SQUARES / 2, SQUARES - 1).astype(np.int64)
    return points, square.sum(axis=1) % 2


CLOUDS: dict[str, Cloud] = {
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
    "gaussians": gaussians,
    "checkerboard": checkerboard,
}


def cloud(name: str, count: int, noise: float, seed: int, classes: int = 2) -> Dataset:
    """Points from a formula; the test part is drawn apart from the training part.

    Args:
        name: a name in CLOUDS.
        count: points in each part.
        noise: standard deviation of what is added to each coordinate.
        seed: of the draws.
        classes: of the Gaussians; all others have two.
    """
    names = tuple(str(label) for label in range(classes if name == "gaussians" else 2))
    train, test = (_draw(name, count, noise, stream(seed, Purpose.DATA, part), len(names)) for part in (0, 1))
    return Dataset(name, train, test, (2,), names)


def _draw(name: str, count: int, noise: float, generator: np.random.Generator, classes: int) -> Split:
    points, labels = CLOUDS[name](count, classes, generator)
    return Split(frozen(points + generator.normal(0, noise, points.shape)), frozen(labels.astype(np.int64)))


def _polar(radius: Points, angle: Points) -> Points:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
