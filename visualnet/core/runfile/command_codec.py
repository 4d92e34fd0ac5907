"""Commands of a journal as plain values and back: by names of a table, each field checked, nothing imported."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from visualnet.core.errors import SetupError
from visualnet.core.setup.checks import require, shown
from visualnet.core.setup.run_commands import Change, RunCommand, SetParameters
from visualnet.core.setup.settings import SETTINGS

CHANGE, PARAMETERS = "change", "parameters"

CHANGES = {
    "learning-rate": ("learning_rate",),
    "momentum": ("momentum",),
    "betas": ("beta1", "beta2"),
    "batch-size": ("batch_size",),
    "goal": ("epochs", "steps"),
    "test-interval": ("evaluate_every",),
}
"""What each of the first settings was called where it had a command of its own, and the settings whose values followed."""


def command_to_plain(command: RunCommand) -> list[object]:
    """The command's name and what it sets, as JSON can hold them; bytes become base64."""
    if isinstance(command, Change):
        return [CHANGE, dict(command.values)]
    assert isinstance(command, SetParameters)
    return [PARAMETERS, b64encode(command.vector).decode()]


def command_from_plain(plain: object) -> RunCommand:
    """Read what ``command_to_plain`` gave, now or when each setting had a command of its own.

    Raises:
        SetupError: when the name is unknown or a value cannot be.
    """
    name = plain[0] if isinstance(plain, list) and plain else None
    if not isinstance(name, str) or name not in (CHANGE, PARAMETERS, *CHANGES):
        raise SetupError("journal", f"{shown(plain)} is not a command that this program knows")
    assert isinstance(plain, list)
    values, field = plain[1:], f"journal.{name}"
    settings = CHANGES.get(name)
    count = 1 if settings is None else len(settings)
    require(len(values) == count, field, f"needs {count} values, not {len(values)}")
    if name == PARAMETERS:
        return SetParameters(_vector(values[0], f"{field}.vector"))
    return _change(values[0] if settings is None else dict(zip(settings, values, strict=True)), field)


def _change(values: object, field: str) -> Change:
    require(isinstance(values, dict) and bool(values), field, f"must name settings, not {shown(values)}")
    assert isinstance(values, dict)
    for name, value in values.items():
        require(name in SETTINGS, field, f"{shown(name)} is not a setting that this program knows")
        SETTINGS[name].check(value, f"{field}.{name}")
    return Change(**values)


def _vector(value: object, name: str) -> bytes:
    try:
        return b64decode(value if isinstance(value, str) else "?", validate=True)
    except Base64Error:
        raise SetupError(name, f"must be bytes in base64, not {shown(value)}") from None
