"""Study: the base of all measurements that take seconds, and Lab: what such a measurement may use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.history.history import HistoryView
from visualnet.core.probes.base import Probe
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study has come.

    Attributes:
        share: of it that is done, in 0..1.
        so_far: what is known by now, where a part of the result says something already; else None.
    """

    share: float
    so_far: Any = None


class ReplayedRun(Protocol):
    """One of the runs that there are, whose past a spare Trainer replays, while the run itself goes on."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def last_step(self) -> int:
        """Its live edge."""

    @property
    def history(self) -> HistoryView:
        """All its losses and accuracies by now."""

    @property
    def trainer(self) -> Trainer:
        """The spare Trainer, at the step that it was brought to last; it may be altered."""

    def go_to(self, step: int) -> Iterator[None]:
        """Bring the spare Trainer to a step, or to the keyframe before it where no replay is to be trusted; gives way
        whenever the slice is over."""

    def measure(self, probes: Collection[Probe]) -> Mapping[Probe, Any]:
        """What each probe measures of the spare Trainer."""


class Lab(Protocol):
    """What a study may use, in the worker's thread; nothing of it changes a run."""

    @property
    def setup(self) -> Setup:
        """Of the present run."""

    @property
    def dataset(self) -> Dataset:
        """Of the present run."""

    @property
    def kept_settings(self) -> Mapping[str, float]:
        """What is in force in the present run, as a state keeps it."""

    @property
    def is_slice_over(self) -> bool:
        """Whether it is time to yield."""

    def open(self, run_id: int) -> ReplayedRun:
        """A run to look into; VisualNetError where there is none."""


class Study(ABC):
    """A measurement that takes seconds, described by a frozen, hashable, picklable value.

    It leaves all runs bit for bit as they were, and may be cancelled wherever it yields.
    """

    __slots__ = ()

    @classmethod
    @abstractmethod
    def examples(cls) -> tuple[Self, ...]:
        """Values for the test that all studies have to pass, where run 1 is the only one and has 40 steps."""

    @abstractmethod
    def run(self, lab: Lab) -> Generator[Progress, None, Any]:
        """Measure; yield whenever the lab says that the slice is over, at the latest after a training step; return
        the result, a frozen value.

        Raises:
            VisualNetError: before the first yield, when it cannot be made.
        """
