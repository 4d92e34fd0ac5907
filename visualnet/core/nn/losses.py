"""Losses: one number that says how wrong the outputs are, and its gradient to the outputs.

Outputs are (outputs, batch). The loss is the mean over the batch, so that its size does not depend on it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.buffers import aligned_empty

Array = NDArray[Any]


class Loss(ABC):
    """A loss function; ``forward`` first, then ``backward`` for the same outputs.

    Attributes:
        kind: the name that stands for it in a Setup.
        wants_labels: True where targets are (batch,) class labels, False where they are
            (outputs, batch) values.
    """

    kind: ClassVar[str]
    wants_labels: ClassVar[bool]

    @abstractmethod
    def forward(self, outputs: Array, targets: Array) -> float:
        """The mean loss over the batch."""

    @abstractmethod
    def backward(self, scale: float = 1.0) -> Array:
        """The gradient of that mean to the outputs, times ``scale``: (outputs, batch).

        Call it once after each forward; the array is overwritten by the next one.
        """


class MSE(Loss):
    """Mean squared error over all outputs and examples: mean((p - y)²); gradient 2 (p - y) / n.

    n counts outputs times batch, as in PyTorch's MSELoss and in the original.
    """

    kind = "mse"
    wants_labels = False

    def __init__(self) -> None:
        self._difference: Array = np.empty((0, 0))

    def forward(self, outputs: Array, targets: Array) -> float:
        if self._difference.shape != outputs.shape or self._difference.dtype != outputs.dtype:
            self._difference = aligned_empty(outputs.shape, outputs.dtype)
            self._flat = self._difference.reshape(-1)
        np.subtract(outputs, targets, out=self._difference)
        return float(self._flat.dot(self._flat)) / self._flat.size

    def backward(self, scale: float = 1.0) -> Array:
        return np.multiply(self._difference, 2 * scale / self._difference.size, out=self._difference)


class CrossEntropy(Loss):
    """Softmax and categorical cross-entropy in one: the outputs are logits.

    loss = mean(log Σ exp z - z[label]); gradient (softmax(z) - onehot(label)) / batch
    (Bishop, Pattern Recognition and Machine Learning, section 4.3.4). The largest logit of each
    example is subtracted first, so that no exponential overflows.
    """

    kind = "cross-entropy"
    wants_labels = True

    def __init__(self) -> None:
        self._gradient: Array = np.empty((0, 0))

    def forward(self, outputs: Array, targets: Array) -> float:
        if self._gradient.shape != outputs.shape or self._gradient.dtype != outputs.dtype:
            self._make_buffers(outputs)
        shifted, gradient = self._shifted, self._gradient
        np.maximum.reduce(outputs, axis=0, out=self._row)
        np.subtract(outputs, self._row, out=shifted)
        np.exp(shifted, out=gradient)
        np.add.reduce(gradient, axis=0, out=self._row)
        np.divide(gradient, self._row, out=gradient)
        np.log(self._row, out=self._row)
        # Places of the labels in the flat arrays: so few that no pass over whole arrays is needed.
        # Labels may come in bytes, in which their places would overflow.
        places = np.multiply(targets, outputs.shape[1], dtype=np.intp) + self._columns
        self._flat_gradient[places] -= 1
        return float(self._row.sum() - self._flat_shifted[places].sum()) / int(outputs.shape[1])

    def backward(self, scale: float = 1.0) -> Array:
        np.multiply(self._gradient, scale / self._gradient.shape[1], out=self._gradient)
        return self._gradient

    def _make_buffers(self, outputs: Array) -> None:
        self._shifted = aligned_empty(outputs.shape, outputs.dtype)
        self._gradient = aligned_empty(outputs.shape, outputs.dtype)
        self._row = aligned_empty((outputs.shape[1],), outputs.dtype)
        self._flat_shifted, self._flat_gradient = self._shifted.reshape(-1), self._gradient.reshape(-1)
        self._columns = np.arange(outputs.shape[1])


def softmax(logits: Array, axis: int = -1) -> Array:
    """Probabilities from logits along one axis, of the same shape."""
    exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=axis, keepdims=True))


LOSSES: dict[str, type[Loss]] = {loss.kind: loss for loss in (MSE, CrossEntropy)}
