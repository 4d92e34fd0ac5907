"""Predictions for some test examples, or for a drawn image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.base import Cost, Probe
from visualnet.core.training.model_view import ModelView

CANDIDATES = 4
"""Examples that are predicted, at most, for each wrong one to show: some are right since the last evaluation."""

NO_CLASSES = "The data have no classes."


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Some test examples with the network's predictions; all arrays are read-only.

    Attributes:
        indices: (count,) their places in the test set.
        inputs: (count, features) as the data set holds them.
        labels: (count,) what they are.
        scores: (count, classes) see ModelView.scores.
        wrong_known: how many wrong ones the last evaluation found; None before the first.
        decided: (count,) the predicted classes, as an evaluation counts them; None: those of the highest scores.
        looked_at: how many examples were predicted to find these.
    """

    indices: NDArray[np.intp]
    inputs: NDArray[Any]
    labels: NDArray[Any]
    scores: NDArray[Any]
    wrong_known: int | None
    decided: NDArray[np.intp] | None = None
    looked_at: int = 0

    @property
    def guesses(self) -> NDArray[np.intp]:
        """(count,) the classes that the network says."""
        return np.asarray(self.scores.argmax(axis=1)) if self.decided is None else self.decided


@dataclass(frozen=True, slots=True)
class PredictionsProbe(Probe):
    """Predictions for test examples. Cost: a forward pass of ``count``; up to CANDIDATES times as many for wrong ones.

    Attributes:
        count: examples to show.
        sample: which sample, from 0; each is another stretch of the test set.
        only_wrong: show only what is wrong now, of those that the last evaluation found wrong.
    """

    cost: ClassVar[Cost] = Cost.FORWARD

    count: int
    sample: int = 0
    only_wrong: bool = False

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return cls(9), cls(50, sample=3), cls(12, only_wrong=True)

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        return None if view.dataset.classes else NO_CLASSES

    def measure(self, view: ModelView) -> Predictions:
        """The examples of the sample, in the order of the test set."""
        test, wrong = view.dataset.test, view.misclassified
        pool = wrong if self.only_wrong and wrong is not None else np.arange(len(test))
        start, looked_at = self.sample * self.count, self.count * (CANDIDATES if self.only_wrong else 1)
        places = np.arange(start, start + min(looked_at, len(pool))) % max(len(pool), 1)
        indices = pool[places]
        outputs = view.predict(test.inputs[indices])
        guesses, labels = view.classes(outputs), test.targets[indices]
        shown = (
            np.flatnonzero(guesses != labels)[: self.count] if self.only_wrong else np.arange(len(indices))
        )
        result = Predictions(
            indices[shown],
            test.inputs[indices[shown]],
            labels[shown],
            view.scores(outputs)[shown],
            None if wrong is None else len(wrong),
            guesses[shown],
            len(indices),
        )
        for array in (result.indices, result.inputs, result.labels, result.scores, result.guesses):
            array.flags.writeable = False
        return result


@dataclass(frozen=True, slots=True)
class DrawingProbe(Probe):
    """The prediction for a drawn image. Cost: one forward pass of one image.

    Attributes:
        pixels: 784 bytes, a 28×28 image as MNIST holds them: 0 is paper, 255 is ink.
    """

    cost: ClassVar[Cost] = Cost.FORWARD

    pixels: bytes

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Probe."""
        return (cls(bytes(range(196)) * 4),)

    def why_not(self, view: ModelView) -> str | None:
        """See Probe."""
        if not view.dataset.classes:
            return NO_CLASSES
        fits = view.dataset.features == len(self.pixels)
        return None if fits else f"The network takes no image of {len(self.pixels):,} pixels."

    def measure(self, view: ModelView) -> NDArray[Any]:
        """(classes,) scores, read-only."""
        image = np.frombuffer(self.pixels, np.uint8)
        scores: NDArray[Any] = view.scores(view.predict(image[np.newaxis]))[0]
        scores.flags.writeable = False
        return scores
