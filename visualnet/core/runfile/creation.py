"""Creation of a run file: it is written completely under another name, so that it is never seen unfinished."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from visualnet.core.errors import RunFileError
from visualnet.core.files import remove_left, remove_unfinished, replacing, target_of, unfinished_beside
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.data_record import data_facts
from visualnet.core.runfile.file_parts import log_of, new_marks, set_log_aside
from visualnet.core.runfile.keyframe_rows import put_keyframe
from visualnet.core.runfile.schema import (
    APPLICATION_ID,
    MARKS,
    SCHEMA,
    SETUP,
    connect,
    put_row,
)
from visualnet.core.runfile.upgrades import FORMAT_VERSION
from visualnet.core.training.environment import Environment
from visualnet.core.training.trainer import Trainer

FIRST_KEYFRAME = 1
"""Id of the first keyframe's row."""


def refuse_existing(path: Path) -> None:
    """Never write over a file.

    Raises:
        RunFileError: when there is one, or no place for it.
    """
    if path.exists() and not path.is_file():
        raise RunFileError(path, "is a folder or a device, no place for a run; name a file")
    if path.exists():
        raise RunFileError(
            path, f"exists already; go on with it by visualnet resume {path}, or choose another name"
        )
    if not path.parent.is_dir():
        raise RunFileError(path.parent, "is not a folder, so no run can be kept there")


def write_new(path: Path, fill: Callable[[Path], None]) -> None:
    """Have a file filled under another name; then let it appear under its own, where nothing is.

    Raises:
        OSError: when it cannot be written, or appeared meanwhile.
    """
    place = target_of(path)
    remove_left(place.parent)
    unfinished = unfinished_beside(place)
    try:
        fill(unfinished)
        # What is left of a log belongs to a file that is gone.
        set_log_aside(place)
        _appear(unfinished, place)
    finally:
        remove_unfinished(unfinished)


def replace_run(path: Path, fill: Callable[[Path], None]) -> None:
    """Have a file filled under another name; then it takes the place of what is there, if anything is.

    Raises:
        OSError: when it cannot be written, or what is there is open, may only be read, or is no file.
    """
    place = target_of(path)
    with replacing(place) as unfinished:
        fill(unfinished)
        if not place.exists():
            set_log_aside(place)
    # It belonged to what stood there.
    log_of(place).unlink(missing_ok=True)


def write_run(path: Path, trainer: Trainer, keyframe: Keyframe) -> None:
    """Write Setup, data, environment and the first keyframe into a file that is empty, or not there.

    Raises:
        OSError: when it cannot be written.
        sqlite3.Error: likewise.
    """
    # Made by hand first: a folder that cannot be written to is then told by the system, in its words.
    path.touch()
    connection = connect(path)
    try:
        for setting in (f"application_id={APPLICATION_ID}", f"user_version={FORMAT_VERSION}"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        for statement in SCHEMA.values():
            connection.execute(statement)
        for table, row, numbers, payload in _first_rows(trainer, keyframe.step):
            put_row(connection, table, row, numbers, payload)
        put_keyframe(connection, FIRST_KEYFRAME, ROOT.id, keyframe)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    finally:
        connection.close()


def _first_rows(trainer: Trainer, step: int) -> list[tuple[str, int, tuple[int, ...], bytes]]:
    """(table, id, numbers, payload) of each row of a new file, except for its first keyframe, which is of this step."""
    environment = Environment.here(trainer.setup.threads)
    return [
        ("facts", SETUP, (), trainer.setup.to_json().encode()),
        *(("facts", fact, (), payload) for fact, payload in data_facts(trainer.dataset).items()),
        ("facts", MARKS, (), new_marks()),
        ("branches", ROOT.id, (-1, 0, 0), trainer.setup.name.encode()),
        ("environments", 1, (ROOT.id, step), environment.to_json().encode()),
    ]


def _appear(unfinished: Path, path: Path) -> None:
    """Give the file its name, unless somebody took it meanwhile; let the folder remember it."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, where the look that was taken before must do.
        unfinished.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
