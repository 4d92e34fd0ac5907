"""Files of runs that no person gave a place: which of them nobody writes any more, and how many stay."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from visualnet.core.errors import RunFileError
from visualnet.core.run.file_parts import remove_run
from visualnet.core.run.open_files import refuse_open
from visualnet.core.run.presets import RUN_SUFFIX

MOST_FILES, MOST_BYTES = 20, 1 << 30


def left_runs(folder: Path) -> list[Path]:
    """Files that nobody writes any more, the newest first."""
    times = {}
    for path in folder.glob(f"*{RUN_SUFFIX}"):
        with suppress(OSError):
            if _is_left(path):
                times[path] = path.stat().st_mtime
    return sorted(times, key=times.__getitem__, reverse=True)


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
    for place, path in enumerate(left_runs(folder)):
        with suppress(OSError):
            total += path.stat().st_size
            if place and (place >= MOST_FILES or total > MOST_BYTES):
                remove_run(path)
    for log in folder.glob(f"*{RUN_SUFFIX}-wal*"):
        if not log.with_name(log.name.rpartition("-wal")[0]).exists():
            with suppress(OSError):
                log.unlink()
