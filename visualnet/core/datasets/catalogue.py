"""The catalogue of data sets that a Setup can name. Its modules are imported on first use, so a start is quick."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
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


def load_dataset(
    name: str,
    *,
    path: str | Path | None = None,
    directory: str | Path | None = None,
    train_size: int | None = None,
    test_size: int | None = None,
    test_share: float = 0.2,
    validation_share: float = 0.0,
    standardize: bool = False,
    count: int = 200,
    noise: float = 0.1,
    classes: int = 2,
    seed: int = 0,
    label: str | int | None = None,
    header: bool | None = None,
    target: str = "auto",
    image_height: int | None = None,
    image_width: int | None = None,
    colour: bool = False,
    progress: Progress = no_progress,
) -> Dataset:
    """Load or draw a data set, set parts aside, standardise it.

    Args:
        name: a name in DATASETS or FILE_KINDS.
        path: the person's own file or folder, for a name in FILE_KINDS.
        directory: for data in MNIST's format, a folder with other files of the same names; None: the
            bundled ones, or those fetched.
        train_size: use the first so many training examples, those set aside for validation among them; None: all.
        test_size: use the first so many test examples; None: all.
        test_share: of data that have no test part, to be set aside for it.
        validation_share: of the training examples that are used, to be set aside for validation.
        standardize: see ``split.standardized``.
        count: points in each part of data drawn by a formula.
        noise: standard deviation of what is added to them.
        classes: of the Gaussians.
        seed: of those draws, and of what is set aside.
        label: see ``load_table``.
        header: see ``load_table``.
        target: see ``load_table`` and ``load_arrays``.
        image_height: with image_width, the size to make all images; None: they have one.
        image_width: see image_height.
        colour: read images in colour.
        progress: told how far it is; may raise Cancelled.

    Raises:
        DataError: names the file or data set at fault, and what is wrong.
    """
    if name not in DATASETS and name not in FILE_KINDS:
        raise DataError(name, f"is not a data set that VisualNet knows; known are {', '.join(DATASETS)}")
    if directory is not None and name not in IMAGE_SETS:
        raise DataError(name, "is made by a formula or has a path of its own; leave the folder out")
    if (path is None) == (name in FILE_KINDS):
        raise DataError(
            name, "needs a path" if path is None else "is not read from a file; leave the path out"
        )
    if name in IMAGE_SETS:
        dataset = _load_image_set(name, directory, progress)
    elif path is not None:
        size = None if image_height is None or image_width is None else (image_height, image_width)
        dataset = _load_own(name, expanded(path), label, header, target, size, colour, progress)
    else:
        dataset = _made(name, count, noise, classes, seed)
    dataset = _limited(with_test_part(dataset, test_share, seed), train_size, test_size)
    dataset = with_validation_part(dataset, validation_share, seed)
    return standardized(dataset) if standardize else dataset


def _made(name: str, count: int, noise: float, classes: int, seed: int) -> Dataset:
    if name in LOGIC:
        from visualnet.core.datasets.logic import logic

        return logic(name)
    if name in CURVES:
        from visualnet.core.datasets.curves import curve

        return curve(name, count, noise, seed)
    from visualnet.core.datasets.toy import cloud

    return cloud(name, count, noise, seed, classes)


def _load_own(
    kind: str,
    path: Path,
    label: str | int | None,
    header: bool | None,
    target: str,
    size: tuple[int, int] | None,
    colour: bool,
    progress: Progress,
) -> Dataset:
    if kind == "table":
        from visualnet.core.datasets.table import load_table

        return load_table(path, label, header, target, progress)
    if kind == "arrays":
        from visualnet.core.datasets.arrays import load_arrays

        return load_arrays(path, target, progress)
    from visualnet.core.datasets.images import load_images

    return load_images(path, size, colour, progress)


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
