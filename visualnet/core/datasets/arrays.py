"""A person's own arrays: an NPZ file as ``numpy.savez`` writes it.

The zip directory and each array's header are read and checked before anything of their size is made, and
nothing is ever unpickled. What may be allocated is bounded by the file's real size times what deflate can
shrink at most, and by an absolute limit.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from math import prod
from os import SEEK_END
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import (
    LARGEST,
    MAXIMUM_CLASSES,
    Dataset,
    Progress,
    Split,
    frozen,
    no_progress,
)
from visualnet.core.datasets.idx import GZIP_LIMIT
from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import open_file

MAXIMUM_BYTES = 1 << 29
MAXIMUM_ARRAYS = 64
MAXIMUM_AXES = 4
MAXIMUM_DIRECTORY = 1 << 16
LONGEST_LABEL = 400
PIECE = 1 << 22

END = b"PK\5\6"
END_LENGTH, LOCATOR_LENGTH = 22, 20
LARGE_FILE_LOCATOR = b"PK\6\7"

HEADER = re.compile(
    rb"\{'descr': '([<>|=][a-zA-Z]\d{0,6})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,12}, ?)*\d{0,12})\), \} *\n"
)
"""What NumPy writes before an array that is no record (NEP 1); nothing of it is evaluated."""

MAGIC = {b"\x93NUMPY\1\0": 2, b"\x93NUMPY\2\0": 4}
"""How an array begins, and how many bytes tell the length of its header."""

MAXIMUM_HEADER = 10_000

NAMES = {
    "inputs": ("x_train", "X_train", "train_images", "inputs", "x", "X", "data", "arr_0"),
    "targets": ("y_train", "train_labels", "targets", "labels", "y", "Y", "target", "arr_1"),
    "test inputs": ("x_test", "X_test", "test_images", "test_inputs"),
    "test targets": ("y_test", "test_labels", "test_targets"),
    "validation inputs": ("x_validation", "x_val", "X_val", "validation_images", "validation_inputs"),
    "validation targets": ("y_validation", "y_val", "validation_labels", "validation_targets"),
}
"""What the arrays may be called in a file; the first that is there counts."""

PARTS = ("", "test ", "validation ")
"""Prefixes of the keys of NAMES: of the training, the test and the validation part."""

FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""Exceptions of zipfile and of the header's reader for a damaged file."""

Array = NDArray[Any]


def load_arrays(path: Path, target: str = "auto", progress: Progress = no_progress) -> Dataset:
    """Read inputs and targets, and test and validation ones where they are there, from an NPZ file.

    Args:
        path: the file. Inputs are (count, features), (count, height, width) or (count, height, width, 3)
            numbers, bytes for 8-bit images; targets are (count,) labels, texts or whole numbers, or
            (count,) or (count, outputs) values. NAMES says what they may be called.
        target: ``classes``, ``values`` or ``auto``: classes where targets are texts or whole numbers.
        progress: told how far it is; may raise Cancelled.

    Returns:
        An empty test part where the file has none. Arrays are read-only.

    Raises:
        DataError: names the file, the array and the fault.
    """
    try:
        with open_file(path) as file:
            size = file.seek(0, SEEK_END)
            _check_end(path, file, size)
            with zipfile.ZipFile(file) as archive:
                arrays = _read_arrays(path, archive, size, progress)
    except FileNotFoundError:
        raise DataError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DataError(path, "is a folder, not an NPZ file") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({reason_of(error)})") from None
    except FAULTS as error:
        raise DataError(
            path, f"is not a sound NPZ file ({str(error) or type(error).__name__:.200})"
        ) from None
    return _dataset(path, arrays, target)


def _check_end(path: Path, file: IO[bytes], size: int) -> None:
    """The directory must be small and where NumPy puts it, before zipfile makes an object of each entry."""
    length = min(size, LOCATOR_LENGTH + END_LENGTH)
    file.seek(size - length)
    tail = file.read(length)
    end = tail[-END_LENGTH:]
    if len(end) < END_LENGTH or not end.startswith(END):
        raise DataError(path, "is not an NPZ file, or is truncated")
    entries, directory = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    # A comment would send zipfile looking for another end; one for large files would overrule this one.
    is_other = end[-2:] != b"\0\0" or (tail.startswith(LARGE_FILE_LOCATOR) and len(tail) > END_LENGTH)
    if is_other or entries > MAXIMUM_ARRAYS or directory > MAXIMUM_DIRECTORY:
        raise DataError(path, f"holds more than {MAXIMUM_ARRAYS} arrays, or is no NPZ file")


def _read_arrays(path: Path, archive: zipfile.ZipFile, size: int, progress: Progress) -> dict[str, Array]:
    """The arrays that are needed, by what they are for."""
    members = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in members:
            raise DataError(path, f"holds two arrays named {name!r:.60}")
        members[name] = member
    found = {use: next((n for n in names if n in members), None) for use, names in NAMES.items()}
    for use in ("inputs", "targets"):
        if found[use] is None:
            known = ", ".join(members) or "none"
            raise DataError(path, f"holds no array for {use}, such as {NAMES[use][0]}; it holds {known:.200}")
    wanted = {use: members[name] for use, name in found.items() if name is not None}
    if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in wanted.values()):
        raise DataError(path, "is compressed in another way than NumPy compresses")
    total = sum(member.file_size for member in wanted.values())
    if total > min(MAXIMUM_BYTES, size * GZIP_LIMIT):
        fault = f"declares {total:,} bytes of arrays, more than {MAXIMUM_BYTES:,} or than it can hold"
        raise DataError(path, fault)
    arrays = {}
    done = 0

    def look(part: int) -> None:
        progress((done + part) / total, "Reading arrays")

    for use, member in wanted.items():
        with archive.open(member) as stream:
            arrays[use] = _read_array(path, member, stream, look)
        done += member.file_size
    return arrays


def _read_array(path: Path, member: zipfile.ZipInfo, stream: IO[bytes], look: Callable[[int], None]) -> Array:
    """One array; ``look`` is told the bytes read before each piece."""
    name = member.filename.removesuffix(".npy")
    shape, dtype, order = _read_header(path, name, stream)
    length = prod(shape) * dtype.itemsize
    if length > member.file_size:
        raise DataError(
            path, f"declares {length:,} bytes for {name}, which holds {member.file_size:,} at most"
        )
    # Images stay bytes; all else becomes numbers of eight bytes.
    is_images = dtype == np.uint8 and len(shape) > 1
    if not is_images and prod(shape) * 8 > MAXIMUM_BYTES:
        raise DataError(
            path, f"holds {prod(shape):,} numbers in {name}; {MAXIMUM_BYTES // 8:,} are read at most"
        )
    data = bytearray(length)
    view, done = memoryview(data), 0
    while done < length:
        look(done)
        piece = stream.read(min(PIECE, length - done))
        if not piece:
            raise DataError(path, f"is truncated: {name} ends after {done:,} of {length:,} bytes")
        view[done : done + len(piece)] = piece
        done += len(piece)
    if stream.read(1):
        raise DataError(path, f"holds more in {name} than its header declares")
    return np.frombuffer(data, dtype).reshape(shape, order=order).astype(dtype.newbyteorder("="), copy=False)


def _read_header(
    path: Path, name: str, stream: IO[bytes]
) -> tuple[tuple[int, ...], np.dtype[Any], Literal["C", "F"]]:
    """Shape, type, and whether the first or the last axis lies closest together."""
    digits = MAGIC.get(stream.read(8))
    length = int.from_bytes(stream.read(digits or 0), "little")
    match = HEADER.fullmatch(stream.read(length)) if length <= MAXIMUM_HEADER else None
    if digits is None or match is None:
        raise DataError(path, f"holds {name} not as an array of numbers that NumPy wrote")
    code, order, lengths = (group.decode() for group in match.groups())
    if not re.fullmatch(r".[buif][1248]|.[US]\d+", code):
        raise DataError(path, f"holds {name} of type {code}; only numbers and short texts are read")
    dtype, shape = np.dtype(code), tuple(int(part) for part in lengths.split(",") if part.strip())
    if dtype.kind in "US" and not 0 < dtype.itemsize <= LONGEST_LABEL:
        raise DataError(
            path, f"holds texts of {dtype.itemsize:,} bytes in {name}; at most {LONGEST_LABEL} are read"
        )
    if not 1 <= len(shape) <= MAXIMUM_AXES or min(shape) < 1:
        raise DataError(path, f"holds {name} of shape {shape!s:.60}, which is no list of examples")
    return shape, dtype, "F" if order == "True" else "C"


def _dataset(path: Path, arrays: dict[str, Array], target: str) -> Dataset:
    for part in PARTS:
        if (f"{part}inputs" in arrays) != (f"{part}targets" in arrays):
            raise DataError(path, f"holds {part}inputs or {part}targets without the other")
    present = [part for part in PARTS if f"{part}inputs" in arrays]
    inputs = [_inputs(path, arrays[f"{part}inputs"]) for part in present]
    train = inputs[0]
    for part, values in zip(present, inputs, strict=True):
        if train.shape[1:] != values.shape[1:] or train.dtype != values.dtype:
            raise DataError(path, f"holds {part}inputs of another shape or type than its training inputs")
        count = len(arrays[f"{part}targets"])
        if len(values) != count:
            raise DataError(path, f"holds {count:,} {part}targets for {len(values):,} {part}inputs")
    whole, classes = _targets(path, [arrays[f"{part}targets"] for part in present], target)
    targets = np.split(whole, np.cumsum([len(values) for values in inputs[:-1]]))
    splits = {
        part: Split(frozen(values.reshape(len(values), -1)), frozen(own))
        for part, values, own in zip(present, inputs, targets, strict=True)
    }
    learnt = splits[""]
    return Dataset(
        "arrays",
        learnt,
        splits.get("test ", learnt[:0]),
        train.shape[1:],
        classes,
        1 / 255 if train.dtype == np.uint8 else 1.0,
        splits.get("validation "),
    )


def _inputs(path: Path, array: Array) -> Array:
    """Bytes as they are, other numbers in float64; colour channels in front, as convolutions take them."""
    if array.ndim < 2:
        array = array[:, np.newaxis]
    if array.dtype.kind not in "buif":
        raise DataError(path, "holds texts as inputs; they must be numbers")
    if array.ndim == 4:
        if array.shape[3] in (1, 3):
            array = array.transpose(0, 3, 1, 2)
        array = array[:, 0] if array.shape[1] == 1 else array
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    return _checked(path, np.ascontiguousarray(array, np.float64), "inputs")


def _checked(path: Path, values: NDArray[np.float64], words: str) -> NDArray[np.float64]:
    if not (np.abs(values) <= LARGEST).all():
        raise DataError(path, f"holds {words} that are missing (NaN), infinite or beyond {LARGEST:g}")
    return values


def _targets(path: Path, arrays: list[Array], target: str) -> tuple[Array, tuple[str, ...]]:
    """Targets of all parts, one after the other, and the class names."""
    if len({(array.dtype.kind in "US", array.shape[1:]) for array in arrays}) > 1:
        raise DataError(path, "holds test or validation targets of another kind than its training targets")
    whole = np.concatenate(arrays)
    if whole.ndim == 2 and whole.shape[1] == 1:
        whole = whole[:, 0]
    are_labels = (
        target != "values" and whole.ndim == 1 and (target == "classes" or whole.dtype.kind in "USbui")
    )
    if are_labels:
        return _labels(path, whole)
    if whole.dtype.kind in "US" or whole.ndim > 2:
        fault = f"holds targets of shape {whole.shape} and type {whole.dtype}; values are (count, outputs)"
        raise DataError(path, fault)
    values = np.ascontiguousarray(whole.reshape(len(whole), -1), np.float64)
    return _checked(path, values, "targets"), ()


def _labels(path: Path, whole: Array) -> tuple[Array, tuple[str, ...]]:
    found, labels = np.unique(whole, return_inverse=True)
    if not 2 <= len(found) <= MAXIMUM_CLASSES:
        fault = f"has {len(found):,} different labels; 2 to {MAXIMUM_CLASSES:,} can be told apart"
        raise DataError(path, fault)
    names = found.astype(str) if found.dtype.kind != "S" else np.char.decode(found, "ascii", "replace")
    return labels.astype(np.int64), tuple(names.tolist())
