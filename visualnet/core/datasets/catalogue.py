"""The catalogue of data sets that a Setup can name. Its modules are imported on first use, so a start is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.datasets.description import DataDescription
from visualnet.core.datasets.split import standardized, with_test_part, with_validation_part
from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import expanded

DATASETS = {
    "xor": "True where exactly one input is: four points that no straight line parts.",
    "and": "True where both inputs are: one straight line is enough.",
    "or": "True where at least one input is: one straight line is enough.",
    "circles": "A disc inside a ring.",
    "moons": "Two half circles, each with one end inside the other.",
    "spirals": "Two arms that wind around each other; hard for a small network.",
    "gaussians": "Round clouds, one a class, that overlap the more the noisier they are.",
    "checkerboard": "The dark and light squares of a board: many corners to learn.",
    "sine": "A curve to follow: one number in, one number out.",
    "plane": "A tilted plane over two inputs, which a single neuron can learn.",
    "waves": "Hills and hollows over two inputs, to be told as numbers.",
    "mnist": "60,000 handwritten digits to learn from and 10,000 to test with.",
    "fashion-mnist": "Pieces of clothing in the form of MNIST, harder; fetched when first used.",
    "kmnist": "Old Japanese letters in the form of MNIST, harder; fetched when first used.",
}
"""Names with a sentence about each."""

FILE_KINDS = {
    "table": "Your own table: a CSV file, one example a line.",
    "arrays": "Your own arrays: an NPZ file with inputs and targets.",
    "images": "Your own images: a folder with one folder a class.",
}
"""Names of what needs a path, with a sentence about each."""

LOGIC = ("xor", "and", "or")
CURVES = ("sine", "plane", "waves")
IMAGE_SETS = ("mnist", "fashion-mnist", "kmnist")
"""Names of what is read from four IDX files."""

_bundled_mnist: list[Dataset] = []


def kind_of(path: Path) -> str:
    """The name of a data set that reads this file or folder.

    Returns:
        A name in FILE_KINDS, or ``mnist`` for a folder with four IDX files.

    Raises:
        DataError: when it is nothing that can be read.
    """
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise DataError(path, f"cannot be read ({reason_of(error)})") from None
    if is_folder:
        from visualnet.core.datasets.mnist import FILES

        has_images = any((path / f"{FILES[0]}{suffix}").is_file() for suffix in ("", ".gz"))
        return "mnist" if has_images else "images"
    kinds = {".npz": "arrays", ".csv": "table", ".tsv": "table", ".txt": "table"}
    if not is_there:
        raise DataError(path, f"is neither a file nor a data set's name ({', '.join(DATASETS)})")
    if path.suffix.lower() not in kinds:
        raise DataError(
            path, "is no data that can be read: a .csv, a .npz, or a folder with one folder a class"
        )
    return kinds[path.suffix.lower()]


def load_dataset(name: str, progress: Progress = no_progress, **options: Any) -> Dataset:
    """Load or draw a data set by its name; see ``load_described``.

    Args:
        name: a name in DATASETS or FILE_KINDS.
        progress: told how far it is; may raise Cancelled.
        options: other fields of a DataDescription.
    """
    return load_described(DataDescription(name, **options), progress)


def load_described(data: DataDescription, progress: Progress = no_progress) -> Dataset:
    """Load or draw a data set, set parts aside, standardise it.

    Args:
        data: which.
        progress: told how far it is; may raise Cancelled.

    Raises:
        DataError: names the file or data set at fault, and what is wrong.
    """
    _check_place(data)
    if data.name in IMAGE_SETS:
        dataset = _load_image_set(data.name, data.directory, progress)
    elif data.path is not None:
        dataset = _load_own(data, expanded(data.path), progress)
    else:
        dataset = _made(data)
    dataset = _limited(with_test_part(dataset, data.test_share, data.seed), data.train_size, data.test_size)
    dataset = with_validation_part(dataset, data.validation_share, data.seed)
    return standardized(dataset) if data.standardize else dataset


def _check_place(data: DataDescription) -> None:
    """Raise DataError unless the name is known, and has a folder or a path where it can have one, or must."""
    name = data.name
    if name not in DATASETS and name not in FILE_KINDS:
        raise DataError(name, f"is not a data set that VisualNet knows; known are {', '.join(DATASETS)}")
    if data.directory is not None and name not in IMAGE_SETS:
        raise DataError(name, "is made by a formula or has a path of its own; leave the folder out")
    if (data.path is None) == (name in FILE_KINDS):
        raise DataError(
            name, "needs a path" if data.path is None else "is not read from a file; leave the path out"
        )


def _made(data: DataDescription) -> Dataset:
    if data.name in LOGIC:
        from visualnet.core.datasets.logic import logic

        return logic(data.name)
    if data.name in CURVES:
        from visualnet.core.datasets.curves import curve

        return curve(data.name, data.count, data.noise, data.seed)
    from visualnet.core.datasets.toy import cloud

    return cloud(data.name, data.count, data.noise, data.seed, data.classes)


def _load_own(data: DataDescription, path: Path, progress: Progress) -> Dataset:
    if data.name == "table":
        from visualnet.core.datasets.table import load_table

        return load_table(path, data.label, data.header, data.target, progress)
    if data.name == "arrays":
        from visualnet.core.datasets.arrays import load_arrays

        return load_arrays(path, data.target, progress)
    from visualnet.core.datasets.images import load_images

    height, width = data.image_height, data.image_width
    size = None if height is None or width is None else (height, width)
    return load_images(path, size, data.colour, progress)


def _limited(dataset: Dataset, train_size: int | None, test_size: int | None) -> Dataset:
    for wanted, part, words in ((train_size, dataset.train, "training"), (test_size, dataset.test, "test")):
        if wanted is not None and not 1 <= wanted <= len(part):
            raise DataError(dataset.name, f"has {len(part):,} {words} examples; {wanted:,} cannot be taken")
    return dataset.limited(train_size, test_size)


def _load_image_set(name: str, directory: str | Path | None, progress: Progress) -> Dataset:
    """The bundled images are read once in a process and shared; they are read-only."""
    from visualnet.core.datasets.mnist import load_mnist

    folder = None if directory is None else expanded(directory)
    if name != "mnist":
        from visualnet.core.datasets.mirrors import load_mirrored

        return load_mirrored(name, folder, progress)
    if folder is not None:
        return load_mnist(folder, progress)
    if not _bundled_mnist:
        _bundled_mnist.append(load_mnist(None, progress))
    return _bundled_mnist[0]
