"""The write-ahead log that SQLite keeps beside a run file, and the marks that tell whether it belongs to that file.

SQLite applies whatever sound log it finds. So each log names, in its first transaction, the state of the file that
it begins from: the file holds a mark, 16 random bytes, and that transaction replaces it by (old mark, new mark).
A log in which the file's mark does not occur is the log of another file, or of this one at another time.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

MARK_BYTES = 16
COPIED_AT_ONCE = 4 << 20
LOG_HEADER, FRAME_HEADER = 32, 24
"""Bytes, as https://www.sqlite.org/fileformat2.html#walformat has them."""


def log_of(path: Path) -> Path:
    """Where SQLite keeps what is not folded into this file yet: beside the file itself, where the path is a link."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}-wal")


def journal_of(path: Path) -> Path:
    """Where SQLite would keep what a program of another kind has begun to write."""
    real = Path(os.path.realpath(path))
    return real.with_name(f"{real.name}-journal")


def new_marks(before: bytes = b"") -> bytes:
    """The mark of the state that a log begins from, and that of the file once the log is folded in."""
    return (before or secrets.token_bytes(MARK_BYTES)) + secrets.token_bytes(MARK_BYTES)


def has_transactions(log: Path) -> bool:
    """Whether a log holds anything that SQLite would apply."""
    return any(is_end for is_end, _ in _frames(log))


def names_mark(log: Path, marks: bytes) -> bool:
    """Whether a log belongs to the file that holds these marks."""
    return any(marks[-MARK_BYTES:] in page for _, page in _frames(log))


def _frames(log: Path) -> Iterator[tuple[bool, bytes]]:
    """Each page of a log, and whether a transaction ends with it; what an earlier log left behind is none of it."""
    with suppress(OSError), log.open("rb") as file:
        header = file.read(LOG_HEADER)
        size = int.from_bytes(header[8:12], "big")
        while header[16:24] and 512 <= size <= 1 << 16:
            frame = file.read(FRAME_HEADER)
            page = file.read(size)
            if len(page) < size or frame[8:16] != header[16:24]:
                return
            yield any(frame[4:8]), page


def set_log_aside(path: Path) -> Path | None:
    """Give the log beside a file, which is not its own, another name; return that, or None where nothing is in it.

    Raises:
        OSError: when it cannot be renamed.
    """
    log = log_of(path)
    if not log.exists():
        return None
    if not has_transactions(log):
        log.unlink()
        return None
    names = (log.with_name(f"{log.name}.other-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    log.rename(aside)
    return aside


def free_name(path: Path) -> Path:
    """This path where nothing is there, else one beside it that is free."""
    others = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(1))
    return next(name for name in chain([path], others) if not os.path.lexists(name))


def are_same(one: Path, other: Path) -> bool:
    """Whether both are the same file, which is there."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def copy_run(
    path: Path, copy: Path, with_log: bool = True, look: Callable[[int], None] | None = None
) -> None:
    """Copy a run's file, with its log where there is one.

    Args:
        path: the file.
        copy: what to write.
        with_log: whether the log is copied too.
        look: told the number of bytes of each piece once it is copied; may raise Cancelled.

    Raises:
        OSError: when it cannot be read, or the copy not be written.
    """
    parts = [(path, copy)]
    if with_log and log_of(path).exists():
        parts.append((log_of(path), log_of(copy)))
    for source, target in parts:
        with source.open("rb") as read, target.open("wb") as written:
            while piece := read.read(COPIED_AT_ONCE):
                written.write(piece)
                if look is not None:
                    look(len(piece))


def remove_run(path: Path) -> None:
    """Remove a run's file with its log.

    Raises:
        OSError: when one of them cannot be removed.
    """
    for part in (log_of(path), path):
        part.unlink(missing_ok=True)
