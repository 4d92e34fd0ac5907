"""The errors that a person may meet. Each carries one clear sentence: what, where, what to do.

Everything derived from VisualNetError is shown as its message alone; anything else is a defect of
ours and goes to the log with its traceback.
"""

from __future__ import annotations

from pathlib import Path


class VisualNetError(Exception):
    """Base of all errors whose message is written for the person who uses the program."""


class DataError(VisualNetError):
    """A data set that cannot be used: names the file (or address) and the fault.

    Attributes:
        source: the file or address at fault.
        fault: what is wrong with it, as a clause without a full stop.
    """

    def __init__(self, source: str | Path, fault: str) -> None:
        super().__init__(f"{source}: {fault}")
        self.source = str(source)
        self.fault = fault


class SetupError(VisualNetError):
    """A Setup that cannot be trained: names the field and what it needs.

    Attributes:
        field: dotted path of the field, for instance ``optimizer.learning_rate``.
    """

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


class Cancelled(VisualNetError):  # noqa: N818
    """Raised inside a long piece of work when the person asked to stop it."""


class RunFileError(VisualNetError):
    """A run's file that cannot be used: names the file and the fault.

    Attributes:
        path: the file.
        fault: what is wrong with it, as a clause without a full stop.
    """

    def __init__(self, path: str | Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}")
        self.path = str(path)
        self.fault = fault
