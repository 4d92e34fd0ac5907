"""Files as older versions of VisualNet wrote them, made of present ones."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np

from visualnet.core.runfile.schema import MARKS
from visualnet.core.runfile.sealed import SealedRow, sealed, unsealed
from visualnet.core.runfile.upgrades import MARKED, OWN_COMMANDS, added_since


def make_older(path, version):
    """Give a closed file the format of a version; what that did not know is lost."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in added_since(version):
            connection.execute(f"DROP TABLE {table}")
        if version < MARKED:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
            connection.execute("DELETE FROM facts WHERE id = ?", (MARKS,))
        for format_, (table, older) in OLDER.items():
            if version < format_:
                _change_rows(connection, table, older)
        connection.execute(f"PRAGMA user_version={version}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _without_commands(row):
    return replace(row, payload=np.frombuffer(row.payload).reshape(-1, 4)[:, :3].tobytes())


def _with_own_command(row):
    plain = json.loads(row.payload)
    for name, settings in OWN_COMMANDS.items():
        if plain[0] == "change" and plain[1].keys() == set(settings):
            return replace(row, payload=json.dumps([name, *(plain[1][one] for one in settings)]).encode())
    return row


OLDER = {5: ("tests", _without_commands), 6: ("journal", _with_own_command)}
"""By the format that rows of a table changed with: what they were before."""


def _change_rows(connection, table, older):
    for id_, *numbers, record in connection.execute(f"SELECT * FROM {table}").fetchall():
        row = older(SealedRow(id_, tuple(numbers), unsealed(record, table, *numbers)))
        changed = sealed(row.payload, table, *numbers), id_
        connection.execute(f"UPDATE {table} SET record = ? WHERE id = ?", changed)
