"""The Setups that come with the program, as JSON files in assets/presets."""

from __future__ import annotations

from pathlib import Path

from visualnet.core.errors import SetupError
from visualnet.core.resources import resource
from visualnet.core.run.setup import MAXIMUM_JSON_CHARACTERS, Setup

PRESETS = ("xor", "mnist", "original-xor", "original-mnist")
"""In the order in which a list shows them."""


def load_preset(name: str) -> Setup:
    """The Setup of this name.

    Args:
        name: one of PRESETS, or the path of a Setup's JSON file.

    Raises:
        SetupError: when there is no such preset or file, or the file is not a valid Setup.
    """
    if name in PRESETS:
        return Setup.from_json((resource("assets", "presets") / f"{name}.json").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".json" and not path.is_file():
        raise SetupError(
            "preset", f"{name!r} is neither a preset ({', '.join(PRESETS)}) nor a Setup's JSON file"
        )
    return Setup.from_json(_read_text(path))


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAXIMUM_JSON_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise SetupError("preset", f"{path} cannot be read: {reason}") from None
