"""Losses that compare outputs with values; they differ in how much a large error counts.

They suit regression, and classes too, whose targets are then 0 and 1. All are means over outputs and batch.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from visualnet.core.nn.buffers import aligned_empty, scratch_beside
from visualnet.core.nn.losses.loss import Array, Loss, of_both_classes


class ValueLoss(Loss):
    """Base of the three: d = p - y of outputs p and targets y in a reused array."""

    wants_labels = False
    needs_classes = False
    threshold = 0.5

    def __init__(self) -> None:
        self._difference: Array = np.empty((0, 0))

    def forward(self, outputs: Array, targets: Array) -> float:
        if self._difference.shape != outputs.shape or self._difference.dtype != outputs.dtype:
            self._make_buffers(outputs)
        np.subtract(outputs, targets, out=self._difference)
        return self._total() / self._flat.size

    @abstractmethod
    def _total(self) -> float:
        """The sum of all losses for the present differences."""

    def _make_buffers(self, outputs: Array) -> None:
        self._difference = aligned_empty(outputs.shape, outputs.dtype)
        self._flat = self._difference.reshape(-1)

    def scores(self, outputs: Array) -> Array:
        """The outputs themselves, cut to 0..1; one alone stands for the second of two classes."""
        return of_both_classes(np.clip(outputs, 0, 1))

    def cuts(self, outputs: Array) -> bool:
        """True unless a layer, such as a sigmoid, has bounded them already."""
        return not bool((outputs.min() >= 0) and (outputs.max() <= 1))


class MSE(ValueLoss):
    """Mean squared error: mean(d²); gradient 2 d / n.

    n counts outputs times batch, as in PyTorch's MSELoss and in the original.
    """

    kind = "mse"

    def _total(self) -> float:
        return float(self._flat.dot(self._flat))

    def _make_buffers(self, outputs: Array) -> None:
        super()._make_buffers(outputs)
        self._gradient = scratch_beside(self._difference)
        self._factor = np.empty((), outputs.dtype)

    def backward(self, scale: float = 1.0) -> Array:
        # Faster than a Python number, which NumPy would convert.
        self._factor[()] = 2 * scale / self._flat.size
        np.multiply(self._difference, self._factor, self._gradient)
        return self._gradient


class MAE(ValueLoss):
    """Mean absolute error: mean(|d|); gradient sign(d) / n, which is 0 at 0 as in PyTorch's L1Loss.

    Its minimum is the median (Bishop, Pattern Recognition and Machine Learning, section 1.5.5).
    """

    kind = "mae"

    def _make_buffers(self, outputs: Array) -> None:
        super()._make_buffers(outputs)
        self._size = aligned_empty(outputs.shape, outputs.dtype)

    def _total(self) -> float:
        return float(np.abs(self._difference, out=self._size).sum())

    def backward(self, scale: float = 1.0) -> Array:
        np.sign(self._difference, out=self._difference)
        return np.multiply(self._difference, scale / self._difference.size, out=self._difference)


class Huber(ValueLoss):
    """Huber loss: quadratic for small errors, linear for large ones, so that outliers do not dominate.

    mean(d² / 2 where |d| ≤ δ, δ (|d| - δ/2) elsewhere); gradient c / n with c = d cut to ±δ
    (Huber 1964, Robust estimation of a location parameter; PyTorch's HuberLoss).
    The loss is computed as mean(c d - c² / 2), which is the same in one formula.

    Args:
        delta: δ, above 0.
    """

    kind = "huber"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__()
        if not delta > 0:
            raise ValueError(f"delta must be above 0, not {delta}")
        self.delta = delta

    def _make_buffers(self, outputs: Array) -> None:
        super()._make_buffers(outputs)
        self._cut: Array = aligned_empty(outputs.shape, outputs.dtype)
        self._flat_cut = self._cut.reshape(-1)

    def _total(self) -> float:
        np.minimum(self._difference, self.delta, out=self._cut)
        np.maximum(self._cut, -self.delta, out=self._cut)
        cut = self._flat_cut
        return float(cut.dot(self._flat)) - float(cut.dot(cut)) / 2

    def backward(self, scale: float = 1.0) -> Array:
        return np.multiply(self._cut, scale / self._cut.size, out=self._cut)
