"""Handlers of commands, as the parts of a worker give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from visualnet.core.messages.commands import Command

Handlers = Mapping[type[Command], Callable[[Any], object]]
"""For each kind of command what serves it, with the command; raises VisualNetError when it cannot be followed."""
