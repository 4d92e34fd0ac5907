"""The Environment of a run: the machine and libraries, on which its bits depend beside Setup and journal."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, fields

import numpy as np

from visualnet.core.errors import VisualNetError
from visualnet.core.training.threads import blas_description

MAXIMUM_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Environment:
    """Where steps were computed. Environments that are equal in all fields give the same bits.

    Attributes:
        numpy: version of NumPy.
        blas: name and version of each BLAS that is loaded.
        kernel: the architecture that each chose its kernels for.
        threads: of a matrix product.
        cpu: the processor's features that NumPy found and uses.
        machine: kind of processor and operating system.
    """

    numpy: str
    blas: str
    kernel: str
    threads: int
    cpu: str
    machine: str

    @staticmethod
    def here(threads: int) -> Environment:
        """That of this process, for a run with so many threads."""
        libraries = blas_description()
        found = np.show_config(mode="dicts")["SIMD Extensions"]
        return Environment(
            numpy=np.__version__,
            blas=", ".join(f"{blas['internal_api']} {blas['version']}" for blas in libraries),
            kernel=", ".join(str(blas["architecture"]) for blas in libraries),
            threads=threads,
            cpu=" ".join([*found.get("baseline", ()), *found.get("found", ())]),
            machine=f"{platform.machine()} {platform.system()}",
        )

    def difference(self, other: Environment) -> str | None:
        """The first field in which another differs, as ``numpy 2.0.1, here 2.1.0``; None where none does."""
        for name, value in asdict(self).items():
            if getattr(other, name) != value:
                return f"{name} {value}, here {getattr(other, name)}"
        return None

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Environment:
        """Read what ``to_json`` wrote.

        Raises:
            VisualNetError: when it is something else.
        """
        try:
            plain = json.loads(text[:MAXIMUM_CHARACTERS])
        except (ValueError, RecursionError):
            plain = None
        types = {field.name: int if field.name == "threads" else str for field in fields(Environment)}
        if not isinstance(plain, dict) or {name: type(value) for name, value in plain.items()} != types:
            raise VisualNetError("The recorded environment cannot be read.")
        return Environment(**plain)
