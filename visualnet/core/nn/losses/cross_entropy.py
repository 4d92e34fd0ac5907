"""Cross-entropy losses, in nats, of networks whose outputs are logits."""

from __future__ import annotations

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.losses.loss import Array, Loss, of_both_classes
from visualnet.core.nn.losses.probabilities import sigmoid, softmax


class LogitLoss(Loss):
    """Base of the two: logits against class labels, which may be smoothed.

    Args:
        label_smoothing: the share of each target that is spread evenly over all classes, from 0 to below 1
            (Szegedy et al. 2016, Rethinking the Inception architecture, section 7).
    """

    needs_classes = True
    threshold = 0.0
    _count: int
    """What the mean is over."""

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be from 0 to below 1, not {label_smoothing}")
        self.label_smoothing = label_smoothing
        self._gradient: Array = np.empty((0, 0))

    def backward(self, scale: float = 1.0) -> Array:
        np.multiply(self._gradient, scale / self._count, out=self._gradient)
        return self._gradient


class CrossEntropy(LogitLoss):
    """Softmax and categorical cross-entropy in one.

    loss = mean(log Σ exp z - z[label]); gradient (softmax(z) - onehot(label)) / batch
    (Bishop, Pattern Recognition and Machine Learning, section 4.3.4). The largest logit of each
    example is subtracted first, so that no exponential overflows. Smoothed by s, the target of every
    class is s / classes, and of the label 1 - s more, as in PyTorch's CrossEntropyLoss.
    """

    kind = "cross-entropy"
    wants_labels = True

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
        self._flat_gradient[places] -= 1 - self.label_smoothing
        self._of_labels = self._flat_shifted[places]
        of_labels = self._of_labels.sum()
        if self.label_smoothing:
            of_labels += self._smooth(float(of_labels))
        total = float(self._row.sum() - of_labels)
        return total / self._count

    def count_right(self, outputs: Array, labels: Array) -> int:
        # Forward has made the largest logit of each example 0: these are counted sooner than the largest are found.
        has_one_largest_each = (
            self._count > 1
            and np.count_nonzero(np.equal(self._shifted, 0, out=self._is_largest)) == self._count
        )
        if not has_one_largest_each:
            return super().count_right(outputs, labels)
        return int(np.count_nonzero(self._of_labels == 0))

    def _smooth(self, of_labels: float) -> float:
        """Take the even share of the targets off the gradient; return what it adds to the labels' logits."""
        share = self.label_smoothing / len(self._gradient)
        np.subtract(self._gradient, share, out=self._gradient)
        return share * float(self._shifted.sum()) - self.label_smoothing * of_labels

    def _make_buffers(self, outputs: Array) -> None:
        self._shifted = aligned_empty(outputs.shape, outputs.dtype)
        self._gradient = aligned_empty(outputs.shape, outputs.dtype)
        self._row = aligned_empty((outputs.shape[1],), outputs.dtype)
        self._is_largest = aligned_empty(outputs.shape, np.bool_)
        self._flat_shifted, self._flat_gradient = self._shifted.reshape(-1), self._gradient.reshape(-1)
        self._count = outputs.shape[1]
        self._columns = np.arange(self._count)

    @classmethod
    def gives_probabilities(cls, outputs: int) -> bool:
        return True

    def scores(self, outputs: Array) -> Array:
        """The probabilities of the classes: softmax(z)."""
        return softmax(outputs)


class BinaryCrossEntropy(LogitLoss):
    """Sigmoid and binary cross-entropy in one: each output decides for itself between 0 and 1.

    loss = mean(log(1 + e^z) - z y) over outputs and batch, computed as max(z, 0) - z y + log(1 + e^-|z|),
    which cannot overflow; gradient (σ(z) - y) / n (Bishop, Pattern Recognition and Machine Learning,
    section 4.3.2; PyTorch's BCEWithLogitsLoss). There is one output a class, or one for two classes.
    Smoothed by s, targets of 0 and 1 become s/2 and 1 - s/2.
    """

    kind = "binary-cross-entropy"
    wants_labels = False

    def forward(self, outputs: Array, targets: Array) -> float:
        if self._gradient.shape != outputs.shape or self._gradient.dtype != outputs.dtype:
            self._make_buffers(outputs)
        if self.label_smoothing:
            np.multiply(targets, 1 - self.label_smoothing, out=self._smoothed)
            targets = np.add(self._smoothed, self.label_smoothing / 2, out=self._smoothed)
        total = self._write_loss(outputs, targets)
        gradient = self._gradient
        np.multiply(outputs, 0.5, out=gradient)
        np.tanh(gradient, out=gradient)
        np.multiply(gradient, 0.5, out=gradient)
        np.add(gradient, 0.5, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        return total / self._count

    def _write_loss(self, outputs: Array, targets: Array) -> float:
        loss, work = self._loss, self._gradient
        np.abs(outputs, out=loss)
        np.negative(loss, out=loss)
        np.exp(loss, out=loss)
        np.log1p(loss, out=loss)
        np.maximum(outputs, 0, out=work)
        np.add(loss, work, out=loss)
        np.multiply(outputs, targets, out=work)
        return float(np.subtract(loss, work, out=loss).sum())

    def _make_buffers(self, outputs: Array) -> None:
        self._gradient = aligned_empty(outputs.shape, outputs.dtype)
        self._loss = aligned_empty(outputs.shape, outputs.dtype)
        self._smoothed = aligned_empty(outputs.shape, outputs.dtype)
        self._count = outputs.size

    @classmethod
    def gives_probabilities(cls, outputs: int) -> bool:
        """Each of several outputs answers for itself, so that all of them add up to anything."""
        return outputs == 1

    def scores(self, outputs: Array) -> Array:
        """The probability of each class by itself, σ(z); one alone is that of the second of two classes."""
        return of_both_classes(sigmoid(outputs))
