"""Arrangement: the runs that there are, as a value to which undo can return. Worker thread only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from visualnet.core.runs.live_run import LiveRun
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.setup.setup import Setup


@dataclass(frozen=True, slots=True)
class Standing:
    """What commands about runs may change of one run. Its steps are in its LiveRun, so they are no part of it."""

    run: Run
    name: str
    start: tuple[int, int]
    live_run: LiveRun


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Everything that commands about runs change, by reference: the runs themselves are not copied.

    Attributes:
        standings: the runs, parents first.
        present: the run that is shown.
        draft: the next Setup, as edited.
    """

    standings: tuple[Standing, ...]
    present: Run | None
    draft: Setup | None

    @staticmethod
    def of(state: WorkerState) -> Arrangement:
        """As it is now."""
        standings = tuple(Standing(run, run.name, run.start, run.live_run) for run in state.tree.all)
        return Arrangement(standings, state.present, state.draft)

    @property
    def runs(self) -> list[Run]:
        """The runs, parents first."""
        return [standing.run for standing in self.standings]

    @property
    def live_runs(self) -> set[LiveRun]:
        """The LiveRuns of all runs."""
        return {standing.live_run for standing in self.standings}

    def without(self, runs: Iterable[Run]) -> Arrangement:
        """As if these runs had never been there."""
        gone = set(runs)
        return replace(self, standings=tuple(one for one in self.standings if one.run not in gone))
