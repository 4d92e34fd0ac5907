"""A person's own table: a CSV file, one example a line, one column to predict from the others.

Lines are converted one by one, so a file never takes more than a small multiple of its size in memory.
Reading is strict: a cell that is not a number is an error that names its line and column, not a guess.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import chain
from math import isfinite
from pathlib import Path

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
from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import open_file

DELIMITERS = ",;\t"
MAXIMUM_BYTES = 1 << 28
MAXIMUM_COLUMNS = 16_384
MAXIMUM_NAME = 100
"""Characters of the name of a class or column; what is longer is cut."""

MOST_WHOLE_NUMBERS = 20
"""A target column of whole numbers counts as classes while it holds no more different ones than this."""

CELLS_PER_LOOK = 20_000
"""Cells between two looks at whether reading was cancelled: a few milliseconds, however wide the table is."""


@dataclass
class _Columns:
    """The columns of a table as far as it was read.

    Attributes:
        names: of all columns; empty texts where there is no header.
        place: of the column to learn, from 0.
        inputs: the other columns' numbers, line by line.
        codes: of each example's label, in the order in which they first appear.
        texts: each label's code.
        lines: where each label first appears.
    """

    names: list[str]
    place: int
    inputs: array[float] = field(default_factory=lambda: array("d"))
    codes: array[int] = field(default_factory=lambda: array("q"))
    texts: dict[str, int] = field(default_factory=dict)
    lines: array[int] = field(default_factory=lambda: array("q"))

    @property
    def names_in_use(self) -> tuple[str, ...]:
        """Of the inputs, then of the column to learn; none where the table has no header."""
        if not any(self.names):
            return ()
        names = [name[:MAXIMUM_NAME] for name in self.names]
        return (*names[: self.place], *names[self.place + 1 :], names[self.place])


def load_table(
    path: Path,
    label: str | int | None = None,
    header: bool | None = None,
    target: str = "auto",
    progress: Progress = no_progress,
) -> Dataset:
    """Read a CSV file in UTF-8; its delimiter (comma, semicolon or tab) is found from the first line.

    Args:
        path: the file.
        label: name or number (from 1) of the column to learn; None: the last.
        header: whether the first line names the columns; None: it does where none of its cells is a number.
        target: ``classes``, ``values`` or ``auto``: values where most of the column's different cells are
            numbers, and not only whole ones or more than 20; else classes.
        progress: told how far it is; may raise Cancelled.

    Returns:
        All examples as training part, an empty test part. Arrays are read-only; classes are in the order
        of their numbers, or of the alphabet.

    Raises:
        DataError: names file, line and column, and the fault.
    """
    with _reading(path):
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise DataError(path, f"has {size:,} bytes; a table may have {MAXIMUM_BYTES:,}")
        with open_file(path) as whole, TextIOWrapper(whole, "utf-8-sig", newline="") as file:
            delimiter = _delimiter_of(file.readline(1 << 20))
            file.seek(0)
            lines = csv.reader(file, delimiter=delimiter, strict=True)
            columns = _read_lines(
                path, lines, label, header, lambda: progress(whole.tell() / size, "Reading the table")
            )
    if not columns.codes:
        raise DataError(path, "holds no examples")
    return _dataset(path, columns, target)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise DataError(path, "there is no such file") from None
    except IsADirectoryError:
        raise DataError(path, "is a folder, not a table") from None
    except UnicodeDecodeError as error:
        raise DataError(path, f"is not text in UTF-8 (byte {error.start + 1:,} of a part of it)") from None
    except csv.Error as error:
        raise DataError(path, f"is not a sound CSV file ({error})") from None
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read ({reason_of(error)})") from None


def _delimiter_of(line: str) -> str:
    """The delimiter that splits the line into the most cells; a quoted one does not count."""

    def cells(delimiter: str) -> int:
        return len(next(csv.reader([line], delimiter=delimiter), []))

    return max(DELIMITERS, key=cells)


def _read_lines(
    path: Path,
    lines: Iterator[list[str]],
    label: str | int | None,
    header: bool | None,
    look: Callable[[], None],
) -> _Columns:
    """All lines; ``look`` is called every CELLS_PER_LOOK cells."""
    first = next((cells for cells in lines if cells), None)
    if first is None:
        raise DataError(path, "is empty")
    if not 2 <= len(first) <= MAXIMUM_COLUMNS:
        fault = f"has {len(first):,} columns; from 2 to {MAXIMUM_COLUMNS:,} can be learnt from"
        raise DataError(path, fault)
    is_header = not any(map(_is_number, first)) if header is None else header
    names = [cell.strip() for cell in first] if is_header else [""] * len(first)
    columns = _Columns(names, _place_of(path, names, label))
    every = max(1, CELLS_PER_LOOK // len(first))
    for count, cells in enumerate(lines if is_header else chain([first], lines)):
        if cells:
            _read_cells(path, lines.line_num, cells, columns)  # type: ignore[attr-defined]  # a csv.reader's, whose type has no public name
        if count % every == 0:
            look()
    return columns


def _place_of(path: Path, names: list[str], label: str | int | None) -> int:
    """The place of the column to learn, from 0."""
    if label is None:
        return len(names) - 1
    if isinstance(label, str):
        if names.count(label) != 1:
            fault = "no column" if label not in names else "more than one column"
            known = ", ".join(names[:20]) if any(names) else "none: give its number"
            raise DataError(path, f"has {fault} named {label!r:.60}; its names are {known:.200}")
        return names.index(label)
    if not 1 <= label <= len(names):
        raise DataError(path, f"has {len(names):,} columns, no column {label:,}")
    return label - 1


def _read_cells(path: Path, line: int, cells: list[str], columns: _Columns) -> None:
    """Add one line's numbers and its label."""
    if len(cells) != len(columns.names):
        fault = f"line {line:,} has {len(cells):,} columns, the first has {len(columns.names):,}"
        raise DataError(path, fault)
    for place, cell in enumerate(cells):
        if place == columns.place:
            continue
        try:
            columns.inputs.append(_number(cell))
        except ValueError as error:
            raise DataError(path, f"{_where(line, place, columns.names)} {error}") from None
    text = cells[columns.place].strip()
    if not text:
        raise DataError(
            path, f"{_where(line, columns.place, columns.names)} is empty; every example needs it"
        )
    if text not in columns.texts:
        columns.texts[text] = len(columns.texts)
        columns.lines.append(line)
    columns.codes.append(columns.texts[text])


def _where(line: int, place: int, names: list[str]) -> str:
    name = f" ({names[place]:.40})" if names[place] else ""
    return f"line {line:,}, column {place + 1:,}{name}"


def _number(cell: str) -> float:
    """The number in a cell.

    Raises:
        ValueError: with what is wrong, as a clause.
    """
    text = cell.strip()
    if not text:
        raise ValueError("is empty; fill it in or leave the line out")
    try:
        # Python alone takes 1_000 for a number.
        value = float("_" if "_" in text else text)
    except ValueError:
        raise ValueError(f"holds {text!r:.40}, which is not a number") from None
    if not isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"holds {text!r:.40}; numbers must be finite and at most {LARGEST:g}")
    return value


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _dataset(path: Path, columns: _Columns, target: str) -> Dataset:
    width = len(columns.names) - 1
    inputs = frozen(np.frombuffer(columns.inputs, np.float64).reshape(-1, width))
    codes = np.frombuffer(columns.codes, np.int64)
    if target == "values" or (target == "auto" and _are_values(columns.texts)):
        train = Split(inputs, frozen(_values(path, columns)[codes][:, np.newaxis]))
        return Dataset("table", train, train[:0], (width,), (), column_names=columns.names_in_use)
    if not 2 <= len(columns.texts) <= MAXIMUM_CLASSES:
        fault = f"has {len(columns.texts):,} different labels; 2 to {MAXIMUM_CLASSES:,} can be told apart"
        raise DataError(path, fault)
    names = sorted(columns.texts, key=_numbers_first)
    ranks = np.empty(len(names), np.int64)
    ranks[[columns.texts[name] for name in names]] = np.arange(len(names))
    train = Split(inputs, frozen(ranks[codes]))
    classes = tuple(name[:MAXIMUM_NAME] for name in names)
    return Dataset("table", train, train[:0], (width,), classes, column_names=columns.names_in_use)


def _numbers_first(text: str) -> tuple[bool, float, str]:
    is_number = _is_number(text)
    return not is_number, float(text) if is_number else 0.0, text


def _are_values(texts: Iterable[str]) -> bool:
    """Whether a target column with these different texts is meant as values, not as classes."""
    distinct = list(texts)
    numbers = [float(text) for text in distinct if _is_number(text)]
    are_classes = len(numbers) <= MOST_WHOLE_NUMBERS and all(number.is_integer() for number in numbers)
    return len(numbers) > len(distinct) / 2 and not are_classes


def _values(path: Path, columns: _Columns) -> NDArray[np.float64]:
    """(different labels,) each as a number."""
    values = np.empty(len(columns.texts))
    for text, code in columns.texts.items():
        try:
            values[code] = _number(text)
        except ValueError as error:
            where = _where(columns.lines[code], columns.place, columns.names)
            raise DataError(path, f"{where} {error}") from None
    return values
