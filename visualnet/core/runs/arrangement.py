"""Which runs there are and how each stands, as a value that can be put back. Worker thread only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from visualnet.core.runs.live_run import RunSlot
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import Stage
from visualnet.core.setup.setup import Setup


@dataclass(frozen=True, slots=True)
class Standing:
    """What may become another in a run. Its steps go on in its slot, so they are no part of it."""

    run: Run
    name: str
    start: tuple[int, int]
    slot: RunSlot


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All that commands about runs change, by reference: the runs themselves are not copied.

    Attributes:
        standings: the runs, parents first.
        present: the run that is shown.
        draft: the next Setup, as edited.
    """

    standings: tuple[Standing, ...]
    present: Run | None
    draft: Setup | None

    @staticmethod
    def of(stage: Stage) -> Arrangement:
        """As it is now."""
        standings = tuple(Standing(run, run.name, run.start, run.slot) for run in stage.tree.all)
        return Arrangement(standings, stage.present, stage.draft)

    @property
    def runs(self) -> list[Run]:
        """The runs, parents first."""
        return [standing.run for standing in self.standings]

    @property
    def slots(self) -> set[RunSlot]:
        """What the runs stand in."""
        return {standing.slot for standing in self.standings}

    def without(self, runs: Iterable[Run]) -> Arrangement:
        """As if these runs had never been there."""
        gone = set(runs)
        return replace(self, standings=tuple(one for one in self.standings if one.run not in gone))
