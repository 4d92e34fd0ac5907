"""Comparison of two runs at pairs of their steps, measured with spare Trainers. Worker thread only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.messages import events as e
from visualnet.core.probes.base import Probe
from visualnet.core.replay.replay import Replay, ReplayDiffers
from visualnet.core.replay.replay_trainer import ReplayTrainer
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.studies.sliced_task import SLICE_SECONDS
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def difference(a: Trainer, b: Trainer) -> float | None:
    """The Euclidean distance between the parameter vectors; None where these differ in length."""
    ours, theirs = a.network.parameters, b.network.parameters
    if ours.shape != theirs.shape:
        return None
    return float(np.linalg.norm(ours.astype(np.float64) - theirs))


@dataclass(slots=True, eq=False)
class _ComparisonRequest:
    """A comparison in progress: what is compared, and how far it has come."""

    runs: tuple[Run, Run]
    steps: tuple[tuple[int, int], ...]
    probes: frozenset[Probe]
    replays: list[Replay]
    distances: list[float | None] = field(default_factory=list)
    shown: list[tuple[int, int]] = field(default_factory=list)


class Comparison:
    """A task in slices: one comparison at a time; a newer one takes the place of an older."""

    next_due = 0.0

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._replay_trainers = ReplayTrainer(), ReplayTrainer()
        self._request: _ComparisonRequest | None = None

    @property
    def is_active(self) -> bool:
        """Whether runs are being compared."""
        return self._request is not None

    def start(self, a: Run, b: Run, steps: tuple[tuple[int, int], ...], probes: frozenset[Probe]) -> None:
        """Compare two runs; see CompareRuns.

        Raises:
            VisualNetError: when a step was never reached, or the steps do not grow.
        """
        runs = a, b
        last = a.live_run.trainer.step_count, b.live_run.trainer.step_count
        steps = steps or ((min(last), min(last)),)
        for place in (0, 1):
            of_one = [pair[place] for pair in steps]
            if of_one != sorted(of_one) or of_one[0] < 0 or of_one[-1] > last[place]:
                raise VisualNetError(
                    f"{runs[place].name} has steps 0 to {last[place]:,}, to be asked for in order."
                )
        self._request = _ComparisonRequest(
            runs, steps, probes, [self._way(place, runs, steps) for place in (0, 1)]
        )
        self._state.trainer.claim_threads()

    def _way(self, place: int, runs: tuple[Run, Run], steps: tuple[tuple[int, int], ...]) -> Replay:
        live_run = runs[place].live_run
        return live_run.timeline.replay(self._replay_trainers[place].of(live_run.trainer), steps[0][place])

    def cancel(self) -> None:
        """Compare no longer."""
        self._request = None

    def drop(self, runs: list[Run]) -> None:
        """These runs are gone, or have gone back."""
        if self._request is not None and any(run in runs for run in self._request.runs):
            self._request = None

    def advance(self) -> None:
        """Go on with one of the two for one slice; when both are there, measure."""
        request = self._request
        assert request is not None
        place = next((place for place, replay in enumerate(request.replays) if not replay.is_done), None)
        if place is None:
            self._measure(request)
            return
        try:
            with self._state.threads_of(request.replays[place].trainer):
                request.replays[place].advance(SLICE_SECONDS)
        except ReplayDiffers as error:
            self._state.mark_irreproducible(request.runs[place], str(error))
            step = request.steps[len(request.distances)][place]
            self._set_out(request, place, request.replays[place], step)

    def _measure(self, request: _ComparisonRequest) -> None:
        a, b = (replay.trainer for replay in request.replays)
        request.distances.append(difference(a, b))
        request.shown.append((a.step_count, b.step_count))
        done = len(request.distances)
        if done == len(request.steps):
            self._post(request, a, b)
            self._request = None
            return
        for place, replay in enumerate(request.replays):
            self._set_out(request, place, replay, request.steps[done][place])

    def _set_out(self, request: _ComparisonRequest, place: int, replay: Replay, step: int) -> None:
        """Set out for the next step, from here or from a keyframe nearer to it."""
        timeline = request.runs[place].live_run.timeline
        here = replay.trainer.step_count
        if not timeline.leads_to(step, here) or timeline.nearest(step - 1).step > here:
            request.replays[place] = timeline.replay(replay.trainer, step)
        else:
            replay.go_on_to(step)

    def _post(self, request: _ComparisonRequest, a: Trainer, b: Trainer) -> None:
        results = []
        with np.errstate(all="ignore"):
            for trainer in (a, b):
                with self._state.threads_of(trainer):
                    view = TrainerView(trainer)
                    results.append({probe: probe.result(view) for probe in request.probes})
        ours, theirs = request.runs
        self._state.post(
            e.RunsCompared(
                self._state.generation,
                ours.run_id,
                theirs.run_id,
                tuple(request.shown),
                tuple(request.distances),
                results[0],
                results[1],
                ours.live_run.trainer.history.view(),
                theirs.live_run.trainer.history.view(),
            )
        )
