"""Loads pytest-qt where there is a Qt, so that tests/core runs without one; says how many processes share the tests, and when memory is collected."""

import gc
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("PySide6") is not None and find_spec("pytestqt") is not None:
    pytest_plugins = ["pytestqt.plugin"]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A process a core for folders of tests; files and tests that are named begin at once, in this process."""
    are_folders = all(Path(argument).is_dir() for argument in config.args)
    return None if are_folders else 0


def pytest_sessionstart() -> None:
    """Let no thread collect reference cycles at a time of its own.

    A widget that is collected in another thread, or while an event is under way to it, ends the process; besides the
    threads of the program there are those through which processes share the tests.
    """
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Collect between two tests, as often as Python would."""
    thresholds = gc.get_threshold()
    due = [generation for generation, count in enumerate(gc.get_count()) if count > thresholds[generation]]
    if due:
        gc.collect(max(due))
