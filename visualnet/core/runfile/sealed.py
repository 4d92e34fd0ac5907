"""Sealed records: a payload behind a short hash of it and of its place, by which damage is noticed.

SQLite does not notice a changed byte inside a row; the hash does, and also notices a row in another row's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One sound row: its id, its whole numbers and its payload."""

    id: int
    numbers: tuple[int, ...]
    payload: bytes


class Damaged(Exception):  # noqa: N818
    """The error that a record is not what was written; whoever reads it tells what is lost."""


def sealed(payload: bytes | memoryview, table: str, *place: int) -> bytes:
    """The payload behind its hash.

    Args:
        payload: any bytes.
        table: where they will lie.
        place: the numbers that stand beside them there.
    """
    return _digest(payload, table, place) + payload


def unsealed(record: bytes, table: str, *place: int) -> bytes:
    """The payload that ``sealed`` was given.

    Raises:
        Damaged: when record, table or place are not those of then.
    """
    payload = record[DIGEST_BYTES:]
    if record[:DIGEST_BYTES] != _digest(payload, table, place):
        raise Damaged
    return payload


def _digest(payload: bytes | memoryview, table: str, place: tuple[int, ...]) -> bytes:
    digest = blake2b(repr((table, *place)).encode(), digest_size=DIGEST_BYTES)
    digest.update(payload)
    return digest.digest()
