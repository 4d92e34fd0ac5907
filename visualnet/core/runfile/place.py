"""Place: whether the path of an open run file still leads to that file, with our bytes in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from visualnet.core.errors import RunFileError
from visualnet.core.held_files import hold, identity_of, release
from visualnet.core.runfile.file_parts import MARK_BYTES, log_of

PIECE = 1 << 20


class FileGone(RunFileError):  # noqa: N818
    """A run's file was deleted, moved, replaced or written by somebody else while it was open."""


class Place:
    """A watch on one file, from before SQLite opens it until after it has closed it.

    Args:
        path: the file.

    Attributes:
        is_spoilt: whether another program wrote into the file, so that we must write nothing more into it.

    Raises:
        OSError: when it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_spoilt = False
        self._is_gone = False
        # Closed after SQLite's own: closing any descriptor of a file drops the locks of the process on it.
        self._descriptor = os.open(path, os.O_RDONLY)
        self._identity = hold(path)
        self._log: tuple[int, int] | None = None
        self._mark, self._marked_at = b"", 0
        self._seen = (0, 0)

    def note(self, mark: bytes) -> None:
        """SQLite has written the file, which holds this mark now, unless somebody else came between."""
        self._mark = mark
        self._look_inside()
        self.note_log()

    def note_log(self) -> None:
        """There may be a log of ours by now."""
        if self._log is None:
            with suppress(OSError):
                self._log = identity_of(log_of(self._path))

    def _look(self) -> tuple[int, int]:
        status = os.fstat(self._descriptor)
        return status.st_size, status.st_mtime_ns

    def check(self) -> None:
        """Call before something is written.

        Raises:
            FileGone: when the file is not what it was.
        """
        try:
            self._is_gone = identity_of(self._path) != self._identity
        except OSError:
            self._is_gone = True
        if self._look() != self._seen:
            self._look_inside()
        if self.is_spoilt:
            raise FileGone(self._path, "was written by another program while the run was open")
        if self._is_gone:
            raise FileGone(self._path, "was deleted or replaced while the run was open")

    def refuse_spoilt(self) -> None:
        """Raise FileGone where what is in the file is not ours any more."""
        try:
            self.check()
        except FileGone:
            if self.is_spoilt:
                raise

    def _look_inside(self) -> None:
        """Whether our mark is still in the file; one that was only touched holds it."""
        self._seen = self._look()
        self.is_spoilt = self.is_spoilt or not self._holds_mark()

    def _holds_mark(self) -> bool:
        """Looks first where it was before, so that of a large file little is read."""
        size = os.fstat(self._descriptor).st_size
        for start in (self._marked_at, *range(0, size, PIECE)):
            os.lseek(self._descriptor, start, os.SEEK_SET)
            if self._mark in os.read(self._descriptor, PIECE + MARK_BYTES):
                self._marked_at = start
                return True
        return False

    def before_closing(self) -> None:
        """Empty the log if the file is no longer ours: SQLite would fold it into the file on closing."""
        if self.is_spoilt and self._log_is_ours():
            os.truncate(log_of(self._path), 0)

    def release(self) -> None:
        """Call after SQLite has closed the file: remove our log if the file is gone or not ours, and stop watching."""
        if (self.is_spoilt or self._is_gone) and self._log_is_ours():
            log_of(self._path).unlink()
        os.close(self._descriptor)
        release(self._identity)

    def _log_is_ours(self) -> bool:
        try:
            return self._log is not None and identity_of(log_of(self._path)) == self._log
        except OSError:
            return False
