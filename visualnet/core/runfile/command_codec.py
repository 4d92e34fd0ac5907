"""Commands of a journal as plain values and back: by names of a table, each field checked, nothing imported."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import astuple

from visualnet.core.errors import SetupError
from visualnet.core.setup.checks import (
    require_batch_size,
    require_count_or_none,
    require_learning_rate,
    require_share,
    shown,
)
from visualnet.core.setup.run_commands import (
    RunCommand,
    SetBatchSize,
    SetBetas,
    SetGoal,
    SetLearningRate,
    SetMomentum,
    SetParameters,
    SetTestInterval,
)

Check = Callable[[object, str], object]


def _vector(value: object, name: str) -> bytes:
    try:
        return b64decode(value if isinstance(value, str) else "?", validate=True)
    except Base64Error:
        raise SetupError(name, f"must be bytes in base64, not {shown(value)}") from None


COMMANDS: dict[str, tuple[type[RunCommand], dict[str, Check]]] = {
    "learning-rate": (SetLearningRate, {"value": require_learning_rate}),
    "momentum": (SetMomentum, {"value": require_share}),
    "betas": (SetBetas, {"beta1": require_share, "beta2": require_share}),
    "batch-size": (SetBatchSize, {"value": require_batch_size}),
    "goal": (SetGoal, {"epochs": require_count_or_none, "steps": require_count_or_none}),
    "test-interval": (SetTestInterval, {"steps": require_count_or_none}),
    "parameters": (SetParameters, {"vector": _vector}),
}
"""For each name the command and, in the order of its fields, what reads or refuses a value."""

_NAMES = {kind: name for name, (kind, _) in COMMANDS.items()}


def command_to_plain(command: RunCommand) -> list[object]:
    """The command's name and fields, as JSON can hold them; bytes become base64."""
    values = astuple(command)  # type: ignore[call-overload]
    return [_NAMES[type(command)], *(_plain(value) for value in values)]


def _plain(value: object) -> object:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def command_from_plain(plain: object) -> RunCommand:
    """Read what ``command_to_plain`` gave.

    Raises:
        SetupError: when the name is unknown or a field cannot be.
    """
    known = isinstance(plain, list) and plain and isinstance(plain[0], str) and plain[0] in COMMANDS
    if not known:
        raise SetupError("journal", f"{shown(plain)} is not a command that this program knows")
    assert isinstance(plain, list)
    name, *values = plain
    kind, checks = COMMANDS[name]
    if len(values) != len(checks):
        raise SetupError(f"journal.{name}", f"needs {len(checks)} values, not {len(values)}")
    read = [
        _read(check, value, f"journal.{name}.{field}")
        for (field, check), value in zip(checks.items(), values, strict=True)
    ]
    return kind(*read)


def _read(check: Check, value: object, name: str) -> object:
    """The value that a check made of it, or the value itself where it only looked."""
    made = check(value, name)
    return value if made is None else made
