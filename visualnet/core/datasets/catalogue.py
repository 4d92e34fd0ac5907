"""Every data set that a Setup can name."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.datasets.mnist import load_mnist
from visualnet.core.datasets.toy import TRUTH, cloud, logic
from visualnet.core.errors import DataError

DATASETS = {
    "xor": "True where exactly one input is: four points that no straight line parts.",
    "and": "True where both inputs are: one straight line is enough.",
    "or": "True where at least one input is: one straight line is enough.",
    "circles": "A disc inside a ring.",
    "moons": "Two half circles, each with one end inside the other.",
    "spirals": "Two arms that wind around each other; hard for a small network.",
    "mnist": "60,000 handwritten digits to learn from and 10,000 to test with.",
}
"""Names with a sentence about each."""

_bundled_mnist: list[Dataset] = []


def load_dataset(
    name: str,
    *,
    directory: str | Path | None = None,
    train_size: int | None = None,
    test_size: int | None = None,
    count: int = 200,
    noise: float = 0.1,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Dataset:
    """Load or draw a data set.

    Args:
        name: a name in DATASETS.
        directory: for image data, a folder with other files of the same names; None: the bundled ones.
        train_size: use the first so many training examples; None: all.
        test_size: use the first so many test examples; None: all.
        count: points in each part of data drawn by a formula.
        noise: standard deviation of what is added to their coordinates.
        seed: of those draws.
        progress: told how far it is; may raise Cancelled.

    Raises:
        DataError: names the file or data set at fault, and what is wrong.
    """
    if name not in DATASETS:
        raise DataError(name, f"is not a data set that VisualNet knows; known are {', '.join(DATASETS)}")
    if directory is not None and name != "mnist":
        raise DataError(name, "is made by a formula, not read from files; leave the folder out")
    if name == "mnist":
        dataset = _load_images(directory, progress)
    else:
        dataset = logic(name) if name in TRUTH else cloud(name, count, noise, seed)
    for wanted, part, words in ((train_size, dataset.train, "training"), (test_size, dataset.test, "test")):
        if wanted is not None and not 1 <= wanted <= len(part):
            raise DataError(name, f"has {len(part):,} {words} examples; {wanted:,} cannot be taken")
    return dataset.limited(train_size, test_size)


def _load_images(directory: str | Path | None, progress: Progress) -> Dataset:
    """The bundled images are read once in a process and shared; they are read-only."""
    if directory is not None:
        return load_mnist(Path(directory).expanduser(), progress)
    if not _bundled_mnist:
        _bundled_mnist.append(load_mnist(None, progress))
    return _bundled_mnist[0]
