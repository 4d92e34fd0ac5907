"""Files as older versions of VisualNet wrote them, made of present ones."""

import sqlite3
from contextlib import closing

import numpy as np

from visualnet.core.runfile.schema import ADDED, COUNTED, MARKED, MARKS
from visualnet.core.runfile.sealed import DIGEST_BYTES, sealed


def make_older(path, version):
    """Give a closed file the format of a version; what that did not know is lost."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, since in ADDED.items():
            if version < since:
                connection.execute(f"DROP TABLE {table}")
        if version < MARKED:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
            connection.execute("DELETE FROM facts WHERE id = ?", (MARKS,))
        if version < COUNTED:
            for row, branch, step, record in connection.execute("SELECT * FROM tests").fetchall():
                payload = np.frombuffer(record[DIGEST_BYTES:]).reshape(-1, 4)[:, :3].tobytes()
                changed = sealed(payload, "tests", branch, step), row
                connection.execute("UPDATE tests SET record = ? WHERE id = ?", changed)
        connection.execute(f"PRAGMA user_version={version}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
