"""Unnamed runs left by a crash: the folder in which they are, and words for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from platformdirs import user_state_path

from visualnet.core.runfile.nameless import KeptRun


def nameless_runs() -> Path:
    """The folder of runs that were not saved under a name yet."""
    return user_state_path("visualnet", appauthor=False) / "runs"


def time_words(run: KeptRun) -> str:
    """When a run was last written."""
    return f"{datetime.fromtimestamp(run.written):%d %B, %H:%M}"


def words_for(run: KeptRun) -> str:
    """What a run is, from its file's name and time alone."""
    return f"A run of {run.name} from {time_words(run)}"
