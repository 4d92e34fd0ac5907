"""The errors that a person may meet. Each carries one clear sentence: what, where, what to do.

Everything derived from VisualNetError is shown as its message alone; anything else is a defect of
ours and goes to the log with its traceback.
"""

from __future__ import annotations

import os
from math import prod
from pathlib import Path

LONGEST_NAME = 120
"""Characters of a file's name in a sentence."""


def shortened(name: object) -> str:
    """A file's name as a sentence can hold it; of a longer one its two ends, in one line."""
    text = str(name).replace("\n", " ").replace("\0", " ")
    half = LONGEST_NAME // 2
    return text if len(text) <= LONGEST_NAME else f"{text[:half]}…{text[-half:]}"


def reason_of(error: BaseException) -> str:
    """What hindered something, as a clause in the system's or the library's own words, without numbers and names."""
    words = error.strerror if isinstance(error, OSError) else None
    return words or str(error) or type(error).__name__


class VisualNetError(Exception):
    """Base of all errors whose message is written for the person who uses the program."""


class DataError(VisualNetError):
    """A data set that cannot be used: names the file (or address) and the fault.

    Attributes:
        source: the file or address at fault.
        fault: what is wrong with it, as a clause without a full stop.
    """

    def __init__(self, source: str | Path, fault: str) -> None:
        super().__init__(f"{shortened(source)}: {fault}")
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
        super().__init__(f"{shortened(path)}: {fault}")
        self.path = str(path)
        self.fault = fault


def sentence_of(error: BaseException) -> str:
    """What to tell a person of any error, in one sentence.

    What the system refused, memory too, is no defect of ours and needs no name of an exception; for the rest that name
    helps whoever looks into the log.
    """
    if isinstance(error, VisualNetError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"There is not enough memory: {_wanted(error)}. {RELIEF}"
    if isinstance(error, OSError):
        place = "The system refused it" if error.filename is None else shortened(os.fsdecode(error.filename))
        return f"{place}: {reason_of(error)}."
    return f"Something went wrong ({type(error).__name__}: {error})."


RELIEF = "Take smaller layers, a smaller batch or fewer examples, delete branches, or close other programs."
"""What helps where memory is short."""


def size_words(nbytes: float) -> str:
    """An amount of memory: ``20 kB``, ``340 MB``, ``1.2 GB``."""
    if nbytes < 1e6:
        return f"{max(nbytes, 1e3) / 1e3:,.0f} kB"
    return f"{nbytes / 1e9:,.1f} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:,.0f} MB"


def _wanted(error: MemoryError) -> str:
    """The size of an allocation that failed, as far as NumPy's error tells it."""
    shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
    if shape is None or dtype is None:
        return "more was asked for than is free"
    return f"{size_words(prod(shape) * dtype.itemsize)} more were asked for at once than are free"
