"""Runs that no file of a person's holds: where they are kept, and what a program that was killed left of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from platformdirs import user_state_path


def nameless_runs() -> Path:
    """The folder of runs that were not saved under a name yet."""
    return user_state_path("visualnet", appauthor=False) / "runs"


def words_for(path: Path) -> str:
    """What a left run is, from its file's name and time alone."""
    written = datetime.fromtimestamp(path.stat().st_mtime)
    return f"A run of {path.name.split('.')[0]} from {written:%d %B, %H:%M}"
