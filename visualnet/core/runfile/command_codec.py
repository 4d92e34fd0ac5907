"""Commands of a journal as plain values and back: by names of a table, each field checked, nothing imported."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from visualnet.core.errors import SetupError
from visualnet.core.setup.checks import require, shown
from visualnet.core.setup.run_commands import Change, RunCommand, SetParameters
from visualnet.core.setup.settings import SETTINGS

CHANGE, PARAMETERS = "change", "parameters"


def command_to_plain(command: RunCommand) -> list[object]:
    """The command's name and what it sets, as JSON can hold them; bytes become base64."""
    if isinstance(command, Change):
        return [CHANGE, dict(command.values)]
    assert isinstance(command, SetParameters)
    return [PARAMETERS, b64encode(command.vector).decode()]


def command_from_plain(plain: object) -> RunCommand:
    """Read what ``command_to_plain`` gave.

    Raises:
        SetupError: when the name is unknown or a value cannot be.
    """
    name = plain[0] if isinstance(plain, list) and plain else None
    if name not in (CHANGE, PARAMETERS):
        raise SetupError("journal", f"{shown(plain)} is not a command that this program knows")
    assert isinstance(plain, list)
    field = f"journal.{name}"
    require(len(plain) == 2, field, f"needs one value, not {len(plain) - 1}")
    return _change(plain[1], field) if name == CHANGE else SetParameters(_vector(plain[1], f"{field}.vector"))


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
