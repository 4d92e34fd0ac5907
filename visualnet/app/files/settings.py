"""The window's settings between two starts: one small JSON file, never a pickle.

Two windows may be open at once: saving changes only the named entries of what lies in the file at that
moment, under a lock. A damaged file is set aside and reported; the program starts without it.
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


class Settings:
    """A mapping of names to JSON values, kept in a file.

    Args:
        path: the file, usually ``settings_file()``; it need not exist. None: nothing is kept.

    Attributes:
        fault: a sentence about a damaged file that was set aside, or None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.fault: str | None = None
        self._values = self._read()

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """The value of this name if it is of this kind, else the default."""
        value = self._values.get(name)
        return value if isinstance(value, kind) else default

    def save(self, **changes: Any) -> None:
        """Remember these values, here and in the file; a file that cannot be written is logged."""
        self._values.update(changes)
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = QLockFile(str(self._path) + ".lock")
            if not lock.tryLock(LOCK_MILLISECONDS):
                log.warning("%s is locked by another process; settings were not saved", self._path)
                return
            try:
                self._write(self._path, {**self._read(), **changes})
            finally:
                lock.unlock()
        except (OSError, DataError) as error:
            log.warning("%s cannot be written: %s", self._path, error)

    @staticmethod
    def _write(path: Path, values: dict[str, Any]) -> None:
        replace_file(path, json.dumps(values, indent=1, sort_keys=True).encode())

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
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
            self._set_aside(self._path, error)
            return {}
        return values

    def _set_aside(self, path: Path, error: Exception) -> None:
        aside = path.with_name(path.name + ".damaged")
        log.warning("The settings file %s is damaged: %s", path, error)
        self.fault = f"The settings file was damaged and is now {aside}. VisualNet starts with its defaults."
        try:
            path.replace(aside)
        except OSError:
            self.fault = f"The settings file {path} cannot be read. VisualNet starts with its defaults."
