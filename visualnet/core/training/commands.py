"""What each command does to a Trainer. Imported with the first command: most runs in a shell know none."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visualnet.core.errors import SetupError
from visualnet.core.setup import run_commands as commands
from visualnet.core.setup.settings import Settable, change_settings


class Commandable(Settable, Protocol):
    """What commands change: a Trainer."""

    def use_parameters(self, values: NDArray[Any]) -> None: ...


def carry_out(trainer: Commandable, command: commands.RunCommand) -> None:
    """Let a command take effect.

    Raises:
        SetupError: when its value cannot be; then all stays as it was.
        TypeError: when nothing is known of such a command.
    """
    match command:
        case commands.Change(values):
            change_settings(trainer, dict(values))
        case commands.SetParameters(vector):
            _set_parameters(trainer, vector)
        case _:
            raise TypeError(f"{type(command).__name__} is not known")


def _set_parameters(trainer: Commandable, vector: bytes) -> None:
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
