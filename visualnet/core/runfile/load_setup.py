"""A Setup from whatever holds one: a preset, a JSON file, a run's file, a link."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.runfile.link import Link
from visualnet.core.setup.presets import LINK_SCHEME, RUN_SUFFIX, load_preset
from visualnet.core.setup.setup import Setup


def load_setup(text: str) -> Setup:
    """The Setup that a text names.

    Args:
        text: a preset's name, the path of a Setup's JSON file or of a run's file, or a link.

    Raises:
        SetupError: when there is nothing of the kind, or it does not hold a valid Setup.
        RunFileError: when a run's file cannot be read.
    """
    if text.startswith(LINK_SCHEME):
        return Link.from_text(text).setup
    path = Path(text)
    if path.suffix == RUN_SUFFIX:
        # Imported when needed: a start from a preset stays light.
        from visualnet.core.runfile.reader import read_run

        return read_run(path).setup
    return load_preset(text)
