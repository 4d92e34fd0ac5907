"""Runs that no file of a person's holds: where they are kept, and what a program that was killed left of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from platformdirs import user_state_path

from visualnet.core.errors import RunFileError
from visualnet.core.run.file_parts import remove_run
from visualnet.core.run.open_files import refuse_open
from visualnet.core.run.presets import RUN_SUFFIX


def nameless_runs() -> Path:
    """The folder of runs that were not saved under a name yet."""
    return user_state_path("visualnet", appauthor=False) / "runs"


def left_runs(folder: Path) -> list[Path]:
    """Files that nobody writes any more, the newest first."""
    files = [path for path in folder.glob(f"*{RUN_SUFFIX}") if _is_left(path)]
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def _is_left(path: Path) -> bool:
    try:
        refuse_open(path)
    except RunFileError:
        return False
    return True


def words_for(path: Path) -> str:
    """What a left run is, from its file's name and time alone."""
    written = datetime.fromtimestamp(path.stat().st_mtime)
    return f"A run of {path.name.split('.')[0]} from {written:%d %B, %H:%M}"


def discard(path: Path) -> None:
    """Remove a left run, unless somebody has opened it meanwhile."""
    if _is_left(path):
        remove_run(path)
