"""Data sets in MNIST's format that are downloaded by name, once, from their makers' servers.

The checksums are those that the makers publish (Fashion-MNIST in its repository's README) or that PyTorch's
torchvision and others compare with (KMNIST). They are MD5: a guard against damage, not against forgery.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from visualnet.core.datasets.dataset import Dataset, Progress, no_progress
from visualnet.core.datasets.mnist import FILES, load_mnist
from visualnet.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Mirror:
    """The address, checksums and classes of a data set of four files.

    Attributes:
        base_url: the address under which their names lie.
        md5: of each ``.gz`` file, in the order of FILES.
        classes: names of the ten classes.
        source: whom they are from, and their licence.
    """

    base_url: str
    md5: tuple[str, str, str, str]
    classes: tuple[str, ...]
    source: str


MIRRORS = {
    "fashion-mnist": Mirror(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        "Zalando Research (Xiao, Rasul, Vollgraf 2017), MIT licence",
    ),
    "kmnist": Mirror(
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
        (
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        "ROIS-DS Center for Open Data in the Humanities (Clanuwat et al. 2018), CC BY-SA 4.0",
    ),
}


def cache_directory(name: str) -> Path:
    """Where the files of this name are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("visualnet", appauthor=False) / "datasets" / name


def load_mirrored(name: str, directory: Path | None = None, progress: Progress = no_progress) -> Dataset:
    """Read one of MIRRORS; fetch it first unless sound files lie in the cache.

    Args:
        name: a name in MIRRORS.
        directory: a folder that holds the four files already; None: the cache.
        progress: told how far it is; may raise Cancelled.

    Raises:
        DataError: names the address or file and the fault.
    """
    # Sockets and certificates are not imported by those who never fetch anything.
    from visualnet.core.datasets.download import download_mnist

    mirror = MIRRORS[name]
    if directory is None:
        directory = cache_directory(name)
        expected = {f"{file}.gz": md5 for file, md5 in zip(FILES, mirror.md5, strict=True)}
        try:
            download_mnist(mirror.base_url, directory, progress, md5=expected)
        except DataError as error:
            raise DataError(
                error.source,
                f"{error.fault}. {name} is fetched from there once; without a network put its four files"
                f" into {directory}",
            ) from None
    return replace(load_mnist(directory, progress), name=name, classes=mirror.classes)
