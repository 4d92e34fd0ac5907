"""The matrix library that NumPy computes with, as the process has loaded it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it tells no types


@cache
def blas_controller() -> ThreadpoolController:
    """The controller that describes each BLAS and sets its threads. Finding them takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
