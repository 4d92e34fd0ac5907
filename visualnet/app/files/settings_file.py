"""The file in which a person's settings lie between two starts: one small JSON file, never a pickle.

Two windows may be open at once: a change is of one entry of what lies in the file at that moment, under a lock. A
damaged file is set aside and reported.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from PySide6.QtCore import QLockFile

from visualnet.core.errors import DataError
from visualnet.core.files import open_file, replace_file

log = logging.getLogger(__name__)

MAXIMUM_BYTES = 1_000_000
LOCK_MILLISECONDS = 2000


def settings_file() -> Path:
    """Where the settings lie."""
    return user_config_path("visualnet", appauthor=False) / "settings.json"


class SettingsFile:
    """Named JSON values in a file.

    Args:
        path: the file; it need not exist.

    Attributes:
        fault: a sentence about a damaged file that was set aside, or None.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fault: str | None = None

    def change(self, name: str, value: Any) -> None:
        """Give one of the values, and leave all others; a file that cannot be written is logged."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = QLockFile(str(self._path) + ".lock")
            if not lock.tryLock(LOCK_MILLISECONDS):
                log.warning("%s is locked by another process; settings were not saved", self._path)
                return
            try:
                values = {**self.read(), name: value}
                replace_file(self._path, json.dumps(values, indent=1, sort_keys=True).encode())
            finally:
                lock.unlock()
        except (OSError, DataError) as error:
            log.warning("%s cannot be written: %s", self._path, error)

    def read(self) -> dict[str, Any]:
        """All values by name; none where there is no file, or a damaged one, which is then set aside."""
        try:
            if self._path.stat().st_size > MAXIMUM_BYTES:
                raise ValueError("it is too large")
            with open_file(self._path) as file:
                values = json.loads(file.read())
            if not isinstance(values, dict):
                raise ValueError("it does not hold named values")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._set_aside(error)
            return {}
        return values

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_name(self._path.name + ".damaged")
        log.warning("The settings file %s is damaged: %s", self._path, error)
        self.fault = f"The settings file was damaged and is now {aside}. VisualNet starts with its defaults."
        try:
            self._path.replace(aside)
        except OSError:
            self.fault = f"The settings file {self._path} cannot be read. VisualNet starts with its defaults."
