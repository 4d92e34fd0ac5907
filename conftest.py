"""Loads pytest-qt where there is a Qt, so that tests/core runs without one, and says how many processes share the tests."""

from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("PySide6") is not None and find_spec("pytestqt") is not None:
    pytest_plugins = ["pytestqt.plugin"]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A process a core for folders of tests; files and tests that are named begin at once, in this process."""
    are_folders = all(Path(argument).is_dir() for argument in config.args)
    return None if are_folders else 0
