"""From a preset and the options of a command to the Setup to train."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.errors import SetupError
from visualnet.core.files import expanded
from visualnet.core.runfile.load_setup import load_setup
from visualnet.core.setup.checks import require_text, shown
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.setup import Setup


def setup_from(
    preset: str,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    optimizer: str | None = None,
    hidden: str | None = None,
    activation: str | None = None,
    seed: int | None = None,
    threads: int | None = None,
    data_dir: Path | None = None,
    data: str | None = None,
    label: str | None = None,
    base_url: str | None = None,
) -> Setup:
    """The preset with what was given in the place of its own values; None leaves them.

    Raises:
        SetupError: names the field whose value cannot be.
        DataError: when a download fails.
    """
    setup = load_setup(preset)
    if epochs is not None and steps is None:
        setup = replace(setup, epochs=epochs, steps=None)
    plain = {"steps": steps, "batch_size": batch_size, "seed": seed, "threads": threads}
    setup = replace(setup, **_given(plain))
    setup = replace(setup, optimizer=_optimizer(setup.optimizer, optimizer, learning_rate))
    if base_url is not None:
        data_dir = _downloaded(base_url, data_dir)
    directory = None if data_dir is None else str(expanded(data_dir).absolute())
    parts = {"train_size": train_size, "test_size": test_size, "directory": directory}
    setup = _with_examples(setup, data, label, _given(parts))
    if hidden is not None or activation is not None:
        setup = setup.with_hidden(setup.hidden if hidden is None else _parse_hidden(hidden), activation)
    return setup


def _optimizer(present: OptimizerSetup, name: str | None, learning_rate: float | None) -> OptimizerSetup:
    """The optimizer of this name; another than the present one begins with its own rate, which is told."""
    if name is not None and name != present.name:
        present = OptimizerSetup.first(name)
        if learning_rate is None:
            click.echo(
                f"The learning rate is {present.learning_rate:g}, with which {name} usually begins; "
                "--learning-rate sets another.",
                err=True,
            )
    return present if learning_rate is None else replace(present, learning_rate=learning_rate)


def _with_examples(setup: Setup, data: str | None, label: str | None, parts: dict[str, Any]) -> Setup:
    """The Setup with other examples where ``data`` names them, and with these fields of its DataSetup."""
    if data is not None:
        setup = _on_data(setup, data, label)
    elif label is not None:
        raise SetupError("--label", "names a column of a table; give the table with --data")
    setup = replace(setup, data=replace(setup.data, **parts))
    return setup if data is None else _fitted_to_data(setup)


def _on_data(setup: Setup, data: str, label: str | None) -> Setup:
    """The Setup on the named data set, or on the person's own file or folder."""
    from visualnet.core.setup.match_data import on_data, on_file

    if data in DATASETS:
        return replace(on_data(setup, DataSetup(name=data)), name=data, description="")

    column = int(label) if label is not None and label.isdecimal() and len(label) < 10 else label
    return on_file(setup, Path(data), column)


def _fitted_to_data(setup: Setup) -> Setup:
    from visualnet.core.setup.match_data import match_data
    from visualnet.shell.progress import loading_progress

    with loading_progress() as progress:
        return match_data(setup, setup.data.load(progress))


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _parse_hidden(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise SetupError("--hidden", f"{shown(text)} is not a list of whole numbers such as 100,50")
    return tuple(int(part) for part in parts)


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height from ``1920x1080``.

    Raises:
        click.BadParameter: when it is nothing of the kind.
    """
    if text is None:
        return None
    width, separator, height = text.lower().partition("x")
    sides = [int(side) if side.isdecimal() and len(side) < 6 else 0 for side in (width, height)]
    if not separator or not all(200 <= side <= 20_000 for side in sides):
        raise click.BadParameter(f"{text!r} is not a size such as 1920x1080", param_hint="--size")
    return sides[0], sides[1]


def _downloaded(base_url: str, directory: Path | None) -> Path:
    """Fetch the four files into the given folder, or into one of the cache; tell their checksums."""
    require_text(base_url, "--base-url")
    from platformdirs import user_cache_path

    from visualnet.core.datasets.download import download_mnist
    from visualnet.shell.progress import loading_progress

    if directory is None:
        name = hashlib.sha256(base_url.encode()).hexdigest()[:16]
        directory = user_cache_path("visualnet", appauthor=False) / "downloads" / name
    with loading_progress() as progress:
        checksums = download_mnist(base_url, directory, progress)
    for name, checksum in checksums.items():
        click.echo(f"{checksum}  {directory / name}", err=True)
    return directory
