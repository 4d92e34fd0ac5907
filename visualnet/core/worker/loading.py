"""Loading of data and files, with progress, which a person may cancel. Worker thread only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from visualnet.core.datasets.dataset import Progress
from visualnet.core.errors import Cancelled
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.inbox import Inbox
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.match_data import match_data
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer


class Loading:
    """A loader that posts its progress and takes commands meanwhile.

    Args:
        state: where it is told.
        inbox: of commands; a cancel is obeyed at once.
        deferred: the other commands that come meanwhile, for later.
    """

    def __init__(self, state: WorkerState, inbox: Inbox, deferred: deque[c.Command]) -> None:
        self._state = state
        self._inbox = inbox
        self._deferred = deferred

    def load(self, setup: Setup, follows_data: bool = False) -> Trainer:
        """The Trainer of this Setup.

        Args:
            setup: what to train.
            follows_data: let outputs and loss follow from the data.

        Raises:
            VisualNetError: when there can be none, or loading was cancelled.
        """
        with self.watched() as progress:
            dataset = setup.data.load(progress)
            return Trainer(match_data(setup, dataset) if follows_data else setup, dataset)

    @contextmanager
    def watched(self) -> Iterator[Progress]:
        """For work that takes long: a Progress that tells of it, and raises Cancelled where a person asks for that."""
        try:
            yield self._on_progress
        finally:
            self._state.post(e.LoadingEnded(self._state.generation))
            if self._state.present is not None:
                # The new Trainer claimed its threads, and the present run may yet go on.
                self._state.trainer.claim_threads()

    def _on_progress(self, fraction: float, activity: str) -> None:
        self._state.post(e.LoadingProgressed(self._state.generation, fraction, activity))
        while not self._inbox.empty():
            command = self._inbox.get()
            if isinstance(command, c.Stop):
                self._deferred.append(command)
            if isinstance(command, (c.CancelLoading, c.Stop)):
                raise Cancelled("Loading was cancelled.")
            self._deferred.append(command)
