"""The run files that this process has open in SQLite: nothing else in it may open one of them, even to read.

SQLite's locks under POSIX belong to the process: were such a file opened and closed a second time here, all its
locks would be gone (https://www.sqlite.org/howtocorrupt.html, section 2.2), and others could write it too.
"""

from __future__ import annotations

import errno
from pathlib import Path

SHARED_FIRST = 0x40000002
SHARED_SIZE = 510
"""Where SQLite locks a file that it reads or writes (the file format's "lock-byte page")."""

Identity = tuple[int, int]
"""Device and number of a file, whatever it is called."""

_held: set[Identity] = set()


def identity_of(path: Path) -> Identity:
    """Which file this is.

    Raises:
        OSError: when there is none.
    """
    status = path.stat()
    return status.st_dev, status.st_ino


def hold(path: Path) -> Identity:
    """This process writes the file from now on; returns what ``release`` needs, whatever its name is then."""
    identity = identity_of(path)
    _held.add(identity)
    return identity


def release(identity: Identity) -> None:
    """This process has closed the file."""
    _held.discard(identity)


def is_held(identity: Identity) -> bool:
    """Whether this process writes the file."""
    return identity in _held


def is_open(path: Path) -> bool:
    """Whether this process or another one writes a file. Never opens one that this process holds.

    Raises:
        OSError: when it cannot be read.
    """
    return is_held(identity_of(path)) or _is_locked(path)


def _is_locked(path: Path) -> bool:
    """Whether another process holds SQLite's exclusive lock; always False where there is no fcntl."""
    try:
        import fcntl
    except ImportError:
        return False
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
        except OSError as error:
            # A file system that knows no locks has none that is held.
            return error.errno in (errno.EACCES, errno.EAGAIN)
    return False
