"""The outputs of a network with one or two inputs on a grid of their line or plane, and at each training point."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import MAXIMUM_POINTS, Dataset
from visualnet.core.probes.base import Cost, Probe
from visualnet.core.training.model_view import ModelView

MARGIN = 0.25
"""Share of the data's width that the picture shows on each side of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A network's outputs over a part of the line or plane; all arrays are read-only.

    Attributes:
        scores: (resolution, resolution) score of class 1; row 0 is the least second input, column 0 the
            least first input. With more than two classes the class index instead, for regression the
            first output. With one input there is one row.
        bounds: least and greatest first input, least and greatest second input; with one input the last
            two are of the targets.
        point_outputs: (points, outputs) the network's raw outputs at the training points shown.
        point_classes: (points,) the predicted class; empty for regression.
        centre: the score in the middle of what the data hold: a half between two classes, 0 for values.
        reach: how far from the centre the data go.
        point_answers: (points,) of two classes, the number to compare with each point's target: the probability or
            score of class 1, or the one output as it is; else None.
        has_odds: whether scores come from a sigmoid or softmax, whose log-odds are smooth where scores jump.
        rivals: of more than two classes those that have the greatest score somewhere on the grid.
        rival_scores: (rivals, resolution, resolution) their scores.
    """

    scores: NDArray[Any]
    bounds: tuple[float, float, float, float]
    point_outputs: NDArray[Any]
    point_classes: NDArray[np.intp]
    centre: float = 0.5
    reach: float = 0.5
    point_answers: NDArray[Any] | None = None
    has_odds: bool = False
    rivals: tuple[int, ...] = ()
    rival_scores: NDArray[Any] = field(default_factory=lambda: np.empty((0, 0, 0)))

    def __post_init__(self) -> None:
        arrays = self.scores, self.point_outputs, self.point_classes, self.point_answers, self.rival_scores
        for array in arrays:
            if array is not None:
                array.flags.writeable = False


@dataclass(frozen=True, slots=True)
class SurfaceProbe(Probe):
    """Outputs over a grid. Cost: one forward pass of resolution² points, or of 4 resolution with one input.

    Attributes:
        resolution: points along each side.
    """

    cost: ClassVar[Cost] = Cost.FORWARD

    resolution: int = 64

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return cls(), cls(16)

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        shape, classes = view.dataset.input_shape, view.dataset.classes
        if shape == (2,) or (shape == (1,) and not classes):
            return None
        return "The data have neither two inputs, nor one input and values to learn."

    def measure(self, view: ModelView) -> Surface:
        """The outputs over the plane, or with one input over its line."""
        return self._over_line(view) if view.dataset.input_shape == (1,) else self._over_plane(view)

    def _over_plane(self, view: ModelView) -> Surface:
        dataset = view.dataset
        points = dataset.train.inputs[:MAXIMUM_POINTS]
        bounds = plane_bounds(points)
        grid = _grid(bounds, self.resolution)
        outputs, grid_outputs = view.predict(points), view.predict(grid)
        if not dataset.classes:
            values = grid_outputs[:, 0].reshape(self.resolution, -1)
            return _of_values(values, bounds, outputs, dataset)
        scores, has_odds = view.scores(grid_outputs), not view.cuts(grid_outputs)
        classes = view.classes(outputs)
        side = self.resolution
        if scores.shape[1] == 2:
            surface, answers = scores[:, 1].reshape(side, side), _answers(view, outputs)
            return Surface(surface, bounds, outputs, classes, point_answers=answers, has_odds=has_odds)
        winners = scores.argmax(axis=1)
        rivals = np.unique(winners)
        rival_scores = scores.T[rivals].reshape(-1, side, side)
        return Surface(
            winners.reshape(side, side),
            bounds,
            outputs,
            classes,
            has_odds=has_odds,
            rivals=tuple(rivals.tolist()),
            rival_scores=rival_scores,
        )

    def _over_line(self, view: ModelView) -> Surface:
        dataset = view.dataset
        points, targets = dataset.train.inputs[:MAXIMUM_POINTS], dataset.train.targets[:MAXIMUM_POINTS]
        (left, right), (bottom, top) = _line_bounds(points), _line_bounds(targets[:, 0])
        places = left + (np.arange(4 * self.resolution) + 0.5) / (4 * self.resolution) * (right - left)
        values = view.predict(places[:, np.newaxis])[:, 0]
        outputs = view.predict(points)
        return _of_values(values[np.newaxis], (left, right, bottom, top), outputs, dataset)


def _answers(view: ModelView, outputs: NDArray[Any]) -> NDArray[Any]:
    """See Surface.point_answers; of (points, outputs)."""
    if outputs.shape[1] == 2 or view.gives_probabilities:
        outputs = view.scores(outputs)
    return np.array(outputs[:, -1])


def _of_values(
    values: NDArray[Any],
    bounds: tuple[float, float, float, float],
    outputs: NDArray[Any],
    dataset: Dataset,
) -> Surface:
    """The Surface of a regression, whose colours reach to the largest size of a training target shown."""
    reach = max(float(np.abs(dataset.train.targets[:MAXIMUM_POINTS, 0]).max()), 1e-6)
    return Surface(values, bounds, outputs, np.empty(0, np.intp), 0.0, reach)


def _line_bounds(values: NDArray[Any]) -> tuple[float, float]:
    """Least and greatest value with a margin around them."""
    low, high = float(values.min()), float(values.max())
    margin = max((high - low) * MARGIN / 2, 1e-6)
    return low - margin, high + margin


def plane_bounds(points: NDArray[Any]) -> tuple[float, float, float, float]:
    """The part of the plane to show for (count, 2) points: a square around them with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    half = max(float((high - low).max()) / 2, 1e-6) * (1 + 2 * MARGIN)
    return (
        float(centre[0] - half),
        float(centre[0] + half),
        float(centre[1] - half),
        float(centre[1] + half),
    )


@lru_cache(maxsize=8)
def _grid(bounds: tuple[float, float, float, float], resolution: int) -> NDArray[Any]:
    """(resolution², 2) points in the middle of each cell, row by row."""
    left, right, bottom, top = bounds
    middles = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(left + middles * (right - left), bottom + middles * (top - bottom))
    return np.stack([x.ravel(), y.ravel()], axis=1)
