"""The base of all losses: one number that says how wrong the outputs are, and its gradient by the outputs.

Outputs are (outputs, batch). The loss is the mean over the batch, so that its size does not depend on it.
A loss also knows which classes its outputs mean, so nothing else depends on which loss it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Loss(ABC):
    """A loss function; ``forward`` first, then ``backward`` for the same outputs.

    Attributes:
        kind: the name that stands for it in a Setup.
        wants_labels: True where targets are (batch,) class labels, False where they are
            (outputs, batch) values, which for classes are 0 and 1.
        needs_classes: True where it can compare with classes only, not with any value.
        threshold: where there is one output for two classes, those above it are of the second.
    """

    kind: ClassVar[str]
    wants_labels: ClassVar[bool]
    needs_classes: ClassVar[bool]
    threshold: ClassVar[float]

    @abstractmethod
    def forward(self, outputs: Array, targets: Array) -> float:
        """The mean loss over the batch."""

    @abstractmethod
    def backward(self, scale: float = 1.0) -> Array:
        """The gradient of that mean to the outputs, times ``scale``: (outputs, batch).

        Call it once after each forward; the array is overwritten by the next one.
        """

    @abstractmethod
    def scores(self, outputs: Array) -> Array:
        """Scores of the classes, from 0 to 1: (classes, batch), a new array."""

    def cuts(self, outputs: Array) -> bool:
        """Whether ``scores`` clips any of these outputs to 0 or 1, instead of mapping them smoothly."""
        return False

    @classmethod
    def gives_probabilities(cls, outputs: int) -> bool:
        """Whether the scores from so many outputs are probabilities that add up to one."""
        return False

    def classes(self, outputs: Array) -> NDArray[np.intp]:
        """(batch,) predicted class for outputs of (outputs, batch)."""
        if outputs.shape[0] == 1:
            return np.asarray(outputs[0] > self.threshold, np.intp)
        largest: NDArray[np.intp] = outputs.argmax(0)
        return largest

    def count_right(self, outputs: Array, labels: Array) -> int:
        """How many of the (batch,) labels are the predicted classes for outputs of (outputs, batch).

        Ask it of the outputs and labels of the last forward.
        """
        if len(labels) == 1:
            # Arrays of one number take ten times as long as the number, which counts for one example at a time.
            answer = outputs.item() > self.threshold if outputs.size == 1 else outputs.argmax()
            return int(answer == labels.item())
        return int(np.count_nonzero(self.classes(outputs) == labels))

    @classmethod
    def output_counts(cls, classes: int) -> tuple[int, ...]:
        """How many outputs a network may have for so many classes, the least first."""
        return (1, 2) if classes == 2 and not cls.wants_labels else (classes,)


def of_both_classes(second: Array) -> Array:
    """(2, batch) scores from the (1, batch) score of the second of two classes; more stay as they are."""
    return np.concatenate([1 - second, second]) if second.shape[0] == 1 else second
