"""The number of threads of a matrix product: part of a Setup, because last bits depend on it."""

from __future__ import annotations

import os
import sys

from visualnet.core.blas import blas_controller

_VARIABLE = "OPENBLAS_NUM_THREADS"
_started_with_one = False


def start_with_one_thread() -> None:
    """Let NumPy's BLAS begin with one thread; call it before NumPy is loaded, or it does nothing.

    OpenBLAS starts a thread for each core when it is loaded, which takes longer than many a run in a shell. A
    Setup that wants more gets them all the same. What the person has set in the environment stays.
    """
    global _started_with_one
    if "numpy" not in sys.modules and _VARIABLE not in os.environ:
        os.environ[_VARIABLE] = "1"
        _started_with_one = True


def use_threads(count: int) -> None:
    """Let the BLAS use this many threads; holds for the whole process, every Trainer in it included."""
    global _started_with_one
    if _started_with_one and count == 1 and _blas_is_openblas():
        # Nobody has asked for more since it was loaded; to look for the library would take as long as loading it.
        return
    _started_with_one = False
    controller = blas_controller()
    controller.limit(limits=count)
    # In newer versions of threadpoolctl the first thread that sets an OpenBLAS limit owns it: what other
    # threads set is silently ignored until it ends. Runs may live in any thread, so none keeps it.
    for library in controller.lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()


def blas_description() -> list[dict[str, str | int]]:
    """Name, version, kernel architecture and threads of each BLAS that is loaded."""
    keys = ("internal_api", "version", "architecture", "num_threads")
    return [{key: info.get(key, "") for key in keys} for info in blas_controller().info()]


def _blas_is_openblas() -> bool:
    import numpy as np

    dependencies = np.show_config("dicts")["Build Dependencies"]
    return "openblas" in dependencies["blas"]["name"]
