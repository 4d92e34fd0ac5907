"""StudyRunner: carries out studies in slices beside training. Worker thread only."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from visualnet.core.messages import events as e
from visualnet.core.replay.replay_trainer import ReplayTrainer
from visualnet.core.runs.tree import Run
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.studies.base import Progress, Study
from visualnet.core.worker.laboratory import Laboratory


@dataclass(slots=True, eq=False)
class _UnderWay:
    """A study in progress."""

    study: Study
    lab: Laboratory
    slices: Generator[Progress, None, Any]


class StudyRunner:
    """A task in slices: the studies that are under way, one of each kind, by turns."""

    next_due = 0.0

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._under_way: dict[type[Study], _UnderWay] = {}
        self._spares: dict[type[Study], list[ReplayTrainer]] = {}

    @property
    def is_active(self) -> bool:
        """Whether any study is under way."""
        return bool(self._under_way)

    def start(self, study: Study) -> None:
        """Begin a study, in the place of one of the same kind.

        Raises:
            VisualNetError: when there is no run, or the study cannot be made.
        """
        kind = type(study)
        self.cancel_kind(kind)
        lab = Laboratory(self._state, self._spares.setdefault(kind, []))
        self._take_slice(_UnderWay(study, lab, study.run(lab)))

    def cancel_kind(self, kind: type[Study]) -> None:
        """End the study of this kind, if there is one, without a result."""
        self._under_way.pop(kind, None)

    def cancel(self) -> None:
        """End all studies."""
        self._under_way.clear()

    def drop(self, runs: list[Run]) -> None:
        """These runs are gone, or have gone back: what looks into them ends."""
        for kind, one in list(self._under_way.items()):
            if one.lab.has_opened(runs):
                self.cancel_kind(kind)

    def advance(self) -> None:
        """Take one slice of the study whose turn it is."""
        self._take_slice(next(iter(self._under_way.values())))

    def _take_slice(self, one: _UnderWay) -> None:
        """Let a study go on, and wait behind the others for its next turn, unless this was its end."""
        state, kind = self._state, type(one.study)
        one.lab.begin_slice()
        try:
            progress = next(one.slices)
        except StopIteration as end:
            self._under_way.pop(kind, None)
            state.post(e.StudyEnded(state.generation, one.study, end.value))
            return
        finally:
            # A Trainer that was made for the study has set the threads to its own number.
            state.trainer.claim_threads()
        self._under_way.pop(kind, None)
        self._under_way[kind] = one
        state.post(e.StudyProgressed(state.generation, one.study, progress.share, progress.so_far))
