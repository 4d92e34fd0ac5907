"""Normalisation to mean 0 and variance 1, followed by a learnt scale and shift.

Inside, a batch is a matrix whose rows have a weight and a bias each; means are taken along an axis of it.
"""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from typing import Any, ClassVar

import numpy as np

from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.initializers import Initializer
from visualnet.core.nn.layers.base import Array, Layer, Shape
from visualnet.core.nn.layers.windows import image_shape


class _Normalization(Layer):
    """y = weight · x̂ + bias with x̂ = (x - mean) / sqrt(variance + ε).

    The gradient (Ioffe, Szegedy 2015, section 3), with g = weight · dy, n numbers that share a mean, and the
    sums over those: dx = (g - Σ g / n - x̂ Σ g x̂ / n) / sqrt(variance + ε).
    """

    _axis: ClassVar[int]
    _output: Array
    _input_gradient: Array

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        if not epsilon > 0:
            raise ValueError(f"epsilon must be above 0, not {epsilon}")
        self.epsilon = epsilon
        self._are_means_fixed = False

    @abstractmethod
    def _weight_shape(self) -> Shape:
        """One weight for each row of the matrix."""

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": self._weight_shape(), "bias": self._weight_shape()}

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        self.weight, self.bias = parameters["weight"], parameters["bias"]
        self._weight_column, self._bias_column = self.weight.reshape(-1, 1), self.bias.reshape(-1, 1)
        self._weight_gradient = gradients["weight"].reshape(-1)
        self._bias_gradient = gradients["bias"].reshape(-1)

    def initialize(self, initializer: Initializer, scale: float, generator: np.random.Generator) -> None:
        """Weights 1 and biases 0, whatever the initializer: the layer starts by normalising alone."""
        self.weight.fill(1)
        self.bias.fill(0)

    def forward(self, inputs: Array) -> Array:
        batch = inputs.shape[-1]
        if batch != self._batch:
            self._prepare(batch)
        np.copyto(self._normalized, inputs)
        self._normalize()
        np.multiply(self._normalized_rows, self._weight_column, out=self._output_rows)
        np.add(self._output_rows, self._bias_column, out=self._output_rows)
        return self._output

    def _normalize(self) -> None:
        """Turn inputs into x̂, in place."""
        rows, product = self._normalized_rows, self._product_rows
        self._take_mean(rows, self._mean)
        np.subtract(rows, self._mean, out=rows)
        np.multiply(rows, rows, out=product)
        self._take_mean(product, self._variance)
        self._scale_by(self._variance)

    def _scale_by(self, variance: Array) -> None:
        np.add(variance, self.epsilon, out=self._scale)
        np.sqrt(self._scale, out=self._scale)
        np.reciprocal(self._scale, out=self._scale)
        np.multiply(self._normalized_rows, self._scale, out=self._normalized_rows)

    def _take_mean(self, rows: Array, mean: Array) -> None:
        np.add.reduce(rows, axis=self._axis, keepdims=True, out=mean)
        np.divide(mean, rows.shape[self._axis], out=mean)

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        np.copyto(self._input_gradient, output_gradient)
        gradient, product = self._gradient_rows, self._product_rows
        np.multiply(gradient, self._normalized_rows, out=product)
        np.add.reduce(product, axis=1, out=self._weight_gradient)
        np.add.reduce(gradient, axis=1, out=self._bias_gradient)
        if not need_input_gradient:
            return None
        np.multiply(gradient, self._weight_column, out=gradient)
        if not self._are_means_fixed:
            np.multiply(product, self._weight_column, out=product)
            self._take_mean(product, self._product_mean)
            self._take_mean(gradient, self._gradient_mean)
            np.multiply(self._normalized_rows, self._product_mean, out=product)
            np.subtract(gradient, product, out=gradient)
            np.subtract(gradient, self._gradient_mean, out=gradient)
        np.multiply(gradient, self._scale, out=gradient)
        return self._input_gradient

    def work_numbers(self, batch: int) -> int:
        return 4 * batch * prod(self.input_shape)

    def _make_buffers(self, batch: int) -> tuple[Any, ...]:
        rows = prod(self._weight_shape())
        images = [aligned_empty((*self.input_shape, batch), self.dtype) for _ in range(4)]
        means_shape = (rows, 1) if self._axis == 1 else (1, batch)
        means = [aligned_empty(means_shape, self.dtype) for _ in range(5)]
        return images, [image.reshape(rows, -1) for image in images], means

    def _use_buffers(self, buffers: tuple[Any, ...]) -> None:
        images, rows, means = buffers
        self._normalized, self._output, self._input_gradient, _ = images
        self._normalized_rows, self._output_rows, self._gradient_rows, self._product_rows = rows
        self._mean, self._variance, self._scale, self._product_mean, self._gradient_mean = means


class BatchNorm(_Normalization):
    """Each feature, or each channel of an image, is normalised over the batch and over all places.

    Ioffe, Szegedy 2015, algorithms 1 and 2, with PyTorch's conventions (BatchNorm1d and BatchNorm2d): in training
    mean and variance are the batch's, the variance divided by n; the buffers ``running_mean`` and
    ``running_var``, the latter divided by n - 1, follow them by running += momentum · (batch - running) and
    stand in outside training. One number alone has no variance (a last batch of one example, where
    PyTorch fails): there the running ones stand in as well, and stay.

    Args:
        momentum: share of the batch in the running statistics, in 0..1.
        epsilon: added to the variance, above 0.
    """

    kind = "batch-norm"
    _axis = 1

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, not {momentum}")
        self.momentum = momentum

    def _infer_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            image_shape(input_shape)
        return input_shape

    def _weight_shape(self) -> Shape:
        return (1,) if len(self.input_shape) == 2 else self.input_shape[:1]

    def buffer_shapes(self) -> dict[str, Shape]:
        return {"running_mean": self._weight_shape(), "running_var": self._weight_shape()}

    def bind_buffers(self, buffers: dict[str, Array]) -> None:
        self.running_mean, self.running_var = buffers["running_mean"], buffers["running_var"]
        self.running_mean.fill(0)
        self.running_var.fill(1)

    def _normalize(self) -> None:
        self._are_means_fixed = not self.mode.is_training or self._normalized_rows.shape[1] == 1
        if not self._are_means_fixed:
            super()._normalize()
            return
        np.subtract(self._normalized_rows, self.running_mean[:, np.newaxis], out=self._normalized_rows)
        self._scale_by(self.running_var[:, np.newaxis])

    def backward(self, output_gradient: Array, need_input_gradient: bool = True) -> Array | None:
        if not self._are_means_fixed:
            self._follow_batch()
        return super().backward(output_gradient, need_input_gradient)

    def _follow_batch(self) -> None:
        numbers = self._normalized_rows.shape[1]
        variance = self._variance[:, 0] * (numbers / (numbers - 1))
        self.running_mean += self.momentum * (self._mean[:, 0] - self.running_mean)
        self.running_var += self.momentum * (variance - self.running_var)


class LayerNorm(_Normalization):
    """Each example is normalised over all its numbers, each of which has a weight and a bias.

    Ba, Kiros, Hinton 2016, section 3; PyTorch's LayerNorm(input_shape). Training and use are the same.

    Args:
        epsilon: added to the variance, above 0.
    """

    kind = "layer-norm"
    _axis = 0

    def __init__(self, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)

    def _weight_shape(self) -> Shape:
        return self.input_shape
