"""DataDescription: a data set of the catalogue, and which of its examples are set aside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataDescription:
    """What load_dataset loads or draws.

    Attributes:
        name: a name in the catalogue of data sets.
        train_size: use the first so many training examples, those set aside for validation among them; None: all.
        test_size: use the first so many test examples; None: all.
        count: examples drawn, for data made by a formula.
        noise: standard deviation of the noise on them.
        classes: of the Gaussians.
        seed: of those draws, and of what is set aside.
        directory: where other files of MNIST's format lie; None: the bundled or fetched ones.
        path: the person's own file or folder.
        label: name or number (from 1) of a table's column to learn; None: the last.
        header: whether a table's first line names its columns; None: found out.
        target: ``classes``, ``values`` or ``auto``: what a table's or array's targets are.
        image_height: with image_width, the size that images are made; None: as they are.
        image_width: see image_height.
        colour: whether images keep their three channels.
        test_share: set aside to test with, where the data have no test part.
        validation_share: of the training examples, set aside for validation.
        standardize: inputs of mean 0 and deviation 1, by the training examples alone.
    """

    name: str = "mnist"
    train_size: int | None = None
    test_size: int | None = None
    count: int = 200
    noise: float = 0.1
    classes: int = 2
    seed: int = 0
    directory: str | None = None
    path: str | None = None
    label: str | int | None = None
    header: bool | None = None
    target: str = "auto"
    image_height: int | None = None
    image_width: int | None = None
    colour: bool = False
    test_share: float = 0.2
    validation_share: float = 0.0
    standardize: bool = False
