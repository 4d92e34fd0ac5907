"""Matrix products, cut into the sizes that this machine's BLAS is fastest at. Cutting decides speed and last bits only.

OpenBLAS's kernels for AVX-512 do not pack the operands of a small product first. One call of ``np.matmul`` on stacks
of small products takes a tenth less time than the whole product that they are parts of, and up to a third less where
the right operand is a transposed view (Fortran order). What counts as small is defined in OpenBLAS's
kernel/x86_64/sgemm_small_kernel_permit_skylakex.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.blas import blas_controller
from visualnet.core.nn.buffers import aligned_zeros

Array = NDArray[Any]
Product = Callable[[Array, Array], Array]

SMALL_PRODUCT = 1_000_000
"""A product of at most this many multiplications is small for OpenBLAS."""

SMALL_OUTPUT = 1_200
"""If the right operand is transposed, the output of a small product has at most this many numbers, too."""

WORTH_CUTTING, LONG_ENOUGH = 500_000, 100
"""A product is cut only if it has at least WORTH_CUTTING multiplications, and LONG_ENOUGH for each number of its
output: with fewer, a stack takes longer to start than it saves."""

LARGE_OUTER_PRODUCT = 50_000
"""Numbers of output from which on the product of one column and one row takes longer than that of two columns and
two rows."""

KERNELS_FOR_SMALL_PRODUCTS = ("SkylakeX", "Cooperlake", "SapphireRapids")

ROWS_STEP, MOST_ROWS = 4, 8
COLUMNS_STEP, MOST_COLUMNS = 16, 64
"""Rows and columns of a part are multiples of what a kernel takes at once; beyond the most it is no faster."""


def likes_small_products() -> bool:
    """Whether the BLAS in use has kernels of its own for small products, and one thread: they do not use several."""
    return any(
        library.num_threads == 1 and getattr(library, "architecture", None) in KERNELS_FOR_SMALL_PRODUCTS
        for library in blas_controller().lib_controllers
    )


def rows_at_once(rows: int, inner: int, columns: int) -> int:
    """How many rows of the left operand to multiply at once by a transposed right one; 0 for all.

    Args:
        rows, inner, columns: the product is one of (rows, inner) by (inner, columns).
    """
    size = rows * inner * columns
    is_small = size <= SMALL_PRODUCT and rows * columns <= SMALL_OUTPUT
    if is_small or size < WORTH_CUTTING or inner < LONG_ENOUGH:
        return 0
    width = _width(inner, columns)
    most = min(MOST_ROWS, SMALL_PRODUCT // (inner * width), SMALL_OUTPUT // width)
    return _at_once(most // ROWS_STEP * ROWS_STEP, rows)


def _width(inner: int, columns: int) -> int:
    """How many columns of a transposed right operand to multiply at once, so that there can be ROWS_STEP rows."""
    most = max(1, min(SMALL_OUTPUT, SMALL_PRODUCT // inner) // ROWS_STEP)
    return -(-columns // -(-columns // most))


def columns_at_once(rows: int, inner: int, columns: int) -> int:
    """How many columns of a right operand that is not transposed to multiply at once; 0 for all."""
    if rows * inner * columns <= SMALL_PRODUCT:
        return 0
    most = min(MOST_COLUMNS, SMALL_PRODUCT // (rows * inner))
    return _at_once(most // COLUMNS_STEP * COLUMNS_STEP, columns)


def _at_once(some: int, all_of_them: int) -> int:
    return some if 0 < some < all_of_them and likes_small_products() else 0


def product_into(out: Array, inner: int) -> Product:
    """A function that multiplies two matrices into ``out`` and returns it, for many calls.

    Args:
        out: (rows, columns), C-contiguous; written by each call.
        inner: columns of the left operand, which are the rows of the right one.
    """
    rows, columns = out.shape
    some_rows, some_columns = rows_at_once(rows, inner, columns), columns_at_once(rows, inner, columns)
    if some_rows or some_columns:
        return _CutProduct(out, inner, some_rows, some_columns)
    if inner == 1 and out.size >= LARGE_OUTER_PRODUCT and likes_small_products():
        return _OuterProduct(out)

    def whole(left: Array, right: Array) -> Array:
        # The method takes half the time of np.dot to start, which counts for one example at a time.
        product: Array = left.dot(right, out)
        return product

    return whole


class _CutProduct:
    """A product computed as a stack of small ones, if there is a way to cut it for its right operand's memory order.

    Args:
        out, inner: as in product_into.
        rows: of the left operand to multiply at once by a transposed right one; 0 for all.
        columns: of a right operand that is not transposed to multiply at once; 0 for all.
    """

    def __init__(self, out: Array, inner: int, rows: int, columns: int) -> None:
        self._out, self._rows, self._columns = out, rows, columns
        width = _width(inner, out.shape[1])
        self._slices = [slice(start, start + width) for start in range(0, out.shape[1], width)]

    def __call__(self, left: Array, right: Array) -> Array:
        if self._columns and right.flags.c_contiguous:
            self._by_columns(left, right)
        elif self._rows and right.flags.f_contiguous:
            self._by_rows(left, right)
        else:
            left.dot(right, self._out)
        return self._out

    def _by_rows(self, left: Array, right: Array) -> None:
        some = self._rows
        even = len(left) - len(left) % some
        for columns in self._slices:
            out, right_part = self._out[:, columns], right[:, columns]
            np.matmul(_stack(left[:even], some), right_part, out=_stack(out[:even], some))
            if even < len(left):
                np.matmul(left[even:], right_part, out=out[even:])

    def _by_columns(self, left: Array, right: Array) -> None:
        # The columns of a product are the rows of the turned one, whose operands change places.
        out, some = self._out.T, self._columns
        even = len(out) - len(out) % some
        parts, outputs = _stack(right.T[:even], some), _stack(out[:even], some)
        np.matmul(left, parts.swapaxes(1, 2), out=outputs.swapaxes(1, 2))
        if even < len(out):
            np.matmul(left, right[:, even:], out=self._out[:, even:])


def _stack(matrix: Array, rows: int) -> Array:
    """(count * rows, columns) as a view (count, rows, columns)."""
    return matrix.reshape(-1, rows, matrix.shape[1])


class _OuterProduct:
    """The product of one column and one row, computed together with a column and a row of zeros, which is faster.

    Args:
        out: written by each call.
    """

    def __init__(self, out: Array) -> None:
        self._out = out
        self._columns = aligned_zeros((len(out), 2), out.dtype)
        self._rows = aligned_zeros((2, out.shape[1]), out.dtype)
        self._column, self._row = self._columns[:, :1], self._rows[:1]

    def __call__(self, left: Array, right: Array) -> Array:
        np.copyto(self._column, left)
        np.copyto(self._row, right)
        return np.matmul(self._columns, self._rows, out=self._out)
