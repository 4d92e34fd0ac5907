"""A spare Trainer that replays the past of a run, while the run's own Trainer stays where it is."""

from __future__ import annotations

from visualnet.core.training.trainer import Trainer


class ReplayTrainer:
    """A spare Trainer, reused for all runs with the same Setup and data."""

    def __init__(self) -> None:
        self._trainer: Trainer | None = None

    def of(self, trainer: Trainer) -> Trainer:
        """The spare Trainer, of the same Setup and data as this one; its state is left over from earlier use."""
        mine = self._trainer
        if mine is None or mine.setup != trainer.setup or mine.dataset is not trainer.dataset:
            mine = self._trainer = Trainer(trainer.setup, trainer.dataset)
        return mine

    def hand_over(self) -> None:
        """Give the spare Trainer away: the next call of ``of`` makes another."""
        self._trainer = None
