"""The thread that writes a run file while the run goes on, so that a slow disk does not slow the run.

For each branch at most one request waits: a newer one takes the place of an older one that was not begun. As
a request holds all of history and journal, only a keyframe is dropped by that.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Condition, Thread

from visualnet.core.errors import RunFileError, sentence_of, shortened
from visualnet.core.runfile.file_parts import are_same, free_name
from visualnet.core.runfile.place import FileGone
from visualnet.core.runfile.save_request import SaveRequest
from visualnet.core.runfile.writer import NotFolded, RunStore

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 2.0
"""Between two checks of the file's place while nothing is to be written."""

NOT_SAVED = " The run goes on without being saved."

Job = Callable[[RunStore], None]
"""Something to be done with a store; raises RunFileError where it is to be tried again."""


class Saver(Thread):
    """A thread that writes requests into a store. What cannot be written is tried again, in order, until it is.

    Args:
        store: this thread's alone from now on.
        on_trouble: told a sentence when saving fails, once until it fails otherwise or works again; called in this thread.
        refuge: gives the path at which a run goes on whose file was deleted or replaced; called in this thread with
            the old path.
        on_rescued: told a sentence once the run goes on there; likewise. None: as for trouble.
        on_recovered: called when all is in the file again after trouble; likewise.
    """

    def __init__(
        self,
        store: RunStore,
        on_trouble: Callable[[str], None],
        refuge: Callable[[Path], Path] = free_name,
        on_rescued: Callable[[str], None] | None = None,
        on_recovered: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name="visualnet-saver", daemon=True)
        self._store = store
        self._on_trouble = on_trouble
        self._refuge = refuge
        self._on_rescued = on_rescued or on_trouble
        self._on_recovered = on_recovered
        self._changed = Condition()
        self._waiting: dict[int, SaveRequest] = {}
        self._jobs: deque[Callable[[], None]] = deque()
        self._unsaved: dict[int, SaveRequest] = {}
        self._unmet: deque[Job] = deque()
        self._is_closing = False
        self._trouble = ""

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

    def put(self, request: SaveRequest) -> None:
        """Have a request written soon; returns at once. Any thread."""
        with self._changed:
            self._waiting[request.branch.id] = request.after(self._waiting.get(request.branch.id))
            self._changed.notify()

    def ask(self, job: Job) -> None:
        """Have something else done with the store, as deleting a branch; returns at once. Any thread."""

        def do() -> None:
            self._unmet.append(job)
            self._catch_up()

        self._enqueue(do)

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

        def do() -> None:
            before = self._store.path
            try:
                if are_same(path, before):
                    self._save_rest()
                else:
                    self._go_on_in(path)
            except RunFileError as error:
                on_failed(error)
            else:
                self._trouble = ""
                on_moved(before)

        self._enqueue(do)

    def _enqueue(self, job: Callable[[], None]) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def close(self) -> None:
        """Wait until all is written, or was tried to be, then close the file. The thread that started this one."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self.join()

    def run(self) -> None:
        """Write what comes, until closed."""
        while self._serve():
            pass
        self._attempt(self._store.close, "")

    def _serve(self) -> bool:
        """Wait for something to do, and do it; False when there will be nothing more."""
        with self._changed:
            is_called = self._changed.wait_for(
                lambda: self._waiting or self._jobs or self._is_closing, SECONDS_BETWEEN_LOOKS
            )
            requests, self._waiting = self._waiting, {}
            jobs, self._jobs = self._jobs, deque()
        for branch, request in requests.items():
            self._unsaved[branch] = request.after(self._unsaved.get(branch))
        self._catch_up()
        for job in jobs:
            self._attempt(job, "")
        is_complete = not (self._unsaved or self._unmet)
        if is_complete and (not is_called or self._trouble):
            self._look()
        return bool(requests or jobs or not is_called)

    def _catch_up(self) -> None:
        """Write what is in no file yet, as far as that can be done.

        Requests wait for what came before them: a branch that is deleted must not be written after that.
        """
        for branch in list(self._unsaved):
            self._attempt(partial(self._save, branch), NOT_SAVED)
        while self._unmet and not self._unsaved and self._attempt(self._meet, NOT_SAVED):
            pass

    def _save_rest(self) -> None:
        """Write all that is in no file yet.

        Raises:
            RunFileError: when that cannot be done.
        """
        for branch in list(self._unsaved):
            self._save(branch)
        while self._unmet:
            self._meet()

    def _save(self, branch: int) -> None:
        """Write a branch's request, unless going on in another file has done it meanwhile."""
        if branch not in self._unsaved:
            return
        try:
            self._store.save(self._unsaved[branch])
        except FileGone as gone:
            self._rescue(gone)
            return
        except NotFolded:
            del self._unsaved[branch]
            raise
        del self._unsaved[branch]

    def _meet(self) -> None:
        """Do the next job; one that fails stays the next."""
        job = self._unmet.popleft()
        try:
            job(self._store)
        except RunFileError:
            self._unmet.appendleft(job)
            raise

    def _look(self) -> None:
        """Check that the file is in its place and fold its log; tell if saving works again after trouble."""
        if self._attempt(self._check, NOT_SAVED) and self._trouble:
            self._trouble = ""
            self._on_recovered()

    def _check(self) -> None:
        try:
            self._store.check_place()
        except FileGone as gone:
            self._rescue(gone)
        self._store.fold()

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

    def _go_on_in(self, path: Path) -> None:
        """Move to another file, with all that is saved and all that could not be; the old one is closed.

        Raises:
            RunFileError: when the other cannot be written; then all is as it was.
        """
        before = self._store
        self._store = before.moved_to(path, self._unsaved.values(), self._unmet)
        self._unsaved.clear()
        self._unmet.clear()
        try:
            before.close()
        except RunFileError as error:
            log.warning("%s; what it lacks lies in the log beside it, and all is in %s", error, path)

    def _attempt(self, work: Callable[[], None], consequence: str) -> bool:
        try:
            work()
        except NotFolded as error:
            self._tell(f"{error}.")
        except RunFileError as error:
            self._tell(f"{error}.{consequence}")
        except Exception as error:
            log.exception("The saver met an unforeseen error")
            self._tell(f"{shortened(self._store.path)}: could not be saved. {sentence_of(error)}")
        else:
            return True
        return False

    def _tell(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._on_trouble(sentence)
        self._trouble = sentence
