"""A convolution as matrix products, batch last: the work arrays of Conv2D for one batch size.

Each row of the input is copied once for each column of the kernel, shifted by one more each time. All inputs
of an output row then lie in consecutive rows of copies: one block of memory, which is used as a matrix.
im2col (Chellapilla, Puri, Simard 2006) makes a copy for each element of the kernel, this one for each column.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from visualnet.core.nn.buffers import aligned_empty, aligned_zeros
from visualnet.core.nn.layers.base import Array
from visualnet.core.nn.layers.windows import Windows
from visualnet.core.nn.products import SMALL_PRODUCT

SHORTEST_PART = 64
"""Columns of a part, at least: with fewer, a product takes longer to start than it saves."""


@dataclass(frozen=True)
class ConvShape:
    """The sizes of one convolution: channels in and out, windows down and across, batch, number type."""

    inputs: int
    outputs: int
    down: Windows
    across: Windows
    batch: int
    dtype: np.dtype[Any]

    @property
    def weights(self) -> int:
        """Numbers in the weight of one output channel."""
        return self.inputs * self.down.size * self.across.size

    @cached_property
    def parts(self) -> int:
        """In how many parts each row of the output is cut, so that its products are small ones."""
        row, width = self.across.count * self.batch, self.across.count
        counts = [*_divisors(width), *(width * divisor for divisor in _divisors(self.batch))]
        for count in counts:
            if self.outputs * self.weights * (row // count) <= SMALL_PRODUCT:
                return count if row // count >= SHORTEST_PART else 1
        return 1

    @property
    def work_numbers(self) -> int:
        """About how many numbers all the work arrays hold."""
        rows, width, batch = self.down.reach, self.across.count, self.batch
        images = self.inputs * (rows * self.across.reach + self.down.length * self.across.length) * batch
        copies = self.inputs * self.across.size * (rows + self.down.length) * width * batch
        outputs = self.outputs * (2 * self.down.count + rows + 2 * self.down.size) * width * batch
        return images + copies + outputs + self.parts * self.down.count * self.weights * self.outputs

    def parts_of(self, rows: Array) -> Array:
        """(channels, height, width, batch) as a view (parts, height, channels, numbers in a part)."""
        channels, height = rows.shape[:2]
        return rows.reshape(channels, height, self.parts, -1).transpose(2, 1, 0, 3)


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


class Columns:
    """The input as matrices, for the forward pass and for the gradient of the weight.

    Attributes:
        matrices: (parts, output height, weights, numbers in a part): row (i, c, j) of each holds the inputs that
            the weight at kernel row i, channel c, kernel column j multiplies. Overlapping views, read-only.
    """

    def __init__(self, shape: ConvShape) -> None:
        self._shape = shape
        down, across, parts = shape.down, shape.across, shape.parts
        self._padded = aligned_zeros((shape.inputs, down.reach, across.reach, shape.batch), shape.dtype)
        (self._rows_read, rows), (self._places_read, places) = down.inside, across.inside
        self._inside = self._padded[:, rows, places]
        copies = aligned_empty((parts, down.reach, shape.inputs, across.size, self._part_size), shape.dtype)
        self._copies, self._shifted = copies.reshape(self._shifted_view().shape), self._shifted_view()
        part, row, _, copy, number = copies.strides
        self.matrices = as_strided(
            copies,
            (parts, down.count, shape.weights, self._part_size),
            (part, down.stride * row, copy, number),
            writeable=False,
        )

    @property
    def _part_size(self) -> int:
        return self._shape.across.count * self._shape.batch // self._shape.parts

    def _shifted_view(self) -> Array:
        """The padded input, shifted by each kernel column: (width parts, batch parts, row, channel, column, ...)."""
        shape = self._shape
        width_parts = min(shape.parts, shape.across.count)
        batch_parts = shape.parts // width_parts
        width, batch = shape.across.count // width_parts, shape.batch // batch_parts
        channel, row, place, number = self._padded.strides
        step = shape.across.stride * place
        return as_strided(
            self._padded,
            (width_parts, batch_parts, shape.down.reach, shape.inputs, shape.across.size, width, batch),
            (width * step, batch * number, row, channel, place, step, number),
            writeable=False,
        )

    def fill(self, inputs: Array) -> None:
        """Take in (channels, height, width, batch)."""
        np.copyto(self._inside, inputs[:, self._rows_read, self._places_read])
        np.copyto(self._copies, self._shifted)


class Correlation:
    """The gradient of the weight."""

    def __init__(self, shape: ConvShape) -> None:
        self._shape = shape
        size = shape.weights * shape.outputs
        self._products = aligned_empty(
            (shape.parts, shape.down.count, shape.weights, shape.outputs), shape.dtype
        )
        self._flat_products = self._products.reshape(-1, size)
        self._sum = aligned_empty((size,), shape.dtype)
        self._sum_by_place = self._sum.reshape(
            shape.down.size, shape.inputs, shape.across.size, shape.outputs
        ).transpose(3, 1, 0, 2)

    def __call__(self, matrices: Array, gradient: Array, weight_gradient: Array) -> None:
        """Write the gradient of the weight.

        Args:
            matrices: of the Columns.
            gradient: (channels out, height, width, batch), to the output.
            weight_gradient: (channels out, channels in, kernel, kernel), written.
        """
        turned = self._shape.parts_of(gradient).swapaxes(2, 3)
        np.matmul(matrices, turned, out=self._products)
        np.add.reduce(self._flat_products, axis=0, out=self._sum)
        np.copyto(weight_gradient, self._sum_by_place)


class Spread:
    """The gradient of the input: each output's gradient is spread over the inputs of its window.

    It is a convolution of the output's gradient, with zero rows around it and (for strides) between its rows, by
    the weights in reverse order. So consecutive rows are again used as a matrix; then the products of the kernel's
    columns are added up.
    """

    def __init__(self, shape: ConvShape) -> None:
        self._shape = shape
        down, across, parts = shape.down, shape.across, shape.parts
        numbers = across.count * shape.batch // parts
        last = down.before + down.length + down.size - 1
        rows = aligned_zeros(
            (parts, max(last, down.reach + down.size - 1), shape.outputs, numbers), shape.dtype
        )
        self._rows = rows[:, down.size - 1 : down.reach : down.stride]
        part, row, channel, number = rows.strides
        self._matrices = as_strided(
            rows[:, down.before :],
            (parts, down.length, down.size * shape.outputs, numbers),
            (part, row, channel, number),
            writeable=False,
        )
        self._weight = aligned_empty((across.size, shape.inputs, down.size, shape.outputs), shape.dtype)
        self._weight_matrix = self._weight.reshape(across.size * shape.inputs, -1)
        products = aligned_empty(
            (across.size * shape.inputs, down.length, across.count, shape.batch), shape.dtype
        )
        self._product_parts = shape.parts_of(products)
        self.result = aligned_empty((shape.inputs, down.length, across.length, shape.batch), shape.dtype)
        self._additions = self._pairs(
            products.reshape(across.size, shape.inputs, down.length, across.count, shape.batch)
        )

    def _pairs(self, products: Array) -> list[tuple[Array, Array]]:
        """For each kernel column, a part of the result and the products that belong to it."""
        pairs = []
        for column, product in enumerate(products):
            places, windows = self._shape.across.seen_at(column)
            pairs.append((self.result[:, :, places], product[:, :, windows]))
        return pairs

    def __call__(self, gradient: Array, weight: Array) -> Array:
        """(channels in, height, width, batch) from (channels out, height, width, batch)."""
        np.copyto(self._rows, self._shape.parts_of(gradient))
        np.copyto(self._weight, weight[:, :, ::-1].transpose(3, 1, 2, 0))
        np.matmul(self._weight_matrix, self._matrices, out=self._product_parts)
        self.result.fill(0)
        for part, product in self._additions:
            np.add(part, product, out=part)
        return self.result
