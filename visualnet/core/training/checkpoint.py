"""TrainerState: all that a Trainer needs to go on from between two steps, as a value and as bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.errors import VisualNetError

MAGIC = b"VNSTATE1"
BARE_MAGIC = b"VNSTATE2"
"""First bytes of a state without a hash at its end, for places that have a hash of their own."""

DIGEST_BYTES = 32
MAXIMUM_COUNT = 10**12
DTYPES = ("<f4", "<f8", "<i8", "|u1", "|b1")
"""Number types that a vector may have."""

UNFIT = (ValueError, TypeError, AttributeError, KeyError, RecursionError, MemoryError)
"""Exceptions that reading a damaged or forged header may raise."""

NO_STATE = "The saved state describes something that no run can be in."

HEADER_FIELDS = {
    **{name: name for name in ("step", "epoch", "consumed", "journaled", "settings")},
    "products": "scalars",
}
"""Fields of a state by their names in a file; scalars were called products when the format was made."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainerState:
    """A Trainer between two steps; with its Setup it determines every later step.

    Attributes:
        step: steps done.
        epoch: full epochs done.
        consumed: examples seen in the present epoch.
        journaled: commands that had taken effect; later ones belong to another future.
        settings: what commands may have changed; see kept_settings.
        scalars: the optimizer's scalar memory, and that of early stopping.
        vectors: ``parameters``, the optimizer's vectors, the network's ``buffers``, ``ema`` where there is a
            moving average and ``best`` where early stopping has seen a measurement, by name; flat, read-only.
    """

    step: int
    epoch: int
    consumed: int
    journaled: int
    settings: dict[str, float]
    scalars: dict[str, float]
    vectors: dict[str, NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Bytes that its vectors take in memory."""
        return sum(vector.nbytes for vector in self.vectors.values())

    def to_bytes(self) -> bytes:
        """Magic, header length (4 bytes, little-endian), JSON header, vectors, SHA-256 of it all."""
        body = b"".join(self._parts(MAGIC))
        return body + hashlib.sha256(body).digest()

    def parts(self) -> Iterator[bytes | memoryview]:
        """The same for a place that seals what it holds: all before the vectors, then each vector, not copied."""
        return self._parts(BARE_MAGIC)

    def _parts(self, magic: bytes) -> Iterator[bytes | memoryview]:
        header = {name: getattr(self, field) for name, field in HEADER_FIELDS.items()}
        shapes = {name: [vector.dtype.str, len(vector)] for name, vector in self.vectors.items()}
        text = json.dumps({**header, "vectors": shapes}).encode()
        yield magic + len(text).to_bytes(4, "little") + text
        for vector in self.vectors.values():
            yield np.ascontiguousarray(vector).view(np.uint8).data

    @staticmethod
    def from_bytes(data: bytes | memoryview, needs_hash: bool = True) -> TrainerState:
        """Read what ``to_bytes`` wrote; the vectors are read-only views of the bytes.

        Args:
            data: the bytes.
            needs_hash: False where they were under a seal, so that they may come without a hash of their own.

        Raises:
            VisualNetError: when the bytes are damaged, of something else, or describe what cannot be.
        """
        is_bare = data[:8] == BARE_MAGIC and not needs_hash
        body = data if is_bare else _hashed(data)
        try:
            header, start = _header(body)
            shapes = header.pop("vectors")
            _check_header(header)
            vectors = dict(_vectors(body, start, shapes))
        except UNFIT:
            raise VisualNetError(NO_STATE) from None
        return TrainerState(**{HEADER_FIELDS[name]: value for name, value in header.items()}, vectors=vectors)


def whole_length(start: bytes) -> int:
    """How long all is that begins with the first of the ``parts`` of a state.

    Raises:
        VisualNetError: when no state begins so.
    """
    try:
        header, end = _header(start)
        return end + sum(count * np.dtype(dtype).itemsize for dtype, count in _shapes(header["vectors"]))
    except UNFIT:
        raise VisualNetError(NO_STATE) from None


def _header(body: bytes | memoryview) -> tuple[dict[str, Any], int]:
    """The JSON before the vectors, and where they begin."""
    end = 12 + int.from_bytes(body[8:12], "little")
    return json.loads(bytes(body[12:end])), end


def _hashed(data: bytes | memoryview) -> bytes | memoryview:
    """What stands before the hash at the end."""
    body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if body[:8] != MAGIC or hashlib.sha256(body).digest() != digest:
        raise VisualNetError("The saved state is damaged, or it is not one of VisualNet's.")
    return body


def _check_header(header: dict[str, Any]) -> None:
    """Raise ValueError unless these are the plain fields of a state."""
    counts = [header.get(name) for name in ("step", "epoch", "consumed", "journaled")]
    if header.keys() != HEADER_FIELDS.keys() or not all(_is_count(count) for count in counts):
        raise ValueError
    for name in ("settings", "products"):
        if not all(type(value) in (int, float) for value in header[name].values()):
            raise ValueError


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAXIMUM_COUNT


def _shapes(vectors: dict[str, list[Any]]) -> Iterator[tuple[str, int]]:
    """Number type and length of each vector; raise ValueError where none can be so."""
    for dtype, count in vectors.values():
        if dtype not in DTYPES or not _is_count(count):
            raise ValueError
        yield dtype, count


def _vectors(
    body: bytes | memoryview, start: int, shapes: dict[str, list[Any]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each vector by name; raise ValueError unless together they are all that is left of the body."""
    for name, (dtype, count) in zip(shapes, _shapes(shapes), strict=True):
        yield name, np.frombuffer(body, dtype, count, start)
        start += count * np.dtype(dtype).itemsize
    if start != len(body) or "parameters" not in shapes:
        raise ValueError
