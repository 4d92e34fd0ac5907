"""The matrix library that NumPy computes with, as the process has loaded it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


@cache
def blas_controller() -> ThreadpoolController:
    """What tells of each BLAS and sets its threads. Looking for them takes milliseconds: ask only where it matters."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
