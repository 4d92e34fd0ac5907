"""RunStore: the file of one run, written while the run goes on, by one connection that one thread uses at a time.

The file is made complete under another name and appears under its own with Setup, data's hash and first
keyframe in it. From then on each save is one transaction: whatever kills the program, the file is as it was
after the last one. A save that fails leaves it so, too, and may be tried again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from visualnet.core.errors import RunFileError
from visualnet.core.files import remove_left
from visualnet.core.history.growing_array import Floats
from visualnet.core.history.history import CHUNK, HistoryView
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile.branch import Branch
from visualnet.core.runfile.command_codec import command_to_plain
from visualnet.core.runfile.creation import FIRST_KEYFRAME, refuse_existing, replace_run, write_new, write_run
from visualnet.core.runfile.file_parts import MARK_BYTES, log_of, new_marks, set_log_aside
from visualnet.core.runfile.keyframe_rows import delete_keyframes, put_keyframe
from visualnet.core.runfile.open_files import refuse_open
from visualnet.core.runfile.place import FileGone, Place
from visualnet.core.runfile.retention import BUDGET, Kept, exceeding, replaced
from visualnet.core.runfile.save_request import SaveRequest, is_at_command
from visualnet.core.runfile.saved_run import SavedRun
from visualnet.core.runfile.schema import (
    COLUMNS,
    MARKS,
    WIDTHS,
    connect,
    fault_of,
    put_row,
    read_marks,
    upgrade,
)
from visualnet.core.runfile.sealed import Damaged, sealed, unsealed
from visualnet.core.training.environment import Environment
from visualnet.core.training.trainer import Trainer

WAL_BYTES = 8 << 20
"""Bytes of the log at which it is folded into the file."""

NEVER = float("-inf")

NOT_MEASURED = (-1, 0)


class NotFolded(RunFileError):  # noqa: N818
    """The log could not be folded into its file. Nothing is lost: it stays beside the file and belongs to it."""


@dataclass(frozen=True, slots=True)
class Written:
    """How much of a branch is in the file.

    Attributes:
        step: training steps that are in the history.
        row: id of the history's last row while it can still grow, else None.
        row_step: the step at which that row begins.
        measured: by table, the step of the last measurement and how many of that step there are.
        journaled: commands.
        keyframes: in the order of their steps.
    """

    step: int
    row: int | None = None
    row_step: int = 0
    measured: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    journaled: int = 0
    keyframes: tuple[Kept, ...] = ()


def last_measured(measurements: Floats) -> tuple[int, int]:
    """The step of the last of (measurements, any) rows, and how many of that step there are."""
    if not len(measurements):
        return NOT_MEASURED
    step = measurements[-1, 0]
    return int(step), len(measurements) - int(measurements[:, 0].searchsorted(step, "left"))


def _history_until(count: int, payload: bytes) -> bytes:
    """The first so many steps of a row of the history."""
    values = np.frombuffer(payload).reshape(2, -1)
    return values[:, : max(0, count)].tobytes()


def _measurements_before(step: int, width: int) -> Callable[[int, bytes], bytes]:
    """A cut of rows to the measurements before a step: a run that rewinds there writes those at the step anew."""

    def cut(start: int, payload: bytes) -> bytes:
        rows = np.frombuffer(payload).reshape(-1, width)
        return rows[rows[:, 0] < step].tobytes()

    return cut


class RunStore:
    """The file of one run, open for writing; nobody else can open it meanwhile.

    Use ``create`` or ``reopen``.
    """

    def __init__(self, path: Path, written: dict[int, Written], budget: int = BUDGET) -> None:
        self.path = path
        self._budget = budget
        self._written = written
        self._marks, self._is_new_log = b"", True
        refuse_open(path)
        try:
            self._place = Place(path)
        except OSError as error:
            raise RunFileError(path, fault_of(error)) from None
        try:
            self._connection = connect(path)
        except sqlite3.Error as error:
            self._place.release()
            raise RunFileError(path, fault_of(error)) from None
        try:
            self._hold_exclusively()
        except sqlite3.Error as error:
            self._abandon()
            raise RunFileError(path, fault_of(error)) from None

    def _hold_exclusively(self) -> None:
        for setting in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",
        ):
            self._connection.execute(f"PRAGMA {setting}").fetchall()
        self._connection.execute("BEGIN IMMEDIATE")
        if upgrade(self._connection):
            self._put("facts", MARKS, (), new_marks())
        self._connection.execute("COMMIT")
        self._marks = read_marks(self._connection)
        with suppress(RunFileError):
            self._fold()
        remove_left(self.path.parent)

    @staticmethod
    def create(
        path: Path,
        trainer: Trainer,
        budget: int = BUDGET,
        keyframe: Keyframe | None = None,
        requests: Iterable[SaveRequest] = (),
        replaces: bool = False,
    ) -> RunStore:
        """Make the file of a run.

        Args:
            path: the file.
            trainer: the run.
            budget: bytes for keyframes.
            keyframe: the first; None: the present state.
            requests: what is to be in it when it appears.
            replaces: whether it may take the place of another file.

        Raises:
            RunFileError: when none can be made there, or there is one that is not to be replaced.
        """
        if not replaces:
            refuse_existing(path)
        if keyframe is None:
            keyframe = Keyframe(trainer.state, trainer.past.misclassified)
        kept = Kept(FIRST_KEYFRAME, keyframe.step, keyframe.nbytes, NEVER, journaled=keyframe.state.journaled)
        written = {0: Written(trainer.history.first_step, keyframes=(kept,))}

        def fill(unfinished: Path) -> None:
            write_run(unfinished, trainer, keyframe)
            RunStore._add(unfinished, requests, (), written, budget)

        make = replace_run if replaces else write_new
        try:
            make(path, fill)
        except (OSError, sqlite3.Error) as error:
            raise RunFileError(path, fault_of(error)) from None
        return RunStore(path, written, budget)

    @staticmethod
    def _add(
        unfinished: Path,
        requests: Iterable[SaveRequest],
        jobs: Iterable[Callable[[RunStore], None]],
        written: dict[int, Written],
        budget: int,
    ) -> None:
        """Write requests into a file that has not its name yet, note them as written, and do what else was asked for."""
        store = RunStore(unfinished, written, budget)
        try:
            for request in requests:
                store.save(request)
            for job in jobs:
                job(store)
        finally:
            store.close()

    @staticmethod
    def reopen(run: SavedRun, budget: int = BUDGET) -> RunStore:
        """Go on writing a file that was read, and found sound.

        Raises:
            RunFileError: when it is open elsewhere, or cannot be written.
        """
        if run.has_other_log:
            try:
                set_log_aside(run.path)
            except OSError as error:
                raise RunFileError(log_of(run.path), fault_of(error)) from None
        written = {
            saved.branch.id: Written(
                saved.step,
                measured={
                    table: max(last_measured(rows), (saved.branch.step, 0))
                    for table, rows in (("tests", saved.tests), ("validations", saved.validations))
                },
                journaled=saved.branch.journaled + len(saved.journal),
                keyframes=tuple(
                    Kept(
                        keyframe.row,
                        keyframe.step,
                        keyframe.nbytes,
                        NEVER,
                        is_at_command(saved.journal, keyframe.step),
                        keyframe.state.journaled,
                    )
                    for keyframe in saved.keyframes
                ),
            )
            for saved in run.branches.values()
        }
        return RunStore(run.path, written, budget)

    def save(self, request: SaveRequest) -> None:
        """Write what is new in a request, as one transaction.

        Raises:
            FileGone: when the file is no longer where it was.
            NotFolded: when the log, in which all is now, cannot be folded in.
            RunFileError: when it cannot be written; then the file is as it was before.
        """
        self._place.check()
        with self._transaction():
            written = self._written.get(request.branch.id) or self._add_branch(request.branch)
            written = self._write(request, written)
        self._written[request.branch.id] = written
        self._place.note_log()
        self.fold(0 if request.rests else WAL_BYTES)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            marks = new_marks(self._marks[-MARK_BYTES:]) if self._is_new_log else self._marks
            if self._is_new_log:
                self._put("facts", MARKS, (), marks)
            yield
            self._connection.execute("COMMIT")
            self._marks, self._is_new_log = marks, False
        except sqlite3.Error as error:
            raise RunFileError(self.path, fault_of(error)) from None
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _write(self, request: SaveRequest, written: Written) -> Written:
        if request.rewound_to is not None:
            written = self._rewind(request.branch, written, request.rewound_to)
        written = self._write_history(request.branch.id, request.history, written)
        written = self._write_tests(request.branch.id, request.history, written)
        written = self._write_journal(request, written)
        return self._write_keyframe(request, written)

    def _write_history(self, branch: int, view: HistoryView, written: Written) -> Written:
        """Rows end at multiples of CHUNK steps; the last one is written anew until it is full."""
        while written.step < view.step:
            start = written.row_step if written.row is not None else max(written.step, view.first_step)
            stop = min(view.step, (start // CHUNK + 1) * CHUNK)
            span = start - view.first_step, stop - view.first_step
            payload = np.concatenate([view.loss.values(*span), view.accuracy.values(*span)]).tobytes()
            row = self._put("history", written.row, (branch, start), payload)
            written = replace(written, step=stop, row=row if stop % CHUNK else None, row_step=start)
        return written

    def _write_tests(self, branch: int, view: HistoryView, written: Written) -> Written:
        measured = dict(written.measured)
        tests = np.column_stack([view.tests, view.commands])
        for table, measurements in (("tests", tests), ("validations", view.validations)):
            step, count = measured.get(table, NOT_MEASURED)
            start = int(measurements[:, 0].searchsorted(step, "left")) + count
            rows = measurements[start:]
            if len(rows):
                self._put(table, None, (branch, int(rows[0, 0])), rows.tobytes())
                measured[table] = last_measured(measurements)
        return replace(written, measured=measured)

    def _write_journal(self, request: SaveRequest, written: Written) -> Written:
        for number, (step, command) in enumerate(request.journal[written.journaled :], written.journaled):
            self._put(
                "journal",
                None,
                (request.branch.id, number, step),
                json.dumps(command_to_plain(command)).encode(),
            )
        return replace(written, journaled=max(written.journaled, len(request.journal)))

    def _write_keyframe(self, request: SaveRequest, written: Written) -> Written:
        keyframe, kept = request.keyframe, list(written.keyframes)
        if keyframe is None or (kept and kept[-1].place > keyframe.place):
            return written
        # Of one and the same place the newer state knows more: what was measured there.
        same = kept.pop() if kept and kept[-1].place == keyframe.place else None
        row, nbytes = put_keyframe(self._connection, same.row if same else None, request.branch.id, keyframe)
        at_command = is_at_command(request.journal, keyframe.step)
        taken_at = same.taken_at if same else request.taken_at
        new = Kept(row, keyframe.step, nbytes, taken_at, at_command, keyframe.state.journaled)
        dropped = replaced(kept, new)
        kept = [keyframe for keyframe in kept if keyframe not in dropped] + [new]
        dropped += exceeding(kept, self._budget)
        delete_keyframes(self._connection, [keyframe.row for keyframe in dropped])
        return replace(written, keyframes=tuple(keyframe for keyframe in kept if keyframe not in dropped))

    def _put(self, table: str, row: int | None, numbers: tuple[int, ...], payload: bytes) -> int:
        return put_row(self._connection, table, row, numbers, payload)

    def _rows(self, table: str, where: str, *values: int) -> list[int]:
        """Ids of the rows for which a condition holds."""
        query = f"SELECT id FROM {table} WHERE {where}"
        return [row for (row,) in self._connection.execute(query, values)]

    def _delete(self, table: str, rows: list[int]) -> None:
        self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(row,) for row in rows])

    def _add_branch(self, branch: Branch) -> Written:
        numbers = (-1 if branch.parent is None else branch.parent, branch.step, branch.journaled)
        self._put("branches", branch.id, numbers, branch.name.encode())
        # What was measured at its very first step it holds itself: its parent may not have got that far.
        start = dict.fromkeys(WIDTHS, (branch.step, 0))
        return Written(branch.step, measured=start, journaled=branch.journaled)

    def _rewind(self, branch: Branch, written: Written, place: tuple[int, int]) -> Written:
        """Cut off what came after a step and so many commands; all before it stays as it was written."""
        step, journaled = place
        keyframes = tuple(keyframe for keyframe in written.keyframes if keyframe.place <= place)
        later = self._rows("keyframes", "branch = ? AND step > ?", branch.id, step)
        not_kept = {kept.row for kept in written.keyframes if kept not in keyframes}
        delete_keyframes(self._connection, not_kept.union(later))
        self._delete("journal", self._rows("journal", "branch = ? AND number >= ?", branch.id, journaled))
        end = max(branch.step, step)
        self._cut("history", branch.id, end, lambda start, payload: _history_until(end - start, payload))
        for table, width in WIDTHS.items():
            self._cut(table, branch.id, step, _measurements_before(step, width))
        # What is not written yet has still to come.
        measured = {table: min(written.measured.get(table, NOT_MEASURED), (step, 0)) for table in WIDTHS}
        self._move_environment(branch.id, step)
        return Written(
            min(written.step, end),
            measured=measured,
            journaled=min(written.journaled, journaled),
            keyframes=keyframes,
        )

    def _cut(self, table: str, branch: int, step: int, cut: Callable[[int, bytes], bytes]) -> None:
        """Shorten the rows of a table that go beyond a step; delete those of which nothing is left."""
        self._connection.execute(f"DELETE FROM {table} WHERE branch = ? AND step >= ?", (branch, step))
        # A row of the history holds CHUNK steps at most; measurements are few.
        least = step - CHUNK if table == "history" else 0
        query = f"SELECT id, step, record FROM {table} WHERE branch = ? AND step >= ?"
        for row, start, record in self._connection.execute(query, (branch, least)).fetchall():
            try:
                payload = unsealed(record, table, branch, start)
            except Damaged:
                continue
            left = cut(start, payload)
            if left != payload:
                self._put(table, row, (branch, start), left)

    def _move_environment(self, branch: int, step: int) -> None:
        """Let the environment of the newest steps be that of all steps after this one, which are computed anew."""
        query = "SELECT id, step, record FROM environments WHERE branch = ? AND step > ? ORDER BY step"
        later = self._connection.execute(query, (branch, step)).fetchall()
        if later:
            _, at, record = later[-1]
            self._delete("environments", [row for row, _, _ in later])
            with suppress(Damaged):
                payload = unsealed(record, "environments", branch, at)
                self._put("environments", None, (branch, step), payload)

    def note_environment(self, branch: int, step: int, environment: Environment) -> None:
        """Record that the steps of a branch from this one on are computed elsewhere than those before.

        Raises:
            RunFileError: when it cannot be written.
        """
        with self._transaction():
            self._put("environments", None, (branch, step), environment.to_json().encode())

    def rename_branch(self, branch: Branch) -> None:
        """Write the branch's name anew.

        Raises:
            RunFileError: when it cannot be written.
        """
        with self._transaction():
            self._add_branch(branch)

    def delete_branch(self, branch: int) -> None:
        """Forget a branch from which no other begins; the root stays.

        Raises:
            RunFileError: when it cannot be written.
        """
        tables = [table for table, columns in COLUMNS.items() if "branch" in columns]
        with self._transaction():
            delete_keyframes(self._connection, self._rows("keyframes", "branch = ?", branch))
            self._connection.execute("DELETE FROM branches WHERE id = ?", (branch,))
            for table in tables:
                self._connection.execute(f"DELETE FROM {table} WHERE branch = ?", (branch,))
        self._written.pop(branch, None)

    def _copy_into(self, unfinished: Path) -> None:
        """Copy the file, with a mark of its own: our log does not belong to the copy."""
        self._connection.execute("VACUUM INTO ?", (str(unfinished.absolute()),))
        with closing(connect(unfinished)) as copy:
            copy.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (MARKS, sealed(new_marks(), "facts")))

    def save_copy(self, path: Path) -> None:
        """Write all that is saved so far into another file, which must not exist yet.

        Raises:
            RunFileError: when there is such a file, or it cannot be written.
        """
        refuse_existing(path)
        try:
            write_new(path, self._copy_into)
        except (OSError, sqlite3.Error) as error:
            raise RunFileError(path, fault_of(error)) from None

    def moved_to(
        self,
        path: Path,
        unsaved: Iterable[SaveRequest] = (),
        unmet: Iterable[Callable[[RunStore], None]] = (),
    ) -> RunStore:
        """All of this run in another file, which takes the place of what is there once it is complete.

        This one stays open and as it is.

        Args:
            path: the other file; where it is a link, what that means is written.
            unsaved: what is in no file yet.
            unmet: what is to be done with the other file after that.

        Raises:
            RunFileError: when the other cannot be written; then what is there is as it was.
        """
        self._place.refuse_spoilt()
        written = dict(self._written)

        def fill(unfinished: Path) -> None:
            self._copy_into(unfinished)
            self._add(unfinished, unsaved, unmet, written, self._budget)

        try:
            replace_run(path, fill)
        except (OSError, sqlite3.Error) as error:
            raise RunFileError(path, fault_of(error)) from None
        return RunStore(path, written, self._budget)

    def check_place(self) -> None:
        """Look whether the file is still where and what it was.

        Raises:
            FileGone: when it is not.
        """
        self._place.check()

    @property
    def is_lost(self) -> bool:
        """Whether somebody else has written into the file, so that nothing more can be had from it."""
        return self._place.is_spoilt

    def fold(self, least: int = 0) -> None:
        """Fold the log into the file where it has more than so many bytes, so that the file alone holds all.

        Raises:
            NotFolded: when that failed.
        """
        log = log_of(self.path)
        if log.exists() and log.stat().st_size > least:
            self._fold()

    def _fold(self) -> None:
        # Whatever comes of it: what is written next may begin a log.
        self._is_new_log = True
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            self._place.note(self._marks[:MARK_BYTES])
            raise NotFolded(
                self.path, f"{fault_of(error)}; its newest steps are in the log beside it"
            ) from None
        self._place.note(self._marks[-MARK_BYTES:])

    def close(self) -> None:
        """Fold the log into the file, so that only the one file is left; let others open it.

        A file that others have taken away or changed is left to them.

        Raises:
            NotFolded: when that failed.
        """
        try:
            with suppress(FileGone):
                self._place.check()
            if not self.is_lost:
                self._fold()
        finally:
            self._abandon()

    def _abandon(self) -> None:
        self._place.before_closing()
        self._connection.close()
        self._place.release()
