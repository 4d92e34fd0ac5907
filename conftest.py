"""Loads pytest-qt where there is a Qt, so that tests/core runs without one."""

from importlib.util import find_spec

if find_spec("PySide6") is not None and find_spec("pytestqt") is not None:
    pytest_plugins = ["pytestqt.plugin"]
