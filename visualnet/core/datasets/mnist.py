"""MNIST, and every data set that comes as the same four files (Fashion-MNIST, KMNIST).

Source and licence of the bundled files: data/README.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Progress, Split, frozen, no_progress
from visualnet.core.datasets.idx import IdxArray, read_idx
from visualnet.core.errors import DataError
from visualnet.core.resources import resource

IMAGE_SHAPE = (28, 28)
CLASSES = tuple("0123456789")

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""Names of the four files, without ``.gz``, in the order of training and test part."""

BUNDLED_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of the decompressed files."""


def bundled_directory() -> Path:
    """Where the four files that come with the program lie."""
    return resource("data", "mnist")


def load_mnist(directory: Path | None = None, progress: Progress = no_progress) -> Dataset:
    """Read and check the four files.

    Args:
        directory: a folder with files of the four names, plain or with ``.gz``; None: the bundled ones,
            whose checksums are compared as well.
        progress: told how far it is; may raise Cancelled.

    Returns:
        Images as rows of 784 uint8, 0 is paper and 255 is ink; labels 0 to 9. Arrays are read-only.

    Raises:
        DataError: names the file and the fault.
    """
    folder = directory or bundled_directory()
    if not folder.is_dir():
        raise DataError(folder, "is not a folder" if folder.exists() else "there is no such folder")
    paths = [_find(folder, name) for name in FILES]
    progress(0.0, "Reading digits")
    reader = _Reader(progress, sum(path.stat().st_size for path in paths))
    arrays = [reader.read(path) for path in paths]
    if directory is None:
        _check_bundled(paths, arrays)
    train = _split(paths[:2], arrays[:2])
    test = _split(paths[2:], arrays[2:])
    progress(1.0, "Digits are read")
    return Dataset("mnist", train, test, IMAGE_SHAPE, CLASSES, 1 / 255)


class _Reader:
    """A reader of several files, with one progress for all of them."""

    def __init__(self, progress: Progress, compressed_bytes: int) -> None:
        self._progress = progress
        # Handwritten digits shrink to about a fifth; the estimate only moves a bar.
        self._expected = max(compressed_bytes * 5, 1)
        self._done = 0

    def read(self, path: Path) -> IdxArray:
        return read_idx(path, IMAGE_SHAPE if "images" in path.name else (), self._on_bytes)

    def _on_bytes(self, count: int) -> None:
        self._done += count
        self._progress(min(0.99, self._done / self._expected), "Reading digits")


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.exists():
            return path
    raise DataError(folder / name, "there is no such file, with or without .gz")


def _check_bundled(paths: list[Path], arrays: list[IdxArray]) -> None:
    for path, array, wanted in zip(paths, arrays, BUNDLED_SHA256.values(), strict=True):
        if array.sha256 != wanted:
            raise DataError(
                path, "is not the file that came with VisualNet (its SHA-256 differs); install it again"
            )


def _split(paths: list[Path], arrays: list[IdxArray]) -> Split:
    """Images and labels that belong together, checked against each other."""
    images, labels = arrays[0].values, arrays[1].values
    if len(images) != len(labels):
        raise DataError(paths[1], f"holds {len(labels):,} labels for {len(images):,} images")
    if labels.max() > 9:
        raise DataError(paths[1], f"holds a label {labels.max()}; labels go from 0 to 9")
    return Split(frozen(images.reshape(len(images), -1)), frozen(labels.astype(np.int64)))
