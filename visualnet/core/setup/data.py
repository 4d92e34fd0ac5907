"""The part of a Setup that says which examples a run learns from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from visualnet.core.datasets.catalogue import load_described
from visualnet.core.datasets.dataset import MAXIMUM_CLASSES, TARGETS, Dataset, Progress, no_progress
from visualnet.core.datasets.description import DataDescription
from visualnet.core.errors import DataError, size_words
from visualnet.core.setup.augmentation import AugmentationSetup
from visualnet.core.setup.checks import (
    require,
    require_integer,
    require_name,
    require_number,
    require_text,
    shown,
)

MAXIMUM_SIDE = 4096
LONGEST_PATH = 4096
"""Characters."""


@dataclass(frozen=True, slots=True)
class DataSetup(DataDescription):
    """The data set, which of its examples are set aside, and how they are presented to the network.

    Attributes:
        augmentation: how training images are changed at random.
    """

    augmentation: AugmentationSetup = field(default_factory=AugmentationSetup)

    def __post_init__(self) -> None:
        require_text(self.name, "data.name")
        for size in ("train_size", "test_size"):
            if getattr(self, size) is not None:
                require_integer(getattr(self, size), f"data.{size}", 1)
        require_integer(self.count, "data.count", 4, 1_000_000)
        require_number(self.noise, "data.noise", 0, 10)
        require_integer(self.classes, "data.classes", 2, MAXIMUM_CLASSES)
        require_integer(self.seed, "data.seed", 0, 2**63 - 1)
        for place in ("directory", "path"):
            if getattr(self, place) is not None:
                require_text(getattr(self, place), f"data.{place}", LONGEST_PATH)
        self._check_files()
        require_number(self.test_share, "data.test_share", 0, 0.9, above=True)
        require_number(self.validation_share, "data.validation_share", 0, 0.9)
        is_switch = isinstance(self.standardize, bool)
        require(is_switch, "data.standardize", f"must be true or false, not {shown(self.standardize)}")

    def _check_files(self) -> None:
        if isinstance(self.label, str):
            require_text(self.label, "data.label")
        elif self.label is not None:
            require_integer(self.label, "data.label", 1)
        is_switch = self.header is None or isinstance(self.header, bool)
        require(is_switch, "data.header", f"must be true, false or null, not {shown(self.header)}")
        require_name(self.target, "data.target", dict.fromkeys(TARGETS))
        for side, other in (("image_height", "image_width"), ("image_width", "image_height")):
            if getattr(self, side) is not None:
                require_integer(getattr(self, side), f"data.{side}", 1, MAXIMUM_SIDE)
                require(getattr(self, other) is not None, f"data.{other}", f"must be stated with {side}")
        is_switch = isinstance(self.colour, bool)
        require(is_switch, "data.colour", f"must be true or false, not {shown(self.colour)}")

    def load(self, progress: Progress = no_progress) -> Dataset:
        """The data set that these fields describe.

        Raises:
            DataError: names the file at fault and what is wrong with it.
            Cancelled: raised by ``progress``.
        """
        try:
            return load_described(self, progress)
        except MemoryError:
            raise DataError(
                self.path or self.directory or self.name,
                f"takes more memory than is free here{self._file_size()}; take fewer data, or close other programs",
            ) from None

    def _file_size(self) -> str:
        file = None if self.path is None else Path(self.path)
        return f" (the file has {size_words(file.stat().st_size)})" if file and file.is_file() else ""
