"""The IDX file format of MNIST, plain or gzipped.

An IDX file is a four-byte magic number (0, 0, element type, number of axes), one big-endian 32-bit
length per axis, and the elements (LeCun, Cortes, Burges, "The MNIST database"). The header is read first
and decides how much more is read, so a bad file never takes more memory than a good one.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import open_file

UNSIGNED_BYTE = 0x08
MAXIMUM_BYTES = 1 << 26
"""No file of this family is larger when decompressed: 64 MiB; MNIST's largest has 45."""

PIECE = 1 << 22
GZIP_MAGIC = b"\x1f\x8b"
GZIP_LIMIT = 1032
"""The greatest factor by which deflate can shrink anything (zlib's technical details)."""

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class IdxArray:
    """The content of one file.

    Attributes:
        values: uint8, of the shape that the header declares.
        sha256: of the decompressed file, in hexadecimal.
    """

    values: NDArray[np.uint8]
    sha256: str


def read_idx(path: Path, item_shape: tuple[int, ...], on_bytes: OnBytes = lambda count: None) -> IdxArray:
    """Read one IDX file of unsigned bytes.

    Args:
        path: the file; gzip is recognised by its content.
        item_shape: shape of each item: (28, 28) for images, () for labels.
        on_bytes: told how many bytes were read, piece by piece; may raise to stop.

    Raises:
        DataError: names the file and its fault.
    """
    try:
        with open_file(path) as file:
            is_gzip = file.read(2) == GZIP_MAGIC
            size = file.seek(0, SEEK_END)
            file.seek(0)
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if is_gzip else file
            most = size * GZIP_LIMIT if is_gzip else size
            return _read_stream(path, stream, _read_header(path, stream, item_shape, most), on_bytes)
    except FileNotFoundError:
        raise DataError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DataError(path, "is a folder, not a file") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(path, f"is not a sound gzip file ({_words(error)})") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({reason_of(error)})") from None


@dataclass(frozen=True, slots=True)
class _Header:
    data: bytes
    shape: tuple[int, ...]


def _words(error: Exception) -> str:
    return "it ends too early" if isinstance(error, EOFError) else str(error).lower()


def _read_stream(path: Path, stream: BinaryIO, header: _Header, on_bytes: OnBytes) -> IdxArray:
    values = np.empty(prod(header.shape), np.uint8)
    digest = hashlib.sha256(header.data)
    view, done = values.data, 0
    while done < len(view):
        count = cast(int, stream.readinto(view[done : done + PIECE]))  # type: ignore[attr-defined]  # files have it, though BinaryIO does not say so
        if not count:
            raise DataError(path, f"is truncated: {len(view):,} bytes are declared, {done:,} are there")
        digest.update(view[done : done + count])
        done += count
        on_bytes(count)
    if stream.read(1):
        raise DataError(path, f"holds more than the {len(view):,} bytes that its header declares")
    return IdxArray(values.reshape(header.shape), digest.hexdigest())


def _read_header(path: Path, stream: BinaryIO, item_shape: tuple[int, ...], most: int) -> _Header:
    """Read the header and refuse it before anything of its size is made.

    Args:
        most: bytes that the file can hold at the very most, header included.
    """
    axes = 1 + len(item_shape)
    length = 4 + 4 * axes
    data = stream.read(length)
    if not data:
        raise DataError(path, "is empty")
    if len(data) < length:
        raise DataError(path, f"is too short: its header needs {length} bytes, {len(data)} are there")
    wanted = bytes([0, 0, UNSIGNED_BYTE, axes])
    if data[:4] != wanted:
        raise DataError(
            path, f"is not an IDX file of this kind: magic number {data[:4].hex()}, not {wanted.hex()}"
        )
    shape = tuple(int(number) for number in np.frombuffer(data, ">u4", axes, 4))
    size = prod(shape)
    if shape[1:] != item_shape:
        raise DataError(path, f"holds items of {_times(shape[1:])}, not {_times(item_shape)}")
    if size == 0:
        raise DataError(path, "declares no items at all")
    if size > MAXIMUM_BYTES:
        raise DataError(path, f"declares {shape[0]:,} items, more than any such data set has")
    if size + length > most:
        raise DataError(path, f"is truncated: {size:,} bytes are declared, at most {most:,} are there")
    return _Header(data, shape)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{length:,}" for length in shape)
