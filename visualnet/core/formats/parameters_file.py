"""A network's parameters and buffers in a safetensors file, with the Setup they belong to.

Names and shapes are those that PyTorch's nn.Sequential takes; see tensor_names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import check_readable, replace_file
from visualnet.core.formats.tensor_names import named_tensors
from visualnet.core.nn.network import Network
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer

SETUP_KEY = "visualnet_setup"
MAXIMUM_BYTES = 1 << 30
STEP_COUNT = ".num_batches_tracked"
"""How many steps PyTorch's BatchNorm has seen. Nothing of ours depends on it, and PyTorch does not miss it."""


@dataclass(frozen=True, slots=True)
class SavedParameters:
    """The content of a parameters file.

    Attributes:
        path: the file.
        setup: of the run that wrote it; None where another program did, PyTorch for instance.
        tensors: each parameter and each buffer by name.
    """

    path: Path
    setup: Setup | None
    tensors: dict[str, NDArray[Any]]

    def belong_to(self, trainer: Trainer) -> bool:
        """Whether they are this run's network's as far as the file says; without a Setup it says nothing."""
        if self.setup is None:
            return True
        same_kind = self.setup.layers == trainer.setup.layers and self.setup.dtype == trainer.setup.dtype
        return same_kind and self._fault_for(trainer.network) is None

    def vector_for(self, network: Network) -> bytes:
        """The bytes that SetParameters takes, in the network's dtype.

        Raises:
            DataError: names the tensor that is missing, left over, or of another shape.
        """
        fault = self._fault_for(network)
        if fault is not None:
            raise DataError(self.path, fault)
        flat = [self.tensors[name].ravel() for name in named_tensors(network)]
        return np.concatenate(flat).astype(network.dtype).tobytes()

    def _fault_for(self, network: Network) -> str | None:
        needed = named_tensors(network)
        for name, values in needed.items():
            if name not in self.tensors:
                return f"holds no {name}, which this network needs"
            if self.tensors[name].shape != values.shape:
                return f"holds {name} of shape {self.tensors[name].shape}; this network needs {values.shape}"
        for name in self.tensors:
            if name not in needed:
                return f"holds {name:.60}, which this network does not have"
        return None


def write_parameters(path: Path, trainer: Trainer) -> None:
    """Write the parameters; an existing file is replaced only when the new one is complete.

    Raises:
        DataError: when the file cannot be written.
    """
    write_tensors(path, trainer.network, trainer.setup)


def write_tensors(path: Path, network: Network, setup: Setup) -> None:
    """Write a network's parameters and buffers with the Setup that they belong to; see ``write_parameters``."""
    metadata = {SETUP_KEY: json.dumps(setup.to_dict())}
    replace_file(path, save(named_tensors(network), metadata))


def read_parameters(path: Path) -> SavedParameters:
    """Read what ``write_parameters`` wrote, or the state dict of a PyTorch nn.Sequential.

    Raises:
        DataError: when the file is missing, damaged, too large, or holds what no network of VisualNet's has.
        SetupError: when the Setup in it is not valid.
    """
    try:
        check_readable(path)
        if path.stat().st_size > MAXIMUM_BYTES:
            raise DataError(path, "is larger than 1 GiB, which no network of VisualNet's needs")
        with safe_open(path, framework="numpy") as file:
            setup_text = (file.metadata() or {}).get(SETUP_KEY)
            names = [name for name in file.keys() if not name.endswith(STEP_COUNT)]  # noqa: SIM118
            for name in names:
                _require_known_type(path, name, file.get_slice(name).get_dtype())
            tensors = {name: file.get_tensor(name) for name in names}
    except OSError as error:
        raise DataError(path, f"cannot be read: {reason_of(error)}") from None
    except SafetensorError as error:
        raise DataError(path, f"is not a sound safetensors file ({error})") from None
    return SavedParameters(path, None if setup_text is None else Setup.from_json(setup_text), tensors)


def _require_known_type(path: Path, name: str, type_name: str) -> None:
    if type_name not in ("F32", "F64"):
        raise DataError(path, f"holds {name:.60} as {type_name}; parameters must be F32 or F64")
