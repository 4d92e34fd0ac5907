"""From a network's outputs to a score in 0..1 for each class, whatever its last layer and loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.nn.losses import CrossEntropy, softmax
from visualnet.core.run.trainer import Trainer


def class_scores(trainer: Trainer, inputs: NDArray[Any]) -> NDArray[Any]:
    """How strongly the network holds each class to be the right one.

    Under cross-entropy these are probabilities. Under other losses the outputs themselves, cut to 0..1;
    one output alone stands for the second of two classes.

    Args:
        trainer: the run.
        inputs: (batch, features) as the data set holds them, unscaled.

    Returns:
        (batch, classes).
    """
    dtype = trainer.network.dtype
    outputs = trainer.network.predict(inputs.astype(dtype) * dtype.type(trainer.dataset.scale))
    if trainer.setup.loss == CrossEntropy.kind:
        return softmax(outputs)
    scores = np.clip(outputs, 0, 1)
    return np.concatenate([1 - scores, scores], axis=1) if scores.shape[1] == 1 else scores
