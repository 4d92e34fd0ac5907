"""``visualnet show``: an image in the terminal, two pixels a character."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.errors import DataError

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
INK = 96


def picture_of(data: str, number: int, is_test: bool = False, directory: Path | None = None) -> str:
    """Image ``number`` of a data set as text, with what it is.

    Raises:
        DataError: when there is no such data set or image.
    """
    dataset = load_dataset(data, directory=directory)
    if len(dataset.input_shape) != 2:
        raise DataError(data, "holds points, not images; try mnist")
    part, words = (dataset.test, "test") if is_test else (dataset.train, "training")
    if not 0 <= number < len(part):
        raise DataError(data, f"has {words} images 0 to {len(part) - 1:,}, no image {number:,}")
    image = part.inputs[number].reshape(dataset.input_shape) >= INK
    padded = np.pad(image, ((0, image.shape[0] % 2), (0, 0)))
    rows = (
        "".join(HALVES[bool(a), bool(b)] for a, b in zip(*pair, strict=True))
        for pair in padded.reshape(-1, 2, image.shape[1])
    )
    label = dataset.classes[part.targets[number]]
    return "\n".join([*rows, f"{data}, {words} image {number:,}: {label}"])
