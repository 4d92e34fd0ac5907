"""Refusal of a run file that is open for writing, here or in another process."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.errors import RunFileError, reason_of
from visualnet.core.held_files import is_open

IS_OPEN = "is open in another window or shell; close it there first"


def refuse_open(path: Path) -> None:
    """Refuse a file that somebody writes.

    Raises:
        RunFileError: when it is open, or is no file.
    """
    try:
        if path.exists() and not path.is_file():
            raise RunFileError(path, "is a folder or a device, not a run's file")
        if is_open(path):
            raise RunFileError(path, IS_OPEN)
    except OSError as error:
        raise RunFileError(path, f"cannot be read: {reason_of(error)}") from None
