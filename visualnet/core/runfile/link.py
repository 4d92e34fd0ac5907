"""A Setup, and the commands of a run with it, as a line of text that can be pasted anywhere.

``visualnet:`` and a version, then base64url of zlib of JSON: what differs from the defaults, and the journal
with the steps between its commands. The defaults are thus part of the version: a test holds them.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from visualnet.core.errors import SetupError
from visualnet.core.runfile.command_codec import command_from_plain, command_to_plain
from visualnet.core.runfile.save_request import Journal
from visualnet.core.runfile.upgrades import as_change
from visualnet.core.setup.checks import require, require_integer, shown
from visualnet.core.setup.presets import LINK_SCHEME
from visualnet.core.setup.run_commands import SetParameters
from visualnet.core.setup.setup import MAXIMUM_JSON_CHARACTERS, Setup

VERSIONS = "1", "2"
"""Of links that are read; the last is written. In 1, the first settings had commands of their own."""

MAXIMUM_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Link:
    """The content of a link: a Setup, and commands with the steps at which they take effect."""

    setup: Setup
    journal: Journal = ()

    def to_text(self) -> str:
        """The line of text.

        Raises:
            SetupError: when it would be too long, or commands set parameters, which are too large for a link.
        """
        has_parameters = any(isinstance(command, SetParameters) for _, command in self.journal)
        require(
            not has_parameters, "link", "cannot hold commands that set all parameters; share the run's file"
        )
        plain: list[Any] = [_differences(self.setup.to_dict(), Setup().to_dict())]
        before = 0
        for step, command in self.journal:
            plain.append([step - before, *command_to_plain(command)])
            before = step
        packed = zlib.compress(json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode(), 9)
        text = LINK_SCHEME + VERSIONS[-1] + urlsafe_b64encode(packed).decode().rstrip("=")
        fits = len(text) <= MAXIMUM_CHARACTERS
        require(
            fits,
            "link",
            f"would be {len(text):,} characters, more than {MAXIMUM_CHARACTERS:,}; share the run's file",
        )
        return text

    @staticmethod
    def from_text(text: str) -> Link:
        """Read what ``to_text`` wrote; white space that mail put in is left out.

        Raises:
            SetupError: when it is damaged, too long, of another version, or holds what cannot be.
        """
        text = "".join(text[: 2 * MAXIMUM_CHARACTERS].split())
        require(text.startswith(LINK_SCHEME), "link", f"must begin with {LINK_SCHEME}")
        require(
            len(text) <= MAXIMUM_CHARACTERS, "link", f"must be at most {MAXIMUM_CHARACTERS:,} characters long"
        )
        version, packed = text[len(LINK_SCHEME) :][:1], text[len(LINK_SCHEME) + 1 :]
        require(
            version in VERSIONS,
            "link",
            f"is of version {shown(version)}, and this VisualNet reads {VERSIONS[-1]}",
        )
        plain = _unpacked(packed)
        require(isinstance(plain, list) and bool(plain), "link", "does not hold a Setup")
        return Link(Setup.from_dict(plain[0]), tuple(_journal(plain[1:])))


def _differences(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """What is not as in the defaults, in parts that are objects likewise."""
    different = {}
    for name, value in values.items():
        default = defaults.get(name)
        if value != default:
            both = isinstance(value, dict) and isinstance(default, dict)
            different[name] = _differences(value, default) if both and default is not None else value
    return different


def _unpacked(packed: str) -> Any:
    """The JSON value; never more than a Setup's largest size is unpacked."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(
            urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MAXIMUM_JSON_CHARACTERS
        )
        if not unpacker.eof:
            raise ValueError
        return json.loads(text)
    except (ValueError, RecursionError, zlib.error):
        raise SetupError("link", "is damaged or cut; copy it whole") from None


def _journal(entries: list[Any]) -> Journal:
    journal, step = [], 0
    for entry in entries:
        require(isinstance(entry, list) and bool(entry), "journal", f"{shown(entry)} is not a command")
        require_integer(entry[0], "journal.step", 0)
        step += entry[0]
        journal.append((step, command_from_plain(as_change(entry[1:]))))
    return tuple(journal)
