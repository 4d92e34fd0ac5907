"""The thread that writes a run's file while the run goes on, at the disk's pace and not at the run's.

For each branch at most one batch waits: a newer one takes the place of an older one that was not begun. As
a batch holds all of history and journal, only a keyframe is dropped by that.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread

from visualnet.core.errors import RunFileError
from visualnet.core.run.batch import Batch
from visualnet.core.run.file_parts import are_same, free_name
from visualnet.core.run.place import FileGone
from visualnet.core.run.store import NotFolded, RunStore

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 2.0
"""While nothing is to be written."""

NOT_SAVED = " The run goes on without being saved."


class Saver(Thread):
    """Writes batches into a store.

    Args:
        store: this thread's alone from now on.
        on_trouble: told a sentence when saving fails, once until it works again; called in this thread.
        refuge: where a run goes on whose file was taken away; called in this thread with the file's path.
        on_rescued: told a sentence once it goes on there; likewise. None: as for trouble.
    """

    def __init__(
        self,
        store: RunStore,
        on_trouble: Callable[[str], None],
        refuge: Callable[[Path], Path] = free_name,
        on_rescued: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name="visualnet-saver", daemon=True)
        self._store = store
        self._on_trouble = on_trouble
        self._refuge = refuge
        self._on_rescued = on_rescued or on_trouble
        self._changed = Condition()
        self._waiting: dict[int, Batch] = {}
        self._requests: deque[Callable[[RunStore], None]] = deque()
        self._failed: dict[int, Batch] = {}
        self._is_closing = False
        self._is_in_trouble = False

    @property
    def path(self) -> Path:
        """The file that the run is in now."""
        return self._store.path

    @property
    def is_lost(self) -> bool:
        """Whether nothing more can be had from that file, see RunStore."""
        return self._store.is_lost

    @property
    def is_behind(self) -> bool:
        """Whether what was put last still waits: then a keyframe need not be taken."""
        return bool(self._waiting)

    def put(self, batch: Batch) -> None:
        """Have a batch written soon; returns at once. Any thread."""
        with self._changed:
            self._waiting[batch.branch.id] = batch.after(self._waiting.get(batch.branch.id))
            self._changed.notify()

    def ask(self, request: Callable[[RunStore], None]) -> None:
        """Have something else done with the store, as deleting a branch; returns at once. Any thread."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify()

    def move(
        self, path: Path, on_moved: Callable[[Path], None], on_failed: Callable[[RunFileError], None]
    ) -> None:
        """Go on in another file, see RunStore.moved_to; returns at once. Any thread.

        What fails leaves the run where it is. Both are called in this thread.

        Args:
            path: the other file; the present one: all is to be in it.
            on_moved: given the file before, when all is there.
            on_failed: given what hindered it.
        """

        def do(store: RunStore) -> None:
            before = store.path
            try:
                if are_same(path, before):
                    self._save_failed()
                else:
                    self._go_on_in(path)
            except RunFileError as error:
                on_failed(error)
            else:
                self._is_in_trouble = False
                on_moved(before)

        self.ask(do)

    def _save_failed(self) -> None:
        for branch, batch in list(self._failed.items()):
            self._store.save(batch)
            del self._failed[branch]

    def _go_on_in(self, path: Path) -> None:
        """All that is saved, and what could not be, in another file; the one before is closed.

        Raises:
            RunFileError: when the other cannot be written; then all is as it was.
        """
        before = self._store
        self._store = before.moved_to(path, self._failed.values())
        self._failed.clear()
        try:
            before.close()
        except RunFileError as error:
            log.warning("%s; what it lacks lies in the log beside it, and all is in %s", error, path)

    def close(self) -> None:
        """Wait until all is written, then close the file. The thread that started this one."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self.join()

    def run(self) -> None:
        """Write what comes, until closed."""
        while self._serve():
            pass
        for batch in self._failed.copy().values():
            self._save(batch)
        self._attempt(lambda store: store.close(), "")

    def _serve(self) -> bool:
        """Wait for something to do, and do it; False when there will be nothing more."""
        with self._changed:
            is_called = self._changed.wait_for(
                lambda: self._waiting or self._requests or self._is_closing, SECONDS_BETWEEN_LOOKS
            )
            batches, self._waiting = list(self._waiting.values()), {}
            requests, self._requests = list(self._requests), deque()
        for batch in batches:
            self._save(batch)
        for request in requests:
            self._attempt(request, "")
        if not is_called:
            self._attempt(self._look, NOT_SAVED)
        return bool(batches or requests or not is_called)

    def _look(self, store: RunStore) -> None:
        """Nothing has come for a while: the file is to be there, and alone to hold all."""
        try:
            store.check_place()
        except FileGone as gone:
            self._rescue(gone)
        self._store.fold()

    def _save(self, batch: Batch) -> None:
        """Write a batch, together with what could not be written before; keep it where it fails again."""
        branch = batch.branch.id
        self._failed[branch] = batch = batch.after(self._failed.get(branch))

        def save(store: RunStore) -> None:
            try:
                store.save(batch)
            except FileGone as gone:
                self._rescue(gone)
            except NotFolded:
                del self._failed[branch]
                raise
            self._failed.pop(branch, None)

        if self._attempt(save, NOT_SAVED):
            self._is_in_trouble = False

    def _rescue(self, gone: FileGone) -> None:
        """Go on in another file, and say so.

        Raises:
            FileGone: when there is nothing to rescue, or no place for it.
        """
        try:
            self._go_on_in(self._refuge(Path(gone.path)))
        except RunFileError as error:
            log.warning("%s; the run could not be put elsewhere: %s", gone, error)
            raise gone from None
        self._on_rescued(f"{gone}. The run is kept in {self._store.path} now.")

    def _attempt(self, work: Callable[[RunStore], None], consequence: str) -> bool:
        try:
            work(self._store)
        except NotFolded as error:
            self._tell(f"{error}.")
        except RunFileError as error:
            self._tell(f"{error}.{consequence}")
        except Exception as error:
            log.exception("The saver met an unforeseen error")
            self._tell(f"{self._store.path}: could not be saved ({type(error).__name__}: {error}).")
        else:
            return True
        return False

    def _tell(self, sentence: str) -> None:
        if not self._is_in_trouble:
            self._on_trouble(sentence)
        self._is_in_trouble = True
