"""Which examples a run learns from: one part of a Setup."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.run.setup_checks import require, require_integer, require_number, shown


@dataclass(frozen=True, slots=True)
class DataSetup:
    """Which examples.

    Attributes:
        name: a name in the catalogue of data sets.
        train_size: use the first so many training examples; None: all.
        test_size: use the first so many test examples; None: all.
        count: examples drawn, for data made by a formula.
        noise: standard deviation of the noise on them.
        seed: of those draws.
        directory: where other files of the same format lie; None: the bundled ones.
    """

    name: str = "mnist"
    train_size: int | None = None
    test_size: int | None = None
    count: int = 200
    noise: float = 0.1
    seed: int = 0
    directory: str | None = None

    def __post_init__(self) -> None:
        require(isinstance(self.name, str), "data.name", f"must be a text, not {shown(self.name)}")
        for size in ("train_size", "test_size"):
            if getattr(self, size) is not None:
                require_integer(getattr(self, size), f"data.{size}", 1)
        require_integer(self.count, "data.count", 4, 1_000_000)
        require_number(self.noise, "data.noise", 0, 10)
        require_integer(self.seed, "data.seed", 0, 2**63 - 1)
        fits = self.directory is None or isinstance(self.directory, str)
        require(fits, "data.directory", f"must be a text or null, not {shown(self.directory)}")
