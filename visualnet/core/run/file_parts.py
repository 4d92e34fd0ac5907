"""What lies beside a run's file: SQLite's write-ahead log, and the file while it is being made."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import copyfile


def log_of(path: Path) -> Path:
    """Where SQLite keeps what is not folded into this file yet."""
    return path.with_name(f"{path.name}-wal")


def unfinished_of(path: Path) -> Path:
    """The name under which this process makes the file, until all of it is there."""
    return path.with_name(f"{path.name}.{os.getpid()}.new")


def copy_run(path: Path, copy: Path) -> None:
    """Copy a run's file with its log.

    Raises:
        OSError: when it cannot be read, or the copy not be written.
    """
    copyfile(path, copy)
    if log_of(path).exists():
        copyfile(log_of(path), log_of(copy))


def remove_run(path: Path) -> None:
    """Remove a run's file with its log.

    Raises:
        OSError: when one of them cannot be removed.
    """
    for part in (path, log_of(path)):
        part.unlink(missing_ok=True)
