"""A network's parameters and buffers in a safetensors file, with the Setup they belong to.

Names are those of PyTorch's nn.Sequential: ``0.weight``, ``0.bias``, ``1.running_mean`` and so on.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from visualnet.core.errors import DataError
from visualnet.core.nn.network import Network
from visualnet.core.run.setup import Setup
from visualnet.core.run.trainer import Trainer

SETUP_KEY = "visualnet_setup"
MAXIMUM_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class SavedParameters:
    """What such a file holds.

    Attributes:
        path: the file.
        setup: of the run that wrote it.
        tensors: each parameter and each buffer by name.
    """

    path: Path
    setup: Setup
    tensors: dict[str, NDArray[Any]]

    def fits(self, trainer: Trainer) -> bool:
        """Whether they can be put into this run's network."""
        same_kind = self.setup.layers == trainer.setup.layers and self.setup.dtype == trainer.setup.dtype
        return same_kind and self._shapes_fit(trainer.network)

    def vector_for(self, network: Network) -> bytes:
        """The bytes that SetParameters takes, for a network of the Setup's layers, in its dtype.

        Raises:
            DataError: when a tensor is missing, left over or of another shape.
        """
        if not self._shapes_fit(network):
            raise DataError(self.path, "holds other tensors than the layers of its Setup need")
        flat = [self.tensors[name].ravel() for name in named_tensors(network)]
        return np.concatenate(flat).astype(network.dtype).tobytes()

    def _shapes_fit(self, network: Network) -> bool:
        needed = {name: values.shape for name, values in named_tensors(network).items()}
        return needed == {name: values.shape for name, values in self.tensors.items()}


def named_tensors(network: Network) -> dict[str, NDArray[Any]]:
    """Views of all parameters, then of all buffers, by name, in the order of the flat vectors."""
    parameters, buffers = network.split(network.parameters), network.split_buffers(network.buffers)
    return {
        f"{index}.{name}": values
        for layers in (parameters, buffers)
        for index, named in enumerate(layers)
        for name, values in named.items()
    }


def write_parameters(path: Path, trainer: Trainer) -> None:
    """Write the parameters; an existing file is replaced only when the new one is complete.

    Raises:
        DataError: when the file cannot be written.
    """
    tensors = named_tensors(trainer.network)
    metadata = {SETUP_KEY: json.dumps(trainer.setup.to_dict())}
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(save(tensors, metadata))
        unfinished.replace(path)
    except OSError as error:
        raise DataError(path, f"cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def read_parameters(path: Path) -> SavedParameters:
    """Read what ``write_parameters`` wrote.

    Raises:
        DataError: when the file is missing, damaged, too large, or not one of VisualNet's.
        SetupError: when the Setup in it is not valid.
    """
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise DataError(path, "is larger than 1 GiB, which no network of VisualNet's needs")
        with safe_open(path, framework="numpy") as file:
            setup_text = (file.metadata() or {}).get(SETUP_KEY)
            if setup_text is None:
                raise DataError(path, "holds no Setup, so it was not written by VisualNet")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from None
    except (SafetensorError, TypeError) as error:
        raise DataError(path, f"is not a sound safetensors file ({error})") from None
    return SavedParameters(path, Setup.from_json(setup_text), tensors)
