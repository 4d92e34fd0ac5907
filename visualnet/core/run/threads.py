"""How many threads a matrix product uses: part of a run, because the last bits depend on it."""

from __future__ import annotations

from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def use_threads(count: int) -> None:
    """Let the BLAS use this many threads; holds for the whole process, every Trainer in it included."""
    controller = _controller()
    controller.limit(limits=count)
    # In newer versions of threadpoolctl the first thread that sets an OpenBLAS limit owns it: what other
    # threads set is silently ignored until it ends. Runs may live in any thread, so none keeps it.
    for library in controller.lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()


def blas_description() -> list[dict[str, str | int]]:
    """Name, version, kernel architecture and threads of each BLAS that is loaded."""
    keys = ("internal_api", "version", "architecture", "num_threads")
    return [{key: info.get(key, "") for key in keys} for info in _controller().info()]
