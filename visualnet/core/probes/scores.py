"""Scores in 0..1 for each class from a network's outputs, whatever its last layer and loss."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from visualnet.core.training.trainer import Trainer


def class_scores(trainer: Trainer, inputs: NDArray[Any]) -> NDArray[Any]:
    """How strongly the network holds each class to be the right one.

    Under cross-entropies these are probabilities; see each loss's ``scores``.

    Args:
        trainer: the run.
        inputs: (batch, features) as the data set holds them, unscaled.

    Returns:
        (batch, classes).
    """
    return trainer.loss.scores(outputs_for(trainer, inputs).T).T


def outputs_for(trainer: Trainer, inputs: NDArray[Any]) -> NDArray[Any]:
    """The network's raw outputs: (batch, outputs) for (batch, features) as the data set holds them, unscaled."""
    dtype = trainer.network.dtype
    return trainer.network.predict(inputs.astype(dtype) * dtype.type(trainer.dataset.scale))
