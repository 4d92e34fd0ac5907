"""A run's figures as one plain object: what the shell prints, a file keeps, and the app reports."""

from __future__ import annotations

from math import isfinite
from typing import Any

from visualnet.core.history.history import mean_of, mean_training_loss, paired
from visualnet.core.training.trainer import Trainer


def report(
    trainer: Trainer, fit_seconds: float, evaluation_seconds: float, first_step: int = 0
) -> dict[str, Any]:
    """The figures of a run at its present step; figures that do not exist are None.

    Args:
        trainer: the run.
        fit_seconds: spent in training steps alone.
        evaluation_seconds: spent measuring on test set and validation part.
        first_step: steps that were done before that time began.
    """
    view = trainer.history.view()
    step, test_loss, test_accuracy = view.tests[-1] if len(view.tests) else (-1, None, None)
    _, loss, accuracy = view.validations[-1] if len(view.validations) else (-1, None, None)
    return {
        "preset": trainer.setup.name,
        "seed": trainer.setup.seed,
        "steps": trainer.step_count,
        "epochs": round(trainer.course.epoch, 6),
        "train_loss": _number(mean_training_loss(view, trainer.steps_per_epoch)),
        "test_loss": _number(test_loss),
        "test_accuracy": _number(test_accuracy),
        "validation_loss": _number(loss),
        "validation_accuracy": _number(accuracy),
        "tested_at_step": int(step) if step >= 0 else None,
        "fit_seconds": fit_seconds,
        "evaluation_seconds": evaluation_seconds,
        "steps_per_second": (trainer.step_count - first_step) / fit_seconds if fit_seconds > 0 else None,
        "parameters": len(trainer.network.parameters),
        "parameters_sha256": trainer.parameters_sha256,
    }


def per_epoch(trainer: Trainer) -> list[dict[str, Any]]:
    """For each measurement: step, mean training loss since the one before, loss and accuracy of each part."""
    view = trainer.history.view()
    entries, before = [], view.first_step
    for step, (loss, accuracy), validation in paired(view.tests, view.validations):
        training = view.loss.values(before - view.first_step, step - view.first_step)
        validation_loss, validation_accuracy = validation or (None, None)
        entries.append(
            {
                "step": step,
                "train_loss": _number(mean_of(training) if len(training) else None),
                "test_loss": _number(loss),
                "test_accuracy": _number(accuracy),
                "validation_loss": _number(validation_loss),
                "validation_accuracy": _number(validation_accuracy),
            }
        )
        before = step
    return entries


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
