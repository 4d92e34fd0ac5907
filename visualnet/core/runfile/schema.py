"""The schema of a run file: its SQLite tables and settings, and the header that tells it from other files.

Every row is whole numbers and one sealed record, so each can be read and checked by itself.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import suppress
from pathlib import Path

from visualnet.core.errors import RunFileError, reason_of
from visualnet.core.files import open_file
from visualnet.core.runfile.open_files import IS_OPEN
from visualnet.core.runfile.sealed import Damaged, SealedRow, sealed, unsealed
from visualnet.core.runfile.upgrades import (
    FORMAT_VERSION,
    MARKED,
    added_since,
    changed_since,
    upgraded,
)

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x564E4554
"""``VNET``."""

WIDTHS = {"tests": 4, "validations": 3}
"""Numbers in a measurement: step, loss, accuracy, and in ``tests`` after how many commands, nan where not known."""

HEADER_BYTES = 100

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises; Python's module may fail to decode SQLite's own message about it."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "facts": (),
    "environments": ("branch", "step"),
    "branches": ("parent", "step", "journaled"),
    "journal": ("branch", "number", "step"),
    "history": ("branch", "step"),
    "tests": ("branch", "step"),
    "validations": ("branch", "step"),
    "keyframes": ("branch", "step"),
    "pieces": ("keyframe", "number"),
}
"""The whole numbers of each table beside its id. facts: SETUP and so on. environments: where the steps from
``step`` on were computed. branches: see Branch, the record is the name. journal: commands, counted from 0 in
the whole past of a branch. history: losses and accuracies from ``step`` on. tests: measurements, the first
after ``step`` steps. validations: likewise on the validation part. keyframes: states. pieces: how a large state
goes on, see keyframe_rows."""

SETUP, DATA_SHA256, DATA_FORM, DATA_ARRAYS, MARKS, COLUMN_NAMES = range(6)
"""Ids of the facts."""


def table_sql(table: str) -> str:
    """The statement that makes a table."""
    numbers = "".join(f"{column} INTEGER NOT NULL, " for column in COLUMNS[table])
    return f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {numbers}record BLOB NOT NULL)"


SCHEMA = {table: table_sql(table) for table in COLUMNS}


def check_header(path: Path) -> None:
    """Tell a run from other files by its first bytes, before SQLite sees it.

    Raises:
        RunFileError: when it cannot be read, is not a run, or is of a newer version.
    """
    try:
        with open_file(path) as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        raise RunFileError(path, f"cannot be read: {reason_of(error)}") from None
    if not header:
        raise RunFileError(path, "is empty, so there is no run in it")
    if header[:16] != MAGIC[: len(header)]:
        raise RunFileError(path, "is not a run of VisualNet's")
    if len(header) < HEADER_BYTES:
        raise RunFileError(path, "is cut within its first bytes; nothing of the run is left in it")
    version, application = (int.from_bytes(header[at : at + 4], "big") for at in (60, 68))
    if application != APPLICATION_ID:
        raise RunFileError(path, "is an SQLite file of another program, not a run of VisualNet's")
    if not 1 <= version <= FORMAT_VERSION:
        raise RunFileError(
            path, f"is of file format {version}, and this VisualNet reads {FORMAT_VERSION}; a newer one may"
        )


def connect(path: Path) -> sqlite3.Connection:
    """A connection that trusts nothing in the file and waits for nobody; transactions are begun by hand."""
    connection = sqlite3.connect(path.absolute(), timeout=0, isolation_level=None, check_same_thread=False)
    connection.text_factory = bytes
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "secure_delete=OFF", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """The file's format."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def upgrade(connection: sqlite3.Connection) -> bool:
    """Within a transaction: make a file of an older format one of the present; whether it needs its first marks.

    Raises:
        sqlite3.Error: when it cannot be written.
    """
    version = version_of(connection)
    for table in added_since(version):
        connection.execute(SCHEMA[table])
    for table in changed_since(version):
        _upgrade_rows(connection, table, version)
    if version < FORMAT_VERSION:
        connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
    return version < MARKED


def _upgrade_rows(connection: sqlite3.Connection, table: str, version: int) -> None:
    for id_, *numbers, record in connection.execute(f"SELECT * FROM {table}").fetchall():
        with suppress(Damaged):
            row = SealedRow(id_, tuple(numbers), unsealed(record, table, *numbers))
            changed = upgraded(table, row, version)
            if changed is None:
                connection.execute(f"DELETE FROM {table} WHERE id = ?", (id_,))
            elif changed is not row:
                put_row(connection, table, id_, changed.numbers, changed.payload)


def read_marks(connection: sqlite3.Connection) -> bytes:
    """The marks of the file, see file_parts; empty where it holds none that is sound."""
    try:
        row = connection.execute("SELECT record FROM facts WHERE id = ?", (MARKS,)).fetchone()
        return b"" if row is None else unsealed(row[0], "facts")
    except (*UNREADABLE, Damaged, TypeError):
        return b""


def check_schema(path: Path, connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables that the file holds; refuse others than ours, and any index, view or trigger.

    Raises:
        RunFileError: names the first of them.
        sqlite3.Error: when the schema is damaged.
    """
    found = {
        name.decode(errors="replace"): (sql or b"").decode(errors="replace")
        for name, sql in connection.execute("SELECT name, sql FROM sqlite_schema LIMIT 100")
    }
    missing = added_since(version_of(connection))
    expected = {table: sql for table, sql in SCHEMA.items() if table not in missing}
    if found != expected:
        other = sorted(name for name, sql in found.items() if SCHEMA.get(name) != sql)
        fault = f"holds {other[0]!r:.40}, which" if other else "lacks tables that"
        raise RunFileError(path, f"{fault} no run of VisualNet's does; it is not opened")
    return tuple(table for table in COLUMNS if table in found)


def put_row(
    connection: sqlite3.Connection,
    table: str,
    row: int | None,
    numbers: tuple[int, ...],
    payload: bytes | memoryview,
) -> int:
    """Write a row, in the place of the one with this id where one is given; return its id.

    Raises:
        sqlite3.Error: when it cannot be written.
    """
    marks = ", ".join("?" * (len(numbers) + 2))
    values = (row, *numbers, sealed(payload, table, *numbers))
    cursor = connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def fault_of(error: Exception) -> str:
    """What hindered a file from being written, as a clause."""
    words = reason_of(error)
    if "locked" in words:
        return IS_OPEN
    if "full" in words or getattr(error, "errno", None) == errno.ENOSPC:
        return "cannot be written: the disk is full"
    return f"cannot be written: {words}"
