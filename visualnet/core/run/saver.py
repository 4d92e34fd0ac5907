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
from visualnet.core.run.store import RunStore

log = logging.getLogger(__name__)


class Saver(Thread):
    """Writes batches into a store.

    Args:
        store: this thread's alone from now on.
        on_trouble: told a sentence when saving fails, once until it works again; called in this thread.
    """

    def __init__(self, store: RunStore, on_trouble: Callable[[str], None]) -> None:
        super().__init__(name="visualnet-saver", daemon=True)
        self._store = store
        self._on_trouble = on_trouble
        self._changed = Condition()
        self._waiting: dict[int, Batch] = {}
        self._requests: deque[Callable[[RunStore], None]] = deque()
        self._failed: dict[int, Batch] = {}
        self._is_closing = False
        self._is_in_trouble = False

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

    def move(self, path: Path, removes: bool, on_moved: Callable[[Path], None]) -> None:
        """Go on in another file, see RunStore.moved_to; returns at once. Any thread.

        Args:
            path: the other file.
            removes: whether the present one is removed.
            on_moved: told when all is there; called in this thread.
        """

        def do(store: RunStore) -> None:
            self._store = store.moved_to(path, removes)
            on_moved(path)

        self.ask(do)

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
        self._attempt(lambda store: store.close())

    def _serve(self) -> bool:
        """Wait for something to do, and do it; False when there will be nothing more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._requests or self._is_closing)
            batches, self._waiting = list(self._waiting.values()), {}
            requests, self._requests = list(self._requests), deque()
        for batch in batches:
            self._save(batch)
        for request in requests:
            self._attempt(request)
        return bool(batches or requests)

    def _save(self, batch: Batch) -> None:
        """Write a batch, together with what could not be written before; keep it where it fails again."""
        branch = batch.branch.id
        batch = batch.after(self._failed.pop(branch, None))
        if not self._attempt(lambda store: store.save(batch)):
            self._failed[branch] = batch

    def _attempt(self, work: Callable[[RunStore], None]) -> bool:
        try:
            work(self._store)
        except RunFileError as error:
            self._tell(f"{error}. The run goes on without being saved.")
            return False
        except Exception as error:
            log.exception("The saver met an unforeseen error")
            self._tell(f"{self._store.path}: could not be saved ({type(error).__name__}: {error}).")
            return False
        self._is_in_trouble = False
        return True

    def _tell(self, sentence: str) -> None:
        if not self._is_in_trouble:
            self._on_trouble(sentence)
        self._is_in_trouble = True
