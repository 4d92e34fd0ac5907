"""Whether a run's file is open for writing, in this process or in another. Never opens a file that this one holds."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.errors import RunFileError
from visualnet.core.held_files import identity_of, is_held

SHARED_FIRST = 0x40000002
SHARED_SIZE = 510
"""Where SQLite locks a file that it reads or writes (the file format's "lock-byte page")."""

IS_OPEN = "is open in another window or shell; close it there first"


def refuse_open(path: Path) -> None:
    """Refuse a file that somebody writes.

    Raises:
        RunFileError: when it is open, or is no file.
    """
    try:
        identity = identity_of(path)
        if not path.is_file():
            raise RunFileError(path, "is a folder or a device, not a run's file")
        if is_held(identity) or _is_locked(path):
            raise RunFileError(path, IS_OPEN)
    except OSError as error:
        raise RunFileError(path, f"cannot be read: {error.strerror}") from None


def _is_locked(path: Path) -> bool:
    """Whether another process holds SQLite's exclusive lock; always False where there is no fcntl."""
    try:
        import fcntl
    except ImportError:
        return False
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
        except (BlockingIOError, PermissionError):
            return True
    return False
