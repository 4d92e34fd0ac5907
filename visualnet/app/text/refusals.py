"""Refusals in the words of the window: a field of a Setup as a person calls it, not by its path. No widgets."""

from __future__ import annotations

import re
from dataclasses import fields

from visualnet.core.setup.settings import SETTINGS
from visualnet.core.setup.setup import Setup

_REFUSAL = re.compile(r"((?:\w+\.)*\w+): (.+)", re.DOTALL)
_WORDS = {"ema_decay": "Moving average", "l1": "L1", "l2": "L2", "min_delta": "Least improvement"}
"""What a person calls fields whose names are not words."""

_PARTS = {field.name for field in fields(Setup)} | SETTINGS.keys() | {"journal"}


def refusal_words(sentence: str) -> str:
    """The sentence of a SetupError with its field in words; any other sentence as it is.

    ``schedule.total_steps: must be given`` becomes ``Total steps of the schedule must be given``.
    """
    found = _REFUSAL.fullmatch(sentence)
    if found is None or found[1].partition(".")[0] not in _PARTS:
        return sentence
    return f"{_field_words(found[1])} {found[2]}"


def _field_words(path: str) -> str:
    part, _, name = path.rpartition(".")
    if name in SETTINGS:
        return SETTINGS[name].name.capitalize()
    if name in _WORDS:
        return _WORDS[name]
    words = name.replace("_", " ").capitalize()
    whole = part.rpartition(".")[2].replace("_", " ")
    return f"{words} of the {whole}" if whole and not whole.isdigit() else words
