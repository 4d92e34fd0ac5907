"""The multi-class hinge loss: zero as soon as the right class leads by a margin."""

from __future__ import annotations

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.losses.loss import Array, Loss
from visualnet.core.nn.losses.probabilities import softmax


class Hinge(Loss):
    """The multi-class hinge: each class whose score comes within 1 of the right one's, or above it, adds to the loss.

    loss = mean over the batch of Σ max(0, 1 + z_j - z_label) / classes, the sum over the classes j other
    than the label (Weston and Watkins 1999, Support vector machines for multi-class pattern recognition,
    with the division of PyTorch's MultiMarginLoss). Gradient: 1 / (classes · batch) for each such j, and minus
    their sum for the label; 0 exactly at the margin.
    """

    kind = "hinge"
    wants_labels = True
    needs_classes = True
    threshold = 0.0

    def __init__(self) -> None:
        self._margins: Array = np.empty((0, 0))

    def forward(self, outputs: Array, targets: Array) -> float:
        if self._margins.shape != outputs.shape or self._margins.dtype != outputs.dtype:
            self._make_buffers(outputs)
        margins = self._margins
        self._places = np.multiply(targets, outputs.shape[1], dtype=np.intp) + self._columns
        np.subtract(outputs, outputs[targets, self._columns], out=margins)
        np.add(margins, 1, out=margins)
        np.maximum(margins, 0, out=margins)
        self._flat_margins[self._places] = 0
        return float(margins.sum()) / margins.size

    def backward(self, scale: float = 1.0) -> Array:
        gradient = self._margins
        np.sign(gradient, out=gradient)
        np.add.reduce(gradient, axis=0, out=self._charged)
        self._flat_margins[self._places] = np.negative(self._charged, out=self._charged)
        return np.multiply(gradient, scale / gradient.size, out=gradient)

    def _make_buffers(self, outputs: Array) -> None:
        self._margins = aligned_empty(outputs.shape, outputs.dtype)
        self._flat_margins = self._margins.reshape(-1)
        self._charged = aligned_empty((outputs.shape[1],), outputs.dtype)
        self._columns = np.arange(outputs.shape[1])

    def scores(self, outputs: Array) -> Array:
        """The softmax of the outputs: in their order and adding up to 1, but no probabilities."""
        return softmax(outputs)
