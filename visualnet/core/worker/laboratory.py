"""Laboratory: what a study uses of the worker's runs, spare Trainers included. Worker thread only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.history.history import HistoryView
from visualnet.core.probes.base import Probe
from visualnet.core.replay.replay import Replay, ReplayDiffers
from visualnet.core.replay.replay_trainer import ReplayTrainer
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.settings import kept_settings
from visualnet.core.setup.setup import Setup
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker.sliced_task import SLICE_SECONDS


class Laboratory:
    """The Lab of one study; see there.

    Args:
        state: the worker's runs.
        spares: spare Trainers left over from an earlier study, added to where they do not suffice.
    """

    def __init__(self, state: WorkerState, spares: list[ReplayTrainer]) -> None:
        self._state = state
        self._spares = spares
        self._opened: list[Run] = []
        self._slice_ends = 0.0

    def begin_slice(self) -> None:
        """Let the next slice begin now."""
        self._slice_ends = perf_counter() + SLICE_SECONDS

    def has_opened(self, runs: list[Run]) -> bool:
        """Whether the study looks into one of these."""
        return any(run in runs for run in self._opened)

    @property
    def setup(self) -> Setup:
        """See Lab, as for all that follows."""
        return self._state.trainer.setup

    @property
    def dataset(self) -> Dataset:
        """See Lab."""
        return self._state.trainer.dataset

    @property
    def kept_settings(self) -> Mapping[str, float]:
        """See Lab."""
        return kept_settings(self._state.trainer)

    @property
    def is_slice_over(self) -> bool:
        """See Lab."""
        return self.seconds_left <= 0

    @property
    def seconds_left(self) -> float:
        """Of the slice."""
        return self._slice_ends - perf_counter()

    def open(self, run_id: int) -> ReplayedTreeRun:
        """See Lab."""
        self._opened.append(self._state.tree.get(run_id))
        if len(self._opened) > len(self._spares):
            self._spares.append(ReplayTrainer())
        return ReplayedTreeRun(self._opened[-1], self._spares[len(self._opened) - 1], self._state, self)


class ReplayedTreeRun:
    """A run of the tree, as a study looks into it; see ReplayedRun."""

    def __init__(self, run: Run, spare: ReplayTrainer, state: WorkerState, lab: Laboratory) -> None:
        self._run = run
        self._spare = spare
        self._state = state
        self._lab = lab
        self._replay: Replay | None = None

    @property
    def name(self) -> str:
        """See ReplayedRun, as for all that follows."""
        return self._run.name

    @property
    def last_step(self) -> int:
        """See ReplayedRun."""
        return self._run.live_run.trainer.step_count

    @property
    def history(self) -> HistoryView:
        """See ReplayedRun."""
        return self._run.live_run.trainer.history.view()

    @property
    def trainer(self) -> Trainer:
        """See ReplayedRun."""
        return self._spare.of(self._run.live_run.trainer)

    def go_to(self, step: int) -> Iterator[None]:
        """See ReplayedRun."""
        replay = self._set_out(step)
        while not replay.is_done:
            try:
                with self._state.threads_of(replay.trainer):
                    replay.advance(self._lab.seconds_left)
            except ReplayDiffers as error:
                self._state.mark_irreproducible(self._run, str(error))
                replay = self._set_out(step)
            if self._lab.is_slice_over:
                yield

    def _set_out(self, step: int) -> Replay:
        """The way to a step, from where the spare Trainer is, or from a keyframe that is nearer."""
        timeline, replay = self._run.live_run.timeline, self._replay
        if replay is not None:
            here = replay.trainer.step_count
            if timeline.leads_to(step, here) and timeline.nearest(max(0, step - 1)).step <= here <= step:
                replay.go_on_to(step)
                return replay
        self._replay = timeline.replay(self.trainer, step)
        return self._replay

    def measure(self, probes: Collection[Probe]) -> Mapping[Probe, Any]:
        """See ReplayedRun."""
        view = TrainerView(self.trainer)
        with self._state.threads_of(self.trainer), np.errstate(all="ignore"):
            return {probe: probe.result(view) for probe in probes}
