"""The comparison of two runs at pairs of their steps, measured with spare Trainers."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.history.history import HistoryView
from visualnet.core.probes.base import Probe
from visualnet.core.probes.weights import WeightsProbe
from visualnet.core.studies.base import Lab, Progress, ReplayedRun, Study
from visualnet.core.training.trainer import Trainer

Steps = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """Two runs side by side.

    Attributes:
        a: one run.
        b: another.
        steps: pairs of a step of a and one of b: those asked for, or the keyframes before where a replay is not trusted.
        distances: for each pair the Euclidean distance between the parameter vectors, None where these
            differ in length.
        results_a: what each probe measured of a at the last pair.
        results_b: and of b.
        history_a: all losses and accuracies of a.
        history_b: and of b.
    """

    a: int
    b: int
    steps: Steps
    distances: tuple[float | None, ...]
    results_a: Mapping[Probe, Any]
    results_b: Mapping[Probe, Any]
    history_a: HistoryView
    history_b: HistoryView


@dataclass(frozen=True, slots=True)
class CompareRuns(Study):
    """How far two runs are apart, and what probes measure of both; its result is a RunComparison.

    Attributes:
        a: one run.
        b: another, of the same data.
        steps: pairs of a step of a and one of b, in growing order; empty: the last step that both have.
        probes: measured at the last pair.
    """

    a: int
    b: int
    steps: Steps = ()
    probes: frozenset[Probe] = frozenset()

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """See Study."""
        return cls(1, 1), cls(1, 1, ((0, 9), (9, 9), (30, 40)), frozenset({WeightsProbe(0)}))

    def run(self, lab: Lab) -> Generator[Progress, None, RunComparison]:
        """See Study."""
        pair = lab.open(self.a), lab.open(self.b)
        wanted = self.steps or ((min(run.last_step for run in pair),) * 2,)
        _require_order(pair, wanted)
        shown: list[tuple[int, int]] = []
        distances: list[float | None] = []
        for steps in wanted:
            for run, step in zip(pair, steps, strict=True):
                for _ in run.go_to(step):
                    yield Progress(len(shown) / len(wanted))
            a, b = (run.trainer for run in pair)
            shown.append((a.step_count, b.step_count))
            distances.append(difference(a, b))
            if lab.is_slice_over:
                yield Progress(len(shown) / len(wanted))
        results_a, results_b = (run.measure(self.probes) for run in pair)
        history_a, history_b = (run.history for run in pair)
        return RunComparison(
            self.a, self.b, tuple(shown), tuple(distances), results_a, results_b, history_a, history_b
        )


def difference(a: Trainer, b: Trainer) -> float | None:
    """The Euclidean distance between the parameter vectors; None where these differ in length."""
    ours, theirs = a.network.parameters, b.network.parameters
    if ours.shape != theirs.shape:
        return None
    return float(np.linalg.norm(ours.astype(np.float64) - theirs))


def _require_order(pair: tuple[ReplayedRun, ReplayedRun], wanted: Steps) -> None:
    for run, steps in zip(pair, zip(*wanted, strict=True), strict=True):
        if list(steps) != sorted(steps) or steps[0] < 0 or steps[-1] > run.last_step:
            raise VisualNetError(f"{run.name} has steps 0 to {run.last_step:,}, to be asked for in order.")
