"""Which way of cutting a matrix product this machine's BLAS likes best. It decides speed and last bits, nothing else."""

from __future__ import annotations

from functools import cache

SMALL_PRODUCT = 1_000_000
"""Up to so many multiplications OpenBLAS's kernels for AVX-512 do not pack their operands first, which makes the
flat products of a convolution up to three times as fast."""

KERNELS_FOR_SMALL_PRODUCTS = ("SkylakeX", "Cooperlake", "SapphireRapids")

FEWEST_ROWS, ROWS_STEP = 8, 4
"""With fewer rows a product takes longer to start than it saves; a kernel takes four at once."""


@cache
def likes_small_products() -> bool:
    """Whether the BLAS in use has kernels of their own for small products."""
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    return any(info.get("architecture") in KERNELS_FOR_SMALL_PRODUCTS for info in threadpool_info())


def rows_at_once(batch: int, inputs: int, units: int) -> int:
    """How many examples, lying as rows, a dense layer is to multiply at once; ``batch`` for all.

    Args:
        batch: examples there are.
        inputs: numbers in each.
        units: outputs of the layer.
    """
    rows = SMALL_PRODUCT // (inputs * units) // ROWS_STEP * ROWS_STEP
    if FEWEST_ROWS <= rows <= batch // 4 and likes_small_products():
        return rows
    return batch
