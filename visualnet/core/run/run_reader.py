"""Reading a run's file without touching it: a private copy is opened, row by row, and what is sound is taken.

The copy lets SQLite fold a log that a killed program left, while the file itself stays byte for byte as it is,
whoever wrote it and whatever is in it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.errors import Cancelled, RunFileError, VisualNetError
from visualnet.core.run.branch import MAXIMUM_NAME, ROOT, Branch
from visualnet.core.run.command_codec import command_from_plain
from visualnet.core.run.data_record import read_data
from visualnet.core.run.environment import Environment
from visualnet.core.run.file_parts import has_transactions, journal_of, log_of, names_mark
from visualnet.core.run.keyframes import Keyframe
from visualnet.core.run.open_files import refuse_open
from visualnet.core.run.plausible import count_measurements, count_steps
from visualnet.core.run.run_commands import RunCommand
from visualnet.core.run.run_schema import (
    COLUMNS,
    DATA_ARRAYS,
    DATA_FORM,
    DATA_SHA256,
    NO_NAME,
    SETUP,
    UNREADABLE,
    check_header,
    check_schema,
    connect,
    knows_names,
    read_marks,
)
from visualnet.core.run.saved_run import Floats, SavedBranch, SavedKeyframe, SavedRun
from visualnet.core.run.sealed import Damaged, unsealed
from visualnet.core.run.setup import Setup
from visualnet.core.run.state import MAXIMUM_COUNT

MAXIMUM_BRANCHES = 1000
MAXIMUM_SENTENCES = 10
LARGEST_PADDING = 1 << 30
OPERATIONS_BETWEEN_LOOKS = 1_000_000
"""Of SQLite's machine; some tens of milliseconds."""

LARGEST_RECORD = 1_000_000_000
"""Bytes; SQLite's own bound."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sound row: its id, its whole numbers and its payload."""

    id: int
    numbers: tuple[int, ...]
    payload: bytes


@dataclass(slots=True)
class Damage:
    """What was found to be unsound while reading.

    Attributes:
        sentences: for the person.
        is_structural: whether SQLite itself cannot find its way in the file.
    """

    sentences: list[str] = field(default_factory=list)
    is_structural: bool = False

    def tell(self, sentence: str) -> None:
        """Add a sentence, unless there are too many already for anybody to read."""
        if len(self.sentences) < MAXIMUM_SENTENCES:
            self.sentences.append(sentence)


def read_run(path: Path, progress: Progress = no_progress) -> SavedRun:
    """All that is sound in a run's file.

    Args:
        path: the file.
        progress: told of it now and then; may raise Cancelled.

    Raises:
        RunFileError: when it is open elsewhere, is no run, is of a newer version, or nothing of it can be read.
        Cancelled: raised by ``progress``.
    """
    refuse_open(path)
    check_header(path)
    journal = journal_of(path)
    if journal.exists():
        raise RunFileError(journal, "lies beside the run and is not VisualNet's; move it away first")
    if not has_transactions(log_of(path)):
        return _read_copy(path, False, progress)
    belongs = _log_belongs(path)
    if belongs is None:
        return _read_older(path, progress)
    return _read_copy(path, True, progress) if belongs else _without_log(path, progress)


def _read_older(path: Path, progress: Progress) -> SavedRun:
    """A file of an older format does not say which log is its own: one that makes it less sound, or another, is not."""
    try:
        alone = _without_log(path, progress)
    except RunFileError:
        return _read_copy(path, True, progress)
    try:
        run = _read_copy(path, True, progress)
    except RunFileError:
        return alone
    is_less_sound = bool(run.damage) and len(alone.damage) == 1
    return alone if is_less_sound or run.setup != alone.setup else run


def _log_belongs(path: Path) -> bool | None:
    """Whether the log beside a file is its own; None where the file does not say."""
    with _private_copy(path, with_log=False) as (connection, _):
        marks = read_marks(connection)
        return names_mark(log_of(path), marks) if marks else None


def _without_log(path: Path, progress: Progress) -> SavedRun:
    run = _read_copy(path, False, progress)
    sentence = (
        f"{log_of(path).name} beside the file is the rest of another run, or of this one at another time; "
        "it was left out."
    )
    return replace(run, damage=(sentence, *run.damage), has_other_log=True)


def _read_copy(path: Path, with_log: bool, progress: Progress) -> SavedRun:
    with _private_copy(path, with_log) as (connection, is_cut):
        try:
            with _interruptible(connection, progress):
                return _read(path, connection, check_schema(path, connection), is_cut)
        except UNREADABLE as error:
            raise RunFileError(path, f"is damaged; nothing of the run can be read ({error})") from None


@contextmanager
def _private_copy(path: Path, with_log: bool) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """A connection to a copy of a file, and whether something was cut off it."""
    with TemporaryDirectory(prefix="visualnet-") as folder:
        copy = Path(folder) / "copy"
        try:
            copyfile(path, copy)
            if with_log:
                copyfile(log_of(path), log_of(copy))
        except OSError as error:
            raise RunFileError(path, f"cannot be copied for reading: {error.strerror}") from None
        # A log that is being folded in may be what a short file lacks.
        is_cut = _pad(copy) and not with_log
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        connection = connect(copy)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(max(size, 1 << 20), LARGEST_RECORD))
        try:
            yield connection, is_cut
        finally:
            connection.close()


@contextmanager
def _interruptible(connection: sqlite3.Connection, progress: Progress) -> Iterator[None]:
    """While SQLite works on something long, tell of it; where that raises Cancelled, nothing more is read."""
    cancelled: list[Cancelled] = []

    def look() -> int:
        try:
            progress(0.0, "Reading the run")
        except Cancelled as error:
            cancelled.append(error)
        return len(cancelled)

    look()
    connection.set_progress_handler(look, OPERATIONS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
        if cancelled:
            raise cancelled[0]


def _pad(copy: Path) -> bool:
    """Give a file that was cut its length again, so that SQLite opens it; whether it had been cut."""
    with copy.open("r+b") as file:
        header = file.read(100)
        page_size = int.from_bytes(header[16:18], "big")
        full = int.from_bytes(header[28:32], "big") * (65_536 if page_size == 1 else page_size)
        size = copy.stat().st_size
        is_short = size < full <= size + LARGEST_PADDING
        if is_short:
            file.truncate(full)
        return is_short


def _read(path: Path, connection: sqlite3.Connection, present: tuple[str, ...], is_cut: bool) -> SavedRun:
    damage = Damage()
    if is_cut or connection.execute("PRAGMA quick_check(1)").fetchone() != (b"ok",):
        damage.is_structural = True
        damage.tell("The file is damaged or cut; what follows is what could still be read.")
    tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    tables |= {table: _sound_rows(connection, table, damage) for table in present}
    facts = {row.id: row.payload for row in tables["facts"]}
    if SETUP not in facts:
        raise RunFileError(path, "is damaged; its Setup cannot be read, so nothing of the run can be offered")
    try:
        setup = Setup.from_json(facts[SETUP].decode(errors="replace"))
    except VisualNetError as error:
        raise RunFileError(path, f"holds a Setup that cannot be: {error}") from None
    has_names = knows_names(connection)
    named = [row for row in tables["branches"] if has_names or (row.id, row.payload) != (ROOT.id, NO_NAME)]
    branches = {
        branch.id: _saved_branch(branch, tables, damage) for branch in _branches(named, setup.name, damage)
    }
    return SavedRun(
        path,
        setup,
        facts.get(DATA_SHA256, b"").decode(errors="replace"),
        _data(facts, damage),
        tuple(_environments(tables["environments"], damage)),
        branches,
        tuple(damage.sentences),
        not damage.is_structural,
    )


def _sound_rows(connection: sqlite3.Connection, table: str, damage: Damage) -> list[Row]:
    """The rows of a table whose seal holds, by id; around an unreadable one from both ends."""
    rows: dict[int, Row] = {}
    broken = 0
    for order in ("ASC", "DESC"):
        is_whole = True
        try:
            for id_, *numbers, record in _in_order(connection, table, order):
                if id_ in rows:
                    break
                try:
                    rows[id_] = Row(id_, tuple(numbers), unsealed(record, table, *numbers))
                except Damaged:
                    broken += 1
        except UNREADABLE:
            is_whole = False
        if is_whole:
            break
        damage.is_structural = True
    if broken:
        damage.tell(f"{broken:,} rows of {table} are damaged.")
    return [rows[id_] for id_ in sorted(rows)]


def _in_order(connection: sqlite3.Connection, table: str, order: str) -> Iterator[tuple[Any, ...]]:
    """Rows whose ids really go one way: pages that were made to point in circles end it."""
    last: int | None = None
    for row in connection.execute(f"SELECT * FROM {table} ORDER BY id {order}"):
        *numbers, record = row
        if not isinstance(record, bytes) or not all(isinstance(number, int) for number in numbers):
            raise sqlite3.DatabaseError("a row is not of its table")
        if last is not None and (row[0] <= last) == (order == "ASC"):
            raise sqlite3.DatabaseError("rows are out of order")
        last = row[0]
        yield row


def _data(facts: dict[int, bytes], damage: Damage) -> Dataset | None:
    if DATA_ARRAYS not in facts or DATA_FORM not in facts:
        return None
    try:
        sha256 = facts.get(DATA_SHA256, b"").decode(errors="replace")
        return read_data(facts[DATA_FORM], facts[DATA_ARRAYS], sha256)
    except Damaged:
        damage.tell("The examples in the file are damaged; they are made or loaded anew.")
        return None


def _environments(rows: list[Row], damage: Damage) -> Iterator[tuple[int, int, Environment]]:
    for row in rows:
        branch, step = row.numbers
        try:
            yield branch, step, Environment.from_json(row.payload.decode(errors="replace"))
        except VisualNetError as error:
            damage.tell(str(error))


def _branches(rows: list[Row], name: str, damage: Damage) -> list[Branch]:
    """Branches whose parents are known, the root first, which is always there and has this name if no other."""
    found = {ROOT.id: Branch(name=name)}
    for row in rows[:MAXIMUM_BRANCHES]:
        parent, step, journaled = row.numbers
        name = row.payload.decode(errors="replace")[:MAXIMUM_NAME]
        if row.id == ROOT.id:
            found[row.id] = Branch(name=name)
        elif (
            parent in found
            and parent < row.id
            and 0 <= min(step, journaled) <= max(step, journaled) <= MAXIMUM_COUNT
        ):
            found[row.id] = Branch(row.id, parent, step, journaled, name)
        else:
            damage.tell(f"Branch {row.id} begins nowhere; it is left out.")
    return list(found.values())


def _saved_branch(branch: Branch, tables: dict[str, list[Row]], damage: Damage) -> SavedBranch:
    own = {
        table: [row for row in tables[table] if row.numbers[0] == branch.id]
        for table in ("journal", "history", "tests", "validations", "keyframes")
    }
    keyframes = tuple(sorted(_keyframes(own["keyframes"], damage), key=lambda keyframe: keyframe.place))
    first_step, loss, accuracy = _history(own["history"], branch, damage)
    if branch.parent is None and keyframes and keyframes[0].step < first_step:
        damage.tell(
            f"The history of branch {branch.name} begins at step {first_step:,}, where no state of it does."
        )
        first_step, loss, accuracy = 0, loss[:0], accuracy[:0]
    last_step = max([first_step + len(loss), *(keyframe.step for keyframe in keyframes)])
    return SavedBranch(
        tuple(_journal(own["journal"], branch, damage)),
        first_step,
        loss,
        accuracy,
        _measurements(own["tests"], branch, last_step, damage),
        _measurements(own["validations"], branch, last_step, damage),
        keyframes,
        branch,
    )


def _journal(rows: list[Row], branch: Branch, damage: Damage) -> Iterator[tuple[int, RunCommand]]:
    """Commands up to the first that is missing or not known here."""
    last_step = branch.step
    for expected, row in enumerate(sorted(rows, key=lambda row: row.numbers[1]), branch.journaled):
        _, number, step = row.numbers
        try:
            if number != expected or not last_step <= step <= MAXIMUM_COUNT:
                raise VisualNetError(f"Command {expected + 1} is missing.")
            yield step, command_from_plain(json.loads(row.payload))
        except (ValueError, RecursionError, VisualNetError) as error:
            damage.tell(f"The journal of branch {branch.name} ends early: {error}")
            return
        last_step = step


def _history(rows: list[Row], branch: Branch, damage: Damage) -> tuple[int, Floats, Floats]:
    """First step, losses and accuracies up to the first row that is missing."""
    rows = sorted(rows, key=lambda row: row.numbers[1])
    is_root_begun_late = bool(rows) and branch.parent is None and 0 <= rows[0].numbers[1] <= MAXIMUM_COUNT
    first_step = step = rows[0].numbers[1] if is_root_begun_late else branch.step
    pieces = [np.empty((2, 0))]
    for row in rows:
        count, rest = divmod(len(row.payload), 16)
        if row.numbers[1] != step or rest:
            damage.tell(f"The history of branch {branch.name} ends at step {step:,}.")
            break
        pieces.append(np.frombuffer(row.payload, np.float64).reshape(2, count))
        step += count
    loss, accuracy = np.concatenate(pieces, axis=1)
    count = count_steps(loss, accuracy)
    if count < len(loss):
        damage.tell(
            f"The history of branch {branch.name} ends at step {first_step + count:,}: what follows cannot be."
        )
    return first_step, loss[:count], accuracy[:count]


def _measurements(rows: list[Row], branch: Branch, last_step: int, damage: Damage) -> Floats:
    """All measurements up to the first that cannot be, or whose step falls; early stopping leaves two at one step."""
    whole = [
        np.frombuffer(row.payload, np.float64).reshape(-1, 3) for row in rows if len(row.payload) % 24 == 0
    ]
    tests = np.concatenate([np.empty((0, 3)), *whole])
    count = count_measurements(tests, branch.step, last_step)
    if count < len(tests):
        damage.tell(f"Measurements of branch {branch.name} are left out: they cannot be of its steps.")
    grows = np.diff(tests[:count, 0], prepend=0.0) >= 0
    return tests[:count] if grows.all() else tests[: int(np.argmin(grows))]


def _keyframes(rows: list[Row], damage: Damage) -> Iterator[SavedKeyframe]:
    for row in rows:
        try:
            keyframe = Keyframe.from_bytes(row.payload)
        except VisualNetError:
            damage.tell(f"The keyframe of step {row.numbers[1]:,} is damaged.")
            continue
        if keyframe.step == row.numbers[1]:
            yield SavedKeyframe(row.id, len(row.payload), keyframe.state, keyframe.wrong_test_examples)
