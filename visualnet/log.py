"""The log file: where tracebacks go, which no person should have to read on the screen."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path

MAXIMUM_BYTES = 1_000_000


def log_file() -> Path:
    """Where the log lies."""
    return user_log_path("visualnet", appauthor=False) / "visualnet.log"


def start_log() -> None:
    """Write warnings and errors of this process to the log file; where it cannot be made, go without."""
    root = logging.getLogger("visualnet")
    if root.handlers:
        return
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            log_file(), maxBytes=MAXIMUM_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.propagate = False
