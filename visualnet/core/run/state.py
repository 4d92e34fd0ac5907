"""All that a Trainer must remember between two steps, as a value and as bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.errors import VisualNetError

MAGIC = b"VNSTATE1"
HEADER_FIELDS = ("step", "epoch", "consumed", "journaled", "settings", "products")


@dataclass(frozen=True, slots=True, eq=False)
class TrainerState:
    """A Trainer between two steps; with its Setup it determines every later step.

    Attributes:
        step: steps done.
        epoch: full epochs done.
        consumed: examples seen in the present epoch.
        journaled: commands that had taken effect; later ones belong to another future.
        settings: what commands may have changed: learning rate, momentum, betas, batch size.
        products: the optimizer's scalar memory, and that of early stopping.
        vectors: ``parameters``, the optimizer's vectors, the network's ``buffers``, ``ema`` where there is a
            moving average and ``best`` where early stopping has seen a measurement, by name; flat, read-only.
    """

    step: int
    epoch: int
    consumed: int
    journaled: int
    settings: dict[str, float]
    products: dict[str, float]
    vectors: dict[str, NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Bytes that its vectors take in memory."""
        return sum(vector.nbytes for vector in self.vectors.values())

    def to_bytes(self) -> bytes:
        """Magic, header length (4 bytes, little-endian), JSON header, vectors, SHA-256 of it all."""
        header = {name: getattr(self, name) for name in HEADER_FIELDS}
        shapes = {name: [vector.dtype.str, len(vector)] for name, vector in self.vectors.items()}
        text = json.dumps({**header, "vectors": shapes}).encode()
        blobs = [np.ascontiguousarray(vector).tobytes() for vector in self.vectors.values()]
        body = b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *blobs])
        return body + hashlib.sha256(body).digest()

    @staticmethod
    def from_bytes(data: bytes) -> TrainerState:
        """Read what ``to_bytes`` wrote.

        Raises:
            VisualNetError: when the bytes are damaged or of something else.
        """
        body, digest = data[:-32], data[-32:]
        if body[:8] != MAGIC or hashlib.sha256(body).digest() != digest:
            raise VisualNetError("The saved state is damaged, or it is not one of VisualNet's.")
        start = 12 + int.from_bytes(body[8:12], "little")
        header = json.loads(body[12:start])
        vectors = {}
        for name, (dtype, count) in header.pop("vectors").items():
            vector = np.frombuffer(body, dtype, count, start)
            vectors[name] = vector
            start += vector.nbytes
        return TrainerState(**header, vectors=vectors)
