"""The schema of a run file: its SQLite tables and settings, and the header that tells it from other files.

Every row is whole numbers and one sealed record, so each can be read and checked by itself.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import suppress
from pathlib import Path

import numpy as np

from visualnet.core.errors import RunFileError, reason_of
from visualnet.core.files import open_file
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.open_files import IS_OPEN
from visualnet.core.runfile.sealed import Damaged, sealed, unsealed

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x564E4554
"""``VNET``."""

FORMAT_VERSION = 5
"""2 and 4 came with the tables of ADDED. 3 came with marks, see file_parts, and with the first run's own name: before,
it was called main unless a person had given it another. 5 came with the number of commands after which a test was made."""

ADDED = {"validations": 2, "pieces": 4}
"""The format that a table came with; a file of an older one is read as one where it is empty."""

MARKED = 3
"""The format that marks and the first run's name came with."""

COUNTED = 5
"""The format that the number of commands came with."""

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

NO_NAME = b"main"
"""The name of the first run in a file of format 1 or 2 to which nobody gave another."""

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


def with_unknown_commands(payload: bytes) -> bytes:
    """Tests of an older format in the present one."""
    if len(payload) % 24:
        return payload
    rows = np.frombuffer(payload, np.float64).reshape(-1, 3)
    return np.pad(rows, ((0, 0), (0, 1)), constant_values=np.nan).tobytes()


def _add_commands(connection: sqlite3.Connection) -> None:
    for row, branch, step, record in connection.execute("SELECT * FROM tests").fetchall():
        with suppress(Damaged):
            payload = with_unknown_commands(unsealed(record, "tests", branch, step))
            put_row(connection, "tests", row, (branch, step), payload)


def upgrade(connection: sqlite3.Connection) -> bool:
    """Within a transaction: make a file of an older format one of the present; whether it needs its first marks.

    Raises:
        sqlite3.Error: when it cannot be written.
    """
    version = version_of(connection)
    for table, since in ADDED.items():
        if version < since:
            connection.execute(SCHEMA[table])
    if version < MARKED:
        nameless = sealed(NO_NAME, "branches", -1, 0, 0)
        connection.execute("DELETE FROM branches WHERE id = ? AND record = ?", (ROOT.id, nameless))
    if version < COUNTED:
        _add_commands(connection)
    if version < FORMAT_VERSION:
        connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
    return version < MARKED


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
    version = version_of(connection)
    expected = {table: sql for table, sql in SCHEMA.items() if ADDED.get(table, 1) <= version}
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
