"""Reading a run file without changing it: a private copy is opened, and each row whose hash is right is taken.

The copy lets SQLite fold a log that a killed program left, while the file itself stays byte for byte as it is,
whoever wrote it and whatever is in it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.errors import Cancelled, RunFileError, VisualNetError, reason_of
from visualnet.core.files import is_protected
from visualnet.core.history.gaps import gaps_of, words_of
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import MAXIMUM_NAME, ROOT, Branch
from visualnet.core.runfile.command_codec import command_from_plain
from visualnet.core.runfile.data_record import read_data
from visualnet.core.runfile.file_parts import copy_run, has_transactions, journal_of, log_of, names_mark
from visualnet.core.runfile.keyframe_rows import read_keyframe
from visualnet.core.runfile.open_files import refuse_open
from visualnet.core.runfile.saved_run import Floats, SavedBranch, SavedKeyframe, SavedRun
from visualnet.core.runfile.schema import (
    COLUMN_NAMES,
    COLUMNS,
    DATA_ARRAYS,
    DATA_FORM,
    DATA_SHA256,
    SETUP,
    UNREADABLE,
    WIDTHS,
    check_header,
    check_schema,
    connect,
    read_marks,
    version_of,
)
from visualnet.core.runfile.sealed import Damaged, SealedRow, unsealed
from visualnet.core.runfile.upgrades import changed_since, upgraded
from visualnet.core.setup.run_commands import RunCommand
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import MAXIMUM_COUNT
from visualnet.core.training.environment import Environment
from visualnet.core.training.plausible import count_measurements, known_commands, possible_steps

MAXIMUM_BRANCHES = 1000
MAXIMUM_SENTENCES = 10
LARGEST_PADDING = 1 << 30
OPERATIONS_BETWEEN_LOOKS = 1_000_000
"""Instructions of SQLite's virtual machine between two looks at whether reading was cancelled: tens of milliseconds."""

LARGEST_GAP = 1 << 22
"""Lost steps that are read as gaps, at most: a file's numbers alone must not use up memory."""

MAXIMUM_PROBES, MAXIMUM_MISSES = 1 << 16, 1000
"""Ids that are tried one by one if a table's index cannot be read, and how many of them in vain."""

ACTIVITY = "Reading the run"

LARGEST_RECORD = 1_000_000_000
"""Bytes; SQLite's own bound."""


OF_A_BRANCH = tuple(table for table, columns in COLUMNS.items() if columns[:1] == ("branch",))
"""Tables whose rows each belong to a branch."""


NEEDED = ("facts", "branches", "journal")
"""Tables whose rows other rows refer to: if one is lost, nothing more may be written into the file."""


ReadKeyframe = Callable[[SealedRow], tuple[Keyframe, int]]
"""A keyframe and its bytes, from its row; see keyframe_rows."""


@dataclass(slots=True)
class Damage:
    """The damage that was found while reading.

    Attributes:
        sentences: for the person.
        must_stay: whether nothing may be written into the file: SQLite itself finds it damaged, or rows of NEEDED are
            lost.
        room: lost steps that may still be read as gaps.
    """

    sentences: list[str] = field(default_factory=list)
    must_stay: bool = False
    room: int = LARGEST_GAP

    def tell(self, sentence: str) -> None:
        """Add a sentence, unless there are too many already for anybody to read."""
        if len(self.sentences) < MAXIMUM_SENTENCES:
            self.sentences.append(sentence)


class _Tally:
    """A counter of bytes handled, which reports their share of a file as progress.

    Args:
        path: the file.
        activity: what is done with them.
        progress: told of it; may raise Cancelled.
    """

    def __init__(self, path: Path, activity: str, progress: Progress) -> None:
        self._activity = activity
        self._progress = progress
        self._total = sum(part.stat().st_size for part in (path, log_of(path)) if part.exists())
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._progress(min(1.0, self._done / max(1, self._total)), self._activity)


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
    belongs = _log_belongs(path, progress)
    if belongs is None:
        return _read_older(path, progress)
    return _read_copy(path, True, progress) if belongs else _without_log(path, progress)


def _read_older(path: Path, progress: Progress) -> SavedRun:
    """Read a file of an older format, which does not say which log is its own: a log is left out if the file is sounder
    without it, or has another Setup with it."""
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


def _log_belongs(path: Path, progress: Progress) -> bool | None:
    """Whether the log beside a file is its own; None where the file does not say."""
    with _private_copy(path, False, progress) as (connection, _):
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
    with _private_copy(path, with_log, progress) as (connection, is_cut):
        try:
            with _interruptible(connection, progress):
                return _read(path, connection, is_cut, progress)
        except UNREADABLE as error:
            raise RunFileError(path, f"is damaged; nothing of the run can be read ({error})") from None


@contextmanager
def _private_copy(
    path: Path, with_log: bool, progress: Progress
) -> Iterator[tuple[sqlite3.Connection, bool]]:
    """A connection to a copy of a file, and whether something was cut off it."""
    with TemporaryDirectory(prefix="visualnet-") as folder:
        copy = Path(folder) / "copy"
        try:
            copy_run(path, copy, with_log, _Tally(path, "Copying the run to read it", progress))
        except OSError as error:
            raise RunFileError(path, f"cannot be copied for reading: {reason_of(error)}") from None
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
            progress(0.0, ACTIVITY)
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


def _read(path: Path, connection: sqlite3.Connection, is_cut: bool, progress: Progress) -> SavedRun:
    damage, present = Damage(), check_schema(path, connection)
    if is_cut or connection.execute("PRAGMA quick_check(1)").fetchone() != (b"ok",):
        damage.must_stay = True
        damage.tell("The file is damaged or cut; what follows is what could still be read.")
    tables: dict[str, list[SealedRow]] = {table: [] for table in COLUMNS}
    # Pieces are read with the keyframes that they belong to, straight to where they are to be.
    tables |= {table: _sound_rows(connection, table, damage) for table in present if table != "pieces"}
    facts = {row.id: row.payload for row in tables["facts"]}
    if SETUP not in facts:
        raise RunFileError(path, "is damaged; its Setup cannot be read, so nothing of the run can be offered")
    try:
        setup = Setup.from_json(facts[SETUP].decode(errors="replace"))
    except VisualNetError as error:
        raise RunFileError(path, f"holds a Setup that cannot be: {error}") from None
    version = version_of(connection)
    for table in changed_since(version):
        rows = [upgraded(table, row, version) for row in tables[table]]
        tables[table] = [row for row in rows if row is not None]
    tally = _Tally(path, ACTIVITY, progress)

    def read(row: SealedRow) -> tuple[Keyframe, int]:
        return read_keyframe(connection, row.id, row.payload, tally)

    branches = _saved_branches(_branches(tables["branches"], setup.name, damage), tables, read, damage)
    return SavedRun(
        path,
        setup,
        facts.get(DATA_SHA256, b"").decode(errors="replace"),
        _data(facts, damage),
        tuple(_environments(tables["environments"], damage)),
        branches,
        tuple(damage.sentences),
        _obstacle(path, damage),
    )


def _obstacle(path: Path, damage: Damage) -> str | None:
    """What keeps one from writing to a file. Its log lies beside it, so the folder counts too."""
    if damage.must_stay:
        return "is damaged"
    is_closed = is_protected(path) or not os.access(log_of(path).parent, os.W_OK)
    return "may only be read" if is_closed else None


def _sound_rows(connection: sqlite3.Connection, table: str, damage: Damage) -> list[SealedRow]:
    """The rows of a table whose hash is right, by id; each is read by itself, so damage to one hides no other."""
    ids, possible = _ids(connection, table)
    rows = [row for id_ in ids if (row := _row(connection, table, id_, damage)) is not None]
    if possible:
        damage.must_stay = True
        damage.tell(f"Some rows of {table} cannot be read.")
    elif len(rows) < len(ids):
        damage.must_stay |= table in NEEDED
        lost = len(ids) - len(rows)
        damage.tell(f"{lost:,} {'row' if lost == 1 else 'rows'} of {table} cannot be read.")
    misses = 0
    for id_ in possible:
        row = _row(connection, table, id_, damage)
        misses = 0 if row is not None else misses + 1
        rows += [row] if row is not None else []
        if misses == MAXIMUM_MISSES:
            break
    return sorted(rows, key=lambda row: row.id)


def _ids(connection: sqlite3.Connection, table: str) -> tuple[list[int], range]:
    """The ids of a table; and those that there may be, where their order cannot be read from one end to the other."""
    first, is_whole = _ids_in_order(connection, table, "ASC")
    if is_whole:
        return first, range(0)
    last, _ = _ids_in_order(connection, table, "DESC")
    begin = max(first, default=-1) + 1
    end = min([begin + MAXIMUM_PROBES, *(id_ for id_ in last if id_ >= begin)])
    return sorted({*first, *last}), range(begin, end)


def _ids_in_order(connection: sqlite3.Connection, table: str, order: str) -> tuple[list[int], bool]:
    """Ids up to where they cannot be read, and whether those are all; pages that point in circles end it too."""
    ids: list[int] = []
    try:
        for (id_,) in connection.execute(f"SELECT id FROM {table} ORDER BY id {order}"):
            if ids and (id_ <= ids[-1]) == (order == "ASC"):
                return ids, False
            ids.append(id_)
    except UNREADABLE:
        return ids, False
    return ids, True


def _row(connection: sqlite3.Connection, table: str, id_: int, damage: Damage) -> SealedRow | None:
    """A row; None where it is not what was written, or not there."""
    try:
        row = connection.execute(f"SELECT * FROM {table} WHERE id = ?", (id_,)).fetchone()
        if row is None:
            return None
        _, *numbers, record = row
        if not isinstance(record, bytes) or not all(isinstance(number, int) for number in numbers):
            raise sqlite3.DatabaseError("a row is not of its table")
        return SealedRow(id_, tuple(numbers), unsealed(record, table, *numbers))
    except Damaged:
        return None
    except UNREADABLE:
        damage.must_stay = True
        return None


def _data(facts: dict[int, bytes], damage: Damage) -> Dataset | None:
    if DATA_ARRAYS not in facts or DATA_FORM not in facts:
        return None
    try:
        sha256 = facts.get(DATA_SHA256, b"").decode(errors="replace")
        return read_data(facts[DATA_FORM], facts[DATA_ARRAYS], sha256, facts.get(COLUMN_NAMES, b"[]"))
    except Damaged:
        damage.tell("The examples in the file are damaged; they are made or loaded anew.")
        return None


def _environments(rows: list[SealedRow], damage: Damage) -> Iterator[tuple[int, int, Environment]]:
    for row in rows:
        branch, step = row.numbers
        try:
            yield branch, step, Environment.from_json(row.payload.decode(errors="replace"))
        except VisualNetError as error:
            damage.tell(str(error))


def _branches(rows: list[SealedRow], name: str, damage: Damage) -> list[Branch]:
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
            damage.must_stay = True
            damage.tell(f"Branch {row.id} begins nowhere; it is left out.")
    return list(found.values())


def _saved_branches(
    branches: list[Branch], tables: dict[str, list[SealedRow]], read: ReadKeyframe, damage: Damage
) -> dict[int, SavedBranch]:
    """Those whose parents reach to where they begin, by id."""
    saved: dict[int, SavedBranch] = {}
    for branch in branches:
        parent = None if branch.parent is None else saved.get(branch.parent)
        if branch.parent is None or (parent is not None and parent.step >= branch.step):
            end = max((other.step for other in branches if other.parent == branch.id), default=0)
            saved[branch.id] = _saved_branch(branch, end, tables, read, damage)
        else:
            damage.must_stay = True
            damage.tell(f"Branch {branch.name} begins where nothing of its parent is known; it is left out.")
    return saved


def _saved_branch(
    branch: Branch, end: int, tables: dict[str, list[SealedRow]], read: ReadKeyframe, damage: Damage
) -> SavedBranch:
    """What is sound of a branch, from whose steps others begin up to an end."""
    own = {table: [row for row in tables[table] if row.numbers[0] == branch.id] for table in OF_A_BRANCH}
    keyframes = tuple(sorted(_keyframes(own["keyframes"], read, damage), key=lambda keyframe: keyframe.place))
    states = [keyframe.step for keyframe in keyframes]
    first_step = branch.step if branch.parent is not None else _first_step(own)
    loss, accuracy = _history(own["history"], first_step, max([end, *states]), damage)
    gaps = gaps_of(first_step, loss)
    if gaps:
        damage.tell(f"The losses of {branch.name} are missing at {words_of(gaps)}.")
    last_step = max([first_step + len(loss), *states])
    tests = _measurements(own["tests"], "tests", branch, last_step, damage)
    return SavedBranch(
        tuple(_journal(own["journal"], branch, damage)),
        first_step,
        loss,
        accuracy,
        tests[:, :3],
        _measurements(own["validations"], "validations", branch, last_step, damage),
        known_commands(tests[:, 3]),
        keyframes,
        branch,
    )


def _first_step(own: dict[str, list[SealedRow]]) -> int:
    """Steps before the root's first; above 0 where a state was restored without its past."""
    starts = (row.numbers[1] for table in ("environments", "history", "keyframes") for row in own[table])
    return min((start for start in starts if 0 <= start <= MAXIMUM_COUNT), default=0)


def _journal(rows: list[SealedRow], branch: Branch, damage: Damage) -> Iterator[tuple[int, RunCommand]]:
    """Commands up to the first that is missing or not known here."""
    last_step = branch.step
    for expected, row in enumerate(sorted(rows, key=lambda row: row.numbers[1]), branch.journaled):
        _, number, step = row.numbers
        try:
            if number != expected or not last_step <= step <= MAXIMUM_COUNT:
                raise VisualNetError(f"Command {expected + 1} is missing.")
            yield step, command_from_plain(json.loads(row.payload))
        except (ValueError, RecursionError, VisualNetError) as error:
            damage.must_stay = True
            damage.tell(f"The journal of branch {branch.name} ends early: {error}")
            return
        last_step = step


def _history(rows: list[SealedRow], first_step: int, end: int, damage: Damage) -> tuple[Floats, Floats]:
    """Losses and accuracies from a step to another one or beyond, nan where no sound row holds them.

    What lies too far from all that is sound is left out.
    """
    step, pieces = first_step, [np.empty((2, 0))]
    for row in [*sorted(rows, key=lambda row: row.numbers[1]), None]:
        start = end if row is None else row.numbers[1]
        values = np.empty((2, 0)) if row is None else _steps_in(row)
        if 0 < start - step <= damage.room:
            damage.room -= start - step
            pieces.append(np.full((2, start - step), np.nan))
            step = start
        if start == step:
            pieces.append(values)
            step += values.shape[1]
    loss, accuracy = np.concatenate(pieces, axis=1)
    is_possible = possible_steps(loss, accuracy)
    loss[~is_possible] = accuracy[~is_possible] = np.nan
    return loss, accuracy


def _steps_in(row: SealedRow) -> Floats:
    """(2, steps) losses and accuracies; none where the row is of something else."""
    count, rest = divmod(len(row.payload), 16)
    return np.empty((2, 0)) if rest else np.frombuffer(row.payload, np.float64).reshape(2, count)


def _measurements(
    rows: list[SealedRow], table: str, branch: Branch, last_step: int, damage: Damage
) -> Floats:
    """All measurements up to the first that cannot be, or whose step falls; early stopping leaves two at one step."""
    width = WIDTHS[table]
    whole = [
        np.frombuffer(row.payload, np.float64).reshape(-1, width)
        for row in rows
        if len(row.payload) % (8 * width) == 0
    ]
    tests = np.concatenate([np.empty((0, width)), *whole])
    count = count_measurements(tests[:, :3], branch.step, last_step)
    if count < len(tests):
        damage.tell(f"Measurements of branch {branch.name} are left out: they cannot be of its steps.")
    grows = np.diff(tests[:count, 0], prepend=0.0) >= 0
    return tests[:count] if grows.all() else tests[: int(np.argmin(grows))]


def _keyframes(rows: list[SealedRow], read: ReadKeyframe, damage: Damage) -> Iterator[SavedKeyframe]:
    for row in rows:
        try:
            keyframe, nbytes = read(row)
        except Cancelled:
            raise
        except (VisualNetError, *UNREADABLE) as error:
            damage.must_stay = damage.must_stay or isinstance(error, UNREADABLE)
            damage.tell(f"The keyframe of step {row.numbers[1]:,} is damaged.")
            continue
        if keyframe.step == row.numbers[1]:
            yield SavedKeyframe(row.id, nbytes, keyframe.state, keyframe.misclassified)
