"""The formats of run files and links that came before, and what makes each the next: a ladder, climbed from where one is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.command_codec import CHANGE
from visualnet.core.runfile.sealed import SealedRow

ChangeRow = Callable[[SealedRow], SealedRow | None]
"""A row as the next format has it; None where that has none."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The difference between a format of run files and the next.

    Attributes:
        adds: tables that came with the next.
        rows: for each table whose rows it has otherwise, how.
    """

    adds: tuple[str, ...] = ()
    rows: Mapping[str, ChangeRow] = field(default_factory=dict)


def _without_no_name(row: SealedRow) -> SealedRow | None:
    """The first run was called main unless a person had given it another name; now it has a name of its own."""
    return None if (row.id, row.payload) == (ROOT.id, b"main") else row


def _with_unknown_commands(row: SealedRow) -> SealedRow:
    """Tests did not tell after how many commands they were made: nan."""
    if len(row.payload) % 24:
        return row
    tests = np.frombuffer(row.payload, np.float64).reshape(-1, 3)
    return replace(row, payload=np.pad(tests, ((0, 0), (0, 1)), constant_values=np.nan).tobytes())


OWN_COMMANDS = {
    "learning-rate": ("learning_rate",),
    "momentum": ("momentum",),
    "betas": ("beta1", "beta2"),
    "batch-size": ("batch_size",),
    "goal": ("epochs", "steps"),
    "test-interval": ("evaluate_every",),
}
"""What each of the first settings was called where it had a command of its own, and the settings whose values followed."""


def as_change(plain: object) -> object:
    """A command of a journal, where one setting had a command of its own; what is none is given back as it is."""
    if not (isinstance(plain, list) and plain and isinstance(plain[0], str)):
        return plain
    settings = OWN_COMMANDS.get(plain[0], ())
    is_whole = len(plain) == 1 + len(settings) > 1
    return [CHANGE, dict(zip(settings, plain[1:], strict=True))] if is_whole else plain


def _with_change(row: SealedRow) -> SealedRow:
    try:
        plain = json.loads(row.payload)
    except (ValueError, RecursionError):
        return row
    changed = as_change(plain)
    return row if changed is plain else replace(row, payload=json.dumps(changed).encode())


UPGRADES = (
    Upgrade(adds=("validations",)),
    # Its marks, see file_parts, are for whoever writes into it.
    Upgrade(rows={"branches": _without_no_name}),
    Upgrade(adds=("pieces",)),
    Upgrade(rows={"tests": _with_unknown_commands}),
    Upgrade(rows={"journal": _with_change}),
)
"""What makes a file of format 1 one of format 2, and so on."""

FORMAT_VERSION = 1 + len(UPGRADES)

MARKED = 3
"""The format that marks came with."""


def _upgrades_of(version: int) -> tuple[Upgrade, ...]:
    """What makes a file of some format one of the present; of one that says a format below the first, all."""
    return UPGRADES[max(version, 1) - 1 :]


def upgraded(table: str, row: SealedRow, version: int) -> SealedRow | None:
    """A row of a file of some format as the present one has it; None where that has none."""
    changed: SealedRow | None = row
    for upgrade in _upgrades_of(version):
        if changed is not None and table in upgrade.rows:
            changed = upgrade.rows[table](changed)
    return changed


def added_since(version: int) -> frozenset[str]:
    """The tables that a file of some format lacks."""
    return frozenset(table for upgrade in _upgrades_of(version) for table in upgrade.adds)


def changed_since(version: int) -> frozenset[str]:
    """The tables of which a file of some format has rows that are otherwise now."""
    return frozenset(table for upgrade in _upgrades_of(version) for table in upgrade.rows)
