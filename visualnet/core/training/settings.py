"""What each command does to a Trainer. Imported with the first command: most runs in a shell know none."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import SetupError
from visualnet.core.nn.network import Network
from visualnet.core.nn.optimizers import Adam, Lion, Momentum, Muon
from visualnet.core.nn.optimizers.base import Optimizer
from visualnet.core.setup import run_commands as commands
from visualnet.core.setup.checks import require_batch_size, require_learning_rate, require_share
from visualnet.core.setup.setup import Setup
from visualnet.core.training.building import require_memory


class Settable(Protocol):
    """What commands change: a Trainer."""

    optimizer: Optimizer
    network: Network
    dataset: Dataset
    batch_size: int
    plan: Setup

    def use_plan(self, plan: Setup) -> None: ...

    def use_parameters(self, values: NDArray[Any]) -> None: ...


def carry_out(trainer: Settable, command: commands.RunCommand) -> None:
    """Let a command take effect.

    Raises:
        SetupError: when its value cannot be; then all stays as it was.
    """
    optimizer = trainer.optimizer
    match command:
        case commands.SetLearningRate(value):
            require_learning_rate(value)
            optimizer.learning_rate = float(value)
        case commands.SetMomentum(value) if isinstance(optimizer, Momentum | Muon):
            require_share(value, "optimizer.momentum")
            optimizer.momentum = float(value)
        case commands.SetBetas(beta1, beta2) if isinstance(optimizer, Adam | Lion | Muon):
            require_share(beta1, "optimizer.beta1")
            require_share(beta2, "optimizer.beta2")
            optimizer.set_betas(float(beta1), float(beta2))
        case commands.SetBatchSize(value):
            require_batch_size(value)
            require_memory(trainer.network, trainer.dataset, value)
            trainer.batch_size = value
        case commands.SetGoal() | commands.SetTestInterval():
            trainer.use_plan(command.plan_after(trainer.plan))
        case commands.SetParameters(vector):
            _set_parameters(trainer, vector)
        case _:
            raise SetupError(
                "optimizer.name", f"{optimizer.kind} has nothing that {type(command).__name__} sets"
            )


def _set_parameters(trainer: Settable, vector: bytes) -> None:
    parameters, buffers = trainer.network.parameters, trainer.network.buffers
    with_buffers = parameters.nbytes + buffers.nbytes
    if len(vector) not in (parameters.nbytes, with_buffers):
        raise SetupError(
            "parameters", f"need {parameters.nbytes:,} bytes for this network, not {len(vector):,}"
        )
    values = np.frombuffer(vector, parameters.dtype)
    if not np.isfinite(values).all():
        raise SetupError("parameters", "must all be finite numbers")
    trainer.use_parameters(values)
