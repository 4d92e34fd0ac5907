"""Keyframes in a run file: a row each, and for a large one rows with pieces of it.

A state may have more bytes than SQLite allows in a row. Each piece is hashed and written from where it lies in memory:
nothing is joined, and the interpreter lock is held for less than a millisecond at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.schema import put_row
from visualnet.core.runfile.sealed import DIGEST_BYTES, Damaged, unsealed
from visualnet.core.training.checkpoint import whole_length

PIECE_BYTES = 1 << 20


def put_keyframe(
    connection: sqlite3.Connection, row: int | None, branch: int, keyframe: Keyframe
) -> tuple[int, int]:
    """Write a keyframe, in the place of the one with this id where one is given; its id and its bytes.

    Raises:
        sqlite3.Error: when it cannot be written.
    """
    first, *rest = pieces_of(keyframe)
    row = put_row(connection, "keyframes", row, (branch, keyframe.step), first)
    _delete_pieces(connection, [row])
    for number, piece in enumerate(rest):
        put_row(connection, "pieces", None, (row, number), piece)
    return row, len(first) + sum(len(piece) for piece in rest)


def pieces_of(keyframe: Keyframe) -> Iterator[bytes | memoryview]:
    """The first row of a keyframe, which is all of a small one, and its pieces."""
    first, *vectors = keyframe.parts()
    if len(first) + sum(len(vector) for vector in vectors) <= PIECE_BYTES:
        yield b"".join([first, *vectors])
        return
    yield first
    for vector in vectors:
        for start in range(0, len(vector), PIECE_BYTES):
            yield vector[start : start + PIECE_BYTES]


def delete_keyframes(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    """Delete the keyframes of these ids.

    Raises:
        sqlite3.Error: when that cannot be written.
    """
    rows = list(rows)
    connection.executemany("DELETE FROM keyframes WHERE id = ?", [(row,) for row in rows])
    _delete_pieces(connection, rows)


def _delete_pieces(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    connection.executemany("DELETE FROM pieces WHERE keyframe = ?", [(row,) for row in rows])


def read_keyframe(
    connection: sqlite3.Connection, row: int, first: bytes, look: Callable[[int], None]
) -> tuple[Keyframe, int]:
    """A keyframe and its bytes, from its first row.

    Args:
        connection: to the file.
        row: id of the first row.
        first: what that holds.
        look: told the bytes of each piece; may raise Cancelled.

    Raises:
        VisualNetError: when there is none that could be.
        sqlite3.Error: when the file is damaged.
    """
    missing = whole_length(first) - len(first)
    if missing <= 0:
        return Keyframe.from_bytes(first), len(first)
    count, nbytes = connection.execute(
        "SELECT count(*), total(length(record)) FROM pieces WHERE keyframe = ?", (row,)
    ).fetchone()
    if nbytes != missing + count * DIGEST_BYTES:
        raise VisualNetError("Pieces of the saved state are missing.")
    whole = np.empty(len(first) + missing, np.uint8).data
    whole[: len(first)] = first
    end = len(first)
    query = "SELECT record FROM pieces WHERE keyframe = ? ORDER BY number"
    for number, (record,) in enumerate(connection.execute(query, (row,))):
        try:
            piece = unsealed(record, "pieces", row, number)
            whole[end : end + len(piece)] = piece
        except (Damaged, TypeError, ValueError):
            raise VisualNetError(f"Piece {number} of the saved state is damaged.") from None
        end += len(piece)
        look(len(piece))
    return Keyframe.from_bytes(whole.toreadonly()), len(whole)
