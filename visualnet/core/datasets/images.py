"""A person's own images: a folder with one folder a class, decoded by Pillow under limits of ours.

    flowers/daisy/1.png  flowers/daisy/2.png  flowers/tulip/1.jpg ...

The two folders ``train`` and ``test`` may stand above the classes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import MAXIMUM_CLASSES, Dataset, Progress, Split, frozen, no_progress
from visualnet.core.errors import DataError, reason_of
from visualnet.core.files import open_file

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "BMP", "GIF")
MAXIMUM_PIXELS = 1 << 25
"""Of one file: more than any camera's picture that a network of this size would be shown."""

MAXIMUM_BYTES = 1 << 29
PARTS = ("train", "test")


@dataclass(frozen=True, slots=True)
class _Form:
    """The size and channels that every image must have, or is converted to."""

    height: int
    width: int
    is_colour: bool
    is_resized: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.height, self.width) if self.is_colour else (self.height, self.width)


def load_images(
    folder: Path,
    size: tuple[int, int] | None = None,
    is_colour: bool = False,
    progress: Progress = no_progress,
) -> Dataset:
    """Read every PNG, JPEG, BMP and GIF (its first picture) in the class folders.

    Args:
        folder: holds a folder for each class, or ``train`` and ``test`` that do.
        size: (height, width) to resize to; None: all images have the same size already.
        is_colour: three channels, else shades of grey. Transparency is dropped.
        progress: told how far it is; may raise Cancelled.

    Returns:
        uint8 rows, 0 is black; images in turn from each class. An empty test part where there is no
        ``test`` folder. Arrays are read-only.

    Raises:
        DataError: names the file or folder and the fault.
    """
    try:
        return _load(folder, size, is_colour, progress)
    except OSError as error:
        raise DataError(folder, f"cannot be read ({reason_of(error)})") from None


def _load(folder: Path, size: tuple[int, int] | None, is_colour: bool, progress: Progress) -> Dataset:
    if not folder.is_dir():
        raise DataError(folder, "is not a folder" if folder.exists() else "there is no such folder")
    parts = [folder / part for part in PARTS] if _names(folder) == sorted(PARTS) else [folder]
    classes = _names(parts[0])
    if not 2 <= len(classes) <= MAXIMUM_CLASSES:
        fault = f"holds {len(classes):,} folders; 2 to {MAXIMUM_CLASSES:,}, one a class, are needed"
        raise DataError(parts[0], fault)
    files = [_files_in_turn(part, classes) for part in parts]
    form = _form_of(files[0], size, is_colour)
    count = sum(map(len, files))
    if count * int(np.prod(form.shape)) > MAXIMUM_BYTES:
        raise DataError(folder, f"holds {count:,} images of this size, more than {MAXIMUM_BYTES:,} bytes")
    read = [_read_all(part, form, progress) for part in files]
    test = read[1] if len(read) == 2 else read[0][:0]
    return Dataset("images", read[0], test, form.shape, tuple(classes), 1 / 255)


def _names(folder: Path) -> list[str]:
    """The folders in it that are not hidden."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _files_in_turn(part: Path, classes: list[str]) -> list[tuple[Path, int]]:
    """Each image file with its label: the first of each class, the second of each, and so on."""
    files = []
    for label, name in enumerate(classes):
        if not (part / name).is_dir():
            raise DataError(part / name, "there is no such folder, though training images are of this class")
        found = sorted(path for path in (part / name).iterdir() if path.suffix.lower() in SUFFIXES)
        if not found:
            raise DataError(part / name, f"holds no image ({', '.join(SUFFIXES)})")
        files.append([(path, label) for path in found])
    return [file for file in chain.from_iterable(zip_longest(*files)) if file is not None]


def _read_all(files: list[tuple[Path, int]], form: _Form, progress: Progress) -> Split:
    inputs = np.empty((len(files), int(np.prod(form.shape))), np.uint8)
    for place, (path, _) in enumerate(files):
        progress(place / len(files), "Reading images")
        inputs[place] = _pixels(path, form)
    return Split(frozen(inputs), frozen(np.array([label for _, label in files], np.int64)))


def _form_of(files: list[tuple[Path, int]], size: tuple[int, int] | None, is_colour: bool) -> _Form:
    """The given size, or that of the first image."""
    if size is not None:
        return _Form(*size, is_colour, is_resized=True)
    with _opened(files[0][0]) as image:
        return _Form(image.height, image.width, is_colour, is_resized=False)


def _pixels(path: Path, form: _Form) -> NDArray[np.uint8]:
    """One image as a row, channel by channel."""
    with _opened(path) as image:
        converted = image.convert("RGB" if form.is_colour else "L")
    if (converted.height, converted.width) != (form.height, form.width):
        if not form.is_resized:
            fault = (
                f"has {converted.height} × {converted.width} pixels, the first image {form.height} × {form.width};"
                " state one height and width to resize all"
            )
            raise DataError(path, fault)
        converted = converted.resize((form.width, form.height))
    pixels = np.asarray(converted, np.uint8)
    return (pixels.transpose(2, 0, 1) if form.is_colour else pixels).reshape(-1)


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """The image in a file, of a size that may be decoded; whatever is wrong with it becomes a DataError."""
    import PIL.Image

    try:
        with open_file(path) as file, PIL.Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                fault = f"declares {image.width:,} × {image.height:,} pixels, more than {MAXIMUM_PIXELS:,}"
                raise DataError(path, fault)
            if image.mode.startswith(("I", "F")):
                raise DataError(path, "has more than 8 bits a pixel and channel; save it with 8")
            yield image
    except PIL.UnidentifiedImageError:
        raise DataError(path, f"is not an image in a format that is read ({', '.join(FORMATS)})") from None
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
        raise DataError(path, f"declares more than {MAXIMUM_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise DataError(path, f"cannot be read as an image ({reason_of(error):.100})") from None
