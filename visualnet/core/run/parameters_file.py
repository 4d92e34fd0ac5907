"""A network's parameters in a safetensors file, with the Setup they belong to.

Names are those of PyTorch's nn.Sequential: ``0.weight``, ``0.bias``, ``2.weight`` and so on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from visualnet.core.errors import DataError
from visualnet.core.run.setup import Setup
from visualnet.core.run.trainer import Trainer

SETUP_KEY = "visualnet_setup"
MAXIMUM_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class SavedParameters:
    """What such a file holds.

    Attributes:
        setup: of the run that wrote it.
        vector: bytes of the flat parameter vector in the Setup's dtype.
    """

    setup: Setup
    vector: bytes

    def fits(self, trainer: Trainer) -> bool:
        """Whether they can be put into this run's network."""
        same_shape = self.setup.layers == trainer.setup.layers and self.setup.dtype == trainer.setup.dtype
        return same_shape and len(self.vector) == trainer.network.parameters.nbytes


def write_parameters(path: Path, trainer: Trainer) -> None:
    """Write the parameters; an existing file is replaced only when the new one is complete.

    Raises:
        DataError: when the file cannot be written.
    """
    network = trainer.network
    tensors = {
        f"{index}.{name}": values
        for index, named in enumerate(network.split(network.parameters))
        for name, values in named.items()
    }
    metadata = {SETUP_KEY: json.dumps(trainer.setup.to_dict())}
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(save(tensors, metadata))
        unfinished.replace(path)
    except OSError as error:
        raise DataError(path, f"cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


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
    except SafetensorError as error:
        raise DataError(path, f"is not a sound safetensors file ({error})") from None
    setup = Setup.from_json(setup_text)
    order = sorted(tensors, key=_place)
    flat = [tensors[name].astype(setup.dtype).ravel() for name in order]
    return SavedParameters(setup, np.concatenate(flat).tobytes() if flat else b"")


def _place(name: str) -> tuple[int, bool]:
    """Sorts ``0.weight``, ``0.bias``, ``2.weight`` ... into the order of the flat vector."""
    layer, _, kind = name.partition(".")
    return int(layer) if layer.isdecimal() else -1, kind != "weight"
