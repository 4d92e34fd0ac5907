"""WorkerState: the runs, the present one, and the outbox, which all parts of the worker share. Worker thread only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import events as e
from visualnet.core.messages.inbox import Recipient
from visualnet.core.runs.live_run import LiveRun
from visualnet.core.runs.summary import run_started
from visualnet.core.runs.tree import Run, RunTree
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer

SECONDS_BETWEEN_TIMELINES = 0.25


class WorkerState:
    """The worker's runs, and which of them is the present one.

    Args:
        outbox: where events go.

    Attributes:
        tree: all runs.
        present: the run that is shown and trained; None before the first.
        draft: the Setup that somebody means to start; the present run's own where nothing was edited.
        edits: how many edits of the draft were followed.
        generation: counts the runs that were present, from 1.
    """

    def __init__(self, outbox: Recipient) -> None:
        self.outbox = outbox
        self.tree = RunTree()
        self.present: Run | None = None
        self.draft: Setup | None = None
        self.edits = 0
        self.generation = 0
        self._told_at = 0.0

    @property
    def run(self) -> Run:
        """The present run.

        Raises:
            VisualNetError: before the first.
        """
        if self.present is None:
            raise VisualNetError("There is no run yet. Choose a preset first.")
        return self.present

    @property
    def live_run(self) -> LiveRun:
        """The present run's LiveRun; see run."""
        return self.run.live_run

    @property
    def trainer(self) -> Trainer:
        """The present run's Trainer; see run."""
        return self.run.live_run.trainer

    def mark_irreproducible(self, run: Run, sentence: str) -> None:
        """A replay of this run came out differently: from now on it is shown at its keyframes alone, and that is told."""
        run.live_run.timeline.is_reproducible = False
        self.post(e.ReplayIrreproducible(self.generation, run.run_id, sentence))

    def post(self, event: e.Event) -> None:
        """Tell what happened."""
        self.outbox.post(event)

    def enter(self, run: Run, draft: Setup | None = None) -> None:
        """Make a run the present one.

        Args:
            run: any.
            draft: None: the one that there is, which stays while runs of the Setup that it was made from are shown.
        """
        setup = run.live_run.trainer.setup
        is_of_it = self.present is not None and self.trainer.setup == setup
        self.draft = draft or (self.draft if is_of_it else setup)
        self.present = run
        self.trainer.claim_threads()
        self.generation += 1
        self.post(run_started(self.generation, run, self.draft or setup))
        self.tell_timeline()

    def apply_planned(self) -> None:
        """Call before another command takes effect in the present run: those that were planned for a step up to here
        come first."""
        known = len(self.trainer.journal)
        self.live_run.apply_planned()
        self.tell_planned(self.run, known)

    def tell_planned(self, run: Run, known: int) -> None:
        """Tell of planned commands that took effect, where the run is the present one.

        Args:
            run: any.
            known: how many commands it had before.
        """
        trainer = run.live_run.trainer
        if run is not self.present or len(trainer.journal) == known:
            return
        for step, command in trainer.journal[known:]:
            self.post(e.Applied(self.generation, step, command, trainer.settings, trainer.steps_per_epoch))
        self.tell_timeline()

    def tell_timeline(self) -> None:
        """Post the timeline as it is now."""
        run = self.run
        self._told_at = run.live_run.stepped_at
        marks = tuple(dict.fromkeys(step for step, _ in run.live_run.trainer.journal))
        steps, milestones = run.live_run.timeline.keyframes.steps, run.live_run.milestones().all
        self.post(e.TimelineChanged(self.generation, run.run_id, steps, marks, milestones))

    def tell_timeline_now_and_then(self) -> None:
        """Call after each step: posts the timeline when it was not posted for a while."""
        if self.live_run.stepped_at - self._told_at > SECONDS_BETWEEN_TIMELINES:
            self.tell_timeline()

    @contextmanager
    def threads_of(self, trainer: Trainer) -> Iterator[None]:
        """Let another Trainer compute with its own number of threads."""
        differs = trainer.setup.threads != self.trainer.setup.threads
        if differs:
            trainer.claim_threads()
        try:
            yield
        finally:
            if differs:
                self.trainer.claim_threads()
