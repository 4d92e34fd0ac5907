"""Work arrays: allocated once, aligned to cache lines, reused at every step."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""Bytes of a cache line, and of the widest vector register."""


def aligned_empty(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A C-contiguous array without content whose first byte lies on a cache line.

    Where NumPy's own allocator puts an array differs from process to process; a fixed alignment keeps
    vectorised loops on the same path each time, for speed as well as for equal bits.
    """
    return _aligned(np.empty, shape, dtype)


def scratch_beside(array: NDArray[Any]) -> NDArray[Any]:
    """An array for an intermediate result on the way to ``array``: ``array`` itself if it holds more than one number.

    NumPy takes three times as long for an array of one single number that an operation reads and writes.
    """
    return array if array.size > 1 else aligned_empty(array.shape, array.dtype)


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Like aligned_empty, filled with zeros; of a large one, what nobody writes takes no memory."""
    return _aligned(np.zeros, shape, dtype)


def _aligned(make: Callable[..., NDArray[Any]], shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    size = prod(shape) * np.dtype(dtype).itemsize
    raw = make(size + ALIGNMENT, np.uint8)
    offset = -raw.ctypes.data % ALIGNMENT
    return raw[offset : offset + size].view(dtype).reshape(shape)
