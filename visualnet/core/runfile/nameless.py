"""Unnamed run files: which of them no process writes any more, and how many are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from visualnet.core.errors import RunFileError
from visualnet.core.runfile.file_parts import log_of, remove_run
from visualnet.core.runfile.open_files import refuse_open
from visualnet.core.setup.presets import RUN_SUFFIX

MOST_FILES, MOST_BYTES = 20, 10**9


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An unnamed run file that no process writes any more.

    Attributes:
        path: of the file.
        written: when it was last written, in seconds since 1970.
        nbytes: its size, that of the log beside it included.
    """

    path: Path
    written: float
    nbytes: int

    @property
    def name(self) -> str:
        """What the run was called when its file was made."""
        return self.path.name.partition(".")[0]


def kept_runs(folder: Path) -> list[KeptRun]:
    """Runs whose files nobody writes any more, the newest first."""
    return sorted(_kept(folder), key=lambda run: run.written, reverse=True)


def _kept(folder: Path) -> Iterator[KeptRun]:
    for path in folder.glob(f"*{RUN_SUFFIX}"):
        with suppress(OSError):
            if _is_left(path):
                size, log = path.stat(), log_of(path)
                log_bytes = log.stat().st_size if log.exists() else 0
                yield KeptRun(path, size.st_mtime, size.st_size + log_bytes)


def _is_left(path: Path) -> bool:
    try:
        refuse_open(path)
    except RunFileError:
        return False
    return True


def discard(path: Path) -> None:
    """Remove a left run, unless somebody has opened it meanwhile."""
    if _is_left(path):
        with suppress(OSError):
            remove_run(path)


def remove_oldest(folder: Path) -> None:
    """Let only so many files, and so many bytes of them, stay; the newest stays always, a log only with its file."""
    total = 0
    for place, run in enumerate(kept_runs(folder)):
        total += run.nbytes
        if place and (place >= MOST_FILES or total > MOST_BYTES):
            discard(run.path)
    for log in folder.glob(f"*{RUN_SUFFIX}-wal*"):
        if not log.with_name(log.name.rpartition("-wal")[0]).exists():
            with suppress(OSError):
                log.unlink()
