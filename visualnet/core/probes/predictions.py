"""What the network says of some test examples, or of an image that somebody draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.probes.scores import class_scores
from visualnet.core.run.frame import Probe
from visualnet.core.run.trainer import Trainer


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Some test examples and what the network says of them; all arrays are read-only.

    Attributes:
        indices: (count,) their places in the test set.
        inputs: (count, features) as the data set holds them.
        labels: (count,) what they are.
        scores: (count, classes) see class_scores.
        wrong_known: how many wrong ones the last evaluation found; None before the first.
    """

    indices: NDArray[np.intp]
    inputs: NDArray[Any]
    labels: NDArray[Any]
    scores: NDArray[Any]
    wrong_known: int | None


@dataclass(frozen=True, slots=True)
class PredictionsProbe(Probe):
    """Cost: one forward pass of ``count`` examples.

    Attributes:
        count: examples to show.
        sample: which sample, from 0; each is another stretch of the test set.
        only_wrong: choose among those that the last evaluation found wrong.
    """

    count: int
    sample: int = 0
    only_wrong: bool = False

    def measure(self, trainer: Trainer) -> Predictions | None:
        """None where the data have no classes."""
        if not trainer.dataset.classes:
            return None
        test, wrong = trainer.dataset.test, trainer.wrong_test_examples
        pool = wrong if self.only_wrong and wrong is not None else np.arange(len(test))
        start = self.sample * self.count
        places = np.arange(start, start + min(self.count, len(pool))) % max(len(pool), 1)
        indices = pool[places]
        inputs = test.inputs[indices]
        result = Predictions(
            indices,
            inputs,
            test.targets[indices],
            class_scores(trainer, inputs),
            None if wrong is None else len(wrong),
        )
        for array in (result.indices, result.inputs, result.labels, result.scores):
            array.flags.writeable = False
        return result


@dataclass(frozen=True, slots=True)
class DrawingProbe(Probe):
    """Cost: one forward pass of one image.

    Attributes:
        pixels: 784 bytes, a 28×28 image as MNIST holds them: 0 is paper, 255 is ink.
    """

    pixels: bytes

    def measure(self, trainer: Trainer) -> NDArray[Any] | None:
        """(classes,) scores, read-only; None where the network does not take such an image."""
        image = np.frombuffer(self.pixels, np.uint8)
        if trainer.dataset.features != image.size or not trainer.dataset.classes:
            return None
        scores: NDArray[Any] = class_scores(trainer, image[np.newaxis])[0]
        scores.flags.writeable = False
        return scores
