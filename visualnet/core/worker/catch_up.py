"""Catch-up: training a new branch, before it is shown, to the step of its parent. Worker thread only."""

from __future__ import annotations

import logging
from time import perf_counter

from visualnet.core.messages import events as e
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.training.diverged import Diverged
from visualnet.core.worker.sliced_task import SLICE_SECONDS

log = logging.getLogger(__name__)

SECONDS_BETWEEN_NEWS = 0.1


class CatchUp:
    """A task in slices: one branch at a time; a newer one takes the place of an older."""

    next_due = 0.0

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._run: Run | None = None
        self._goal = 0
        self._told_at = 0.0

    @property
    def is_active(self) -> bool:
        """Whether a branch is on its way."""
        return self._run is not None

    def start(self, run: Run, step: int) -> None:
        """Train this branch until so many steps are done."""
        self.cancel()
        self._run, self._goal = run, step

    def cancel(self) -> None:
        """Leave the branch where it is."""
        if self._run is not None:
            self._run.live_run.rest()
        self._run = None

    def drop(self, runs: list[Run]) -> None:
        """These runs are gone."""
        if self._run in runs:
            self._run = None

    def note_rewind(self, run: Run) -> None:
        """A run went back: a branch of it goes no further than it is now, and the run itself stays there."""
        self.drop([run])
        if self._run is not None and self._run.parent == run.run_id:
            self._goal = min(self._goal, run.live_run.trainer.step_count)

    def advance(self) -> None:
        """Train for one slice."""
        run = self._run
        assert run is not None
        live_run, deadline = run.live_run, perf_counter() + SLICE_SECONDS
        known = len(live_run.trainer.journal)
        try:
            with self._state.threads_of(live_run.trainer):
                while not self._is_there(run) and perf_counter() < deadline:
                    live_run.advance()
        except Diverged as error:
            log.info("%s: %s", run.name, error)
            self._goal = live_run.trainer.step_count
        is_there = self._is_there(run)
        if is_there:
            live_run.apply_planned()
            self.cancel()
        self._state.tell_planned(run, known)
        if is_there or perf_counter() - self._told_at > SECONDS_BETWEEN_NEWS:
            self._tell(run)

    def _is_there(self, run: Run) -> bool:
        trainer = run.live_run.trainer
        return trainer.step_count >= self._goal and not trainer.is_evaluating

    def _tell(self, run: Run) -> None:
        self._told_at = perf_counter()
        step = run.live_run.trainer.step_count
        self._state.post(e.ReplayProgressed(self._state.generation, run.run_id, step, self._goal))
