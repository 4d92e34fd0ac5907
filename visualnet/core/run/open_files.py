"""Whether a run's file is open for writing, in this process or in another. Never opens a file that this one holds.

SQLite's locks under POSIX belong to the process: were the file opened and closed a second time in the process
that writes it, all its locks would be gone (https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

from pathlib import Path

from visualnet.core.errors import RunFileError

SHARED_FIRST = 0x40000002
SHARED_SIZE = 510
"""Where SQLite locks a file that it reads or writes (the file format's "lock-byte page")."""

IS_OPEN = "is open in another window or shell; close it there first"

_open: set[tuple[int, int]] = set()


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def note_open(path: Path) -> tuple[int, int]:
    """This process writes the file from now on; returns what ``forget_open`` needs, whatever its name is then."""
    identity = _identity(path)
    _open.add(identity)
    return identity


def forget_open(identity: tuple[int, int]) -> None:
    """This process has closed the file."""
    _open.discard(identity)


def refuse_open(path: Path) -> None:
    """Refuse a file that somebody writes.

    Raises:
        RunFileError: when it is open, or is no file.
    """
    try:
        is_held = _identity(path) in _open
        if path.exists() and not path.is_file():
            raise RunFileError(path, "is a folder or a device, not a run's file")
        if is_held or _is_locked(path):
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
