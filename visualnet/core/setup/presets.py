"""The Setups that come with the program, as JSON files in assets/presets."""

from __future__ import annotations

from io import TextIOWrapper
from pathlib import Path

from visualnet.core.errors import SetupError, reason_of, shortened
from visualnet.core.files import open_file
from visualnet.core.resources import resource
from visualnet.core.setup.setup import MAXIMUM_JSON_CHARACTERS, Setup

PRESETS = (
    "xor", "circles", "spiral", "regression",
    "mnist", "mnist-conv", "mnist-1000",
    "original-xor", "original-mnist",
    "dead-relus", "vanishing-tanh", "exploding-rate", "overfit-100", "zero-init",
)  # fmt: skip
"""In the order in which a list shows them: the plane, images, the original, and those that are bad on purpose."""

LINK_SCHEME = "visualnet:"
RUN_SUFFIX = ".vnet"


def load_preset(name: str) -> Setup:
    """The Setup of this name.

    Args:
        name: one of PRESETS, or the path of a Setup's JSON file.

    Raises:
        SetupError: when there is no such preset or file, or it does not hold a valid Setup.
    """
    if name in PRESETS:
        return Setup.from_json((resource("assets", "presets") / f"{name}.json").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".json" and not path.is_file():
        raise SetupError(
            "preset",
            f"{shortened(name)!r} is neither a preset ({', '.join(PRESETS)}) nor a Setup's JSON file",
        )
    return Setup.from_json(_read_text(path))


def _read_text(path: Path) -> str:
    try:
        with TextIOWrapper(open_file(path), "utf-8") as file:
            return file.read(MAXIMUM_JSON_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is not text in UTF-8"
        raise SetupError("preset", f"{shortened(path)} cannot be read: {reason}") from None
