"""The files that this process writes through SQLite; nothing else in it may open one of them, even to read.

SQLite's locks under POSIX belong to the process: were such a file opened and closed a second time here, all its
locks would be gone (https://www.sqlite.org/howtocorrupt.html, section 2.2), and others could write it too.
"""

from __future__ import annotations

from pathlib import Path

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
