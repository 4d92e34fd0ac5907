"""What takes a setting back: the command with the value that was in force before."""

from __future__ import annotations

from collections.abc import Mapping

from visualnet.core.setup.run_commands import (
    RunCommand,
    SetBatchSize,
    SetBetas,
    SetGoal,
    SetLearningRate,
    SetMomentum,
    SetTestInterval,
)


def inverse(command: RunCommand, settings: Mapping[str, float]) -> RunCommand | None:
    """The command that undoes this one; None where it changes no setting.

    Args:
        command: one that took effect.
        settings: in force before it; see Trainer.settings.
    """
    match command:
        case SetLearningRate():
            return SetLearningRate(settings["learning_rate"])
        case SetMomentum():
            return SetMomentum(settings["momentum"])
        case SetBetas():
            return SetBetas(settings["beta1"], settings["beta2"])
        case SetBatchSize():
            return SetBatchSize(int(settings["batch_size"]))
        case SetGoal():
            return SetGoal(_count(settings["epochs"]), _count(settings["steps"]))
        case SetTestInterval():
            return SetTestInterval(_count(settings["evaluate_every"]))
        case _:
            return None


def _count(value: float) -> int | None:
    """A setting that counts something, as a command takes it."""
    return int(value) or None
