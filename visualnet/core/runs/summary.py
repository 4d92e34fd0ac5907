"""The event RunStarted of a run, with summaries of its network and data for those who see no live network."""

from __future__ import annotations

from visualnet.core.datasets.dataset import MAXIMUM_POINTS, Dataset
from visualnet.core.messages.events import DataSummary, RunStarted
from visualnet.core.runs.tree import Run
from visualnet.core.setup.setup import Setup
from visualnet.core.training.model_view import TrainerView


def run_started(generation: int, run: Run, draft: Setup) -> RunStarted:
    """The event that tells of a run which is now the present one."""
    trainer = run.live_run.trainer
    view = TrainerView(trainer)
    return RunStarted(
        generation,
        trainer.setup,
        _data_summary(trainer.dataset),
        view.layers,
        len(trainer.network.parameters),
        trainer.steps_per_epoch,
        trainer.step_count,
        trainer.settings,
        tuple(trainer.journal),
        draft,
        run.run_id,
        run.name,
        view.gives_probabilities,
    )


def _data_summary(dataset: Dataset) -> DataSummary:
    are_points = dataset.input_shape == (2,) or (dataset.input_shape == (1,) and not dataset.classes)
    return DataSummary(
        dataset.name,
        dataset.input_shape,
        dataset.classes,
        len(dataset.train),
        len(dataset.test),
        dataset.train.inputs[:MAXIMUM_POINTS] if are_points else None,
        dataset.train.targets[:MAXIMUM_POINTS] if are_points else None,
        0 if dataset.validation is None else len(dataset.validation),
        dataset.test.inputs[:MAXIMUM_POINTS] if are_points else None,
        dataset.test.targets[:MAXIMUM_POINTS] if are_points else None,
        dataset.column_names if are_points else (),
    )
