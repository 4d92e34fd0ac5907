"""The differences between two Setups, in words with values. No widgets."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from visualnet.app.text.labels import LABELS, layer_words
from visualnet.core.number_words import number_words
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.setup import Setup

UNTOLD = ("name", "description")
"""Fields of a Setup that are not told, as they change nothing in a run."""

WORDS = {
    "learning_rate": "rate",
    "batch_size": "batch",
    "count": "points",
    "initializer": "first weights",
    "shuffle": "shuffled",
    "dtype": "numbers",
    "evaluate_every": "tested every",
    "standardize": "standardised",
    "ema_decay": "average",
    "patience": "early stopping after",
}
"""What a field is called where that is not its own name."""


def differences(setup: Setup, other: Setup) -> list[str]:
    """What the first has otherwise than the second: ``seed 7``, ``rate 0.05``, ``layers 8, tanh, 1``."""
    words = []
    for name in (field.name for field in fields(Setup) if field.name not in UNTOLD):
        value, theirs = getattr(setup, name), getattr(other, name)
        if value == theirs:
            continue
        if name == "layers":
            words.append(f"layers {', '.join(layer_words(layer).removeprefix('dense ') for layer in value)}")
        else:
            words += _words_of(name, value, theirs)
    return words


def _words_of(name: str, value: Any, theirs: Any) -> list[str]:
    """Of one field, or of those that differ in a part of a Setup."""
    if not is_dataclass(value):
        return [f"{field_words(name)} {value_words(value)}"]
    if isinstance(value, DataSetup) and value.name != theirs.name:
        # Nothing else of other examples can be compared.
        return [f"data {value_words(value.path or value.name)}"]
    words = []
    for part in (field.name for field in fields(value)):
        own, their = getattr(value, part), getattr(theirs, part)
        if own != their:
            words += _words_of(name if part == "name" else part, own, their)
    return words


def field_words(name: str) -> str:
    """What a field of a Setup, or of a part of one, is called."""
    return WORDS.get(name, name.replace("_", " "))


def value_words(value: Any) -> str:
    """The value of a field of a Setup."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number_words(value, 6)
    return LABELS.get(value, Path(value).name)
